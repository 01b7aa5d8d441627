package copytree

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// capability is cap_net_bind_service=ep, as the kernel stores it.
var capability = []byte{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

// accessList is a POSIX ACL (linux/posix_acl_xattr.h) with an entry for user 1234.
var accessList = []byte{
	2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0xd2, 4, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
	16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
}

// makeTree has one of everything.
func makeTree(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to give files away")
	}
	tree := filepath.Join(t.TempDir(), "tree")
	must(t, os.MkdirAll(filepath.Join(tree, "sub", "empty"), 0o755))
	at := func(name string) string { return filepath.Join(tree, name) }
	content := make([]byte, 3_000_000)
	_, err := rand.Read(content)
	must(t, err)
	must(t, os.WriteFile(at("sub/file"), content, 0o640))
	must(t, os.Link(at("sub/file"), at("hard")))
	must(t, os.WriteFile(at("suid"), []byte("x"), 0o755))
	must(t, os.Chown(at("suid"), 1234, 77))
	must(t, os.Chmod(at("suid"), 0o755|fs.ModeSetuid))
	must(t, unix.Setxattr(at("suid"), "security.capability", capability, 0))
	must(t, unix.Setxattr(at("sub"), "user.mark", []byte("\x00odd"), 0))
	must(t, os.Symlink("/no/where", at("link")))
	must(t, os.Lchown(at("link"), 5, 6))
	must(t, os.Link(at("link"), at("link2")))
	must(t, unix.Mkfifo(at("fifo"), 0o600))
	must(t, os.Chown(at("fifo"), 7, 8))
	must(t, unix.Mknod(at("device"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))
	must(t, os.WriteFile(at("odd\nname"), nil, 0))
	must(t, os.WriteFile(at("sub/listed"), nil, 0o640))
	must(t, os.Mkdir(at("private"), 0o700))
	for _, name := range []string{"sub/listed", "sub", "fifo", "device"} {
		must(t, unix.Setxattr(at(name), "system.posix_acl_access", accessList, 0))
	}
	must(t, unix.Setxattr(at("private"), "system.posix_acl_default", accessList, 0))
	must(t, os.WriteFile(at("private/plain"), nil, 0o600))
	must(t, unix.Removexattr(at("private/plain"), "system.posix_acl_access"))
	must(t, os.Chmod(at("sub/empty"), 0o711|fs.ModeSticky))
	past := time.Unix(1_000_000_000, 123_456_789)
	for _, name := range []string{"sub/file", "sub/empty", "sub", "suid", ""} {
		must(t, os.Chtimes(at(name), past, past))
	}
	old := unix.NsecToTimespec(past.UnixNano())
	must(t, unix.UtimesNanoAt(unix.AT_FDCWD, at("link"), []unix.Timespec{old, old}, unix.AT_SYMLINK_NOFOLLOW))
	return tree
}

// manifest describes a tree so that two that are alike are described alike.
func manifest(t *testing.T, tree string) string {
	t.Helper()
	var text strings.Builder
	must(t, filepath.WalkDir(tree, func(path string, _ fs.DirEntry, err error) error {
		must(t, err)
		var stat unix.Stat_t
		must(t, unix.Lstat(path, &stat))
		name, _ := filepath.Rel(tree, path)
		if stat.Mode&unix.S_IFMT == unix.S_IFDIR {
			stat.Size, stat.Nlink = 0, 0
		}
		fmt.Fprintf(&text, "%q %o %d:%d %d %d.%d %d", name, stat.Mode, stat.Uid, stat.Gid, stat.Size, stat.Mtim.Sec, stat.Mtim.Nsec, stat.Rdev)
		fmt.Fprintf(&text, " %d names %q", stat.Nlink, attributes(t, path))
		if target, err := os.Readlink(path); err == nil {
			fmt.Fprintf(&text, " -> %s", target)
		} else if stat.Mode&unix.S_IFMT == unix.S_IFREG {
			content, err := os.ReadFile(path)
			must(t, err)
			fmt.Fprintf(&text, " %x", sha256.Sum256(content))
		}
		text.WriteString("\n")
		return nil
	}))
	return text.String()
}

func attributes(t *testing.T, path string) map[string]string {
	t.Helper()
	names, value, found := make([]byte, 1000), make([]byte, 1000), map[string]string{}
	n, err := unix.Llistxattr(path, names)
	must(t, err)
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names[:n]), "\x00"), "\x00") {
		if name != "" {
			n, err := unix.Lgetxattr(path, name, value)
			must(t, err)
			found[name] = string(value[:n])
		}
	}
	return found
}

func tmpfs(t *testing.T, options string) string {
	t.Helper()
	at := t.TempDir()
	must(t, unix.Mount("test", at, "tmpfs", 0, options))
	t.Cleanup(func() { must(t, unix.Unmount(at, 0)) })
	return at
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	first, err := os.Stat(a)
	must(t, err)
	second, err := os.Stat(b)
	must(t, err)
	return os.SameFile(first, second)
}

func TestAllIsKept(t *testing.T) {
	tree := makeTree(t)
	for name, target := range map[string]string{"here": filepath.Join(t.TempDir(), "copy"), "another file system": filepath.Join(tmpfs(t, "size=50m"), "copy")} {
		t.Run(name, func(t *testing.T) {
			var notes bytes.Buffer
			must(t, Copy(tree, target, &notes))
			if got, want := manifest(t, target), manifest(t, tree); got != want || notes.Len() > 0 {
				t.Errorf("%s\nis not\n%s\n%s", got, want, notes.String())
			}
			if !sameFile(t, target+"/hard", target+"/sub/file") {
				t.Error("hard links are apart")
			}
		})
	}
}

func TestAgainOverACopyThatWasCutOff(t *testing.T) {
	tree, outside := makeTree(t), t.TempDir()
	target := filepath.Join(t.TempDir(), "copy")
	must(t, Copy(tree, target, new(bytes.Buffer)))
	must(t, os.WriteFile(target+"/sub/file", []byte("cut off"), 0o600)) // and hard with it
	must(t, os.Remove(target+"/hard"))
	must(t, os.Rename(target+"/sub", outside+"/sub"))
	must(t, os.Symlink(outside, target+"/sub"))
	must(t, os.Remove(target+"/suid"))
	must(t, os.Symlink(outside+"/new", target+"/suid"))
	must(t, os.RemoveAll(target+"/private"))
	must(t, os.WriteFile(target+"/private", []byte("not a directory"), 0o600))
	must(t, os.Remove(target+"/link"))
	must(t, os.WriteFile(target+"/link", nil, 0o600))
	must(t, Copy(tree, target, new(bytes.Buffer)))
	if got, want := manifest(t, target), manifest(t, tree); got != want {
		t.Errorf("%s\nis not\n%s", got, want)
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Error(left, err)
	}
}

func TestHolesStayHoles(t *testing.T) {
	source, target := t.TempDir(), filepath.Join(tmpfs(t, "size=50m"), "copy")
	places := map[string]int64{"start": 0, "middle": 1 << 29, "end": 1<<30 - 3}
	for name, at := range places {
		file, err := os.Create(filepath.Join(source, name))
		must(t, err)
		must(t, file.Truncate(1<<30))
		_, err = file.WriteAt([]byte("abc"), at)
		must(t, errors.Join(err, file.Close()))
	}
	must(t, Copy(source, target, new(bytes.Buffer)))
	for name, at := range places {
		var stat unix.Stat_t
		must(t, unix.Stat(filepath.Join(target, name), &stat))
		file, err := os.Open(filepath.Join(target, name))
		must(t, err)
		text := make([]byte, 3)
		_, err = file.ReadAt(text, at)
		must(t, errors.Join(err, file.Close()))
		if stat.Size != 1<<30 || stat.Blocks*512 > 1_000_000 || string(text) != "abc" {
			t.Error(name, stat.Size, stat.Blocks, text)
		}
	}
}

func TestSocketsAreLeftOut(t *testing.T) {
	source, target := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	listener, err := net.Listen("unix", source+"/s")
	must(t, err)
	defer func() { _ = listener.Close() }()
	var notes bytes.Buffer
	must(t, Copy(source, target, &notes))
	if left, err := os.ReadDir(target); err != nil || len(left) > 0 || !strings.Contains(notes.String(), "s: a socket, left out") {
		t.Error(left, err, notes.String())
	}
}

func TestMountsBecomePlaces(t *testing.T) {
	tree := makeTree(t)
	must(t, os.Mkdir(tree+"/a b", 0o755))
	must(t, unix.Mount("test", tree+"/a b", "tmpfs", 0, ""))
	defer func() { must(t, unix.Unmount(tree+"/a b", 0)) }()
	must(t, os.WriteFile(tree+"/a b/hidden", nil, 0o600))
	must(t, unix.Mount("/etc/passwd", tree+"/suid", "", unix.MS_BIND, ""))
	defer func() { must(t, unix.Unmount(tree+"/suid", 0)) }()
	target := filepath.Join(t.TempDir(), "copy")
	must(t, Copy(tree, target, new(bytes.Buffer)))
	if left, err := os.ReadDir(target + "/a b"); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
	if stat, err := os.Stat(target + "/suid"); err != nil || stat.Size() != 0 {
		t.Error(stat, err)
	}
	if !sameFile(t, target+"/hard", target+"/sub/file") {
		t.Error("the rest is missing")
	}
}

func TestAFullDisk(t *testing.T) {
	tree := makeTree(t)
	for name, options := range map[string]string{"blocks": "size=1m", "inodes": "nr_inodes=4"} {
		err := Copy(tree, filepath.Join(tmpfs(t, options), "copy"), new(bytes.Buffer))
		if !errors.Is(err, unix.ENOSPC) || !strings.HasPrefix(err.Error(), "disk full: copy "+tree) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrongPlaces(t *testing.T) {
	if err := Copy("/no/such/directory", t.TempDir(), new(bytes.Buffer)); err == nil {
		t.Error("no error")
	}
	if err := Copy("/etc/passwd", t.TempDir(), new(bytes.Buffer)); !errors.Is(err, unix.ENOTDIR) {
		t.Error(err)
	}
	if err := Copy(t.TempDir(), "/no/such/directory/copy", new(bytes.Buffer)); err == nil {
		t.Error("no error")
	}
}
