// The runner is the one program of Assay that runs inside other people's images: static, steered by its arguments and
// by mounted files, never by variables of the environment. See operator/runner/README.md.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"assay.dev/runner/internal/boot"
	"assay.dev/runner/internal/copymode"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/function"
	"assay.dev/runner/internal/identity"
	"assay.dev/runner/internal/parse"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/tools"
)

// commands take the arguments after their name and return the exit code.
var commands = map[string]func([]string) int{
	"ast-grep":  tools.AstGrep,
	"bash":      tools.Bash,
	"become":    identity.Main,
	"boot":      boot.Main,
	"copy-disk": function.CopyDisk,
	"exec":      identity.ExecMain,
	"function":  function.Main,
	"install":   copymode.Install,
	"parse":     parse.Main,
	"prepare":   copymode.Prepare,
	"python":    tools.Python,
	"reference": tools.Reference,
	"stage":     function.Stage,
	"supervise": copymode.Supervise,
}

func main() {
	if filepath.Base(os.Args[0]) == filepath.Base(paths.Shell()) {
		os.Exit(boot.Shell(os.Args[1:]))
	}
	if len(os.Args) > 1 {
		if command := commands[os.Args[1]]; command != nil {
			os.Exit(command(os.Args[2:]))
		}
	}
	fmt.Fprintln(os.Stderr, "assay-runner: usage: runner COMMAND [ARGUMENT...]")
	os.Exit(failure.Code)
}
