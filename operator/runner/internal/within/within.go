// Package within opens paths inside a root file system that others have written.
//
// A path, and every symbolic link on its way, is resolved as if the root were "/": an absolute link or ".." never leads
// out of it. Links of /proc (magic links) are not followed. Only regular files of a real file system are opened: a
// FIFO, a device, a socket or a file of /proc or /sys cannot hang or mislead the reader.
package within

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

var (
	// ErrNotRegular says that the path is a FIFO, a device, a directory, a socket, or a file of a kernel file system.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge says that a file has more bytes than the caller reads.
	ErrTooLarge = errors.New("too large")
)

// attempts bounds how often a lookup is repeated that raced with a rename (EAGAIN of openat2).
const attempts = 16

// Root is an open directory that stands for "/".
type Root struct {
	fd     int
	walked bool // the kernel has no openat2, or a sandbox forbids it: gVisor, old seccomp profiles
}

// Open opens the directory at path, itself resolved as usual. The caller closes it.
func Open(path string) (*Root, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	root := &Root{fd: fd}
	dot, err := unix.Openat2(fd, ".", how(unix.O_PATH, unix.RESOLVE_IN_ROOT))
	if err == nil {
		_ = unix.Close(dot)
	}
	root.walked = errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM)
	return root, nil
}

// Close releases the directory.
func (r *Root) Close() error { return unix.Close(r.fd) }

// Open opens a regular file for reading. The error wraps ErrNotRegular or the system's.
func (r *Root) Open(path string) (*os.File, error) { return r.open(path, true) }

// OpenPlain is Open for a path without any symbolic link, and without "..": one that meets a link fails with ELOOP.
func (r *Root) OpenPlain(path string) (*os.File, error) { return r.open(path, false) }

// ReadFile reads a whole regular file of at most limit bytes; the error wraps ErrTooLarge for one that is larger.
func (r *Root) ReadFile(path string, limit int64) ([]byte, error) {
	file, err := r.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	data, err := ReadAll(file, limit)
	if err != nil {
		return nil, &os.PathError{Op: "read", Path: path, Err: err}
	}
	return data, nil
}

// ReadAll reads what is left of a reader, at most limit bytes, else the error is ErrTooLarge.
func ReadAll(reader io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(reader, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, ErrTooLarge
	}
	return data, err
}

// Stat describes what the path leads to.
func (r *Root) Stat(path string) (*unix.Stat_t, error) {
	fd, err := r.lookup(path, true)
	if err != nil {
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return &stat, nil
}

// open looks the path up without opening it (O_PATH has no side effect on a device), then opens what it found. Both
// steps check the kind, because the path may have been replaced between them.
func (r *Root) open(path string, links bool) (*os.File, error) {
	fail := func(err error) (*os.File, error) { return nil, &os.PathError{Op: "open", Path: path, Err: err} }
	handle, err := r.lookup(path, links)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = unix.Close(handle) }()
	if err := regular(handle); err != nil {
		return fail(err)
	}
	fd, err := r.reopen(path, links)
	if err != nil {
		return fail(err)
	}
	if err := regular(fd); err != nil {
		_ = unix.Close(fd)
		return fail(err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

func (r *Root) lookup(path string, links bool) (int, error) {
	if r.walked {
		end, err := r.walk(path, links)
		if err != nil {
			return -1, err
		}
		return end.take(), nil
	}
	return r.openat2(path, unix.O_PATH, links)
}

func (r *Root) reopen(path string, links bool) (int, error) {
	const flags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY
	if r.walked {
		end, err := r.walk(path, links)
		if err != nil {
			return -1, err
		}
		defer end.close()
		return unix.Openat(end.parent(), end.name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	}
	return r.openat2(path, flags, links)
}

func (r *Root) openat2(path string, flags uint64, links bool) (int, error) {
	resolve := uint64(unix.RESOLVE_IN_ROOT)
	if !links {
		resolve = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS
	}
	for range attempts {
		fd, err := unix.Openat2(r.fd, path, how(flags, resolve))
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
	return -1, unix.EAGAIN
}

func how(flags, resolve uint64) *unix.OpenHow {
	return &unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: resolve | unix.RESOLVE_NO_MAGICLINKS}
}

// kernelFilesystems make up their files: reading one may block (/proc/kmsg) or show the reader's own process.
var kernelFilesystems = map[int64]bool{
	unix.PROC_SUPER_MAGIC: true, unix.SYSFS_MAGIC: true, unix.DEBUGFS_MAGIC: true, unix.TRACEFS_MAGIC: true,
	unix.SECURITYFS_MAGIC: true, unix.CGROUP_SUPER_MAGIC: true, unix.CGROUP2_SUPER_MAGIC: true,
}

func regular(fd int) error {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return fmt.Errorf("%w but %s", ErrNotRegular, Kind(stat.Mode))
	}
	var system unix.Statfs_t
	if err := unix.Fstatfs(fd, &system); err != nil {
		return err
	}
	if kernelFilesystems[int64(system.Type)] { // its type differs between machines
		return fmt.Errorf("%w but one of the kernel's", ErrNotRegular)
	}
	return nil
}

// Kind names the type in a file's mode.
func Kind(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return "a regular file"
	case unix.S_IFDIR:
		return "a directory"
	case unix.S_IFLNK:
		return "a symbolic link"
	case unix.S_IFIFO:
		return "a FIFO"
	case unix.S_IFSOCK:
		return "a socket"
	case unix.S_IFCHR, unix.S_IFBLK:
		return "a device"
	}
	return "of an unknown kind"
}
