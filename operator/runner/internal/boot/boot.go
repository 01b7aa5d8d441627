// Package boot puts a devbox's disk over its image as one root file system, and looks after the command in it.
package boot

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/cgroup"
	"assay.dev/runner/internal/devbox"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/identity"
	"assay.dev/runner/internal/mount"
	"assay.dev/runner/internal/parse"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/process"
	"assay.dev/runner/internal/rootfs"
	"assay.dev/runner/internal/users"
)

// sharedMemory has the size that container runtimes give.
const sharedMemory = "mode=1777,size=64m"

// Main is `runner boot`, the first process of a devbox. Every change of what it starts lands on the disk alone.
//
// How the command ended stands in the termination message, which it cannot write, and in the exit code. Our own failures
// end with failure.Code and a line `assay-boot: …`; failed launch commands with a line `assay-launch: …`.
func Main(args []string) int {
	log := failure.Open()
	given, err := parseArguments(args)
	if err != nil {
		return log.Fail(devbox.Part, err)
	}
	if err := process.Protect(); err != nil {
		return log.Fail(devbox.Part, err)
	}
	// What this thread starts has IPC of its own: segments outlive their processes as long as their namespace lives, and the
	// pod's, which scoring functions share, lives as long as the pod.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWIPC); err != nil {
		return log.Fail(devbox.Part, fmt.Errorf("cannot make an IPC namespace: %w (%s)", err, mount.Needs))
	}
	oom := cgroup.Watch()
	closed := given.gate.Begin(context.Background())
	disk, err := root(given)
	if err != nil {
		return log.Fail(devbox.Part, rootfs.Explain(err))
	}
	user, err := enter(given.config)
	if err != nil {
		return log.Fail(devbox.Part, rootfs.Explain(err))
	}
	if err := closed(); err != nil {
		return log.Fail(devbox.Part, err)
	}
	work := devbox.Work{
		Log:       log,
		Variables: variables(given.config, user),
		As: func(command []string) []string {
			return identity.Command(user, given.PidsMax, given.WorkingDirectory, command)
		},
		Timeout:  given.timeout,
		Disk:     disk,
		Report:   func(end process.End) error { return report(log, end, oom) },
		IsScored: given.run != "",
	}
	return work.Run(given.command)
}

// report writes how the command ended as the termination message.
func report(log *failure.Log, end process.End, oom *cgroup.OOM) error {
	line := end.Header()
	if end.Signal != 0 {
		line += fmt.Sprintf(" signal=%d", end.Signal)
	}
	line += oom.Field()
	if end.WasStopped { // what ended the pod, ended the command
		line += " stopped=1"
	}
	return log.Report(line + "\n")
}

// root makes the new root this process's own. It returns the disk, whose file system is to be flushed in the end.
func root(given options) (*os.File, error) {
	if err := rootfs.Preflight(); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(rootfs.CopyMark()); err == nil {
		return nil, fmt.Errorf("the disk %s was made in Copy mode: set rootFilesystem: Copy", paths.Disk())
	}
	if err := rootfs.PrepareDisk(); err != nil {
		return nil, err
	}
	if err := rootfs.BeginOnce(given.run); err != nil {
		return nil, err
	}
	disk, err := os.Open(paths.Disk())
	if err != nil {
		return nil, err
	}
	made, err := rootfs.New("/", paths.Disk(), false)
	if err != nil {
		return nil, err
	}
	if !given.nestedUserNamespaces {
		if err := made.CloseUserNamespaces(); err != nil {
			return nil, err
		}
	}
	if err := made.Stage("/proc", "/sys", "/dev"); err != nil {
		return nil, err
	}
	if err := made.CopyNodeFiles(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(given.config)
	if err != nil {
		return nil, err
	}
	if err := made.Write(paths.BootConfig(), text); err != nil {
		return nil, err
	}
	if err := made.Link(paths.Runner(), paths.Shell()); err != nil {
		return nil, err
	}
	// The overlay holds the volume by itself. In the namespace nothing shall lead to upper/ and work/, not even for
	// `kubectl exec`, which is uid 0 with SYS_ADMIN.
	if err := mount.Detach(paths.Disk()); err != nil {
		return nil, err
	}
	if err := made.Switch(); err != nil {
		return nil, err
	}
	if err := made.Place(); err != nil {
		return nil, err
	}
	return disk, shared()
}

// shared mounts what processes share memory by. The container's own is the pod's: it outlives the container.
func shared() error {
	if err := mount.Tmpfs("/dev/shm", sharedMemory, unix.MS_NOSUID|unix.MS_NODEV); err != nil {
		return err
	}
	if _, err := os.Stat("/dev/mqueue"); err != nil {
		return nil
	}
	return mount.Queues("/dev/mqueue")
}

// enter finds the user in the new root, and has a working directory there.
func enter(in config) (users.User, error) {
	user, err := parse.LookupHere(in.User)
	if err != nil {
		return user, fmt.Errorf("%w (the image's USER, or the one asked for)", err)
	}
	if err := os.MkdirAll(in.WorkingDirectory, 0o755); err != nil {
		return user, fmt.Errorf("cannot create the working directory: %w", err)
	}
	return user, nil
}

// variables are those of the command.
func variables(in config, user users.User) []string {
	return process.Variables(in.Handed, user, in.WorkingDirectory)
}
