package identity

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"assay.dev/runner/internal/environ"
)

// defaultPath is where programs are looked for if there is no PATH, as execvp(3) has it.
const defaultPath = "/bin:/usr/bin"

// Exit codes of a command that cannot be run, as shells and container engines have them.
const (
	CannotRun = 126
	NotFound  = 127
)

// Exec becomes the command, looked for as execvp(3) does, but by the PATH among the given variables. It returns only
// if it fails: CannotRun or NotFound, with the reason.
func Exec(command, variables []string) (int, error) {
	failed := error(syscall.ENOENT)
	for _, path := range candidates(command[0], environ.Get(variables, "PATH")) {
		err := syscall.Exec(path, command, variables)
		if errors.Is(err, syscall.ENOEXEC) { // a script without "#!"
			err = syscall.Exec("/bin/sh", append([]string{"/bin/sh", path}, command[1:]...), variables)
		}
		if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		failed = err
		if !errors.Is(err, syscall.EACCES) {
			break
		}
	}
	code := CannotRun
	if errors.Is(failed, syscall.ENOENT) {
		code = NotFound
	}
	return code, fmt.Errorf("cannot run %s: %w", command[0], failed)
}

func candidates(name, path string) []string {
	if strings.Contains(name, "/") || name == "" {
		return []string{name}
	}
	if path == "" {
		path = defaultPath
	}
	var found []string
	for _, directory := range strings.Split(path, ":") {
		if directory == "" {
			directory = "." // the directory we are in
		}
		found = append(found, directory+"/"+name)
	}
	return found
}
