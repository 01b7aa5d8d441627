package function

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/mount"
	"assay.dev/runner/internal/paths"
)

// closing begins a script that bash has read: what the script starts does not get the descriptor. It is on the script's
// first line, so that the numbers of lines stay.
const closing = "exec 3<&-; "

// readScript reads a script into memory that nothing else has a name for. Nobody can change it there.
func readScript(path string) (*os.File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := inMemory(filepath.Base(path), []byte(closing), text)
	if err != nil {
		return nil, err
	}
	if err := file.Chmod(0o444); err != nil {
		return nil, err
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return nil, os.NewSyscallError("seal", err)
	}
	return file, nil
}

// hideShell has a shell at its place that can be run, but not read. Of such a program the kernel lets its own user see
// nothing (execve(2), ptrace(2): it is not dumpable), so what a script calls does not find the script in the memory of
// its shell. Root can read every file, so this does not bind a function that is root.
func hideShell() error {
	made := "/dev/shm/bash" // this function's own, and nothing of it runs yet
	if err := copyProgram(paths.Bash(), made); err != nil {
		return fmt.Errorf("cannot copy the shell: %w", err)
	}
	if err := mount.Bind(made, paths.Bash()); err != nil {
		return err
	}
	return os.Remove(made)
}

func copyProgram(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = target.Close() }()
	if _, err := io.Copy(target, source); err != nil {
		return err
	}
	return target.Chmod(0o111)
}
