package parse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/output"
)

const (
	program   = "/proc/self/exe"
	nobody    = 65534
	maxAnswer = 1 << 20
	maxStderr = 4096
	// separate are the namespaces of the child's own, where the caller may make them (CAP_SYS_ADMIN).
	separate = unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWNET
)

// child is a process that parses.
type child struct {
	pid    int
	name   string
	stdin  io.WriteCloser
	done   chan struct{}
	answer []byte
	err    error
}

// start runs `runner parse NAME FILES` with files as descriptors 3 and on, which stay the caller's too.
func start(ctx context.Context, name string, files []*os.File) (*child, error) {
	stdinRead, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = stdinRead.Close() }()
	begun := &child{name: name, stdin: stdin, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// "No new privileges" is an attribute of a thread, and inherited. This one is never given back: it ends with
		// the goroutine, which outlives the child, because the child dies when the thread does.
		runtime.LockOSThread()
		begun.run(ctx, stdinRead, files, started)
	}()
	if err := <-started; err != nil {
		_ = stdin.Close()
		return nil, fmt.Errorf("cannot start the child that parses: %w", err)
	}
	return begun, nil
}

func (c *child) run(ctx context.Context, stdin *os.File, files []*os.File, started chan<- error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		started <- os.NewSyscallError("no new privileges", err)
		return
	}
	stderr := output.NewTail(maxStderr)
	var command *exec.Cmd
	var stdout io.ReadCloser
	var err error
	for _, flags := range []uintptr{separate, 0} {
		command = exec.CommandContext(ctx, program, "parse", c.name, strconv.Itoa(len(files)))
		command.Env, command.Dir = []string{}, "/"
		command.Stdin, command.Stderr, command.ExtraFiles = stdin, stderr, files
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL, Cloneflags: flags}
		if os.Geteuid() == 0 {
			command.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{}}
		}
		if stdout, err = command.StdoutPipe(); err != nil {
			break
		}
		if err = command.Start(); err == nil || flags == 0 {
			break
		}
	}
	if err == nil {
		c.pid = command.Process.Pid
	}
	started <- err
	if err != nil {
		return
	}
	c.answer, c.err = io.ReadAll(io.LimitReader(stdout, maxAnswer+1))
	if len(c.answer) > maxAnswer {
		c.err = errors.New("its answer is too long")
		_ = command.Process.Kill()
	}
	failed := command.Wait()
	if failed != nil && ctx.Err() != nil {
		failed = errors.Join(ctx.Err(), failed)
	}
	if said := output.OneLine(stderr.Bytes()); failed != nil && said != "" {
		failed = fmt.Errorf("%w: %s", failed, output.Head(said, 500))
	}
	c.err = errors.Join(c.err, failed)
	close(c.done)
}

// wait returns when the child has ended, with its answer decoded.
func (c *child) wait(answer any) error {
	<-c.done
	err := c.err
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(c.answer))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(answer)
	}
	if err != nil {
		return fmt.Errorf("the child that parses (%s) failed: %w", c.name, err)
	}
	return nil
}
