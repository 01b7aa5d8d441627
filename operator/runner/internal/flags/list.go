// Package flags has what the runner's command lines are read by, beside the standard library.
package flags

import (
	"flag"
	"io"
	"strings"
)

// List is a flag that may be given again.
type List []string

// String is for the standard library.
func (l *List) String() string { return strings.Join(*l, " ") }

// Set adds a value.
func (l *List) Set(value string) error {
	*l = append(*l, value)
	return nil
}

// New reads the arguments of a command: an error is the caller's to report, nothing is printed.
func New(command string) *flag.FlagSet {
	set := flag.NewFlagSet(command, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	return set
}
