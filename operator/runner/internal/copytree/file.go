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
		err = c.create(name, nil, stat)
	case kind == unix.S_IFREG:
		err = c.copyContent(name, stat)
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
	return c.finish(name, stat)
}

// linkAgain reports whether the file was there already under another name; else this one is kept for the next.
func (c *copier) linkAgain(name string, stat *unix.Stat_t) (bool, error) {
	key := inode{uint64(stat.Dev), stat.Ino} // the type of a device differs between machines
	if first, known := c.first[key]; known {
		return true, unix.Linkat(c.top, first, c.target, name, 0)
	}
	if path := c.levels[len(c.levels)-1].path; path != "" {
		relative, err := filepath.Rel(c.levels[0].path, filepath.Join(path, name))
		if err == nil && len(relative) < maxPath {
			c.first[key] = relative
		}
	}
	return false, nil
}

func (c *copier) copyLink(name string) error {
	text := make([]byte, maxPath)
	n, err := unix.Readlinkat(c.source, name, text)
	if err != nil {
		return err
	}
	return unix.Symlinkat(string(text[:n]), c.target, name)
}

func (c *copier) copyContent(name string, stat *unix.Stat_t) error {
	fd, err := unix.Openat(c.source, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	source := os.NewFile(uintptr(fd), name)
	defer func() { _ = source.Close() }()
	return c.create(name, source, stat)
}

// create makes a file with the content of source, if there is one.
func (c *copier) create(name string, source *os.File, stat *unix.Stat_t) error {
	fd, err := unix.Openat(c.target, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	target := os.NewFile(uintptr(fd), name)
	if source != nil {
		err = fill(target, source, stat.Size)
	}
	if err == nil {
		err = unix.Fchown(fd, int(stat.Uid), int(stat.Gid)) // it takes file capabilities away, so these follow
	}
	if err == nil && source != nil {
		err = copyAttributes(int(source.Fd()), fd, c.note)
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

// finish gives an entry its owner, mode and times, in this order: a change of the owner takes setuid bits away.
func (c *copier) finish(name string, stat *unix.Stat_t) error {
	if stat.Mode&unix.S_IFMT != unix.S_IFREG {
		if err := unix.Fchownat(c.target, name, int(stat.Uid), int(stat.Gid), unix.AT_SYMLINK_NOFOLLOW); err != nil {
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

// setMetadata is finish for a directory that is open.
func setMetadata(fd int, stat *unix.Stat_t) error {
	if err := unix.Fchown(fd, int(stat.Uid), int(stat.Gid)); err != nil {
		return err
	}
	if err := unix.Fchmod(fd, stat.Mode&0o7777); err != nil {
		return err
	}
	path := fmt.Sprintf("/proc/self/fd/%d", fd) // kernels before 5.8 take no descriptor here
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{stat.Atim, stat.Mtim}, 0)
}

// copyAttributes copies extended attributes. Those that the kernel makes by itself (labels), or that the disk has no
// place for, are not worth a failure.
func copyAttributes(source, target int, note func(name, text string)) error {
	size, err := unix.Flistxattr(source, nil)
	if errors.Is(err, unix.ENOTSUP) || err == nil && size == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	names := make([]byte, size)
	if size, err = unix.Flistxattr(source, names); err != nil {
		return err
	}
	for _, name := range strings.FieldsFunc(string(names[:size]), func(c rune) bool { return c == 0 }) {
		length, err := unix.Fgetxattr(source, name, nil)
		if err == nil {
			value := make([]byte, length)
			if length, err = unix.Fgetxattr(source, name, value); err == nil {
				err = unix.Fsetxattr(target, name, value[:length], 0)
			}
		}
		if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
			return err
		}
		if err != nil && name != "security.selinux" {
			note(".", "without its attribute "+name+": "+err.Error())
		}
	}
	return nil
}
