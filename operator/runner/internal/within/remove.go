package within

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// batch is how many entries of a directory are read at a time.
const batch = 512

// level is a directory that is being removed.
type level struct {
	name    string
	pending []string // of its directories, those still to be entered
}

// RemoveAll removes what is called name in the directory dir, with all that is in it; nothing there is no error. It
// follows no link, and however deep a tree is, it needs two descriptors and no stack. Nothing else may change the tree
// meanwhile.
func RemoveAll(dir int, name string) error {
	err := unix.Unlinkat(dir, name, 0)
	if err == nil || errors.Is(err, unix.ENOENT) {
		return nil
	}
	if !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM) {
		return &os.PathError{Op: "remove", Path: name, Err: err}
	}
	at, err := enterDirectory(dir, name)
	if err != nil {
		return &os.PathError{Op: "remove", Path: name, Err: err}
	}
	for stack := []level{{name: name}}; ; {
		top := &stack[len(stack)-1]
		if len(top.pending) == 0 {
			if top.pending, err = unlinkFiles(at); err != nil {
				break
			}
		}
		if n := len(top.pending); n > 0 {
			next := top.pending[n-1]
			top.pending = top.pending[:n-1]
			if at, err = move(at, next); err != nil {
				break
			}
			stack = append(stack, level{name: next})
			continue
		}
		if len(stack) == 1 {
			break
		}
		if at, err = move(at, ".."); err != nil {
			break
		}
		if err = unix.Unlinkat(at, top.name, unix.AT_REMOVEDIR); err != nil {
			break
		}
		stack = stack[:len(stack)-1]
	}
	if at >= 0 {
		_ = unix.Close(at)
	}
	if err == nil {
		err = unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
	}
	if err != nil {
		return &os.PathError{Op: "remove", Path: name, Err: err}
	}
	return nil
}

// RemovePath is RemoveAll for a path whose parents are nobody else's.
func RemovePath(path string) error {
	dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return &os.PathError{Op: "open", Path: filepath.Dir(path), Err: err}
	}
	defer func() { _ = unix.Close(dir) }()
	return RemoveAll(dir, filepath.Base(path))
}

func enterDirectory(dir int, name string) (int, error) {
	return unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// move goes to another directory and closes this one; -1 and an error if it cannot.
func move(at int, name string) (int, error) {
	next, err := enterDirectory(at, name)
	_ = unix.Close(at)
	if err != nil {
		return -1, err
	}
	return next, nil
}

// unlinkFiles removes the files of a directory. It returns some of the directories in it, none if there are no more.
func unlinkFiles(dir int) ([]string, error) {
	duplicate, err := unix.FcntlInt(uintptr(dir), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(duplicate), "")
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(0, 0); err != nil {
		return nil, err
	}
	var directories []string
	for {
		entries, err := file.ReadDir(batch)
		for _, entry := range entries {
			name := entry.Name()
			if strings.ContainsRune(name, '/') {
				return nil, unix.EINVAL
			}
			if entry.IsDir() {
				directories = append(directories, name)
				continue
			}
			if err := unix.Unlinkat(dir, name, 0); err != nil && !errors.Is(err, unix.ENOENT) {
				return nil, err
			}
		}
		if err != nil { // io.EOF, or what the next step meets again
			return directories, nil
		}
	}
}
