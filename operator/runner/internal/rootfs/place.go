package rootfs

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/mount"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/within"
)

// Place puts the staged mounts in their places, after Switch, and makes our directory read-only. A link that the agent
// left leads no mount to a place that is ours or the kernel's.
func (r *Root) Place() error {
	for number, path := range r.staged {
		at := filepath.Join(stage(), strconv.Itoa(number))
		place, err := makePlace(path, at)
		if err == nil {
			err = mount.Move(at, place)
		}
		if err == nil {
			err = os.Remove(at)
		}
		if err != nil {
			return fmt.Errorf("cannot mount %s in the new root: %w", path, err)
		}
	}
	if err := os.Remove(stage()); err != nil {
		return err
	}
	if err := mount.ReadOnly(paths.Base); err != nil {
		return fmt.Errorf("cannot make %s read-only: %w", paths.Base, err)
	}
	return nil
}

// makePlace has something of the mount's kind at a path, which may be missing, or something else by now.
func makePlace(path, staged string) (string, error) {
	var stat unix.Stat_t
	if err := unix.Stat(staged, &stat); err != nil {
		return "", err
	}
	isDirectory := stat.Mode&unix.S_IFMT == unix.S_IFDIR
	if paths.IsReserved(path) {
		return path, touch(path, isDirectory)
	}
	if isDirectory {
		return path, makeDirectory(path) // all of these are at the top
	}
	parent := filepath.Dir(path)
	if resolved, err := resolve(parent); err == nil {
		parent = resolved
	} else if err := makeDirectory(parent); err != nil {
		return "", err
	}
	place := filepath.Join(parent, filepath.Base(path))
	if resolved, err := resolve(place); err == nil {
		place = resolved
	}
	return place, makeFile(place)
}

// resolve follows the links on the way to a path, if they do not lead to what is ours or the kernel's.
func resolve(path string) (string, error) {
	root, err := within.Open("/")
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	resolved, err := root.Resolve(path)
	if err == nil && paths.IsReserved(resolved+"/") {
		return "", unix.EXDEV
	}
	return resolved, err
}

func touch(path string, isDirectory bool) error {
	if isDirectory {
		return os.MkdirAll(path, 0o755)
	}
	file, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o644)
	if err != nil {
		if _, statErr := os.Stat(path); statErr == nil {
			return nil // a device, or a file of proc, that cannot be opened
		}
		return err
	}
	return file.Close()
}

// makeFile has a regular file at a path whose parent is a directory.
func makeFile(path string) error {
	var stat unix.Stat_t
	if unix.Lstat(path, &stat) == nil {
		if stat.Mode&unix.S_IFMT == unix.S_IFREG {
			return nil
		}
		if err := within.RemovePath(path); err != nil {
			return err
		}
	}
	return create(path)
}

// create makes an empty file.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}
