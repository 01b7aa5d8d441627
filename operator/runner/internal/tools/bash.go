// Package tools has what runs as an agent or as a function, in front of what a user wrote: shells, Python, ast-grep,
// and the reference output. The variables that it is started with are the user's; it does nothing that they say.
package tools

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/identity"
	"assay.dev/runner/internal/paths"
)

// steering is what bash takes from its environment although -p is given.
var steering = []string{
	"PS4", "POSIXLY_CORRECT", "POSIX_PEDANTIC", "BASH_COMPAT", "BASH_LOADABLES_PATH", "BASH_XTRACEFD", "EXECIGNORE",
	"FUNCNEST", "GLOBSORT", "TMOUT",
}

// Bash is `runner bash [--keep NAME]... [-e] [--descriptor N] SCRIPT [ARGUMENT...]`: becomes our own shell, which every
// image has and no agent can have replaced, with a user's script. Variables remain, but none steers the shell: it reads no start-up
// file, takes over no function and no option (-p). What -p leaves of them is removed, unless it is kept.
func Bash(args []string) int {
	var kept flags.List
	set := flags.New("bash")
	set.Var(&kept, "keep", "")
	exitOnError := set.Bool("e", false, "end at the first command that fails")
	descriptor := set.Int("descriptor", -1, "the script is open as this descriptor, SCRIPT is only its name")
	if err := set.Parse(args); err != nil {
		return fail("bash", err)
	}
	if set.NArg() == 0 {
		return fail("bash", errors.New("there is no script"))
	}
	words := set.Args()
	if *descriptor >= 0 {
		// Bash reads all of a sourced file before it runs any of it. The script then begins by closing the descriptor,
		// so that nothing it starts can read it (scripts in function/script.go).
		words = append([]string{"-c", fmt.Sprintf(". /proc/self/fd/%d", *descriptor)}, words...)
	}
	if *exitOnError {
		words = append([]string{"-e"}, words...)
	}
	code, err := becomeBash(kept, words)
	return failWith(code, "bash", err)
}

func becomeBash(kept, words []string) (int, error) {
	variables := slices.DeleteFunc(environ.All(), func(variable string) bool {
		name := environ.Name(variable)
		return slices.Contains(steering, name) && !slices.Contains(kept, name)
	})
	if environ.Get(variables, "SHELL") == "" {
		// Without it bash asks for its user's, by what /etc/nsswitch.conf names: libraries that may be the agent's.
		variables = environ.With(variables, "SHELL="+paths.Bash())
	}
	return identity.Exec(append([]string{paths.Bash(), "-p"}, words...), variables)
}

func fail(part string, err error) int { return failWith(failure.Code, part, err) }

func failWith(code int, part string, err error) int {
	fmt.Fprintf(os.Stderr, "assay-%s: %v\n", part, err)
	return code
}
