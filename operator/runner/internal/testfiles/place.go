package testfiles

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/within"
)

// Owner is whose the files and directories are that are made.
type Owner struct{ UID, GID int }

// place is an open directory in which files are put.
type place struct {
	fd    int
	owner Owner
}

// Put removes the paths from the working directory and unpacks what the image has of them (Save), then copies the test
// files. Whatever the agent left at these paths, or on the way to them, gives way; nothing of the agent's runs meanwhile.
func Put(workingDirectory string, owner Owner, restored []string, archive io.Reader, tests string) error {
	files, err := testPaths(tests)
	if err != nil {
		return err
	}
	if len(restored) == 0 && len(files) == 0 {
		return nil
	}
	old := unix.Umask(0o022)
	defer unix.Umask(old)
	at, err := enter(workingDirectory, owner)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(at.fd) }()
	// First, so that what is put there stays.
	for _, path := range slices.Concat(restored, files) {
		if err := at.removeRivals(filepath.Clean(path)); err != nil {
			return err
		}
	}
	for _, path := range restored {
		if err := at.makeWay(filepath.Clean(path)); err != nil {
			return err
		}
	}
	if err := at.unpack(archive); err != nil {
		return err
	}
	for _, path := range files {
		if err := at.copyTest(tests, path); err != nil {
			return err
		}
	}
	return nil
}

// testPaths are the files of a volume of Kubernetes, whose names are links into a directory ..data.
func testPaths(tests string) ([]string, error) {
	var found []string
	var walk func(string) error
	walk = func(directory string) error {
		entries, err := os.ReadDir(filepath.Join(tests, directory))
		if err != nil {
			return err
		}
		for _, entry := range entries {
			path := filepath.Join(directory, entry.Name())
			if directory == "" && strings.HasPrefix(entry.Name(), "..") {
				continue
			}
			info, err := os.Stat(filepath.Join(tests, path))
			if err != nil {
				return err
			}
			if info.IsDir() {
				err = walk(path)
			} else if info.Mode().IsRegular() {
				found = append(found, path)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(""); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return found, nil
}

// enter opens the working directory. It may be a link, but only to another directory of the disk.
func enter(workingDirectory string, owner Owner) (place, error) {
	root, err := within.Open("/")
	if err != nil {
		return place{}, err
	}
	defer func() { _ = root.Close() }()
	if resolved, err := root.Resolve(workingDirectory); err == nil && !paths.IsReserved(resolved+"/") {
		if fd, err := unix.Open(resolved, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); err == nil {
			return place{fd, owner}, nil
		}
	}
	top, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return place{}, err
	}
	defer func() { _ = unix.Close(top) }()
	fd, err := place{top, owner}.realDirectory(strings.Trim(filepath.Clean(workingDirectory), "/"))
	if err != nil {
		return place{}, fmt.Errorf("cannot make the working directory %s: %w", workingDirectory, err)
	}
	return place{fd, owner}, nil
}

// realDirectory makes a path a directory, without links on the way, and opens it.
func (p place) realDirectory(path string) (int, error) {
	at, err := unix.FcntlInt(uintptr(p.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	for _, name := range strings.Split(path, "/") {
		if name == "" || name == "." {
			continue
		}
		next, err := p.step(at, name)
		_ = unix.Close(at)
		if err != nil {
			return -1, &os.PathError{Op: "make", Path: path, Err: err}
		}
		at = next
	}
	return at, nil
}

func (p place) step(at int, name string) (int, error) {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	next, err := unix.Openat(at, name, flags, 0)
	if err == nil {
		return next, nil
	}
	if !errors.Is(err, unix.ENOENT) && !isNoDirectory(err) {
		return -1, err
	}
	if err := within.RemoveAll(at, name); err != nil {
		return -1, err
	}
	if err := unix.Mkdirat(at, name, 0o755); err != nil {
		return -1, err
	}
	if err := unix.Fchownat(at, name, p.owner.UID, p.owner.GID, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return -1, err
	}
	return unix.Openat(at, name, flags, 0)
}

// isNoDirectory says that what could not be opened is there and is something else, perhaps a link.
func isNoDirectory(err error) bool { return errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) }

// makeWay has nothing at a path, whose parents are directories.
func (p place) makeWay(path string) error {
	return p.in(path, func(directory int, name string) error { return within.RemoveAll(directory, name) })
}

// in does something to a name in a directory of ours.
func (p place) in(path string, do func(directory int, name string) error) error {
	directory, err := p.realDirectory(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(directory) }()
	if err := do(directory, filepath.Base(path)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// create opens a new file.
func create(directory int, name string) (*os.File, error) {
	fd, err := unix.Openat(directory, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// unpack reads an archive of Save. What is in it was made way for. Times are the present: a build that looks at them
// then sees that what the agent built of these files is older.
func (p place) unpack(from io.Reader) error {
	for archive := tar.NewReader(from); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Clean(header.Name)
		if !filepath.IsLocal(path) {
			return fmt.Errorf("the archive leads out of the working directory: %q", header.Name)
		}
		if err := p.in(path, func(directory int, name string) error { return unpackOne(directory, name, header, archive) }); err != nil {
			return err
		}
	}
}

func unpackOne(directory int, name string, header *tar.Header, content io.Reader) error {
	mode := uint32(header.Mode & 0o7777)
	var err error
	switch header.Typeflag {
	case tar.TypeReg:
		err = writeFile(directory, name, content)
	case tar.TypeDir:
		err = unix.Mkdirat(directory, name, 0o700)
	case tar.TypeSymlink:
		err = unix.Symlinkat(header.Linkname, directory, name)
	case tar.TypeFifo:
		err = unix.Mknodat(directory, name, unix.S_IFIFO|0o600, 0)
	case tar.TypeChar, tar.TypeBlock:
		kind := uint32(unix.S_IFCHR)
		if header.Typeflag == tar.TypeBlock {
			kind = unix.S_IFBLK
		}
		err = unix.Mknodat(directory, name, kind|0o600, int(unix.Mkdev(uint32(header.Devmajor), uint32(header.Devminor))))
	default:
		err = fmt.Errorf("what kind of file is %q?", header.Typeflag)
	}
	if err == nil {
		err = unix.Fchownat(directory, name, header.Uid, header.Gid, unix.AT_SYMLINK_NOFOLLOW)
	}
	if err == nil && header.Typeflag != tar.TypeSymlink {
		err = unix.Fchmodat(directory, name, mode, 0)
	}
	return err
}

func writeFile(directory int, name string, content io.Reader) error {
	file, err := create(directory, name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

func (p place) copyTest(tests, path string) error {
	source, err := os.Open(filepath.Join(tests, path))
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	beginning := make([]byte, 2)
	n, _ := io.ReadFull(source, beginning)
	mode := uint32(0o644)
	if string(beginning[:n]) == "#!" {
		mode = 0o755
	}
	return p.in(path, func(directory int, name string) error {
		if err := within.RemoveAll(directory, name); err != nil {
			return err
		}
		if err := writeFile(directory, name, io.MultiReader(bytes.NewReader(beginning[:n]), source)); err != nil {
			return err
		}
		if err := unix.Fchownat(directory, name, p.owner.UID, p.owner.GID, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
		return unix.Fchmodat(directory, name, mode, 0)
	})
}
