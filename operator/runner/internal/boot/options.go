package boot

import (
	"errors"
	"time"

	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/gate"
)

// options are the arguments of `runner boot`.
type options struct {
	config
	gate                 gate.Options
	nestedUserNamespaces bool
	timeout              time.Duration
	run                  string // empty: a devbox that is no run's
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
	var handed flags.List
	set := flags.New("boot")
	set.StringVar(&given.User, "user", "", "user[:group] of the image")
	set.StringVar(&given.WorkingDirectory, "working-dir", "/", "where the command starts")
	set.Var(&handed, "hand", "a variable that begins with ASSAY_ and is the command's; may be repeated")
	set.Uint64Var(&given.PidsMax, "pids", 0, "processes and threads that the pod may have; 0: no limit of ours")
	set.BoolVar(&given.nestedUserNamespaces, "nested-user-namespaces", false, "leave user namespaces open")
	set.StringVar(&given.run, "run", "", "the run whose agent the command is: it begins once on this disk, and the exit code is 0 however it ends")
	seconds := set.Uint("timeout", 0, "seconds after which the command is stopped; 0: never")
	given.gate.AddFlags(set)
	if err := set.Parse(args); err != nil {
		return given, err
	}
	if given.WorkingDirectory == "" || given.WorkingDirectory[0] != '/' {
		return given, errors.New("--working-dir is an absolute path")
	}
	given.Handed, given.command = handed, set.Args()
	given.timeout = time.Duration(*seconds) * time.Second
	return given, nil
}
