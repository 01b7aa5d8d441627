// Package devbox is what a devbox does in either mode, once it has its root: launch commands, the command, its end.
package devbox

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/process"
	"assay.dev/runner/internal/rootfs"
)

// Part names our failures: the operator tells them by it from what an agent does.
const Part = "boot"

const (
	// grace is what a command has between SIGTERM and SIGKILL when its time is over.
	grace = time.Second
	// killing is how long we wait for what the command left running.
	killing = 5 * time.Second
)

// Work is a devbox's work, of which this process is the init.
type Work struct {
	Log       *failure.Log
	Variables []string
	// As makes of a command one that a process of ours starts, and that runs as the devbox's user.
	As func(command []string) []string
	// Timeout is for launch commands and command together; 0: none.
	Timeout time.Duration
	// Disk is flushed again and again, and at the end; nil: nothing is.
	Disk *os.File
	// Report tells how the command ended, when nothing else runs and the disk is flushed. May be nil.
	Report func(process.End) error
	// IsScored says that containers follow which score what the command left, however it ended: the exit code is 0.
	IsScored bool
}

// launchFailed is the exit code of the launch commands.
type launchFailed int

func (code launchFailed) Error() string {
	return fmt.Sprintf("the launch commands failed with exit code %d, see the log", int(code))
}

// Run runs the launch commands, if there are any, and the command; without one it stays up. It returns the exit code:
// the command's (0 if it is scored), or failure.Code if something of ours or the launch commands failed.
func (w Work) Run(command []string) int {
	if w.Disk != nil {
		defer process.KeepFlushed(w.Disk)()
	}
	end, err := w.work(command)
	if failed := launchFailed(0); errors.As(err, &failed) {
		return w.Log.Fail("launch", failed)
	}
	if err == nil {
		err = w.finish(end)
	}
	if err != nil {
		return w.Log.Fail(Part, rootfs.Explain(err))
	}
	if w.IsScored {
		return 0
	}
	return end.Code
}

func (w Work) work(command []string) (process.End, error) {
	begin := time.Now()
	launch := filepath.Join(paths.Files(), "launch")
	if _, err := os.Stat(launch); err == nil {
		end, err := w.supervise([]string{paths.Runner(), "bash", "-e", launch}, begin)
		if err != nil || end.IsTimeout || end.WasStopped {
			return end, err
		}
		if end.Code != 0 {
			return end, launchFailed(end.Code)
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return process.End{}, err
	}
	if len(command) == 0 {
		return process.Wait(w.Timeout), nil
	}
	end, err := w.supervise(command, begin)
	end.Duration = time.Since(begin)
	return end, err
}

// supervise runs a command; the time of all of them is counted from begin.
func (w Work) supervise(command []string, begin time.Time) (process.End, error) {
	options := process.Options{Variables: w.Variables, Grace: grace}
	if w.Timeout > 0 {
		options.Timeout = max(w.Timeout-time.Since(begin), time.Nanosecond)
	}
	return process.Supervise(w.As(command), options)
}

// finish ends all that still runs, has the disk written, and reports.
func (w Work) finish(end process.End) error {
	signal.Ignore(unix.SIGTERM) // the end has come already
	process.KillAll(killing)
	if w.Disk != nil {
		if err := process.Flush(w.Disk); err != nil {
			return err
		}
	}
	if w.Report == nil {
		return nil
	}
	return w.Report(end)
}
