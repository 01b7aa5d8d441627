// Package paths says where things lie in a pod.
package paths

import (
	"path/filepath"
	"strings"
)

// Base holds all that is ours. A variable only for tests, which build the program with another (-ldflags -X).
var Base = "/.assay"

// Of joins names to Base.
func Of(names ...string) string { return filepath.Join(append([]string{Base}, names...)...) }

// IsReserved says that a path lies in a directory that is ours or the kernel's: nothing of an agent's is on the way to it,
// and nothing of an agent's may lead there.
func IsReserved(path string) bool {
	for _, directory := range []string{Base, "/proc", "/sys", "/dev"} {
		if strings.HasPrefix(path, directory+"/") {
			return true
		}
	}
	return false
}

// Toolbox is the directory of this program and of the tools that users' scripts may use.
func Toolbox() string { return Of("toolbox") }

// Runner is this program, in every root file system that it makes.
func Runner() string { return Of("toolbox", "runner") }

// Bash is the static shell for users' scripts.
func Bash() string { return Of("toolbox", "bash") }

// Disk is the devbox's volume.
func Disk() string { return Of("disk") }

// Files holds the files that a devbox or a function is given: launch commands, a script, a reference.
func Files() string { return Of("files") }

// Scratch is where a function's changes go.
func Scratch() string { return Of("scratch") }

// Results is where a function leaves its report and result.json (Overlay).
func Results() string { return Of("results") }

// Tests holds the test files of a function, Expect the names of the tests that it is scored by.
func Tests() string { return Of("tests") }

// Expect holds fail-to-pass and pass-to-pass: names of tests, a line each.
func Expect() string { return Of("expect") }

// Required has Secrets of a function's variables as files, for the kubelet to miss them in time (Overlay).
func Required() string { return Of("required") }

// Tools holds uv and ast-grep.
func Tools() string { return Of("tools") }

// Root is where a new root file system is put together.
func Root() string { return Of("root") }

// BootConfig says to Shell what the devbox was booted with.
func BootConfig() string { return Of("boot.json") }

// Shell is the runner by the name under which people enter a devbox.
func Shell() string { return Of("shell") }
