package rootfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/mount"
	"assay.dev/runner/internal/paths"
)

// roomBytes are written to see that there is room: on a full disk overlayfs mounts read-only, without a word.
const roomBytes = 64 << 10

// Upper is where the disk keeps what was changed.
func Upper() string { return filepath.Join(paths.Disk(), "upper") }

// CopyMark says that the disk holds a whole copy of the image: it was made in Copy mode.
func CopyMark() string { return filepath.Join(paths.Disk(), "root.complete") }

func canary(names ...string) string {
	return filepath.Join(append([]string{paths.Disk(), ".canary"}, names...)...)
}

// IsFull says that an error is that of a disk without room.
func IsFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

// Explain puts the cure before an error that a full disk caused; others it leaves alone.
func Explain(err error) error {
	if IsFull(err) {
		return fmt.Errorf("disk full: raise the disk's size (disk.size): %w", err)
	}
	return err
}

// RequireRoom fails if the disk cannot be written to.
func RequireRoom() error {
	path := filepath.Join(paths.Disk(), ".room")
	err := os.WriteFile(path, make([]byte, roomBytes), 0o600)
	if removed := os.Remove(path); err == nil {
		err = removed
	}
	if err != nil {
		return fmt.Errorf("cannot write to the disk: is it mounted, not full and not read-only? %w", err)
	}
	return nil
}

// PrepareDisk makes the disk ready to be booted: new, or as an earlier pod or a snapshot left it.
func PrepareDisk() error {
	if err := RequireRoom(); err != nil {
		return err
	}
	for _, directory := range []string{Upper(), filepath.Join(paths.Disk(), "work")} {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return fmt.Errorf("cannot write to the disk: %w", err)
		}
	}
	if _, err := os.Lstat(canary("planted")); err == nil {
		return CheckCanary()
	}
	return plantCanary()
}

// BeginOnce fails if this run has begun on the disk before: an agent that finds what it left is another agent. A kubelet
// may start a pod's first container again, for example when it has lost its records. A disk that was restored from a
// snapshot has the mark of an earlier run. Does nothing if run is empty.
func BeginOnce(run string) error {
	if run == "" {
		return nil
	}
	mark := filepath.Join(paths.Disk(), "begun")
	if last, err := os.ReadFile(mark); err == nil && string(last) == run {
		return errors.New("the agent has begun on this disk before, and runs once: its container was started again")
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(mark, []byte(run), 0o600)
}

// plantCanary leaves a deleted and re-created directory, that is an extended attribute ("opaque"), on the volume. Some
// snapshot drivers drop these: every file that the agent deleted in such a directory would come back, and scores would
// be wrong.
func plantCanary() error {
	for _, directory := range []string{canary("lower", "d"), canary("upper"), canary("work")} {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return fmt.Errorf("cannot write to the disk: %w", err)
		}
	}
	if err := os.WriteFile(canary("lower", "d", "gone"), nil, 0o644); err != nil {
		return fmt.Errorf("cannot write to the disk: %w", err)
	}
	// volatile: leaving an overlay flushes the whole file system under its upper, to which others write as well.
	if err := mount.Overlay(canary("lower"), canary(), paths.Root(), true); err != nil {
		return fmt.Errorf("cannot mount overlayfs on the disk: %w (%s)", err, mount.Needs)
	}
	directory := filepath.Join(paths.Root(), "d")
	err := os.RemoveAll(directory)
	if err == nil {
		err = os.Mkdir(directory, 0o755)
	}
	if err != nil {
		return fmt.Errorf("overlayfs does not work on the disk: cannot replace a directory: %w (%s)", err, mount.Needs)
	}
	if err := unix.Unmount(paths.Root(), 0); err != nil {
		return os.NewSyscallError("unmount", err)
	}
	if err := os.WriteFile(canary("planted"), nil, 0o644); err != nil {
		return fmt.Errorf("cannot write to the disk: %w", err)
	}
	return nil
}

// CheckCanary fails if the disk was never booted, or has lost its extended attributes.
func CheckCanary() error {
	if _, err := os.Lstat(canary("planted")); err != nil {
		return fmt.Errorf("the disk was never booted as a devbox: there is no %s", canary())
	}
	if err := mount.OverlayReadOnly(canary("upper")+":"+canary("lower"), paths.Root(), true); err != nil {
		return fmt.Errorf("cannot mount overlayfs from the disk: %w (%s)", err, mount.Needs)
	}
	_, gone := os.Lstat(filepath.Join(paths.Root(), "d", "gone"))
	if err := unix.Unmount(paths.Root(), 0); err != nil {
		return os.NewSyscallError("unmount", err)
	}
	if gone == nil {
		return errors.New("the disk lost its extended attributes, so files deleted in the devbox would come back: " +
			"the snapshot driver does not keep xattrs (CSI hostpath: set TAR_OPTIONS='--xattrs --xattrs-include=*' in " +
			"its driver container)")
	}
	return nil
}
