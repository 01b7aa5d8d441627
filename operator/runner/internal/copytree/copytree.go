// Package copytree copies directories as they are: with owners, modes, times, extended attributes, holes, and the hard
// links within. Images need have no cp, and busybox' keeps no extended attributes (file capabilities).
package copytree

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/mount"
)

const maxPath = 4096

// inode is a file with several names.
type inode struct{ device, number uint64 }

// level is a directory that is being copied.
type level struct {
	path    string // from the root; "" where it is too long for the kernel
	stat    unix.Stat_t
	entries []string // still to be copied
	mounts  map[string]bool
}

// copier goes through a tree with two descriptors, however deep it is.
type copier struct {
	source, target int // the directories we are in
	top            int // the copy's
	levels         []level
	mounts         map[string]map[string]bool // directory → names in it at which something is mounted
	first          map[inode]string           // the first name in the copy, from its top
	notes          io.Writer
}

// Copy copies the directory source to target, which may hold an earlier copy that was cut off. What is mounted below
// source becomes an empty file or directory: a place for the same mount. Sockets, and devices where they are not
// allowed, are left out, with a note. The error names the path; it begins with "disk full: " if there is no room.
func Copy(source, target string, notes io.Writer) error {
	c := copier{mounts: map[string]map[string]bool{}, first: map[inode]string{}, notes: notes}
	err := c.begin(source, target)
	for err == nil && len(c.levels) > 0 {
		err = c.step()
	}
	for _, fd := range []int{c.source, c.target, c.top} {
		if fd > 0 {
			_ = unix.Close(fd)
		}
	}
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fmt.Errorf("disk full: %w", err)
	}
	return err
}

func (c *copier) begin(source, target string) error {
	source, err := filepath.EvalSymlinks(source)
	if err != nil {
		return err
	}
	points, err := mount.Points()
	if err != nil {
		return err
	}
	for _, point := range points {
		directory := filepath.Dir(point)
		if c.mounts[directory] == nil {
			c.mounts[directory] = map[string]bool{}
		}
		c.mounts[directory][filepath.Base(point)] = true
	}
	if err := makeDirectory(unix.AT_FDCWD, target); err != nil {
		return &os.PathError{Op: "make", Path: target, Err: err}
	}
	if c.top, err = open(unix.AT_FDCWD, target); err != nil {
		return &os.PathError{Op: "open", Path: target, Err: err}
	}
	if c.target, err = open(unix.AT_FDCWD, target); err != nil {
		return &os.PathError{Op: "open", Path: target, Err: err}
	}
	if c.source, err = open(unix.AT_FDCWD, source); err != nil {
		return &os.PathError{Op: "open", Path: source, Err: err}
	}
	return c.push(source)
}

func open(directory int, name string) (int, error) {
	return unix.Openat(directory, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// makeDirectory has a directory of that name, that others cannot look into yet.
func makeDirectory(at int, name string) error {
	err := unix.Mkdirat(at, name, 0o700)
	if !errors.Is(err, unix.EEXIST) {
		return err
	}
	var stat unix.Stat_t
	if err := unix.Fstatat(at, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil || stat.Mode&unix.S_IFMT == unix.S_IFDIR {
		return err
	}
	if err := unix.Unlinkat(at, name, 0); err != nil {
		return err
	}
	return unix.Mkdirat(at, name, 0o700)
}

// push begins the directory that source is.
func (c *copier) push(path string) error {
	next := level{path: path}
	if err := unix.Fstat(c.source, &next.stat); err != nil {
		return c.fail(".", err)
	}
	duplicate, err := open(c.source, ".")
	if err != nil {
		return c.fail(".", err)
	}
	file := os.NewFile(uintptr(duplicate), path)
	next.entries, err = file.Readdirnames(-1)
	_ = file.Close()
	if err != nil {
		return c.fail(".", err)
	}
	if path != "" {
		next.mounts = c.mounts[path]
	}
	c.levels = append(c.levels, next)
	return nil
}

// step copies the next entry, or ends a directory.
func (c *copier) step() error {
	at := &c.levels[len(c.levels)-1]
	n := len(at.entries)
	if n == 0 {
		return c.pop()
	}
	name := at.entries[n-1]
	at.entries = at.entries[:n-1]
	var stat unix.Stat_t
	if err := unix.Fstatat(c.source, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return c.fail(name, err)
	}
	isMount := at.mounts[name]
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		return c.fail(name, c.copyFile(name, &stat, isMount))
	}
	if err := makeDirectory(c.target, name); err != nil {
		return c.fail(name, err)
	}
	if isMount {
		return c.fail(name, c.finish(name, &stat, true))
	}
	return c.enter(name)
}

// enter goes into a directory on both sides.
func (c *copier) enter(name string) error {
	path := c.levels[len(c.levels)-1].path
	if path = filepath.Join(path, name); path == name || len(path) >= maxPath {
		path = ""
	}
	if err := c.move(name); err != nil {
		return c.fail(name, err)
	}
	return c.push(path)
}

// pop ends a directory and goes back.
func (c *copier) pop() error {
	at := c.levels[len(c.levels)-1]
	if err := c.finish(".", &at.stat, false); err != nil {
		return c.fail(".", err)
	}
	c.levels = c.levels[:len(c.levels)-1]
	if len(c.levels) == 0 {
		return nil
	}
	return c.fail("..", c.move(".."))
}

func (c *copier) move(name string) error {
	source, err := open(c.source, name)
	if err != nil {
		return err
	}
	_ = unix.Close(c.source)
	c.source = source
	target, err := open(c.target, name)
	if err != nil {
		return err
	}
	_ = unix.Close(c.target)
	c.target = target
	return nil
}

// fail names the entry of an error.
func (c *copier) fail(name string, err error) error {
	if err == nil {
		return nil
	}
	path := "..."
	if n := len(c.levels); n > 0 && c.levels[n-1].path != "" {
		path = c.levels[n-1].path
	}
	return &os.PathError{Op: "copy", Path: filepath.Join(path, name), Err: err}
}

func (c *copier) note(name, text string) {
	_, _ = fmt.Fprintf(c.notes, "note: %v\n", c.fail(name, errors.New(text)))
}
