package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fatal are the signals for which Go's runtime has handlers that end the program, if they are sent in a way that looks
// like a fault of its own.
var fatal = []unix.Signal{
	unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGTRAP, unix.SIGSYS, unix.SIGABRT, unix.SIGSTKFLT,
	unix.SIGXCPU, unix.SIGXFSZ,
}

// Protect keeps other processes of the same user from this one: none may trace it, read its memory or open what it has
// open (not dumpable: proc(5), ptrace(2)). As the first process of a namespace it then gets no signal from inside but
// those that it asks for: the kernel drops one without a handler.
func Protect() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return os.NewSyscallError("not dumpable", err)
	}
	if os.Getpid() != 1 {
		return nil
	}
	for _, signal := range fatal {
		var byDefault [8]uint64 // a struct sigaction of zeros, SIG_DFL
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(&byDefault)), 0, 8, 0, 0)
		if errno != 0 {
			return fmt.Errorf("signal %d: %w", signal, errno)
		}
	}
	return nil
}

// KillOthers ends every process of this pid namespace but this one and one more, if this is the first of it. All are
// stopped before, so that none can start another meanwhile.
func KillOthers(but int) error {
	if os.Getpid() != 1 {
		return nil
	}
	if err := unix.Kill(-1, unix.SIGSTOP); err != nil && !errors.Is(err, unix.ESRCH) {
		return os.NewSyscallError("stop", err)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && pid != 1 && pid != but {
			_ = unix.Kill(pid, unix.SIGKILL) // it may have ended
		}
	}
	_ = unix.Kill(but, unix.SIGCONT)
	_, _ = reap(0)
	return nil
}

// KillAll ends every other process, if this is the first of its pid namespace, and waits for those that are ours, at
// most as long as given: one that is stuck in the kernel ends with the namespace.
func KillAll(most time.Duration) {
	if os.Getpid() != 1 {
		return
	}
	for end := time.Now().Add(most); time.Now().Before(end); {
		if err := unix.Kill(-1, unix.SIGKILL); errors.Is(err, unix.ESRCH) {
			_, _ = reap(0)
			return
		}
		_, _ = reap(0)
		time.Sleep(time.Millisecond)
	}
}
