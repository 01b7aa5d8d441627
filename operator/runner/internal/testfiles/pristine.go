// Package testfiles puts a function's tests in place, and files of the image back, where an agent has worked.
package testfiles

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// CheckPaths refuses paths that are not relative, or lead out of their directory.
func CheckPaths(paths []string) error {
	for _, path := range paths {
		if !filepath.IsLocal(path) || path == "." {
			return fmt.Errorf("paths to restore are relative, without ..: %q", path)
		}
	}
	return nil
}

// Save writes an archive of those paths, relative to the working directory of an image as it was built, that exist.
func Save(to io.Writer, workingDirectory string, wanted []string) error {
	archive := tar.NewWriter(to)
	workingDirectory = filepath.Clean(workingDirectory)
	for _, path := range wanted {
		path = filepath.Clean(path)
		if err := checkParents(workingDirectory, path); err != nil {
			return err
		}
		top := filepath.Join(workingDirectory, path)
		if _, err := os.Lstat(top); errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
			continue
		}
		if err := saveTree(archive, workingDirectory, top); err != nil {
			return fmt.Errorf("cannot read %s of the image: %w", path, err)
		}
	}
	return archive.Close()
}

// unnamed is a file whose owner is numbers alone. For names the library would read the image's user databases, which
// may have no end.
type unnamed struct{ fs.FileInfo }

// Uname is the name of the owner: none.
func (unnamed) Uname() (string, error) { return "", nil }

// Gname is the name of the group: none.
func (unnamed) Gname() (string, error) { return "", nil }

// checkParents refuses a path that leads through a link: it would be put back beside what it means.
func checkParents(directory, path string) error {
	for at := filepath.Dir(path); at != "."; at = filepath.Dir(at) {
		if stat, err := os.Lstat(filepath.Join(directory, at)); err == nil && stat.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%s is a symlink in the image: name the path that it leads to", at)
		}
	}
	return nil
}

func saveTree(archive *tar.Writer, directory, top string) error {
	return filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSocket != 0 {
			return nil
		}
		target := ""
		if info.Mode()&fs.ModeSymlink != 0 {
			if target, err = os.Readlink(path); err != nil {
				return err
			}
		}
		header, err := tar.FileInfoHeader(unnamed{info}, target)
		if err != nil {
			return err
		}
		if header.Name, err = filepath.Rel(directory, path); err != nil {
			return err
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		_, err = io.Copy(archive, file)
		return err
	})
}
