// Package podtest runs the runner for tests as it runs in a container of a pod: as root of a user namespace, in
// namespaces of its own, on a root file system made of this machine's, with a disk, the toolbox and given files.
package podtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Arguments by which a test's program knows that it is to become a container, in two steps.
const (
	outerMarker = "podtest-outer"
	innerMarker = "podtest-inner"
)

// Container is what the runner finds.
type Container struct {
	Disk string // a directory that is the volume; "": none
	// ReadOnlyDisk mounts it as a scorer has it.
	ReadOnlyDisk bool
	Files        map[string]string // below /.assay: path to content, such as files/launch
	Small        bool              // the image has /etc, /home and /tmp, and this machine's /usr as a mount
	Image        map[string]string // changes of the image: path to content; content that begins with "-> " is a link
	Directories  []string          // volumes below /.assay, such as scratch
	Variables    []string
	Stop         time.Duration // when SIGTERM is sent; 0: never
}

// Result is how the container ended.
type Result struct {
	Code                    int
	Stdout, Stderr, Message string
}

// Main is for TestMain of a package that uses Run.
func Main(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == outerMarker {
		os.Exit(outer(os.Args[2]))
	}
	if len(os.Args) > 2 && os.Args[1] == innerMarker {
		become(os.Args[2])
	}
	os.Exit(m.Run())
}

// Runner compiles the program once for all tests of a package.
var Runner = sync.OnceValues(func() (string, error) {
	directory, err := os.MkdirTemp("", "runner")
	if err != nil {
		return "", err
	}
	path := filepath.Join(directory, "runner")
	build := exec.Command("go", "build", "-ldflags", "-E _rt0_runner", "-o", path, "assay.dev/runner")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return path, os.Chmod(directory, 0o755)
})

// Run runs the runner with these arguments. It skips the test where the kernel lets us make no such container.
func Run(t *testing.T, in Container, args ...string) Result {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, for an id map like that of a pod")
	}
	runner, err := Runner()
	if err != nil {
		t.Fatal(err)
	}
	message := filepath.Join(t.TempDir(), "message")
	if err := os.WriteFile(message, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(plan{in, runner, message, args})
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	command := exec.Command("/proc/self/exe", outerMarker, string(text))
	command.Stdout, command.Stderr, command.Env = &stdout, &stderr, []string{}
	command.WaitDelay = 5 * time.Second
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Setsid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if in.Stop > 0 {
		stop := time.AfterFunc(in.Stop, func() { _ = command.Process.Signal(unix.SIGTERM) })
		defer stop.Stop()
	}
	_ = command.Wait()
	if command.ProcessState.ExitCode() == noNamespaces {
		t.Skip(stderr.String())
	}
	said, err := os.ReadFile(message)
	if err != nil {
		t.Fatal(err)
	}
	return Result{command.ProcessState.ExitCode(), stdout.String(), stderr.String(), string(said)}
}
