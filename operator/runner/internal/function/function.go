// Package function runs one scoring function on what an agent left, and is the only one who reports how it went.
//
// The function may run programs that the agent has replaced. This process stays outside, in the image as it was built,
// and runs nothing of the disk. In Overlay mode the function lives in a root, pid, mount, IPC and, if it may reach
// nothing, network namespace of its own (Stage), in a pod with a user namespace; in Copy mode in the container itself.
package function

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/cgroup"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/parse"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/process"
	"assay.dev/runner/internal/users"
	"assay.dev/runner/internal/within"
)

const (
	part       = "score"
	devboxPath = "/devbox"
	// logBytes of stdout and of stderr are kept for `kubectl logs`, the last ones.
	logBytes = 1 << 20
	// lineBytes are kept of the last line.
	lineBytes = 256
)

// stopping are the signals that end a container: SIGTERM, or what its image names as STOPSIGNAL. nginx has QUIT, httpd
// WINCH, postgres INT, systemd RTMIN+3.
var stopping = []os.Signal{
	unix.SIGTERM, unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2, unix.SIGWINCH, unix.Signal(37),
}

var errStopped = errors.New("stopped before the function had ended: the pod was deleted or passed its deadline")

// function is one function under way.
type function struct {
	options
	user users.User
	disk int // how full the agent left its volume, in percent
	oom  *cgroup.OOM
}

// outcome is how the function's command ended.
type outcome struct {
	process.End
	output []parse.Captured // of stdout and stderr
}

// Main is `runner function`. Exit code 0: the termination message is written, whatever it says. failure.Code:
// `assay-score: …` says what failed on our side.
func Main(args []string) int {
	log := failure.Open()
	message, err := run(args)
	if err == nil {
		err = log.Report(message)
	}
	if err != nil {
		return log.Fail(part, err)
	}
	return 0
}

func run(args []string) (string, error) {
	given, err := parseArguments(args)
	if err != nil {
		return "", err
	}
	if err := process.Protect(); err != nil {
		return "", err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), stopping...)
	defer cancel()
	f := function{options: given, oom: cgroup.Watch()}
	closed := f.gate.Begin(ctx)
	prepare := f.prepareIsolated
	if f.isCopy {
		prepare = f.prepareInPlace
	}
	if err := prepare(); err != nil {
		return "", err
	}
	err = closed()
	if ctx.Err() != nil {
		err = errStopped
	}
	if err != nil {
		return "", err
	}
	ended, err := f.capture(ctx)
	if err != nil {
		return "", err
	}
	return f.message(ended)
}

// capture runs the function with its output in our hands.
func (f *function) capture(ctx context.Context) (outcome, error) {
	var reading, writing [2]*os.File
	for i := range reading {
		var err error
		if reading[i], writing[i], err = os.Pipe(); err != nil {
			return outcome{}, err
		}
	}
	kept := parse.Kept{End: f.messageBytes, Line: lineBytes, Raw: logBytes}
	stdout, stderr := parse.Stream{From: reading[0], To: os.Stdout}, parse.Stream{From: reading[1], To: os.Stderr}
	if f.hidesOutput {
		stdout.To, stderr.To = nil, nil
	}
	collector, err := parse.Collect(context.Background(), kept, stdout, stderr)
	if err != nil {
		return outcome{}, err
	}
	start := f.runIsolated
	if f.isCopy {
		start = func(ctx context.Context, stdout, stderr *os.File) (outcome, error) {
			return f.runInPlace(ctx, stdout, stderr, collector.PID())
		}
	}
	ended, failed := start(ctx, writing[0], writing[1])
	for i := range writing {
		_ = writing[i].Close()
		_ = reading[i].Close()
	}
	collector.Stop()
	ended.output, err = collector.Wait()
	if failed != nil {
		return ended, failed
	}
	return ended, err
}

// lookUp finds the function's user in the image's own databases: what the agent did to its copy must not decide how it
// is scored.
func (o options) lookUp() (users.User, error) {
	user, err := parse.LookupHere(o.user)
	if err != nil {
		err = fmt.Errorf("%w (in the image)", err)
	}
	return user, err
}

// percentUsed is how full a volume is.
func percentUsed(path string) (int, error) {
	root, err := within.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = root.Close() }()
	return root.PercentUsed()
}

// inDevbox is the agent's working directory as a Clean function sees it. A link on the way is followed in the tree that
// it is part of, not in the function's own.
func inDevbox(directory string) string {
	if root, err := within.Open(devboxPath); err == nil {
		defer func() { _ = root.Close() }()
		if resolved, err := root.Resolve(directory); err == nil {
			directory = resolved
		}
	}
	return filepath.Join(devboxPath, directory)
}

func scratch(names ...string) string {
	return filepath.Join(append([]string{paths.Scratch()}, names...)...)
}
