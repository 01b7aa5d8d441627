package testfiles

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/within"
)

// removeProducts removes the byte code that Python may have kept of a source file: it can be marked to be taken without
// a look at the source (PEP 552), or lie where the source is none. What a directory holds goes with the directory.
func (p place) removeProducts(path string) error {
	stem, isSource := strings.CutSuffix(filepath.Base(path), ".py")
	if !isSource {
		return nil
	}
	directory, err := p.realDirectory(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(directory) }()
	for _, name := range []string{stem + ".pyc", stem + ".pyo"} {
		if err := within.RemoveAll(directory, name); err != nil {
			return err
		}
	}
	cache, err := unix.Openat(directory, "__pycache__", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil { // a link, or no directory: nothing of the image's is in it
		return within.RemoveAll(directory, "__pycache__")
	}
	file := os.NewFile(uintptr(cache), "__pycache__")
	defer func() { _ = file.Close() }()
	names, err := file.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasPrefix(name, stem+".") && (strings.HasSuffix(name, ".pyc") || strings.HasSuffix(name, ".pyo")) {
			if err := within.RemoveAll(cache, name); err != nil {
				return err
			}
		}
	}
	return nil
}
