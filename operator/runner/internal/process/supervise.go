// Package process starts a program and looks after it as its init.
package process

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/failure"
)

// Options say how a program is looked after.
type Options struct {
	Variables []string
	Files     []*os.File // the program's descriptors from 0 on; nil: ours
	// Timeout ends the program: SIGTERM, and after Grace SIGKILL. 0: never.
	Timeout, Grace time.Duration
	// Stopped is told that SIGTERM has come, which is passed on to the program. May be nil.
	Stopped func()
}

// End is how a program ended.
type End struct {
	Code       int // 128 + Signal, if a signal ended it
	Signal     int // 0: it ended by itself
	IsTimeout  bool
	Duration   time.Duration
	WasStopped bool // SIGTERM came meanwhile
}

// closed is a descriptor that a program does not get.
const closed = ^uintptr(0)

// maxFailure bounds what a program says of its failure, in bytes.
const maxFailure = 2000

// Killed is the Code of what SIGKILL ended.
const Killed = 128 + int(unix.SIGKILL)

// Header begins a report of the end in a termination message.
func (e End) Header() string {
	timeout := 0
	if e.IsTimeout {
		timeout = 1
	}
	return fmt.Sprintf("assay/2 exit=%d timeout=%d seconds=%.2f", e.Code, timeout, e.Duration.Seconds())
}

// passedOn are the signals that a container's first process passes on to its program.
var passedOn = []os.Signal{
	unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGWINCH,
}

// Supervise runs a program of ours (an absolute path, and its arguments), which becomes somebody's, in a session of its
// own, until it has ended. Meanwhile it waits for every process that became ours because its parent has ended, so none
// stays a zombie. An error: the program did not begin, or said on failure.Descriptor what failed. Whoever it becomes has
// no such descriptor.
func Supervise(command []string, options Options) (End, error) {
	var failures [2]int
	if err := unix.Pipe2(failures[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return End{}, os.NewSyscallError("pipe", err)
	}
	defer func() { _ = unix.Close(failures[0]) }()
	end, err := supervise(command, options, failures[1])
	if err != nil {
		return End{}, err
	}
	said := make([]byte, maxFailure)
	if n, err := unix.Read(failures[0], said); err == nil && n > 0 {
		return End{}, errors.New(string(said[:n]))
	}
	return end, nil
}

func supervise(command []string, options Options, failures int) (End, error) {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD)
	defer signal.Stop(ended)
	arrived := make(chan os.Signal, 8)
	signal.Notify(arrived, passedOn...)
	defer signal.Stop(arrived)
	begin := time.Now()
	pid, err := fork(command, options, failures)
	_ = unix.Close(failures)
	if err != nil {
		return End{}, err
	}
	var end End
	timeout, kill := after(options.Timeout), (<-chan time.Time)(nil)
	for {
		select {
		case <-ended:
			status, is := reap(pid)
			if !is {
				continue
			}
			end.Duration = time.Since(begin)
			end.Code = status.ExitStatus()
			if status.Signaled() {
				end.Signal = int(status.Signal())
				end.Code = 128 + end.Signal
			}
			return end, nil
		case got := <-arrived:
			if got == unix.SIGTERM {
				end.WasStopped = true
				if options.Stopped != nil {
					options.Stopped()
				}
			}
			_ = unix.Kill(pid, got.(syscall.Signal)) // it may have ended
		case <-timeout:
			end.IsTimeout = true
			kill = time.After(options.Grace)
			if options.Grace > 0 {
				_ = unix.Kill(pid, unix.SIGTERM)
			}
		case <-kill:
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}

// Wait looks after no program: it reaps what becomes ours until SIGTERM or SIGINT comes, or the time is over (0: never).
func Wait(timeout time.Duration) (end End) {
	begin := time.Now()
	defer func() { end.Duration = time.Since(begin) }()
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD)
	defer signal.Stop(ended)
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, unix.SIGTERM, unix.SIGINT)
	defer signal.Stop(arrived)
	over := after(timeout)
	for {
		select {
		case <-ended:
			_, _ = reap(0)
		case <-arrived:
			return End{WasStopped: true}
		case <-over:
			return End{IsTimeout: true, Code: Killed}
		}
	}
}

func after(d time.Duration) <-chan time.Time {
	if d <= 0 {
		return nil
	}
	return time.After(d)
}

func fork(command []string, options Options, failures int) (int, error) {
	files := []uintptr{0, 1, 2}
	if options.Files != nil {
		files = files[:0]
		for _, file := range options.Files {
			files = append(files, file.Fd())
		}
	}
	for len(files) < failure.Descriptor {
		files = append(files, closed)
	}
	files = append(files, uintptr(failures))
	pid, err := syscall.ForkExec(command[0], command, &syscall.ProcAttr{
		Env: options.Variables, Files: files, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, fmt.Errorf("cannot start %s: %w", command[0], err)
	}
	return pid, nil
}

// reap waits for what has ended. It returns the status of the program, if it is among that.
func reap(program int) (status unix.WaitStatus, is bool) {
	for {
		var each unix.WaitStatus
		pid, err := unix.Wait4(-1, &each, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return status, is
		}
		if pid == program {
			status, is = each, true
		}
	}
}
