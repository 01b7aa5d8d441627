package tools

import (
	"strings"
	"testing"

	"assay.dev/runner/internal/podtest"
)

func TestMain(m *testing.M) { podtest.Main(m) }

const aPatch = `diff --git a/src/app.py b/src/app.py
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

// applied runs the reference agent in a devbox, then looks at what it left.
func applied(t *testing.T, kind, text, app string, variables ...string) podtest.Result {
	t.Helper()
	in := podtest.Container{
		Disk: t.TempDir(), Variables: variables,
		Files: map[string]string{"files/reference": text},
		Image: map[string]string{"work/src/app.py": app, "work/.git/HEAD": "ref: refs/heads/main\n"},
	}
	script := `/.assay/toolbox/runner reference "$0" /.assay/files/reference; code=$?; cat src/app.py new.txt made 2>/dev/null; exit $code`
	return podtest.Run(t, in, "boot", "--user", "0", "--working-dir", "/work", "--", "/bin/sh", "-c", script, kind)
}

const app = "def answer():\n    return 41\n# end\n"

func TestAPatchIsAppliedInTheWorkingDirectory(t *testing.T) {
	got := applied(t, "patch", aPatch, app)
	if got.Code != 0 || got.Stdout != "def answer():\n    return 42\n# end\nhello\n" {
		t.Errorf("%+v", got)
	}
}

func TestAPatchThatDoesNotFitChangesNothing(t *testing.T) {
	got := applied(t, "patch", aPatch, "something else\n")
	if got.Code != 1 || got.Stdout != "something else\n" || !strings.Contains(got.Stderr, "src/app.py") ||
		!strings.Contains(got.Stderr, "assay-reference: the patch does not apply in /work: ") {
		t.Errorf("%+v", got)
	}
}

func TestAScriptIsRunByOurBashAndNoVariableSteersIt(t *testing.T) {
	leak := "$(cat /.assay/files/reference >/leaked; echo leaked >&2)"
	got := applied(t, "script", "set -x; a=(1 2 3); echo ${a[2]} $MINE >made; exit 4\n", app,
		"BASH_ENV="+leak, "ENV="+leak, "PS4="+leak, "SHELLOPTS=xtrace", "BASH_FUNC_echo%%=() { :; }", "MINE=mine")
	if got.Code != 4 || !strings.HasSuffix(got.Stdout, "3 mine\n") || strings.Contains(got.Stderr, "leaked") {
		t.Errorf("%+v", got)
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{{}, {"magic", "x"}, {"patch"}, {"patch", "/no/such/file"}, {"patch", "a", "b"}} {
		if code := Reference(args); code != 125 {
			t.Errorf("%q: %d", args, code)
		}
	}
	if _, stderr := printed(t, func() { Reference([]string{"magic", "x"}) }); !strings.Contains(stderr, "magic") {
		t.Error(stderr)
	}
	for _, args := range [][]string{{}, {"--wrong"}, {"--keep"}} {
		if code := Bash(args); code != 125 {
			t.Errorf("%q: %d", args, code)
		}
	}
}
