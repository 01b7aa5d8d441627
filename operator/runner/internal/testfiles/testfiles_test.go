package testfiles

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/paths"
)

// roots are an image's working directory, the agent's, a place that no link may lead to, and the volume of tests.
type roots struct{ image, work, secret, tests string }

var owner = Owner{1234, 1235}

func newRoots(t *testing.T) roots {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to give files away")
	}
	top := t.TempDir()
	old := paths.Base
	paths.Base = filepath.Join(top, "assay")
	t.Cleanup(func() { paths.Base = old })
	r := roots{filepath.Join(top, "image"), filepath.Join(top, "work"), filepath.Join(top, "secret"), filepath.Join(top, "assay", "tests")}
	for _, directory := range []string{r.image, r.work, r.secret, filepath.Join(paths.Base, "toolbox")} {
		must(t, os.MkdirAll(directory, 0o755))
	}
	must(t, os.WriteFile(filepath.Join(r.secret, "kept"), []byte("kept"), 0o600))
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, directory string, files map[string]string) {
	t.Helper()
	for path, text := range files {
		at := filepath.Join(directory, path)
		must(t, os.MkdirAll(filepath.Dir(at), 0o755))
		if target, is := strings.CutPrefix(text, "-> "); is {
			must(t, os.Symlink(target, at))
		} else {
			must(t, os.WriteFile(at, []byte(text), 0o644))
		}
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func list(t *testing.T, directory string) []string {
	t.Helper()
	entries, err := os.ReadDir(directory)
	must(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func ownerOf(t *testing.T, path ...string) Owner {
	t.Helper()
	var stat unix.Stat_t
	must(t, unix.Lstat(filepath.Join(path...), &stat))
	return Owner{int(stat.Uid), int(stat.Gid)}
}

// put does what a function's start does; the files are a volume as the kubelet writes it.
func (r roots) put(t *testing.T, work string, restored []string, files map[string]string) {
	t.Helper()
	version := filepath.Join(r.tests, "..2026_11_24")
	write(t, version, files)
	if files != nil {
		must(t, os.Symlink(filepath.Base(version), filepath.Join(r.tests, "..data")))
	}
	for path := range files {
		name, _, _ := strings.Cut(path, "/")
		if _, err := os.Lstat(filepath.Join(r.tests, name)); err != nil {
			must(t, os.Symlink("..data/"+name, filepath.Join(r.tests, name)))
		}
	}
	var archive bytes.Buffer
	must(t, Save(&archive, r.image, restored))
	must(t, Put(work, owner, restored, &archive, r.tests))
	if names := list(t, r.secret); !slices.Equal(names, []string{"kept"}) || read(t, r.secret, "kept") != "kept" {
		t.Errorf("the secret place has %q", names)
	}
}

func TestTestsAreTheFunctionsOwn(t *testing.T) {
	r := newRoots(t)
	must(t, os.Mkdir(filepath.Join(r.work, "tests"), 0o755))
	r.put(t, r.work, nil, map[string]string{"tests/test_a.py": "a", "new/deep/run me.sh": "#!/bin/sh\n", ".hidden": "h"})
	if read(t, r.work, "tests/test_a.py") != "a" || read(t, r.work, ".hidden") != "h" {
		t.Error("contents")
	}
	for path, mode := range map[string]os.FileMode{"new/deep/run me.sh": 0o755, ".hidden": 0o644, "new/deep": 0o755} {
		stat, err := os.Stat(filepath.Join(r.work, path))
		must(t, err)
		if stat.Mode().Perm() != mode || ownerOf(t, r.work, path) != owner {
			t.Errorf("%s: %s, %v", path, stat.Mode(), ownerOf(t, r.work, path))
		}
	}
	if ownerOf(t, r.work, "tests") != (Owner{0, 0}) {
		t.Error("what was there does not stay as it was")
	}
	if names := list(t, r.work); !slices.Equal(names, []string{".hidden", "new", "tests"}) {
		t.Errorf("%q", names)
	}
}

func TestWhateverTheAgentLeftGivesWay(t *testing.T) {
	for name, left := range map[string]func(r roots, tests string) error{
		"file link":      func(r roots, tests string) error { return os.Symlink(r.secret+"/kept", tests+"/test_a.py") },
		"dangling":       func(r roots, tests string) error { return os.Symlink(r.secret+"/new", tests+"/test_a.py") },
		"fifo":           func(_ roots, tests string) error { return unix.Mkfifo(tests+"/test_a.py", 0o600) },
		"directory":      func(_ roots, tests string) error { return os.MkdirAll(tests+"/test_a.py/x/y", 0o755) },
		"directory link": func(r roots, tests string) error { return errorsOf(os.Remove(tests), os.Symlink(r.secret, tests)) },
		"file":           func(_ roots, tests string) error { return errorsOf(os.Remove(tests), os.WriteFile(tests, nil, 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoots(t)
			tests := filepath.Join(r.work, "tests")
			must(t, os.Mkdir(tests, 0o755))
			must(t, left(r, tests))
			r.put(t, r.work, nil, map[string]string{"tests/test_a.py": "a"})
			for _, path := range []string{tests, tests + "/test_a.py"} {
				if stat, err := os.Lstat(path); err != nil || stat.Mode()&os.ModeSymlink != 0 {
					t.Errorf("%s: %v %v", path, stat, err)
				}
			}
			if read(t, tests, "test_a.py") != "a" {
				t.Error(read(t, tests, "test_a.py"))
			}
		})
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestRestoresWhatTheImageHas(t *testing.T) {
	r := newRoots(t)
	write(t, r.image, map[string]string{"tests/data/x": "image", "tests/link": "-> data", "conftest.py": "image", "other": "image"})
	must(t, os.Chown(r.image+"/conftest.py", 7, 8))
	must(t, os.Chmod(r.image+"/conftest.py", 0o750|os.ModeSetuid))
	past := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(r.image+"/tests/data/x", past, past))
	write(t, r.work, map[string]string{"tests": "-> " + r.secret, "conftest.py": "agent", "setup.cfg/x": "agent", "other": "agent"})
	r.put(t, r.work, []string{"tests", "conftest.py", "setup.cfg", "a b/c", "missing"}, nil)
	if read(t, r.work, "tests/data/x") != "image" || read(t, r.work, "other") != "agent" {
		t.Error("contents")
	}
	if target, err := os.Readlink(r.work + "/tests/link"); err != nil || target != "data" {
		t.Error(target, err)
	}
	stat, err := os.Stat(r.work + "/conftest.py")
	must(t, err)
	if stat.Mode() != 0o750|os.ModeSetuid || ownerOf(t, r.work, "conftest.py") != (Owner{7, 8}) {
		t.Error(stat.Mode())
	}
	if _, err := os.Lstat(r.work + "/setup.cfg"); !os.IsNotExist(err) {
		t.Error("setup.cfg is still there")
	}
	if stat, err = os.Stat(r.work + "/tests/data/x"); err != nil || time.Since(stat.ModTime()) > time.Minute {
		t.Error("what the agent built of it before looks newer")
	}
}

func TestFilesThatTheAgentAddedToARestoredDirectoryAreGone(t *testing.T) {
	r := newRoots(t)
	must(t, os.Mkdir(r.image+"/tests", 0o755))
	write(t, r.work, map[string]string{"tests/conftest.py": "agent"})
	r.put(t, r.work, []string{"tests"}, map[string]string{"tests/test_a.py": "a"})
	if names := list(t, r.work+"/tests"); !slices.Equal(names, []string{"test_a.py"}) {
		t.Errorf("%q", names)
	}
}

func TestWorkingDirectoriesThatAreNotWrittenAsTheyShouldBe(t *testing.T) {
	r := newRoots(t)
	write(t, r.image, map[string]string{"tests/a": "image"})
	for _, directory := range []string{r.image + "/", r.image + "/.", "/" + r.image, r.image + "/tests/.."} {
		var archive bytes.Buffer
		must(t, Save(&archive, directory, []string{"tests"}))
		must(t, os.RemoveAll(r.work+"/tests"))
		must(t, Put(r.work, owner, []string{"tests"}, &archive, r.tests))
		if read(t, r.work, "tests/a") != "image" {
			t.Errorf("%s: %s", directory, read(t, r.work, "tests/a"))
		}
	}
}

func TestRestoringThroughALinkOfTheImageIsRefused(t *testing.T) {
	r := newRoots(t)
	write(t, r.image, map[string]string{"real/x": "image", "tests": "-> real"})
	if err := Save(new(bytes.Buffer), r.image, []string{"tests/x"}); err == nil || !strings.Contains(err.Error(), "tests is a symlink") {
		t.Error(err)
	}
	must(t, Save(new(bytes.Buffer), r.image, []string{"tests"}))
}

func TestWorkingDirectories(t *testing.T) {
	for name, isKept := range map[string]bool{"nothing": false, "file": false, "dangling": false, "into proc": false, "into ours": false, "link": true} {
		t.Run(name, func(t *testing.T) {
			r := newRoots(t)
			work := filepath.Join(filepath.Dir(r.work), "app", "work")
			must(t, os.Mkdir(filepath.Dir(work), 0o755))
			targets := map[string]string{"dangling": "/nowhere", "into proc": "/proc/self", "into ours": paths.Toolbox(), "link": r.work}
			if name == "file" {
				must(t, os.WriteFile(work, nil, 0o600))
			} else if target := targets[name]; target != "" {
				must(t, os.Symlink(target, work))
			}
			r.put(t, work, nil, map[string]string{"t.py": "a"})
			stat, err := os.Lstat(work)
			must(t, err)
			if read(t, work, "t.py") != "a" || (stat.Mode()&os.ModeSymlink != 0) != isKept {
				t.Error(stat.Mode(), read(t, work, "t.py"))
			}
		})
	}
}

func TestNothingToDo(t *testing.T) {
	r := newRoots(t)
	r.put(t, r.work+"/gone", nil, nil)
	if _, err := os.Lstat(r.work + "/gone"); !os.IsNotExist(err) {
		t.Error("it was made")
	}
}

func TestPathsThatLeadOut(t *testing.T) {
	for _, path := range []string{"", ".", "/a", "../a", "a/../../b"} {
		if CheckPaths([]string{path}) == nil {
			t.Errorf("%q", path)
		}
	}
	must(t, CheckPaths([]string{"a", "a/b", "a b", "..a"}))
	var archive bytes.Buffer
	must(t, Save(&archive, "/", nil))
}
