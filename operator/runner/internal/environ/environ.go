// Package environ hands a container's variables on, as they are, to what is not ours.
//
// Images, Secrets and users set variables; shells, loaders and other programs do what variables say. The runner itself
// does nothing that a variable says, not even to Go's runtime (entry_*.s).
package environ

import (
	"os"
	"slices"
	"strings"
)

const (
	// reserved are names that only the operator gives.
	reserved = "ASSAY_"
	// hidden is what entry_*.s makes of "GO" at the beginning of a name.
	hidden = "\x01O"
)

// All are the variables that this process was started with.
func All() []string {
	all := os.Environ()
	for i, variable := range all {
		if rest, was := strings.CutPrefix(variable, hidden); was {
			all[i] = "GO" + rest
		}
	}
	return all
}

// Given is what the container has. Names that begin with ASSAY_ are left out, unless they are among the handed ones.
func Given(handed ...string) []string {
	return slices.DeleteFunc(All(), func(variable string) bool {
		name := Name(variable)
		return strings.HasPrefix(name, reserved) && !slices.Contains(handed, name)
	})
}

// Name is the name of a variable NAME=value.
func Name(variable string) string {
	name, _, _ := strings.Cut(variable, "=")
	return name
}

// Get is the value of a variable, or "".
func Get(variables []string, name string) string {
	for _, variable := range variables {
		if value, is := strings.CutPrefix(variable, name+"="); is {
			return value
		}
	}
	return ""
}

// With is a copy in which these variables replace others of their names.
func With(variables []string, settings ...string) []string {
	names := make([]string, 0, len(settings))
	for _, setting := range settings {
		names = append(names, Name(setting))
	}
	return append(Without(variables, names...), settings...)
}

// Without is a copy that lacks these names.
func Without(variables []string, names ...string) []string {
	left := make([]string, 0, len(variables)+len(names))
	for _, variable := range variables {
		if !slices.Contains(names, Name(variable)) {
			left = append(left, variable)
		}
	}
	return left
}
