package within

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", path, err)
	}
}

func TestRemovesWhateverItIs(t *testing.T) {
	directory, kept := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(kept, "kept"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(directory, name) }
	for name, make := range map[string]func(string) error{
		"file":   func(path string) error { return os.WriteFile(path, nil, 0) },
		"link":   func(path string) error { return os.Symlink(kept, path) },
		"fifo":   func(path string) error { return unix.Mkfifo(path, 0) },
		"absent": func(string) error { return nil },
		"tree": func(path string) error {
			for i := range 1200 {
				if err := os.MkdirAll(filepath.Join(path, fmt.Sprint(i), "a", "b"), 0o700); err != nil {
					return err
				}
			}
			return os.Symlink(kept, filepath.Join(path, "7", "link"))
		},
	} {
		if err := make(at(name)); err != nil {
			t.Fatal(err)
		}
		if err := RemovePath(at(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		gone(t, at(name))
	}
	if _, err := os.Stat(filepath.Join(kept, "kept")); err != nil {
		t.Error(err)
	}
	if err := RemovePath("/no/such/directory"); err != nil {
		t.Error(err)
	}
}

func TestRemovesATreeThatIsDeeperThanAnyPath(t *testing.T) {
	directory := t.TempDir()
	at, err := unix.Open(directory, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20_000 {
		name := "d"
		if i == 0 {
			name = "deep"
		}
		if err := unix.Mkdirat(at, name, 0o700); err != nil {
			t.Fatal(err)
		}
		if at, err = move(at, name); err != nil {
			t.Fatal(err)
		}
	}
	_ = unix.Close(at)
	if err := RemovePath(filepath.Join(directory, "deep")); err != nil {
		t.Error(err)
	}
	gone(t, filepath.Join(directory, "deep"))
}
