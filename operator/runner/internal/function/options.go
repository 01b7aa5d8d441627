package function

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/gate"
	"assay.dev/runner/internal/testfiles"
)

// options are the arguments of `runner function`.
type options struct {
	user, workingDirectory string
	timeout                time.Duration
	isClean, isCopy        bool
	image                  string // where the environment's image is, if the function brings its own
	environmentDirectory   string // the environment's working directory
	restored               flags.List
	junit                  string
	isAllOrNothing         bool
	messageBytes           int
	hidesOutput            bool
	gate                   gate.Options
	nestedUserNamespaces   bool
	hasNoNetwork           bool
	followsLinks           bool
	pidsMax                uint64
	handed                 flags.List
	script                 string
	command                []string
}

func parseArguments(args []string) (options, error) {
	var o options
	var root, filesystem string
	var seconds uint
	set := flags.New("function")
	set.StringVar(&o.user, "user", "", "user[:group] of the image")
	set.StringVar(&o.workingDirectory, "working-dir", "/", "where the function starts")
	set.UintVar(&seconds, "timeout", 0, "seconds that it may take")
	set.StringVar(&root, "root", "Merged", "Merged: the agent's tree; Clean: the image as it was built, the agent's tree at /devbox")
	set.StringVar(&filesystem, "root-filesystem", "Overlay", "Overlay, or Copy: the copy is mounted already, there is no privilege")
	set.StringVar(&o.image, "image", "/", "where the environment's image is")
	set.StringVar(&o.environmentDirectory, "environment-working-dir", "", "the environment's working directory")
	set.Var(&o.restored, "restore", "a path to put back as it is in the image; may be repeated")
	set.StringVar(&o.junit, "junit", "", "a JUnit report in the results to score by")
	set.BoolVar(&o.isAllOrNothing, "all-or-nothing", false, "score 1 only if all tests pass")
	set.IntVar(&o.messageBytes, "message-bytes", 4000, "the room for the termination message")
	set.BoolVar(&o.hidesOutput, "hide-output", false, "tell nothing of what the function prints and writes but its score")
	o.gate.AddFlags(set)
	set.BoolVar(&o.nestedUserNamespaces, "nested-user-namespaces", false, "leave user namespaces open")
	set.BoolVar(&o.hasNoNetwork, "no-network", false, "run in a network namespace with loopback only")
	set.BoolVar(&o.followsLinks, "follow-links", false, "follow the links in /devbox, which may lead into the function's own root")
	set.Uint64Var(&o.pidsMax, "pids", 0, "processes and threads that the pod may have")
	set.Var(&o.handed, "hand", "a variable that begins with ASSAY_ and is the function's; may be repeated")
	set.StringVar(&o.script, "script", "", "a file that the command gets as descriptor 3, and nothing else sees")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	o.timeout, o.command = time.Duration(seconds)*time.Second, set.Args()
	o.isClean, o.isCopy = root == "Clean", filesystem == "Copy"
	if o.hasNoNetwork {
		o.gate = gate.Options{} // there is nothing to wait for
	}
	if o.environmentDirectory == "" {
		o.environmentDirectory = o.workingDirectory
	}
	return o, o.check(root, filesystem)
}

func (o options) check(root, filesystem string) error {
	switch {
	case root != "Merged" && root != "Clean":
		return fmt.Errorf("--root is %s: Merged or Clean", root)
	case filesystem != "Overlay" && filesystem != "Copy":
		return fmt.Errorf("--root-filesystem is %s: Overlay or Copy", filesystem)
	case o.hasNoNetwork && o.isCopy:
		return errors.New("--no-network needs namespaces: there are none with --root-filesystem Copy")
	case o.timeout <= 0:
		return errors.New("--timeout is at least a second")
	case len(o.command) == 0:
		return errors.New("there is no command")
	case !filepath.IsAbs(o.workingDirectory):
		return errors.New("--working-dir is an absolute path")
	case o.junit != "" && !filepath.IsLocal(o.junit):
		return fmt.Errorf("the report's path leads out of the results: %s", o.junit)
	}
	return testfiles.CheckPaths(o.restored)
}
