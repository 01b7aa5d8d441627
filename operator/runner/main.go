// The runner is the one program of Assay that runs inside other people's images: static, steered by its arguments and
// by mounted files, never by variables of the environment. See operator/runner/README.md.
package main

import (
	"fmt"
	"os"

	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/parse"
)

// commands take the arguments after their name and return the exit code.
var commands = map[string]func([]string) int{
	"parse": parse.Main,
}

func main() {
	if len(os.Args) > 1 {
		if command := commands[os.Args[1]]; command != nil {
			os.Exit(command(os.Args[2:]))
		}
	}
	fmt.Fprintln(os.Stderr, "assay-runner: usage: runner COMMAND [ARGUMENT...]")
	os.Exit(failure.Code)
}
