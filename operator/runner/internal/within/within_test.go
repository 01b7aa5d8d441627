package within

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tree is a root with a secret beside it; both ways to resolve a path are tried on it.
type tree struct{ root, secret string }

func newTree(t *testing.T) tree {
	t.Helper()
	top := t.TempDir()
	it := tree{root: filepath.Join(top, "root"), secret: filepath.Join(top, "secret")}
	it.write(t, "../secret", "outside")
	it.write(t, "etc/passwd", "inside")
	it.write(t, "srv/project/answer", "42")
	return it
}

func (it tree) write(t *testing.T, path, text string) {
	t.Helper()
	full := filepath.Join(it.root, path)
	must(t, os.MkdirAll(filepath.Dir(full), 0o755))
	must(t, os.WriteFile(full, []byte(text), 0o644))
}

func (it tree) link(t *testing.T, target, path string) {
	t.Helper()
	full := filepath.Join(it.root, path)
	must(t, os.MkdirAll(filepath.Dir(full), 0o755))
	must(t, os.Symlink(target, full))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// both runs a test with openat2 and with the walk that stands in for it.
func both(t *testing.T, test func(t *testing.T, it tree, root *Root)) {
	t.Helper()
	for _, name := range []string{"openat2", "walk"} {
		t.Run(name, func(t *testing.T) {
			it := newTree(t)
			root, err := Open(it.root)
			must(t, err)
			defer func() { _ = root.Close() }()
			if name == "openat2" && root.walked {
				t.Skip("no openat2 here")
			}
			root.walked = name == "walk"
			test(t, it, root)
		})
	}
}

func TestLinksAreResolvedInsideTheRoot(t *testing.T) {
	both(t, func(t *testing.T, it tree, root *Root) {
		it.link(t, "/srv/project", "app")
		it.link(t, "/etc/passwd", "a/absolute")
		it.link(t, "../../../../etc/passwd", "a/climbing")
		it.link(t, it.secret, "a/secret")
		it.link(t, "../../../secret", "a/up")
		it.link(t, "loop", "loop")
		for path, want := range map[string]string{
			"/etc/passwd": "inside", "etc//./passwd": "inside", "/../../etc/passwd": "inside",
			"/app/answer": "42", "app/../project/answer": "42", "a/absolute": "inside", "a/climbing": "inside",
		} {
			data, err := root.ReadFile(path, 100)
			if err != nil || string(data) != want {
				t.Errorf("%s: %q, %v; want %q", path, data, err, want)
			}
		}
		for path, want := range map[string]error{
			"a/secret": unix.ENOENT, "a/up": unix.ENOENT, "loop": unix.ELOOP, "": unix.ENOENT,
			"etc/passwd/": unix.ENOTDIR, "etc/passwd/x": unix.ENOTDIR, "nothing": unix.ENOENT,
			strings.Repeat("x", 300): unix.ENAMETOOLONG, strings.Repeat("x/", 3000): unix.ENAMETOOLONG,
		} {
			if data, err := root.ReadFile(path, 100); !errors.Is(err, want) {
				t.Errorf("%.20s: %q, %v; want %v", path, data, err, want)
			}
		}
	})
}

func TestPlainPathsMeetNoLink(t *testing.T) {
	both(t, func(t *testing.T, it tree, root *Root) {
		it.link(t, "project", "srv/same")
		it.link(t, "answer", "srv/project/link")
		if file, err := root.OpenPlain("srv/project/answer"); err != nil {
			t.Error(err)
		} else {
			_ = file.Close()
		}
		for path, want := range map[string]error{
			"srv/same/answer": unix.ELOOP, "srv/project/link": unix.ELOOP, "srv/../etc/passwd": nil,
			"/etc/passwd": unix.EXDEV, "../secret": unix.EXDEV,
		} {
			if _, err := root.OpenPlain(path); want != nil && !errors.Is(err, want) {
				t.Errorf("%s: %v; want %v", path, err, want)
			}
		}
	})
}

func TestOnlyRegularFilesAreOpenedAndNothingHangs(t *testing.T) {
	both(t, func(t *testing.T, it tree, root *Root) {
		must(t, unix.Mkfifo(filepath.Join(it.root, "fifo"), 0o600))
		socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		must(t, err)
		defer func() { _ = unix.Close(socket) }()
		t.Chdir(it.root)
		must(t, unix.Bind(socket, &unix.SockaddrUnix{Name: "socket"}))
		it.link(t, "/fifo", "etc/group")
		paths := []string{"fifo", "socket", "etc", "/", ".", "etc/group"}
		if unix.Mknod(filepath.Join(it.root, "device"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))) == nil {
			paths = append(paths, "device")
		}
		for _, path := range paths {
			begin := time.Now()
			if _, err := root.Open(path); !errors.Is(err, ErrNotRegular) {
				t.Errorf("%s: %v; want ErrNotRegular", path, err)
			}
			if time.Since(begin) > time.Second {
				t.Errorf("%s took %v", path, time.Since(begin))
			}
		}
	})
}

func TestFilesOfTheKernelAreNotRegular(t *testing.T) {
	root, err := Open("/")
	must(t, err)
	defer func() { _ = root.Close() }()
	for _, walked := range []bool{root.walked, true} {
		root.walked = walked
		for _, path := range []string{"/proc/self/environ", "/proc/kmsg", "/proc/self/fd/0", "/proc/self/root/etc/passwd"} {
			if file, err := root.Open(path); err == nil && strings.HasPrefix(path, "/proc/self/e") {
				t.Errorf("opened %s", file.Name())
			}
		}
	}
}

func TestSizeIsBounded(t *testing.T) {
	both(t, func(t *testing.T, it tree, root *Root) {
		it.write(t, "file", strings.Repeat("x", 100))
		must(t, os.Truncate(filepath.Join(it.root, "srv/project/answer"), 1<<40))
		if data, err := root.ReadFile("file", 100); err != nil || len(data) != 100 {
			t.Errorf("%d bytes, %v", len(data), err)
		}
		for _, path := range []string{"file", "srv/project/answer"} {
			if _, err := root.ReadFile(path, 99); !errors.Is(err, ErrTooLarge) {
				t.Errorf("%s: %v; want ErrTooLarge", path, err)
			}
		}
	})
}

func TestResolveIsAPathWithoutLinks(t *testing.T) {
	it := newTree(t)
	it.link(t, "/srv/project", "app")
	it.link(t, "../app/..", "opt/x")
	it.link(t, "/nowhere", "dangling")
	root, err := Open(it.root)
	must(t, err)
	defer func() { _ = root.Close() }()
	for path, want := range map[string]string{
		"/app": "/srv/project", "/app/": "/srv/project", "app/answer": "/srv/project/answer", "/opt/x": "/srv",
		"/": "/", ".": "/", "/../..": "/", "/etc/../srv": "/srv",
	} {
		if got, err := root.Resolve(path); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", path, got, err, want)
		}
	}
	if _, err := root.Resolve("/dangling"); !errors.Is(err, unix.ENOENT) {
		t.Errorf("dangling: %v", err)
	}
}

func TestNoHandleIsLeft(t *testing.T) {
	both(t, func(t *testing.T, it tree, root *Root) {
		it.link(t, "../app/../etc/./passwd", "a/b")
		it.link(t, "/srv", "app")
		before := handles(t)
		for _, path := range []string{"a/b", "app/project/answer", "app/none", "etc", "etc/passwd/x"} {
			_, _ = root.ReadFile(path, 1)
			_, _ = root.Resolve(path)
			_, _ = root.Stat(path)
		}
		if after := handles(t); after > before {
			t.Errorf("%d handles, before %d", after, before)
		}
	})
}

func handles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(entries)
}

// FuzzResolve compares the walk with the kernel's own lookup.
func FuzzResolve(f *testing.F) {
	for _, seed := range [][2]string{{"/srv", "app/x"}, {"../../x", "app"}, {"app", "app"}, {".", "app/.."}, {"a//b/", "a/b/"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, target, path string) {
		if strings.ContainsRune(target+path, 0) || len(target) > 200 || len(path) > 200 {
			return
		}
		top := t.TempDir()
		must(t, os.MkdirAll(filepath.Join(top, "srv/a/b"), 0o755))
		must(t, os.WriteFile(filepath.Join(top, "srv/x"), []byte("x"), 0o644))
		if os.Symlink(target, filepath.Join(top, "app")) != nil {
			return
		}
		root, err := Open(top)
		must(t, err)
		defer func() { _ = root.Close() }()
		if root.walked {
			t.Skip("no openat2 here")
		}
		kernel, kernelErr := root.Stat(path)
		root.walked = true
		walked, walkErr := root.Stat(path)
		if (kernelErr == nil) != (walkErr == nil) {
			t.Fatalf("%q by %q: kernel %v, walk %v", path, target, kernelErr, walkErr)
		}
		if kernelErr == nil && kernel.Ino != walked.Ino {
			t.Fatalf("%q by %q leads to different files", path, target)
		}
	})
}
