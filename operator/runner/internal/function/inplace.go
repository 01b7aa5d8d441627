package function

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/identity"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/process"
	"assay.dev/runner/internal/testfiles"
	"assay.dev/runner/internal/users"
	"assay.dev/runner/internal/within"
)

const (
	preparedName = "prepared.json"
	pristineName = "pristine.tar"
)

// prepared is what CopyDisk saw of the image, which this function's container can not see: a copy covers it.
type prepared struct {
	User users.User `json:"user"`
	Disk int        `json:"disk"` // how full the agent's volume is, in percent
}

// prepareInPlace makes what Copy mode needs. The function runs in the container itself, which has no privileges: its
// copy of the root file system is mounted at the top-level directories, so /etc and all programs are the agent's.
func (f *function) prepareInPlace() error {
	// For users other than root; what root writes there is overwritten in the end.
	if err := os.Chmod(failure.TerminationLog, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot protect the termination message: the container must start as uid 0: %w", err)
	}
	if err := f.readPrepared(); err != nil {
		return err
	}
	if err := within.RemovePath(paths.Results()); err != nil {
		return err
	}
	if err := os.Mkdir(paths.Results(), 0o700); err != nil {
		return err
	}
	return os.Chown(paths.Results(), int(f.user.UID), int(f.user.GID))
}

func (f *function) readPrepared() error {
	text, err := os.ReadFile(scratch(preparedName))
	if err == nil {
		var found prepared
		if err := json.Unmarshal(text, &found); err != nil {
			return fmt.Errorf("%s: %w", scratch(preparedName), err)
		}
		f.user, f.disk = found.User, found.Disk
		return nil
	}
	if !f.isClean {
		return fmt.Errorf("copy-disk has not run: %w", err)
	}
	if f.user, err = f.lookUp(); err != nil { // the image is not covered by a copy
		return err
	}
	f.disk, err = percentUsed(devboxPath)
	return err
}

// runInPlace runs the function in this container. Afterwards nothing that it started runs, but the process that reads
// its output.
func (f *function) runInPlace(ctx context.Context, stdout, stderr *os.File, reader int) (outcome, error) {
	archive, err := f.pristine()
	if err != nil {
		return outcome{}, err
	}
	owner := testfiles.Owner{UID: int(f.user.UID), GID: int(f.user.GID)}
	where := plan{WorkingDirectory: f.workingDirectory, IsClean: f.isClean}
	if err := testfiles.Put(f.workingDirectory, owner, f.restored, archive, paths.Tests()); err != nil {
		return outcome{}, fmt.Errorf("cannot write the tests: %w", err)
	}
	makeTemporary()
	if err := where.enter(); err != nil {
		return outcome{}, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return outcome{}, err
	}
	files := []*os.File{null, stdout, stderr}
	if f.script != "" {
		script, err := readScript(f.script)
		if err != nil {
			return outcome{}, err
		}
		files = append(files, script)
	}
	defer context.AfterFunc(ctx, killAll)()
	options := process.Options{Variables: f.variables(), Files: files, Timeout: f.timeout}
	end, err := process.Supervise(identity.Command(f.user, f.pidsMax, ".", f.command), options)
	if err != nil {
		return outcome{}, err
	}
	if ctx.Err() != nil {
		return outcome{}, errStopped
	}
	if err := process.KillOthers(reader); err != nil {
		return outcome{}, err
	}
	if end.IsTimeout { // whatever it answered in its last instant
		end.Code = process.Killed
	}
	return outcome{End: end}, nil
}

// killAll ends the function and all that it started at once: it may ignore the signal that it was sent. This is the first
// process of the container, and the only one that the kernel spares.
func killAll() {
	if os.Getpid() == 1 {
		_ = unix.Kill(-1, unix.SIGKILL)
	}
}

// pristine is what is to be restored: nothing where the agent's tree is only looked at.
func (f *function) pristine() (io.Reader, error) {
	if f.isClean {
		f.restored = nil
		return new(bytes.Buffer), nil
	}
	archive, err := os.Open(scratch(pristineName))
	if err != nil {
		return nil, fmt.Errorf("copy-disk has not run: %w", err)
	}
	return archive, nil // until this process ends
}
