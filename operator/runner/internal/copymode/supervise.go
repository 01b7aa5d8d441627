package copymode

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/process"
	"assay.dev/runner/internal/rootfs"
)

const (
	// grace is what a command has between SIGTERM and SIGKILL when its time is over.
	grace = time.Second
	// killing is how long we wait for what the command left running.
	killing = 5 * time.Second
)

// Supervise is `runner supervise [--hand NAME]... [--timeout SECONDS] [--disk DIRECTORY] [COMMAND...]`, the first process of a devbox in
// Copy mode, as the image's user and where it starts. It runs the launch commands, if there are any, and looks after the
// command as its init; without a command it stays up. The exit code is the command's. The termination message is no
// secret here: the command can write it too.
func Supervise(args []string) int {
	log := failure.Open()
	var handed flags.List
	set := flags.New("supervise")
	set.Var(&handed, "hand", "")
	seconds := set.Uint("timeout", 0, "")
	directory := set.String("disk", "", "a directory of the disk")
	if err := set.Parse(args); err != nil {
		return log.Fail(part, err)
	}
	if err := process.Protect(); err != nil {
		return log.Fail(part, err)
	}
	variables := environ.Given(handed...)
	limit := limit{begin: time.Now(), timeout: time.Duration(*seconds) * time.Second, log: log}
	if *directory != "" {
		disk, err := os.OpenFile(*directory, os.O_RDONLY|unix.O_DIRECTORY, 0)
		if err != nil { // only the kubelet flushes it then, when it unmounts the volume
			fmt.Fprintln(os.Stderr, "assay-boot: the disk is not flushed:", err)
		} else {
			defer process.KeepFlushed(disk)()
			limit.disk = disk
		}
	}
	launch := filepath.Join(paths.Files(), "launch")
	if _, err := os.Stat(launch); err == nil {
		end, err := process.Supervise([]string{paths.Runner(), "bash", "-e", launch}, limit.options(variables))
		if err != nil {
			return log.Fail(part, err)
		}
		if end.IsTimeout || end.WasStopped {
			return limit.end(end)
		}
		if end.Code != 0 {
			return log.Fail("launch", fmt.Errorf("the launch commands failed with exit code %d, see the log", end.Code))
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return log.Fail(part, err)
	}
	if set.NArg() == 0 {
		return limit.end(process.Wait(limit.timeout))
	}
	end, err := process.Supervise(append([]string{paths.Runner(), "exec", "--"}, set.Args()...), limit.options(variables))
	if err != nil {
		return log.Fail(part, err)
	}
	return limit.end(end)
}

// limit is the time that all commands have together, and what is due at their end.
type limit struct {
	begin   time.Time
	timeout time.Duration
	log     *failure.Log
	disk    *os.File // to flush; nil: none
}

func (l limit) options(variables []string) process.Options {
	options := process.Options{Variables: variables, Grace: grace}
	if l.timeout > 0 {
		options.Timeout = max(l.timeout-time.Since(l.begin), time.Nanosecond)
	}
	return options
}

// end kills all that still runs, and has the disk written.
func (l limit) end(end process.End) int {
	process.KillAll(killing)
	if l.disk != nil {
		if err := process.Flush(l.disk); err != nil {
			return l.log.Fail(part, rootfs.Explain(err))
		}
	}
	return end.Code
}
