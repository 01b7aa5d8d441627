package parse

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// limits of a child. Zero means none.
type limits struct {
	memory    uint64 // bytes of writable private memory
	processor uint64 // seconds
	files     bool   // whether it may write to regular files: those it was given
}

// confine gives up what the child does not need, before it has read a byte. It fails if the child has any privilege:
// then nothing is parsed.
func confine(to limits) error {
	if err := unprivileged(); err != nil {
		return err
	}
	bounds := map[int]uint64{
		unix.RLIMIT_CORE:   0,
		unix.RLIMIT_NOFILE: 0, // what is open stays open
	}
	if to.memory > 0 {
		bounds[unix.RLIMIT_DATA] = to.memory
	}
	if to.processor > 0 {
		bounds[unix.RLIMIT_CPU] = to.processor
	}
	if !to.files {
		bounds[unix.RLIMIT_FSIZE] = 0
	}
	for resource, most := range bounds {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("cannot limit resource %d: %w", resource, err)
		}
	}
	return nil
}

func unprivileged() error {
	if os.Geteuid() == 0 || os.Getuid() == 0 {
		return errors.New("is root")
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return os.NewSyscallError("capget", err)
	}
	for _, half := range have {
		if half.Effective|half.Permitted != 0 {
			return fmt.Errorf("has capabilities %x", have)
		}
	}
	value, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err == nil && value != 1 {
		err = errors.New("may gain privileges")
	}
	return err
}
