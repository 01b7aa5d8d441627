package function

import (
	"os"

	"golang.org/x/sys/unix"
)

// closing begins a script that bash has read: what the script starts does not get the descriptor. It is on the script's
// first line, so that the numbers of lines stay.
const closing = "exec 3<&-; "

// scriptFiles are the descriptors of a command that gets a shell script as descriptor 3, in memory.
func scriptFiles(name string, text []byte) ([]*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	file := os.NewFile(uintptr(fd), name)
	if _, err := file.Write(append([]byte(closing), text...)); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, 0); err != nil {
		return nil, err
	}
	if err := unix.Fchmod(fd, 0o444); err != nil {
		return nil, os.NewSyscallError("fchmod", err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return nil, os.NewSyscallError("seal", err)
	}
	return []*os.File{os.Stdin, os.Stdout, os.Stderr, file}, nil
}
