package boot

import (
	"errors"
	"flag"
	"io"
	"time"

	"assay.dev/runner/internal/gate"
)

// list is a flag that may be given again.
type list []string

func (l *list) String() string { return "" }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

// options are the arguments of `runner boot`.
type options struct {
	config
	gate                 gate.Options
	nestedUserNamespaces bool
	timeout              time.Duration
	alwaysSucceed        bool
	command              []string
}

// config is what Shell needs to know of a booted devbox.
type config struct {
	User             string   `json:"user"`
	WorkingDirectory string   `json:"workingDirectory"`
	Handed           []string `json:"handed"` // names that begin with ASSAY_ and go to the agent
	PidsMax          uint64   `json:"pidsMax"`
}

func parseArguments(args []string) (options, error) {
	var given options
	var handed list
	flags := flag.NewFlagSet("boot", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&given.User, "user", "", "user[:group] of the image")
	flags.StringVar(&given.WorkingDirectory, "working-dir", "/", "where the command starts")
	flags.Var(&handed, "hand", "a variable that begins with ASSAY_ and is the command's; may be repeated")
	flags.Uint64Var(&given.PidsMax, "pids", 0, "processes and threads that the pod may have; 0: no limit of ours")
	flags.BoolVar(&given.nestedUserNamespaces, "nested-user-namespaces", false, "leave user namespaces open")
	seconds := flags.Uint("timeout", 0, "seconds after which the command is stopped; 0: never")
	flags.BoolVar(&given.alwaysSucceed, "always-succeed", false, "end with exit code 0 however the command ended")
	given.gate.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		return given, err
	}
	if given.WorkingDirectory == "" || given.WorkingDirectory[0] != '/' {
		return given, errors.New("--working-dir is an absolute path")
	}
	given.Handed, given.command = handed, flags.Args()
	given.timeout = time.Duration(*seconds) * time.Second
	return given, nil
}
