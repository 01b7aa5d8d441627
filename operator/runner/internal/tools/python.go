package tools

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/identity"
	"assay.dev/runner/internal/paths"
)

// pythonOptions are the arguments of `runner python`.
type pythonOptions struct {
	kept                  flags.List
	requirements, version string
	script                string
}

// Python is `runner python [--keep NAME]... [--requirements FILE] [--python-version CONSTRAINT] SCRIPT`: runs a Python
// scoring script isolated (-I) from the working directory, PYTHON* variables and the user's packages, by the first
// python3 on PATH that the constraint admits; with requirements, in an environment of its own made by uv, which sees
// PATH, HOME and the kept variables. The script sees everything.
func Python(args []string) int {
	var given pythonOptions
	set := flags.New("python")
	set.Var(&given.kept, "keep", "")
	set.StringVar(&given.requirements, "requirements", "", "")
	set.StringVar(&given.version, "python-version", "", "")
	if err := set.Parse(args); err != nil {
		return fail("python", err)
	}
	if set.NArg() != 1 {
		return fail("python", errors.New("there has to be one script"))
	}
	given.script = set.Arg(0)
	code, err := given.run(environ.All())
	return failWith(code, "python", err)
}

func (p pythonOptions) run(variables []string) (int, error) {
	if err := unix.Access(p.script, unix.R_OK); err != nil {
		return failure.Code, fmt.Errorf("cannot read the script %s: %w", p.script, err)
	}
	python, err := findPython(p.version, variables)
	if err != nil {
		return failure.Code, err
	}
	if p.requirements != "" {
		if python, err = p.install(python, variables); err != nil {
			return failure.Code, err
		}
	}
	return identity.Exec([]string{python, "-I", p.script}, variables)
}

// findPython is the first python3 on PATH that the constraint admits.
func findPython(constraint string, variables []string) (string, error) {
	if _, err := (release{0}).admits(constraint); err != nil {
		return "", err
	}
	path, seen := environ.Get(variables, "PATH"), ""
	for _, directory := range strings.Split(path, ":") {
		program := filepath.Join(directory, "python3")
		var stat unix.Stat_t
		if unix.Stat(program, &stat) != nil || stat.Mode&unix.S_IFMT != unix.S_IFREG || unix.Access(program, unix.X_OK) != nil {
			continue
		}
		if version, err := versionOf(program, variables); err == nil {
			if is, err := version.admits(constraint); err == nil && is {
				return program, nil
			}
		}
		seen += " " + program
	}
	if constraint != "" {
		constraint = " " + constraint
	}
	if seen != "" {
		seen = ", only" + seen
	}
	return "", fmt.Errorf("no python3%s on PATH (%s)%s: use an image that has one", constraint, path, seen)
}

func versionOf(python string, variables []string) (release, error) {
	ask := exec.Command(python, "-I", "-c", "import sys; print('.'.join(map(str, sys.version_info[:3])))")
	ask.Env = variables
	answer, err := ask.Output()
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(answer)), "\n")
	return parseRelease(lines[len(lines)-1]) // what lies before is of a wrapper, or of the site's own code
}

// install makes an environment with the requirements; it returns the path of its Python.
func (p pythonOptions) install(python string, variables []string) (string, error) {
	uv := filepath.Join(paths.Tools(), "uv")
	if err := unix.Access(uv, unix.X_OK); err != nil {
		return "", fmt.Errorf("there is no uv at %s to install the requirements", uv)
	}
	temporary := environ.Get(variables, "TMPDIR")
	if temporary == "" || !slices.Contains(p.kept, "TMPDIR") {
		temporary = "/tmp"
	}
	if err := os.MkdirAll(temporary, 0o777); err != nil {
		return "", err
	}
	home, err := os.MkdirTemp(temporary, "python")
	if err != nil {
		return "", err
	}
	seen := slices.DeleteFunc(slices.Clone(variables), func(variable string) bool {
		name := environ.Name(variable)
		return name != "PATH" && name != "HOME" && !slices.Contains(p.kept, name)
	})
	seen = environ.With(seen, "TMPDIR="+temporary, "UV_CACHE_DIR="+home+"/cache", "UV_PYTHON_DOWNLOADS=never",
		"UV_NO_CONFIG=1", "UV_NO_PROGRESS=1")
	environment := filepath.Join(home, "venv")
	made := filepath.Join(environment, "bin", "python")
	if err := runUV(uv, seen, "venv", "--quiet", "--python", python, environment); err != nil {
		return "", fmt.Errorf("cannot make an environment with %s, see the lines above: %w", python, err)
	}
	if err := runUV(uv, seen, "pip", "install", "--quiet", "--python", made, "--requirement", p.requirements); err != nil {
		return "", fmt.Errorf("cannot install the requirements, see the lines above "+
			"(a function reaches a package index only with network: Internet): %w", err)
	}
	return made, nil
}

func runUV(uv string, variables []string, args ...string) error {
	command := exec.Command(uv, args...)
	command.Env, command.Stdout, command.Stderr = variables, os.Stderr, os.Stderr
	return command.Run()
}
