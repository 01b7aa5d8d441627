package boot

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/identity"
	"assay.dev/runner/internal/paths"
)

// Shell is `/.assay/shell [COMMAND...]`, for `kubectl exec -it POD -- /.assay/shell`: the command, else a shell, as the
// devbox's user without the boot's capabilities. Not a login shell: /etc/profile would replace the image's PATH.
//
// Where nothing was booted the root file system is a copy, whose containers are the devbox's user from the start.
func Shell(command []string) int {
	code, err := shell(command)
	fmt.Fprintf(os.Stderr, "assay-shell: %v\n", err)
	return code
}

func shell(command []string) (int, error) {
	text, err := os.ReadFile(paths.BootConfig())
	if errors.Is(err, os.ErrNotExist) {
		return become(command, "", environ.All())
	}
	if err != nil {
		return failure.Code, err
	}
	var in config
	if err := json.Unmarshal(text, &in); err != nil {
		return failure.Code, err
	}
	user, err := enter(in)
	if err != nil {
		return failure.Code, err
	}
	if err := os.Chdir(in.WorkingDirectory); err != nil {
		return failure.Code, fmt.Errorf("cannot enter the working directory: %w", err)
	}
	given := variables(in, user)
	if err := identity.Assume(user, in.PidsMax); err != nil {
		return failure.Code, err
	}
	return become(command, user.Shell, given)
}

// become is the command, or the first shell that is there. The last one always is.
func become(command []string, own string, given []string) (int, error) {
	if len(command) > 0 {
		return identity.Exec(command, given)
	}
	for _, path := range []string{own, "/bin/bash", "/usr/bin/bash", "/bin/sh"} {
		if isShell(path) {
			return identity.Exec([]string{path}, environ.With(given, "SHELL="+path))
		}
	}
	return identity.Exec([]string{paths.Bash()}, environ.With(given, "SHELL="+paths.Bash()))
}

// isShell leaves out those of users that nobody is meant to be.
func isShell(path string) bool {
	if path == "" || strings.HasSuffix(path, "/nologin") || strings.HasSuffix(path, "/false") {
		return false
	}
	var stat unix.Stat_t
	return unix.Stat(path, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFREG && unix.Access(path, unix.X_OK) == nil
}
