package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay.dev/runner/internal/paths"
)

// standIn takes ast-grep's place: it parses every pattern but "(((", knows Python alone, and finds the pattern as plain
// text. Pods run the real one.
const standIn = `#!/bin/sh
[ -z "${AGENT_S:-}" ] || { echo "steered by $AGENT_S" >&2; exit 9; }
PATH=/usr/bin:/bin
while [ $# -gt 1 ]; do
  case $1 in
    --pattern) pattern=$2; shift ;;
    --lang) language=$2; shift ;;
    --config) grep -q ruleDirs "$2" || exit 9; shift ;;
  esac
  shift
done
case $language in '' | py | python) ;; *) echo "$language is not supported!" >&2; exit 2 ;; esac
if [ "$pattern" = '(((' ] && [ "$language" ]; then echo 'Warning: Pattern contains an ERROR node' >&2; exit 0; fi
[ "$1" = --stdin ] && exit 1
grep -rnF --include='*.py' -e "$pattern" "$1"
`

// devbox has an agent's tree, and ast-grep.
func devbox(t *testing.T) string {
	t.Helper()
	base := t.TempDir()
	old := paths.Base
	paths.Base = base
	t.Cleanup(func() { paths.Base = old })
	t.Setenv("AGENT_S", "1")
	for path, content := range map[string]string{
		"tools/sgconfig.yml": "ruleDirs: []\n", "tools/ast-grep": standIn, "devbox/app/src/a.py": strings.Repeat("print(1)\n", 7),
		"devbox/app/docs/a.odd": "print(1)\n", "devbox/app/sgconfig.yml": "customLanguages: {}\n",
	} {
		at := filepath.Join(base, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc", filepath.Join(base, "devbox/app/out")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(base, "devbox")
}

func ask(box, pattern, directory, language string) (bool, error) {
	at, err := directoryOf(box, box+"/app", directory)
	if err != nil {
		return false, err
	}
	return score(pattern, at, language)
}

func TestScores(t *testing.T) {
	box := devbox(t)
	for _, one := range []struct {
		pattern, directory, language string
		want                         bool
	}{
		{"print(", ".", "", true}, {"print(", "src", "python", true}, {"absent", ".", "", false},
		{"absent", "src", "py", false}, {"absent", "docs", "", false},
	} {
		if got, err := ask(box, one.pattern, one.directory, one.language); err != nil || got != one.want {
			t.Errorf("%+v: %v, %v", one, got, err)
		}
	}
}

func TestQuestionsThatMakeNoSense(t *testing.T) {
	box := devbox(t)
	for _, one := range []struct{ pattern, directory, language, want string }{
		{"(((", ".", "", "cannot parse the pattern in any language"},
		{"(((", "src", "python", "cannot parse the pattern as python"},
		{"x", "src", "klingon", "klingon"},
		{"x", "gone", "", "no directory gone in the working directory"},
		{"x", "src/a.py", "", "no directory src/a.py"},
		{"x", "../..", "", "out of the agent's tree"},
		{"x", "out", "", "out of the agent's tree"},
	} {
		if _, err := ask(box, one.pattern, one.directory, one.language); err == nil || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%+v: %v", one, err)
		}
	}
}

// printed is what it writes to stdout and stderr.
func printed(t *testing.T, do func()) (stdout, stderr string) {
	t.Helper()
	var files [2]*os.File
	for i := range files {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		files[i] = file
	}
	oldOut, oldErr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = files[0], files[1]
	do()
	os.Stdout, os.Stderr = oldOut, oldErr
	var texts [2]string
	for i, file := range files {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	return texts[0], texts[1]
}

func TestWhatIsPrinted(t *testing.T) {
	box := devbox(t)
	t.Setenv("ASSAY_DEVBOX", box)
	t.Setenv("ASSAY_DEVBOX_WORKDIR", box+"/app")
	long := "print(1) # " + strings.Repeat("x", 1000) + "\n"
	if err := os.WriteFile(box+"/app/src/long.py", []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		args   []string
		code   int
		stdout string
		lines  int
	}{
		{[]string{"print(", "."}, 0, "1.0\n", maxMatches}, {[]string{"absent", "."}, 0, "0.0\n", 0},
		{[]string{"xxxx", "src"}, 0, "1.0\n", 1}, {[]string{"x", "gone"}, 125, "", 1}, {[]string{"x"}, 125, "", 1},
		{[]string{"--language", "klingon", "x", "."}, 125, "", 1},
	} {
		code := 0
		stdout, stderr := printed(t, func() { code = AstGrep(one.args) })
		if code != one.code || stdout != one.stdout || strings.Count(stderr, "\n") != one.lines || len(stderr) > one.lines*(maxLine+1) {
			t.Errorf("%q: %d, %q, %q", one.args, code, stdout, stderr)
		}
	}
}
