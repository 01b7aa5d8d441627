package function

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/mount"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/process"
	"assay.dev/runner/internal/rootfs"
)

const resultsSize = "4m"

// prepareIsolated makes what the outer process needs in Overlay mode.
func (f *function) prepareIsolated() error {
	err := rootfs.Preflight()
	if err == nil {
		f.user, err = f.lookUp()
	}
	if err != nil {
		return err
	}
	if _, err := os.Lstat(rootfs.Upper()); err != nil {
		return fmt.Errorf("there is no devbox's disk at %s", paths.Disk())
	}
	if f.disk, err = percentUsed(paths.Disk()); err != nil {
		return err
	}
	if err := os.MkdirAll(paths.Results(), 0o755); err != nil {
		return err
	}
	options := fmt.Sprintf("mode=700,size=%s,uid=%d,gid=%d", resultsSize, f.user.UID, f.user.GID)
	if err := mount.Tmpfs(paths.Results(), options, unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC); err != nil {
		return fmt.Errorf("%w (%s)", err, mount.Needs)
	}
	return nil
}

// runIsolated runs the function in namespaces of its own. Its stage is the first process there: killing that kills all.
func (f *function) runIsolated(ctx context.Context, stdout, stderr *os.File) (outcome, error) {
	text, err := json.Marshal(f.plan())
	if err != nil {
		return outcome{}, err
	}
	given, err := inMemory("plan", text) // an argument has less room than a function's command may need
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = given.Close() }()
	verdict, saying, err := os.Pipe()
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = verdict.Close() }()
	stage := exec.Command(paths.Runner(), "stage")
	stage.Env, stage.Dir, stage.Stdout, stage.Stderr = f.variables(), "/", stdout, stderr
	stage.ExtraFiles = []*os.File{saying, given}
	stage.SysProcAttr = &syscall.SysProcAttr{Cloneflags: f.namespaces()}
	begin := time.Now()
	err = stage.Start()
	_ = saying.Close()
	if err != nil {
		return outcome{}, fmt.Errorf("cannot make namespaces: %w (%s)", err, mount.Needs)
	}
	ended := make(chan error, 1)
	go func() { ended <- stage.Wait() }()
	isTimeout, err := f.await(ctx, ended, func() { _ = stage.Process.Kill() })
	if err != nil {
		return outcome{}, err
	}
	duration := time.Since(begin)
	code, err := f.hear(verdict, isTimeout, stage.ProcessState)
	return outcome{End: process.End{Code: code, IsTimeout: isTimeout, Duration: duration}}, err
}

// await waits for the end of the function, its time, or a signal to stop. It reports whether the time was over.
func (f *function) await(ctx context.Context, ended <-chan error, kill func()) (bool, error) {
	timer := time.NewTimer(f.timeout)
	defer timer.Stop()
	select {
	case <-ended:
		return false, nil
	case <-timer.C:
		kill()
		<-ended
		return true, nil
	case <-ctx.Done():
		kill()
		<-ended
		return false, errStopped
	}
}

func (f *function) namespaces() uintptr {
	flags := uintptr(unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC)
	if f.hasNoNetwork {
		flags |= unix.CLONE_NEWNET
	}
	return flags
}

// variables are the function's: what the container has, and where the agent's tree and the results are.
func (f *function) variables() []string {
	devbox, directory := "/", filepath.Clean(f.environmentDirectory)
	if f.isClean {
		devbox, directory = devboxPath, inDevbox(directory)
	}
	return process.Variables(f.handed, f.user, f.workingDirectory,
		"ASSAY_DEVBOX="+devbox, "ASSAY_DEVBOX_WORKDIR="+directory, "ASSAY_RESULTS="+paths.Results())
}
