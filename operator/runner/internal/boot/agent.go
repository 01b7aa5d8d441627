package boot

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/cgroup"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/identity"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/process"
	"assay.dev/runner/internal/rootfs"
	"assay.dev/runner/internal/users"
)

const (
	// grace is what a command has between SIGTERM and SIGKILL when its time is over.
	grace = time.Second
	// killing is how long we wait for what the command left running.
	killing = 5 * time.Second
)

// agent is the command of a devbox, with all that its end is reported by.
type agent struct {
	options
	user users.User
	log  *failure.Log
	oom  *cgroup.OOM
	disk *os.File
}

// run is the devbox from the launch commands to the end.
func (a agent) run() int {
	begin := time.Now()
	defer process.KeepFlushed(a.disk)()
	launch := filepath.Join(paths.Files(), "launch")
	if _, err := os.Stat(launch); err == nil {
		end, err := a.supervise([]string{paths.Runner(), "bash", "-e", launch}, begin)
		if err != nil {
			return a.log.Fail(part, err)
		}
		if end.IsTimeout || end.WasStopped {
			return a.report(end)
		}
		if end.Code != 0 {
			return a.log.Fail("launch", fmt.Errorf("the launch commands failed with exit code %d, see the log", end.Code))
		}
	}
	if len(a.command) == 0 {
		return a.report(a.stayUp())
	}
	end, err := a.supervise(a.command, begin)
	if err != nil {
		return a.log.Fail(part, err)
	}
	end.Duration = time.Since(begin)
	return a.report(end)
}

// supervise runs a command as the user; the time of all of them is counted from begin.
func (a agent) supervise(command []string, begin time.Time) (process.End, error) {
	options := process.Options{Variables: variables(a.config, a.user), Grace: grace}
	if a.timeout > 0 {
		options.Timeout = max(a.timeout-time.Since(begin), time.Nanosecond)
	}
	return process.Supervise(identity.Command(a.user, a.PidsMax, a.WorkingDirectory, command), options)
}

// stayUp keeps a devbox for those who enter it.
func (a agent) stayUp() process.End {
	begin := time.Now()
	end := process.Wait(a.timeout)
	end.Duration = time.Since(begin)
	return end
}

// report ends all that still runs, has the disk written, and says how the command ended.
func (a agent) report(end process.End) int {
	signal.Ignore(unix.SIGTERM) // the end has come already
	process.KillAll(killing)
	if err := process.Flush(a.disk); err != nil {
		return a.log.Fail(part, rootfs.Explain(err))
	}
	line := fmt.Sprintf("assay/2 exit=%d timeout=%d seconds=%.2f", end.Code, number(end.IsTimeout), end.Duration.Seconds())
	if end.Signal != 0 {
		line += fmt.Sprintf(" signal=%d", end.Signal)
	}
	if kills := a.oom.Kills(); kills > 0 {
		line += fmt.Sprintf(" oom=%d", kills)
	}
	if err := a.log.Report(line + "\n"); err != nil {
		return a.log.Fail(part, err)
	}
	return end.Code
}

func number(is bool) int {
	if is {
		return 1
	}
	return 0
}
