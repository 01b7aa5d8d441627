// Package identity turns a process of ours into one of a user's, without what the runner may do.
package identity

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/users"
)

// ordinary are the capabilities that container engines grant by default, without NET_RAW: with raw packets a pod can
// speak for its neighbours. An allow-list: capabilities of later kernels are dropped too.
const ordinary uint64 = 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_FOWNER | 1<<unix.CAP_FSETID |
	1<<unix.CAP_KILL | 1<<unix.CAP_SETGID | 1<<unix.CAP_SETUID | 1<<unix.CAP_SETPCAP | 1<<unix.CAP_NET_BIND_SERVICE |
	1<<unix.CAP_SYS_CHROOT | 1<<unix.CAP_MKNOD | 1<<unix.CAP_AUDIT_WRITE | 1<<unix.CAP_SETFCAP

// Assume becomes the user, to whom stdin, stdout and stderr then belong: no capability is left but ordinary ones, and
// with a limit of processes if pidsMax is not 0. It locks the goroutine to its thread, which alone is changed: exec is
// what has to follow.
func Assume(user users.User, pidsMax uint64) error {
	runtime.LockOSThread()
	ownStdio(int(user.UID))
	if err := limitProcesses(pidsMax); err != nil {
		return fmt.Errorf("limit of processes: %w", err)
	}
	if err := dropCapabilities(); err != nil {
		return err
	}
	if err := setGroups(user.Groups); err != nil {
		return fmt.Errorf("groups: %w", err)
	}
	uid, gid := uintptr(user.UID), uintptr(user.GID)
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESGID, gid, gid, gid); errno != 0 {
		return fmt.Errorf("group %d: %w", user.GID, errno)
	}
	// Leaving uid 0 clears the permitted and effective sets, as it does in any container with a USER.
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uid, uid, uid); errno != 0 {
		return fmt.Errorf("user %d: %w", user.UID, errno)
	}
	return nil
}

// ownStdio gives pipes and terminals away. A program that opens its /dev/stdout again opens the pipe anew, and may only
// if it is its user's. Container engines see to that for the user they start a container as. Where a pipe is not ours
// to give, only opening it again is denied.
func ownStdio(uid int) {
	for fd := range 3 {
		var what unix.Stat_t
		if unix.Fstat(fd, &what) != nil {
			continue
		}
		_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if what.Mode&unix.S_IFMT == unix.S_IFIFO || err == nil {
			_ = unix.Fchown(fd, uid, -1)
		}
	}
}

// limitProcesses is for an agent that forks for ever. Processes are counted per user and user namespace, so each pod
// that has one counts for itself, and even its root is bound: only the root of the host is not.
func limitProcesses(most uint64) error {
	if most == 0 {
		return nil
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &limit); err != nil {
		return err
	}
	limit.Cur, limit.Max = min(limit.Cur, most), min(limit.Max, most)
	return unix.Setrlimit(unix.RLIMIT_NPROC, &limit)
}

// dropCapabilities: the bounding set is what setuid-root programs and root itself can get back by exec; the other sets
// are what we hold now.
func dropCapabilities() error {
	for capability := uintptr(0); ; capability++ {
		has, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_CAPBSET_READ, capability, 0)
		if errno != 0 {
			break // behind the last capability of the kernel
		}
		if ordinary&(1<<capability) != 0 || has == 0 {
			continue
		}
		if _, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, capability, 0); errno != 0 {
			return fmt.Errorf("bounding set: %w", errno)
		}
	}
	clear := func() syscall.Errno {
		_, _, errno := unix.RawSyscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0)
		return errno
	}
	if errno := clear(); errno != 0 {
		return fmt.Errorf("ambient set: %w", errno)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return fmt.Errorf("capget: %w", err)
	}
	for i := range have {
		have[i].Permitted &= uint32(ordinary >> (32 * i))
		have[i].Effective, have[i].Inheritable = have[i].Permitted, 0
	}
	if err := unix.Capset(&header, &have[0]); err != nil {
		return fmt.Errorf("capset: %w", err)
	}
	return nil
}

// setGroups changes this thread only; the library's function insists on all of them.
func setGroups(groups []uint32) error {
	var first unsafe.Pointer
	if len(groups) > 0 {
		first = unsafe.Pointer(&groups[0])
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(first), 0); errno != 0 {
		return os.NewSyscallError("setgroups", errno)
	}
	return nil
}
