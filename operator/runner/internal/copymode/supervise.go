package copymode

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/devbox"
	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/process"
)

// Supervise is `runner supervise [--hand NAME]... [--timeout SECONDS] [--disk DIRECTORY] [COMMAND...]`, the first process
// of a devbox in Copy mode, as the image's user and where it starts. It runs the launch commands, if there are any, and looks after the
// command as its init; without a command it stays up. The exit code is the command's. The command can write the
// termination message here, but none that passes for a failure of ours.
func Supervise(args []string) int {
	log := failure.Open()
	var handed flags.List
	set := flags.New("supervise")
	set.Var(&handed, "hand", "")
	seconds := set.Uint("timeout", 0, "")
	directory := set.String("disk", "", "a directory of the disk")
	if err := set.Parse(args); err != nil {
		return log.Fail(devbox.Part, err)
	}
	if err := process.Protect(); err != nil {
		return log.Fail(devbox.Part, err)
	}
	work := devbox.Work{
		Log:       log,
		Variables: environ.Given(handed...),
		As:        func(command []string) []string { return append([]string{paths.Runner(), "exec", "--"}, command...) },
		Timeout:   time.Duration(*seconds) * time.Second,
		Report: func(end process.End) error { // nothing of the command runs any more
			if end.Code != failure.Code {
				return nil
			}
			return log.Report("")
		},
	}
	if *directory != "" {
		disk, err := os.OpenFile(*directory, os.O_RDONLY|unix.O_DIRECTORY, 0)
		if err != nil { // only the kubelet flushes it then, when it unmounts the volume
			fmt.Fprintln(os.Stderr, "assay-boot: the disk is not flushed:", err)
		} else {
			work.Disk = disk
		}
	}
	return work.Run(set.Args())
}
