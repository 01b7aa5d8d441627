package copytree

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// copyFile copies what is no directory; something mounted becomes an empty file.
func (c *copier) copyFile(name string, stat *unix.Stat_t, isMount bool) error {
	if err := unix.Unlinkat(c.target, name, 0); err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	kind := stat.Mode & unix.S_IFMT
	if kind == unix.S_IFSOCK && !isMount {
		c.note(name, "a socket, left out")
		return nil
	}
	if !isMount && stat.Nlink > 1 {
		if isLinked, err := c.linkAgain(name, stat); err != nil || isLinked {
			return err
		}
	}
	var err error
	switch {
	case isMount:
		err = c.create(name, nil, 0)
	case kind == unix.S_IFREG:
		err = c.copyContent(name, stat.Size)
	case kind == unix.S_IFLNK:
		err = c.copyLink(name)
	default:
		if err = unix.Mknodat(c.target, name, stat.Mode, int(stat.Rdev)); errors.Is(err, unix.EPERM) {
			c.note(name, "a device, left out: not allowed here")
			return nil
		}
	}
	if err != nil {
		return err
	}
	if !isMount && stat.Nlink > 1 {
		c.remember(name, stat)
	}
	return c.finish(name, stat, isMount)
}

func inodeOf(stat *unix.Stat_t) inode {
	return inode{uint64(stat.Dev), stat.Ino} // the type of a device differs between machines
}

// linkAgain reports whether the file is in the copy already, and has this name too now. What has more names than the
// disk allows is copied again.
func (c *copier) linkAgain(name string, stat *unix.Stat_t) (bool, error) {
	first, isKnown := c.first[inodeOf(stat)]
	if !isKnown {
		return false, nil
	}
	err := unix.Linkat(c.top, first, c.target, name, 0)
	if errors.Is(err, unix.EMLINK) {
		return false, nil
	}
	return true, err
}

// remember keeps the name of a file that is in the copy now, for its next name.
func (c *copier) remember(name string, stat *unix.Stat_t) {
	path := c.levels[len(c.levels)-1].path
	if path == "" {
		return
	}
	relative, err := filepath.Rel(c.levels[0].path, filepath.Join(path, name))
	if err == nil && len(relative) < maxPath {
		c.first[inodeOf(stat)] = relative
	}
}

func (c *copier) copyLink(name string) error {
	text := make([]byte, maxPath)
	n, err := unix.Readlinkat(c.source, name, text)
	if err != nil {
		return err
	}
	return unix.Symlinkat(string(text[:n]), c.target, name)
}

func (c *copier) copyContent(name string, size int64) error {
	fd, err := unix.Openat(c.source, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	source := os.NewFile(uintptr(fd), name)
	defer func() { _ = source.Close() }()
	return c.create(name, source, size)
}

// create makes a file with the content of source, if there is one.
func (c *copier) create(name string, source *os.File, size int64) error {
	fd, err := unix.Openat(c.target, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	target := os.NewFile(uintptr(fd), name)
	if source != nil {
		err = fill(target, source, size)
	}
	return errors.Join(err, target.Close())
}

// fill copies the content: as a clone where the file system can, else piece by piece without the holes.
func fill(target, source *os.File, size int64) error {
	if unix.IoctlFileClone(int(target.Fd()), int(source.Fd())) == nil {
		return nil
	}
	for at := int64(0); at < size; {
		data, err := unix.Seek(int(source.Fd()), at, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			break // no more data
		}
		hole := size
		if err != nil {
			data = at // no such thing as holes here
		} else if hole, err = unix.Seek(int(source.Fd()), data, unix.SEEK_HOLE); err != nil {
			return err
		}
		if _, err := source.Seek(data, io.SeekStart); err != nil {
			return err
		}
		if _, err := target.Seek(data, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(target, source, hole-data); err != nil && !errors.Is(err, io.EOF) { // it may have become shorter
			return err
		}
		at = hole
	}
	return target.Truncate(size)
}

// finish gives an entry (or ".") its owner, extended attributes, mode and times, in this order: a change of the owner
// takes setuid bits and file capabilities away. The attributes of something mounted are not the copy's.
func (c *copier) finish(name string, stat *unix.Stat_t, isMount bool) error {
	if err := unix.Fchownat(c.target, name, int(stat.Uid), int(stat.Gid), unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if !isMount {
		if err := c.copyAttributes(name); err != nil {
			return err
		}
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFLNK {
		if err := unix.Fchmodat(c.target, name, stat.Mode&0o7777, 0); err != nil {
			return err
		}
	}
	return unix.UtimesNanoAt(c.target, name, []unix.Timespec{stat.Atim, stat.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
}

// copyAttributes copies extended attributes. Those that the kernel makes by itself (labels), or that the disk has no
// place for, are not worth a failure. The paths are short: links, FIFOs and devices have attributes too, and cannot be
// opened for them.
func (c *copier) copyAttributes(name string) error {
	source := fmt.Sprintf("/proc/self/fd/%d/%s", c.source, name)
	target := fmt.Sprintf("/proc/self/fd/%d/%s", c.target, name)
	size, err := unix.Llistxattr(source, nil)
	if errors.Is(err, unix.ENOTSUP) || err == nil && size == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	names := make([]byte, size)
	if size, err = unix.Llistxattr(source, names); err != nil {
		return err
	}
	for _, attribute := range strings.FieldsFunc(string(names[:size]), func(c rune) bool { return c == 0 }) {
		length, err := unix.Lgetxattr(source, attribute, nil)
		if err == nil {
			value := make([]byte, length)
			if length, err = unix.Lgetxattr(source, attribute, value); err == nil {
				err = unix.Lsetxattr(target, attribute, value[:length], 0)
			}
		}
		if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
			return err
		}
		if err != nil && attribute != "security.selinux" {
			c.note(name, "without its attribute "+attribute+": "+err.Error())
		}
	}
	return nil
}
