// Package mount makes the mounts that a root file system is put together from. Errors name the path.
package mount

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Needs is what a pod must have for these mounts.
const Needs = "needs CAP_SYS_ADMIN in the pod's user namespace, AppArmor Unconfined, kernel >= 6.3 and a file system " +
	"with user xattrs and d_type: ext4, xfs, btrfs or tmpfs; not NFS, not FUSE"

// Overlay mounts lower layers ("upper:lower" or one directory) under base/upper, with base/work, on target.
//
// userxattr is the only form a user namespace may use; without it `rm -rf` of an image's directory fails. index=off,
// xino=off: an upper must work again after it was copied or restored. volatile leaves out the flush of the whole file
// system that ends an overlay, where nobody reads the upper afterwards.
func Overlay(lower, base, target string, volatile bool) error {
	options := "lowerdir=" + lower + ",upperdir=" + base + "/upper,workdir=" + base + "/work,userxattr,index=off,xino=off"
	if volatile {
		options += ",volatile"
	}
	return mount("overlay", target, "overlay", 0, options)
}

// OverlayReadOnly mounts lower layers on target, for reading. Nothing in it gains rights; its links are followed or not.
func OverlayReadOnly(lower, target string, followsLinks bool) error {
	flags := uintptr(unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV)
	if !followsLinks {
		flags |= unix.MS_NOSYMFOLLOW
	}
	return mount("overlay", target, "overlay", flags, "lowerdir="+lower+",userxattr")
}

// Private keeps what is mounted in this mount namespace in it.
func Private() error { return mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, "") }

// Tmpfs mounts memory on target, with options such as "mode=755,size=1m".
func Tmpfs(target, options string, flags uintptr) error {
	return mount("assay", target, "tmpfs", flags, options)
}

// ReadOnly makes the tmpfs at target read-only, for everyone who mounted a part of it.
func ReadOnly(target string) error {
	return mount("assay", target, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, "")
}

// Proc mounts a proc of the pid namespace of this process on target.
func Proc(target string) error {
	return mount("proc", target, "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
}

// Queues mounts the message queues of the IPC namespace of this process on target.
func Queues(target string) error {
	return mount("mqueue", target, "mqueue", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
}

// Bind shows source, with all that is mounted in it, at target as well.
func Bind(source, target string) error {
	return mount(source, target, "", unix.MS_BIND|unix.MS_REC, "")
}

// Move moves a mount.
func Move(source, target string) error { return mount(source, target, "", unix.MS_MOVE, "") }

// Detach takes a mount away: what uses it already goes on. It is no error if there is none.
func Detach(target string) error {
	err := unix.Unmount(target, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	if err == nil || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return &os.PathError{Op: "unmount", Path: target, Err: err}
}

func mount(source, target, filesystem string, flags uintptr, options string) error {
	if err := unix.Mount(source, target, filesystem, flags, options); err != nil {
		return &os.PathError{Op: "mount " + filesystem, Path: target, Err: err}
	}
	return nil
}

// Points are the paths at which something is mounted in this mount namespace.
func Points() ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var found []string
	for line := range strings.Lines(string(data)) {
		// Its fifth field is the mount point: proc(5), "mountinfo".
		fields := strings.Fields(line)
		if len(fields) < 5 {
			return nil, fmt.Errorf("not a line of mountinfo: %q", line)
		}
		found = append(found, unescape(fields[4]))
	}
	return found, nil
}

// unescape resolves the octal escapes of blanks and backslashes.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace
