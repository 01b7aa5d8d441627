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
	"strings"

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
		header, err := tar.FileInfoHeader(info, target)
		if err != nil {
			return err
		}
		// Numbers count, not the names that this machine has for them.
		header.Name, header.Uname, header.Gname = strings.TrimPrefix(path, strings.TrimSuffix(directory, "/")+"/"), "", ""
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
