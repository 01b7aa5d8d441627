package podtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// plan is what the process that becomes a container is told.
type plan struct {
	Container
	Runner, Message string
	Args            []string
}

// noNamespaces is the exit code that says that the kernel lets us make no container.
const noNamespaces = 98

// workplace is hidden by what the container is made of.
const workplace = "/mnt"

// outer shows this machine's root without what is mounted in it: only such a mount may be a layer in a user namespace.
// Then it starts the container, and ends as it does.
func outer(text string) int {
	fail := func(code int, err error) int {
		fmt.Fprintln(os.Stderr, "podtest:", err)
		return code
	}
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return fail(99, err)
	}
	if err := unix.Mount("podtest", workplace, "tmpfs", 0, "mode=755"); err != nil {
		return fail(99, err)
	}
	if err := os.Mkdir(lower(), 0o755); err != nil {
		return fail(99, err)
	}
	if err := unix.Mount("/", lower(), "", unix.MS_BIND, ""); err != nil {
		return fail(99, err)
	}
	command := exec.Command("/proc/self/exe", innerMarker, text)
	command.Stdout, command.Stderr, command.Env = os.Stdout, os.Stderr, []string{}
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 65536}}
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWNET,
		UidMappings: ids, GidMappings: ids, GidMappingsEnableSetgroups: true, Pdeathsig: unix.SIGKILL,
	}
	runtime.LockOSThread() // the signal at death is that of the thread
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, unix.SIGTERM)
	if err := command.Start(); errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) {
		return fail(noNamespaces, fmt.Errorf("no user namespaces here: %w", err))
	} else if err != nil {
		return fail(99, err)
	}
	go func() {
		for range arrived {
			_ = command.Process.Signal(unix.SIGTERM)
		}
	}()
	_ = command.Wait()
	return command.ProcessState.ExitCode()
}

func lower() string { return filepath.Join(workplace, "lower") }

// become puts the container together and becomes the runner in it.
func become(text string) {
	var in plan
	err := json.Unmarshal([]byte(text), &in)
	if err == nil {
		err = in.build()
	}
	if err == nil {
		variables := append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root"}, in.Variables...)
		program := "/.assay/toolbox/runner"
		err = unix.Exec(program, append([]string{program}, in.Args...), variables)
	}
	fmt.Fprintln(os.Stderr, "podtest:", err)
	os.Exit(99)
}

func (p plan) build() error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	return p.image(workplace)
}

func (p plan) image(base string) error {
	made, err := os.MkdirTemp(base, "container")
	if err != nil {
		return err
	}
	if err := unix.Mount("image", made, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("tmpfs: %w", err)
	}
	root := filepath.Join(made, "root")
	for _, name := range []string{"upper", "work", "root"} {
		if err := os.Mkdir(filepath.Join(made, name), 0o755); err != nil {
			return err
		}
	}
	if p.Small {
		if err := smallImage(root); err != nil {
			return err
		}
		return p.complete(root)
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%s/work,userxattr", lower(), made, made)
	if err := unix.Mount("image", root, "overlay", 0, options); err != nil {
		return fmt.Errorf("the image: %w", err)
	}
	return p.complete(root)
}

// smallImage makes an image that is quickly copied.
func smallImage(root string) error {
	if err := unix.Mount("image", root, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for _, name := range []string{"etc", "home/agent", "tmp", "usr", "proc", "sys", "dev", "mounted"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			return err
		}
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		if err := os.Symlink("usr/"+name, filepath.Join(root, name)); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(root, "tmp"), 0o777|os.ModeSticky); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "etc", "hosts"), []byte("image"), 0o644); err != nil {
		return err
	}
	if err := unix.Mount("mounted", filepath.Join(root, "mounted"), "tmpfs", 0, ""); err != nil {
		return err
	}
	return unix.Mount("/usr", filepath.Join(root, "usr"), "", unix.MS_BIND|unix.MS_REC, "")
}

// complete adds what a runtime and the operator add to an image, and enters it.
func (p plan) complete(root string) error {
	if err := p.changes(root); err != nil {
		return err
	}
	if err := p.devices(root); err != nil {
		return err
	}
	if err := p.ours(root); err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return err
	}
	return os.Chdir("/")
}

func (p plan) changes(root string) error {
	for path, content := range p.Image {
		at := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.RemoveAll(at); err != nil {
			return err
		}
		var err error
		if target, is := strings.CutPrefix(content, "-> "); is {
			err = os.Symlink(target, at)
		} else {
			err = os.WriteFile(at, []byte(content), 0o755)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p plan) devices(root string) error {
	if err := unix.Mount("proc", filepath.Join(root, "proc"), "proc", 0, ""); err != nil {
		return fmt.Errorf("proc: %w", err)
	}
	if err := unix.Mount("/sys", filepath.Join(root, "sys"), "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("sys: %w", err)
	}
	dev := filepath.Join(root, "dev")
	if err := unix.Mount("dev", dev, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("dev: %w", err)
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom"} {
		if err := bindFile(filepath.Join("/dev", name), filepath.Join(dev, name)); err != nil {
			return err
		}
	}
	for name, target := range map[string]string{"stdout": "fd/1", "stderr": "fd/2", "fd": "/proc/self/fd"} {
		if err := os.Symlink(target, filepath.Join(dev, name)); err != nil {
			return err
		}
	}
	for _, name := range []string{"shm", "mqueue"} {
		if err := os.Mkdir(filepath.Join(dev, name), 0o777); err != nil {
			return err
		}
	}
	return bindFile(p.Message, filepath.Join(dev, "termination-log"))
}

func (p plan) ours(root string) error {
	ours := filepath.Join(root, ".assay")
	if err := os.MkdirAll(filepath.Join(ours, "toolbox"), 0o755); err != nil {
		return err
	}
	for _, name := range p.Directories {
		at := filepath.Join(ours, name)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(name, at, "tmpfs", 0, "mode=755"); err != nil {
			return err
		}
	}
	toolbox := filepath.Join(ours, "toolbox")
	if err := unix.Mount("toolbox", toolbox, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for name, source := range map[string]string{"runner": p.Runner, "bash": "/bin/bash"} {
		if err := bindFile(source, filepath.Join(toolbox, name)); err != nil {
			return err
		}
	}
	if err := unix.Mount("", toolbox, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		return err
	}
	for path, content := range p.Files {
		at := filepath.Join(ours, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, []byte(content), 0o644); err != nil {
			return err
		}
	}
	if p.Disk == "" {
		return nil
	}
	disk := filepath.Join(ours, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(p.Disk, disk, "", unix.MS_BIND, ""); err != nil || !p.ReadOnlyDisk {
		return err
	}
	return unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
}

func bindFile(source, target string) error {
	if err := os.WriteFile(target, nil, 0o644); err != nil {
		return err
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s: %w", source, err)
	}
	return nil
}
