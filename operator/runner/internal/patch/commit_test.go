package patch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWhatFailsMidwayIsUndone(t *testing.T) {
	top := files{"d/e/f +x": "1\n", "d/a": "1\n", "keep/k": "1\n"}.write(t)
	must(t, os.Mkdir(filepath.Join(top, "full"), 0o755))
	must(t, os.WriteFile(filepath.Join(top, "full/of"), nil, 0o644))
	must(t, os.Chmod(filepath.Join(top, "d/e"), 0o750))
	before := read(t, top)
	root, err := os.OpenRoot(top)
	must(t, err)
	defer func() { _ = root.Close() }()
	plan := newPlan(root)
	for name, made := range map[string]node{"d/e/f": {}, "d/a": {exists: true, content: []byte("2\n")}, "new/deep/g": {exists: true}} {
		_, err := plan.read(name)
		must(t, err)
		plan.set(name, made)
	}
	plan.set("full", node{exists: true}) // cannot be: a directory with something in it
	if err := plan.commit(); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("%v", err)
	}
	if after := read(t, top); !same(before, after) {
		t.Errorf("%q; want %q", after, before)
	}
	if info, err := os.Stat(filepath.Join(top, "d/e")); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestOwnerAndModeStay(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	top := files{"a": "1\n", "b": "1\n"}.write(t)
	for _, name := range []string{"a", "b"} {
		must(t, os.Chown(filepath.Join(top, name), 1234, 1235))
		must(t, os.Chmod(filepath.Join(top, name), 0o640))
	}
	must(t, Apply(top, []byte(hunk("a", "@@ -1 +1 @@\n-1\n+2\n")+"diff --git a/b b/b\nold mode 100644\nnew mode 100755\n")))
	for name, mode := range map[string]uint32{"a": 0o100640, "b": 0o100750} {
		var stat unix.Stat_t
		must(t, unix.Stat(filepath.Join(top, name), &stat))
		if stat.Uid != 1234 || stat.Gid != 1235 || stat.Mode != mode {
			t.Errorf("%s: %d:%d %o", name, stat.Uid, stat.Gid, stat.Mode)
		}
	}
}

func TestHardLinksOfOthersKeepTheirContent(t *testing.T) {
	top := files{"a": "1\n"}.write(t)
	other := filepath.Join(t.TempDir(), "other")
	must(t, os.Link(filepath.Join(top, "a"), other))
	must(t, Apply(top, []byte(hunk("a", "@@ -1 +1 @@\n-1\n+2\n"))))
	if content, err := os.ReadFile(other); err != nil || string(content) != "1\n" {
		t.Errorf("%q, %v", content, err)
	}
}

func FuzzApply(f *testing.F) {
	f.Add([]byte(simple))
	f.Add([]byte(hunk("a", "@@ -1 +1 @@\n-1\n+2\n") + "diff --git a/d/f b/g\nsimilarity index 100%\nrename from d/f\nrename to g\n"))
	f.Add([]byte("diff --git a/a b/a\nold mode 100644\nnew mode 100755\n"))
	f.Add([]byte("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n\\ No newline at end of file\n"))
	f.Add([]byte("diff --git a/b b/b\nnew file mode 100644\nindex 0000000..f76dd23\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\nliteral 0\nHcmV?d00001\n\n"))
	f.Add([]byte("--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n"))
	outer := f.TempDir()
	f.Fuzz(func(t *testing.T, patch []byte) {
		top, err := os.MkdirTemp(outer, "")
		must(t, err)
		defer func() { _ = os.RemoveAll(top) }()
		work := filepath.Join(top, "work")
		must(t, os.MkdirAll(filepath.Join(work, "d"), 0o755))
		must(t, os.WriteFile(filepath.Join(top, "outside"), []byte("1\n"), 0o600))
		must(t, os.WriteFile(filepath.Join(work, "a"), []byte("1\n"), 0o600))
		must(t, os.WriteFile(filepath.Join(work, "d/f"), []byte("1\n2\n3\n"), 0o600))
		must(t, os.Symlink("..", filepath.Join(work, "up")))
		before := read(t, top)
		err = Apply(work, patch)
		after := read(t, top)
		if err != nil && !same(before, after) {
			t.Fatalf("%v, and half applied: %q", err, after)
		}
		for path, content := range before {
			if !strings.HasPrefix(path, "work/") && after[path] != content {
				t.Fatalf("%s changed: %q", path, after[path])
			}
		}
		for path := range after {
			if _, was := before[path]; !was && !strings.HasPrefix(path, "work/") {
				t.Fatalf("%s appeared", path)
			}
		}
	})
}
