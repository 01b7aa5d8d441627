// Package rootfs puts a root file system together of an image and a disk, and moves into it.
//
// In order: Preflight, a check of the disk, New, then what shall be in it (Stage, Copy), Switch, Place. Up to Switch a
// process sees the image; from then on the new root, and nothing of what is not in it.
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

// Root is a new root file system on its way.
type Root struct {
	at     string
	staged []string // the mounts that wait in the stage as 0, 1, … for these places
}

// New mounts the new root at paths.Root: lower ("/" or "upper:/") under base/upper. Its directory of ours is a tmpfs,
// which hides the disk, the scratch space and the root's own mount point, and holds the toolbox and the given files.
// What is changed in a volatile one is lost with the node.
func New(lower, base string, volatile bool) (*Root, error) {
	r := &Root{at: paths.Root()}
	if err := mount.Overlay(lower, base, r.at, volatile); err != nil {
		return nil, fmt.Errorf("cannot mount the root file system: %w (%s)", err, mount.Needs)
	}
	ours := r.inside(paths.Base)
	if err := makeDirectory(ours); err != nil {
		return nil, err
	}
	if err := mount.Tmpfs(ours, "mode=755,size=1m", 0); err != nil {
		return nil, err
	}
	if err := os.Mkdir(r.inside(stage()), 0o755); err != nil {
		return nil, err
	}
	for _, directory := range []string{paths.Toolbox(), paths.Files()} {
		if _, err := os.Stat(directory); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err := os.Mkdir(r.inside(directory), 0o755); err != nil {
			return nil, err
		}
		if err := mount.Bind(directory, r.inside(directory)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// stage is where mounts wait to be put in their places, after Switch.
func stage() string { return paths.Of("mnt") }

func (r *Root) inside(path string) string { return filepath.Join(r.at, path) }

// makeDirectory has a directory at the path, whatever the agent left there.
func makeDirectory(path string) error {
	var stat unix.Stat_t
	if unix.Lstat(path, &stat) == nil && stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return os.MkdirAll(path, 0o755)
}

// slot makes the next place in the stage, a directory or an empty file.
func (r *Root) slot(path string, isDirectory bool) (string, error) {
	at := r.inside(filepath.Join(stage(), fmt.Sprint(len(r.staged))))
	r.staged = append(r.staged, path)
	if isDirectory {
		return at, os.Mkdir(at, 0o755)
	}
	return at, create(at)
}

// Stage takes along what exists of these paths, with all that is mounted there, to the same places. An allow-list: the
// disk, the scratch space and the anonymous volumes of an image's VOLUME directories stay behind.
func (r *Root) Stage(wanted ...string) error {
	for _, path := range wanted {
		var stat unix.Stat_t
		if unix.Stat(path, &stat) != nil {
			continue
		}
		at, err := r.slot(path, stat.Mode&unix.S_IFMT == unix.S_IFDIR)
		if err == nil {
			err = mount.Bind(path, at)
		}
		if err != nil {
			return fmt.Errorf("cannot bind %s into the new root: %w", path, err)
		}
		if path == "/dev" { // whoever can write the termination message speaks for us
			if err := mount.Detach(filepath.Join(at, "termination-log")); err != nil {
				return err
			}
		}
	}
	return nil
}

// StageMount has a directory mounted in the stage, for a place.
func (r *Root) StageMount(path string, made func(target string) error) error {
	at, err := r.slot(path, true)
	if err != nil {
		return err
	}
	return made(at)
}

// Write puts a file of ours into the new root, which nobody can change.
func (r *Root) Write(path string, content []byte) error {
	return os.WriteFile(r.inside(path), content, 0o644)
}

// Leave takes a directory that New brought along out of the new root again.
func (r *Root) Leave(path string) error {
	if _, err := os.Stat(r.inside(path)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := mount.Detach(r.inside(path)); err != nil {
		return err
	}
	return os.Remove(r.inside(path))
}

// Link has a file of ours in the new root under another name.
func (r *Root) Link(target, path string) error { return os.Symlink(target, r.inside(path)) }

// CloseUserNamespaces keeps everyone in the pod from making user namespaces. The seccomp profile of a container with
// SYS_ADMIN lets agents call unshare(CLONE_NEWUSER), and in a namespace of their own they are root over a large piece
// of the kernel. The limit is this pod's alone; it can only be written in a proc of our own, because the container's
// /proc/sys is read-only.
func (r *Root) CloseUserNamespaces() error {
	at := r.inside(paths.Of("proc"))
	if err := os.Mkdir(at, 0o755); err != nil {
		return err
	}
	if err := mount.Proc(at); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(at, "sys/user/max_user_namespaces"), []byte("0"), 0); err != nil {
		return fmt.Errorf("cannot close nested user namespaces: %w: add CAP_SYS_RESOURCE, "+
			"or set settings.nestedUserNamespaces to leave them open", err)
	}
	if err := mount.Detach(at); err != nil {
		return err
	}
	return os.Remove(at)
}

// Switch makes the new root this process's: what pivot_root does, which the RuntimeDefault seccomp profile forbids. The
// old root is covered, not left: what it must not show has to be unmounted before.
func (r *Root) Switch() error {
	if err := os.Chdir(r.at); err != nil {
		return err
	}
	if err := mount.Move(".", "/"); err != nil {
		return fmt.Errorf("cannot move the new root to /: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return os.NewSyscallError("chroot", err)
	}
	return os.Chdir("/")
}
