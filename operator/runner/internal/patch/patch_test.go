package patch

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const app = "def answer():\n    return 41\n# end\n"

const simple = `diff --git a/src/app.py b/src/app.py
--- a/src/app.py
+++ b/src/app.py
@@ -1,3 +1,3 @@
 def answer():
-    return 41
+    return 42
 # end
diff --git a/new.txt b/new.txt
new file mode 100644
--- /dev/null
+++ b/new.txt
@@ -0,0 +1 @@
+hello` // no newline at the end, as from a YAML block

// files is a directory: by path the content, "-> target" for a link, with " +x" behind the path of a program.
type files map[string]string

func (f files) write(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	for path, content := range f {
		path, program := strings.CutSuffix(path, " +x")
		full := filepath.Join(top, path)
		must(t, os.MkdirAll(filepath.Dir(full), 0o755))
		if target, link := strings.CutPrefix(content, "-> "); link {
			must(t, os.Symlink(target, full))
			continue
		}
		must(t, os.WriteFile(full, []byte(content), 0o644))
		if program {
			must(t, os.Chmod(full, 0o755))
		}
	}
	return top
}

func read(t *testing.T, top string) files {
	t.Helper()
	found := files{}
	must(t, filepath.WalkDir(top, func(full string, entry fs.DirEntry, err error) error {
		must(t, err)
		path, err := filepath.Rel(top, full)
		must(t, err)
		switch {
		case entry.IsDir() && entry.Name() == ".git":
			return filepath.SkipDir
		case entry.Type() == fs.ModeSymlink:
			target, err := os.Readlink(full)
			must(t, err)
			found[path] = "-> " + target
		case entry.Type().IsRegular():
			content, err := os.ReadFile(full)
			must(t, err)
			info, err := entry.Info()
			must(t, err)
			if info.Mode()&0o100 != 0 {
				path += " +x"
			}
			found[path] = string(content)
		case entry.IsDir():
			if entries, err := os.ReadDir(full); err == nil && len(entries) == 0 && full != top {
				found[path+"/"] = ""
			}
		}
		return nil
	}))
	return found
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(a, b files) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func hunk(path, body string) string { return "--- a/" + path + "\n+++ b/" + path + "\n" + body }

func TestApply(t *testing.T) {
	for name, test := range map[string]struct {
		before files
		patch  string
		after  files
	}{
		"change and create": {files{"src/app.py": app}, simple, files{"src/app.py": strings.Replace(app, "41", "42", 1), "new.txt": "hello\n"}},
		"words before it":   {files{"a": "1\n"}, "From: x\nSubject: y\n\n a | 2 +-\n\n" + hunk("a", "@@ -1 +1 @@\n-1\n+2\n") + "-- \n2.39\n", files{"a": "2\n"}},
		"times in a plain diff": {files{"a": "1\n"}, "--- old/a\t2026-03-02 09:14:01.5 +0100\n+++ new/a\t2026-03-02 09:15:01.5 +0100\n@@ -1 +1 @@\n-1\n+2\n",
			files{"a": "2\n"}},
		"creation and removal by the epoch": {files{"d/a": "1\n"}, "--- x/d/a\t2026-03-02 09:14:01 +0000\n+++ y/d/a\t1970-01-01 00:00:00 +0000\n@@ -1 +0,0 @@\n-1\n" +
			"--- x/b\t1970-01-01 01:00:00.000000000 +0100\n+++ y/b\t2026-03-02 09:14:01 +0000\n@@ -0,0 +1 @@\n+2\n", files{"b": "2\n"}},
		"dot slash":                {files{"a": "1\n"}, "--- ./a\n+++ ./a\n@@ -1 +1 @@\n-1\n+2\n", files{"a": "2\n"}},
		"quoted name":              {files{"é \"x\".py": "1\n"}, "--- \"a/\\303\\251 \\\"x\\\".py\"\n+++ \"b/\\303\\251 \\\"x\\\".py\"\n@@ -1 +1 @@\n-1\n+2\n", files{"é \"x\".py": "2\n"}},
		"the same file twice":      {files{"a": "1\n"}, hunk("a", "@@ -1 +1 @@\n-1\n+2\n") + hunk("a", "@@ -1 +1 @@\n-2\n+3\n"), files{"a": "3\n"}},
		"no newline at the end":    {files{"a": "1\n2"}, hunk("a", "@@ -1,2 +1,2 @@\n 1\n-2\n\\ No newline at end of file\n+3\n\\ No newline at end of file\n"), files{"a": "1\n3"}},
		"newline added":            {files{"a": "1"}, hunk("a", "@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+1\n"), files{"a": "1\n"}},
		"carriage returns":         {files{"a": "1\r\n2\r\n"}, hunk("a", "@@ -1,2 +1,2 @@\n 1\r\n-2\r\n+3\r\n"), files{"a": "1\r\n3\r\n"}},
		"stripped blank context":   {files{"a": "1\n\n3\n"}, hunk("a", "@@ -1,3 +1,3 @@\n 1\n\n-3\n+4\n"), files{"a": "1\n\n4\n"}},
		"lines like headers":       {files{"a": "-- x\n++ y\n@@ -1 +1 @@\n"}, hunk("a", "@@ -1,3 +1,2 @@\n--- x\n-++ y\n+++ z\n @@ -1 +1 @@\n"), files{"a": "++ z\n@@ -1 +1 @@\n"}},
		"offset":                   {files{"a": "0\n0\n0\n1\n2\n3\n4\n"}, hunk("a", "@@ -2,3 +2,3 @@\n 1\n-2\n+x\n 3\n"), files{"a": "0\n0\n0\n1\nx\n3\n4\n"}},
		"nearest of two":           {files{"a": "s\n1\n2\n3\nx\nx\nx\nx\n1\n2\n3\ne\n"}, hunk("a", "@@ -8,3 +8,3 @@\n 1\n-2\n+y\n 3\n"), files{"a": "s\n1\n2\n3\nx\nx\nx\nx\n1\ny\n3\ne\n"}},
		"two hunks, second moved":  {files{"a": "1\n2\n3\nx\nx\n7\n8\n9\ny\n"}, hunk("a", "@@ -1,3 +1,4 @@\n 1\n+n\n 2\n 3\n@@ -4,3 +5,3 @@\n 7\n-8\n+e\n 9\n"), files{"a": "1\nn\n2\n3\nx\nx\n7\ne\n9\ny\n"}},
		"without context, exactly": {files{"a": "1\n2\n3\n4\n"}, hunk("a", "@@ -2 +2 @@\n-2\n+x\n@@ -3,0 +4 @@\n+y\n@@ -4 +4,0 @@\n-4\n"), files{"a": "1\nx\n3\ny\n"}},
		"mode":                     {files{"a": "1\n", "b +x": "2\n"}, "diff --git a/a b/a\nold mode 100644\nnew mode 100755\ndiff --git a/b b/b\nold mode 100755\nnew mode 100644\n", files{"a +x": "1\n", "b": "2\n"}},
		"new program":              {nil, "diff --git a/d/e/run b/d/e/run\nnew file mode 100755\n--- /dev/null\n+++ b/d/e/run\n@@ -0,0 +1 @@\n+#!/bin/sh\n", files{"d/e/run +x": "#!/bin/sh\n"}},
		"empty files":              {files{"old": ""}, "diff --git a/new b/new\nnew file mode 100644\nindex 0000000..e69de29\ndiff --git a/old b/old\ndeleted file mode 100644\nindex e69de29..0000000\n", files{"new": ""}},
		"delete, directories too":  {files{"d/e/f": "1\n", "d/g": "2\n"}, "diff --git a/d/e/f b/d/e/f\ndeleted file mode 100644\n--- a/d/e/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n", files{"d/g": "2\n"}},
		"rename":                   {files{"a/b +x": "1\n"}, "diff --git a/a/b b/c/d\nsimilarity index 100%\nrename from a/b\nrename to c/d\n", files{"c/d +x": "1\n"}},
		"rename and change":        {files{"a": "1\n2\n3\n"}, "diff --git a/a b/b\nsimilarity index 60%\nrename from a\nrename to b\n--- a/a\n+++ b/b\n@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n", files{"b": "1\nx\n3\n"}},
		"swap": {files{"a": "1\n", "b": "2\n"}, "diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\ndiff --git a/b b/a\nsimilarity index 100%\nrename from b\nrename to a\n",
			files{"a": "2\n", "b": "1\n"}},
		"copy, the source changed": {files{"a": "1\n"}, "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\ndiff --git a/a b/c\nsimilarity index 100%\ncopy from a\ncopy to c\n", files{"a": "2\n", "c": "1\n"}},
		"rename of a link":         {files{"a": "-> x"}, "diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n", files{"b": "-> x"}},
		"links": {files{"l": "-> one", "gone": "-> x"}, "diff --git a/l b/l\nindex 43dd47e..64c5e58 120000\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-one\n\\ No newline at end of file\n+two\n\\ No newline at end of file\n" +
			"diff --git a/n b/n\nnew file mode 120000\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+../out\n\\ No newline at end of file\n" +
			"diff --git a/gone b/gone\ndeleted file mode 120000\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\\ No newline at end of file\n", files{"l": "-> two", "n": "-> ../out"}},
		"file becomes link": {files{"a": "1\n"}, "diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\ndiff --git a/a b/a\nnew file mode 120000\n--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+b\n\\ No newline at end of file\n",
			files{"a": "-> b"}},
		"directory becomes file": {files{"d/a": "1\n"}, "diff --git a/d/a b/d/a\ndeleted file mode 100644\n--- a/d/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\ndiff --git a/d b/d\nnew file mode 100644\n--- /dev/null\n+++ b/d\n@@ -0,0 +1 @@\n+2\n",
			files{"d": "2\n"}},
		"file becomes directory": {files{"d": "1\n"}, "diff --git a/d b/d/a\nsimilarity index 100%\nrename from d\nrename to d/a\n", files{"d/a": "1\n"}},
		"binary literal": {nil, "diff --git a/b b/b\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..f76dd238ade08917e6712764a16a22005a50573d\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\nliteral 0\nHcmV?d00001\n\n",
			files{"b": "\x00"}},
	} {
		t.Run(name, func(t *testing.T) {
			top := test.before.write(t)
			if err := Apply(top, []byte(test.patch)); err != nil {
				t.Fatal(err)
			}
			if got := read(t, top); !same(got, test.after) {
				t.Errorf("%q; want %q", got, test.after)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("1\n"), 0o600))
	one := "@@ -1 +1 @@\n-1\n+2\n"
	created := "new file mode 100644\n--- /dev/null\n+++ b/%[1]s\n@@ -0,0 +1 @@\n+2\n"
	create := func(path string) string { return fmt.Sprintf("diff --git a/%[1]s b/%[1]s\n"+created, path) }
	for name, test := range map[string]struct{ patch, reason string }{
		"nothing":                {"", "changes no file"},
		"no patch":               {"just words\n", "changes no file"},
		"broken off":             {simple[:200], "broken"},
		"miscounted":             {hunk("a", "@@ -1,5 +1,5 @@\n-1\n+2\n"), "broken"},
		"hunk alone":             {one, "broken"},
		"does not fit":           {hunk("a", "@@ -1 +1 @@\n-x\n+2\n"), "a: hunk 1 of 1 (line 1) does not apply"},
		"not at the beginning":   {hunk("long", "@@ -1,2 +1,2 @@\n 3\n-4\n+x\n"), "does not begin"},
		"not at the end":         {hunk("long", "@@ -2,2 +2,2 @@\n 3\n-4\n+x\n"), "does not end"},
		"without context, moved": {hunk("long", "@@ -2 +2 @@\n-4\n+x\n"), "no context"},
		"no fuzz":                {hunk("long", "@@ -2,3 +2,3 @@\n 1\n-3\n+x\n 5\n"), "not in the file"},
		"already applied":        {hunk("a", "@@ -1 +1 @@\n-0\n+1\n"), "does not apply"},
		"second hunk first":      {hunk("long", "@@ -4,3 +4,3 @@\n 4\n-5\n+x\n 6\n@@ -1,3 +1,3 @@\n 1\n-2\n+y\n 3\n"), "hunk 2"},
		"missing file":           {hunk("none", one), "does not exist"},
		"deletes a part":         {"--- a/long\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n", "long: "},
		"exists already":         {create("a"), "a: file already exists"},
		"created twice":          {create("n") + create("n"), "n: file already exists"},
		"one of two":             {hunk("a", one) + hunk("long", "@@ -2,3 +2,3 @@\n 1\n-3\n+x\n 5\n"), "long"},
		"up":                     {create("../x"), "no path below"},
		"up inside":              {create("d/../../x"), "no path below"},
		"dot":                    {create("./x"), "no path below"},
		"absolute":               {"--- /etc/passwd\n+++ /etc/passwd\n" + one, "relative"},
		"absolute rename":        {"diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to /etc/x\n", "no path below"},
		"no directory to strip":  {"--- a\n+++ a\n" + one, "relative"},
		"repository":             {create(".git/config"), "repository"},
		"repository below":       {create("d/.GIT/config"), "repository"},
		"beyond a link":          {hunk("out/secret", one), "beyond a symbolic link, out"},
		"created beyond a link":  {create("out/new"), "beyond a symbolic link, out"},
		"beyond an inner link":   {hunk("in/f", one), "beyond a symbolic link, in"},
		"through a link":         {hunk("ln", one), "is a symbolic link"},
		"beyond its own link": {"diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n\\ No newline at end of file\n" + create("l/x"),
			"l/x: is below l"},
		"link to nothing":         {"diff --git a/l b/l\nnew file mode 120000\n", "proper target"},
		"below a file":            {create("a/x"), "below a"},
		"in place of a directory": {create("d"), "neither"},
		"FIFO":                    {hunk("fifo", one), "neither a regular file"},
		"submodule":               {"diff --git a/m b/m\nnew file mode 160000\nindex 0000000..1234567\n--- /dev/null\n+++ b/m\n@@ -0,0 +1 @@\n+Subproject commit 1\n", "submodule"},
		"link for a file":         {"diff --git a/a b/a\nindex 1234567..89abcde 120000\n--- a/a\n+++ b/a\n" + one, "is a file"},
		"binary without data":     {"diff --git a/a b/a\nindex 1234567..89abcde 100644\nBinary files a/a and b/a differ\n", "--binary"},
		"binary in plain diff":    {"Binary files x/a and y/a differ\n" + hunk("a", one), "--binary"},
		"only in":                 {"Only in y: new\n" + hunk("a", one), "--binary"},
		"combined":                {"diff --cc a\nindex 1,2..3\n--- a/a\n+++ b/a\n@@@ -1,1 -1,1 +1,1 @@@\n- 1\n -2\n++3\n" + hunk("a", one), "combined"},
		"binary of another": {"diff --git a/a b/a\nindex 1111111111111111111111111111111111111111..f76dd238ade08917e6712764a16a22005a50573d 100644\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n",
			"not the one"},
		"binary to another": {"diff --git a/n b/n\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..1111111111111111111111111111111111111111\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n",
			"does not become"},
		"too large": {"diff --git a/n b/n\nnew file mode 100644\nindex 0000000..1111111\nGIT binary patch\nliteral 99999999999\nIcmZPo000310RR91\n\n", "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			top := files{
				"a": "1\n", "src/app.py": "else\n", "long": "1\n2\n3\n4\n5\n6\n", "d/f": "1\n", "in": "-> d", "ln": "-> a",
				"out": "-> " + filepath.Dir(secret),
			}.write(t)
			must(t, unix.Mkfifo(filepath.Join(top, "fifo"), 0o600))
			before := read(t, top)
			err := Apply(top, []byte(test.patch))
			if err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("%v; want %q", err, test.reason)
			}
			if after := read(t, top); !same(before, after) {
				t.Errorf("half applied: %q", after)
			}
		})
	}
	if content, err := os.ReadFile(secret); err != nil || string(content) != "1\n" {
		t.Errorf("%q, %v", content, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(secret)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
