package process

import (
	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/users"
)

// Variables are what a container gives to a program: its own, the home of the user, the working directory, and more. The
// runtime started us as uid 0 and set HOME for that; any other HOME was asked for and stays.
func Variables(handed []string, user users.User, workingDirectory string, more ...string) []string {
	given := environ.Given(handed...)
	switch environ.Get(given, "HOME") {
	case "", "/", "/root":
		given = environ.With(given, "HOME="+user.Home)
	}
	return environ.With(given, append(more, "PWD="+workingDirectory)...)
}
