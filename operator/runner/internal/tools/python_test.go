package tools

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/podtest"
)

func TestConstraints(t *testing.T) {
	version := release{3, 12, 10}
	for constraint, want := range map[string]bool{
		"": true, ">=3.11": true, ">=3.11,<3.13": true, ">= 3.11 , < 3.13": true, ">=3.13": false, "<3.12": false,
		"<=3.12": false, "<=3.12.10": true, ">3.12.10": false, ">3.12": true, "==3.12.10": true, "==3.12": false,
		"==3.12.*": true, "!=3.12.*": false, "!=3.11.*": true, "!=3.12.10": false, "~=3.12": true, "~=3.11": true,
		"~=3.12.4": true, "~=3.12.11": false, "~=3.11.4": false, "3.12": true, "3": true, "3.1": false, "3.12.*": true,
		"3.11": false, "===3.12.10": true, "3.12.10.1": false,
	} {
		if got, err := version.admits(constraint); err != nil || got != want {
			t.Errorf("%q: %v, %v", constraint, got, err)
		}
	}
	for _, constraint := range []string{"=3.12", "3.12.", "><3", "3..1", "*", ">=99999999999999999999"} {
		_, err := version.admits(constraint)
		if err == nil || !strings.Contains(err.Error(), "no such version constraint: "+constraint) {
			t.Errorf("%q: %v", constraint, err)
		}
	}
}

func FuzzConstraint(f *testing.F) {
	for _, text := range []string{">=3.11,<3.14", "~=3", "!=3.12.*", "3.1.2.3.4", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		is, err := (release{3, 12, 10}).admits(text)
		if err != nil && is {
			t.Error("admitted with an error")
		}
	})
}

func TestLooksForAPythonThatIsAdmitted(t *testing.T) {
	directory := t.TempDir()
	old, odd := filepath.Join(directory, "old"), filepath.Join(directory, "odd")
	for place, text := range map[string]string{old: "#!/bin/sh\necho a notice\necho 3.9.1\n", odd: "#!/bin/sh\nexit 3\n"} {
		if err := os.MkdirAll(filepath.Join(place, "python3.d"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(place, "python3"), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	variables := []string{"PATH=/nowhere:" + odd + ":" + old}
	if found, err := findPython("<3.10", variables); err != nil || found != filepath.Join(old, "python3") {
		t.Errorf("%s, %v", found, err)
	}
	_, err := findPython(">=3.11", variables)
	if err == nil || !strings.Contains(err.Error(), "no python3 >=3.11 on PATH") || !strings.Contains(err.Error(), old+"/python3") {
		t.Error(err)
	}
	if _, err := findPython("", []string{"PATH=/dev/null"}); err == nil || !strings.Contains(err.Error(), "no python3 on PATH") {
		t.Error(err)
	}
}

const uv = `#!/bin/sh
/usr/bin/env | /bin/sed "s/^/$1 /" >&2
[ "$1" = pip ] || { /bin/mkdir -p "$5/bin"; /bin/ln -s "$4" "$5/bin/python"; }
`

// scored runs `runner python` as a function's command.
func scored(t *testing.T, script string, in podtest.Container, args ...string) podtest.Result {
	t.Helper()
	in.Disk = t.TempDir()
	if in.Files == nil {
		in.Files = map[string]string{}
	}
	in.Files["files/script"] = script
	command := append([]string{"boot", "--user", "0", "--", "/.assay/toolbox/runner", "python"}, args...)
	return podtest.Run(t, in, append(command, "/.assay/files/script")...)
}

func TestTheScriptIsIsolatedAndSeesEverything(t *testing.T) {
	script := "import os, sys\nprint(sys.flags.isolated, os.getcwd() in sys.path, os.environ['PYTHONPATH'])\nprint(0.5)\n"
	got := scored(t, script, podtest.Container{Variables: []string{"PYTHONPATH=/agent"}})
	if got.Code != 0 || got.Stdout != "1 False /agent\n0.5\n" {
		t.Errorf("%+v", got)
	}
}

func TestRequirementsNeedUV(t *testing.T) {
	got := scored(t, "print(1)", podtest.Container{}, "--requirements", "/.assay/files/requirements")
	if got.Code != 125 || !strings.Contains(got.Stderr, "assay-python: there is no uv") {
		t.Errorf("%+v", got)
	}
}

func TestUVSeesWhatTheContractSets(t *testing.T) {
	base := t.TempDir()
	defer func(old string) { paths.Base = old }(paths.Base)
	paths.Base = base
	if err := os.Mkdir(filepath.Join(base, "tools"), 0o755); err != nil {
		t.Fatal(err)
	}
	seen := filepath.Join(base, "seen")
	text := strings.ReplaceAll(uv, ">&2", ">>"+seen)
	if err := os.WriteFile(filepath.Join(base, "tools", "uv"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	variables := []string{"PATH=/usr/bin:/bin", "HOME=/h", "UV_FIND_LINKS=/agent", "LD_PRELOAD_=/agent", "UV_INDEX_URL=index", "TMPDIR=" + base}
	given := pythonOptions{kept: flags.List{"UV_INDEX_URL", "TMPDIR"}, requirements: "x"}
	python, err := given.install("/usr/bin/python3", variables)
	if err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(python); err != nil || target != "/usr/bin/python3" {
		t.Error(target, err)
	}
	for _, step := range []string{"venv ", "pip "} {
		var all []string
		lines, err := os.ReadFile(seen)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(lines)) {
			if rest, is := strings.CutPrefix(line, step); is {
				all = append(all, environ.Name(rest))
			}
		}
		for _, name := range []string{"UV_INDEX_URL", "UV_CACHE_DIR", "PATH", "HOME"} {
			if !slices.Contains(all, name) {
				t.Errorf("%s: no %s among %q", step, name, all)
			}
		}
		if slices.Contains(all, "UV_FIND_LINKS") || slices.Contains(all, "LD_PRELOAD_") {
			t.Errorf("%s: %q", step, all)
		}
	}
}
