package testfiles

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/within"
)

// removeRivals removes what Python would take instead of a source file: a package or an extension module of its name,
// which go before it; byte code, which can be marked to be taken without a look at the source (PEP 552), or lie where
// the source is none. What a directory holds goes with the directory.
func (p place) removeRivals(path string) error {
	stem, isSource := strings.CutSuffix(filepath.Base(path), ".py")
	if !isSource {
		return nil
	}
	directory, err := p.realDirectory(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(directory) }()
	isProduct := func(name string) bool {
		return strings.HasPrefix(name, stem+".") && hasSuffix(name, ".pyc", ".pyo", ".so")
	}
	if err := removeNames(directory, isProduct); err != nil {
		return err
	}
	// A link to a package is one, so a link goes; of a directory, which may be one of data, what makes it a package.
	isStart := func(name string) bool {
		return strings.HasPrefix(name, "__init__.") && hasSuffix(name, ".py", ".pyc", ".pyo", ".so")
	}
	if err := removeFrom(directory, stem, isStart); err != nil {
		return err
	}
	return removeFrom(directory, "__pycache__", isProduct)
}

func hasSuffix(name string, endings ...string) bool {
	for _, ending := range endings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// removeFrom removes names from a directory in an open one. A link in its place is removed itself.
func removeFrom(parent int, name string, isRival func(string) bool) error {
	directory, err := unix.Openat(parent, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if isNoDirectory(err) {
		return removeLink(parent, name)
	}
	if err != nil {
		return &os.PathError{Op: "open", Path: name, Err: err}
	}
	defer func() { _ = unix.Close(directory) }()
	return removeNames(directory, isRival)
}

// removeLink leaves what is no link: a file without an ending is no rival.
func removeLink(directory int, name string) error {
	var stat unix.Stat_t
	if err := unix.Fstatat(directory, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return &os.PathError{Op: "stat", Path: name, Err: err}
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFLNK {
		return nil
	}
	return within.RemoveAll(directory, name)
}

func removeNames(directory int, isRival func(string) bool) error {
	listed, err := unix.Openat(directory, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("openat", err)
	}
	file := os.NewFile(uintptr(listed), ".")
	defer func() { _ = file.Close() }()
	names, err := file.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if isRival(name) {
			if err := within.RemoveAll(directory, name); err != nil {
				return err
			}
		}
	}
	return nil
}
