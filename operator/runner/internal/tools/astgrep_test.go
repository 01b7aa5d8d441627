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
	if code := AstGrep([]string{"x"}); code != 125 {
		t.Error(code)
	}
}
