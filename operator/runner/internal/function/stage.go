package function

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/identity"
	"assay.dev/runner/internal/mount"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/process"
	"assay.dev/runner/internal/rootfs"
	"assay.dev/runner/internal/testfiles"
	"assay.dev/runner/internal/users"
	"assay.dev/runner/internal/within"
)

// plan is what a stage is told.
type plan struct {
	User                                                 users.User
	WorkingDirectory, Image, EnvironmentDirectory        string
	IsClean, HasNoNetwork, NestedUserNamespaces, Follows bool
	Restored                                             []string
	Script                                               string
	PidsMax                                              uint64
	Command                                              []string
}

func (f *function) plan() plan {
	return plan{
		f.user, f.workingDirectory, f.image, f.environmentDirectory, f.isClean, f.hasNoNetwork, f.nestedUserNamespaces,
		f.followsLinks, f.restored, f.script, f.pidsMax, f.command,
	}
}

// Stage is `runner stage`, the first process of a function's namespaces: makes the function's root and enters it,
// scratch space over the agent's disk over the image, or (Clean) over the image alone, with the agent's tree at /devbox.
// Then it is the init of the function. It keeps SYS_ADMIN, so that the function may not trace it; when it ends, the
// kernel kills all that the function left.
func Stage([]string) int {
	unix.CloseOnExec(verdictDescriptor)
	unix.CloseOnExec(planDescriptor)
	end, err := stage(os.NewFile(planDescriptor, "plan"))
	if tell(os.NewFile(verdictDescriptor, "verdict"), end, err) != nil {
		return failure.Code
	}
	return 0
}

func stage(given io.Reader) (process.End, error) {
	var p plan
	if err := json.NewDecoder(given).Decode(&p); err != nil {
		return process.End{}, fmt.Errorf("not a plan: %w", err)
	}
	if err := process.Protect(); err != nil {
		return process.End{}, err
	}
	files := []*os.File{os.Stdin, os.Stdout, os.Stderr}
	if p.Script != "" { // before anything of the agent's can run; its directory will not be in the function's root
		script, err := readScript(p.Script)
		if err != nil {
			return process.End{}, err
		}
		files = append(files, script)
	}
	archive, err := p.build()
	if err != nil {
		return process.End{}, err
	}
	defer func() { _ = archive.Close() }()
	if err := p.furnish(archive); err != nil {
		return process.End{}, err
	}
	options := process.Options{Variables: p.variables(), Files: files}
	return process.Supervise(identity.Command(p.User, p.PidsMax, ".", p.Command), options)
}

// build makes the function's root this process's own. It returns what is to be restored there.
func (p plan) build() (*os.File, error) {
	if err := mount.Private(); err != nil {
		return nil, err
	}
	if p.HasNoNetwork {
		if err := raiseLoopback(); err != nil {
			return nil, fmt.Errorf("cannot raise the loopback interface: %w: add CAP_NET_ADMIN", err)
		}
	}
	// A container that is started again must not see what its first run wrote.
	for _, name := range []string{"upper", "work"} {
		if err := within.RemovePath(scratch(name)); err != nil {
			return nil, err
		}
		if err := os.Mkdir(scratch(name), 0o755); err != nil {
			return nil, fmt.Errorf("cannot write to the scratch space: %w", err)
		}
	}
	if err := rootfs.CheckCanary(); err != nil {
		return nil, err
	}
	archive, err := p.save()
	if err != nil {
		return nil, fmt.Errorf("cannot restore files of the image: %w", err)
	}
	root, err := p.root()
	if err != nil {
		return nil, err
	}
	for _, path := range []string{"/dev/termination-log", paths.Disk(), paths.Scratch(), paths.Results(), paths.Tests(), paths.Expect(), paths.Required()} {
		if err := mount.Detach(path); err != nil {
			return nil, err
		}
	}
	if err := root.Switch(); err != nil {
		return nil, err
	}
	return archive, root.Place()
}

// save archives what is to be restored in the scratch space, which the function will not see: it may be large.
func (p plan) save() (*os.File, error) {
	archive, err := os.Create(scratch(pristineName))
	if err != nil {
		return nil, err
	}
	if !p.IsClean {
		if err := testfiles.Save(archive, p.WorkingDirectory, p.Restored); err != nil {
			return nil, err
		}
	}
	_, err = archive.Seek(0, io.SeekStart)
	return archive, err
}

func (p plan) root() (*rootfs.Root, error) {
	lower := rootfs.Upper() + ":/"
	if p.IsClean {
		lower = "/"
	}
	root, err := rootfs.New(lower, paths.Scratch(), true)
	if err != nil {
		return nil, err
	}
	if !p.NestedUserNamespaces {
		if err := root.CloseUserNamespaces(); err != nil {
			return nil, err
		}
	}
	masks, err := kernelMounts()
	if err != nil {
		return nil, err
	}
	if err := root.StageMount("/proc", mount.Proc); err != nil {
		return nil, fmt.Errorf("%w (%s)", err, mount.Needs)
	}
	// The proc is a new one; the parts of it that the runtime hides or makes read-only stay so.
	if err := root.Stage(append(masks, "/sys", "/dev", paths.Results(), paths.Tests(), paths.Tools())...); err != nil {
		return nil, err
	}
	if err := root.CopyNodeFiles(); err != nil {
		return nil, err
	}
	if p.Script != "" {
		if err := root.Leave(paths.Files()); err != nil {
			return nil, err
		}
	}
	if p.IsClean {
		return root, root.StageMount(devboxPath, p.mountDevbox)
	}
	return root, nil
}

// mountDevbox shows the agent's tree to functions that look at it: nothing in it gains rights, nothing of ours runs in
// it, and by default no link of it is followed, because that would lead into the function's own root.
func (p plan) mountDevbox(target string) error {
	if err := mount.OverlayReadOnly(rootfs.Upper()+":"+p.Image, target, p.Follows); err != nil {
		return fmt.Errorf("cannot mount the agent's tree: %w (%s)", err, mount.Needs)
	}
	return nil
}

// kernelMounts are the runtime's mounts in /proc.
func kernelMounts() ([]string, error) {
	all, err := mount.Points()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, path := range all {
		if strings.HasPrefix(path, "/proc/") {
			found = append(found, path)
		}
	}
	return found, nil
}

// furnish completes the root: what is new for each function, a place for temporary files, restored files and tests.
func (p plan) furnish(archive io.Reader) error {
	if err := mount.Tmpfs("/dev/shm", "mode=1777", unix.MS_NOSUID|unix.MS_NODEV); err != nil {
		return err
	}
	if _, err := os.Stat("/dev/mqueue"); err == nil {
		if err := mount.Queues("/dev/mqueue"); err != nil {
			return err
		}
	}
	if p.Script != "" {
		if err := hideShell(); err != nil {
			return err
		}
	}
	makeTemporary()
	if !p.IsClean {
		_ = os.MkdirAll(p.WorkingDirectory, 0o755) // else the function runs in "/"
	}
	owner := testfiles.Owner{UID: int(p.User.UID), GID: int(p.User.GID)}
	if err := testfiles.Put(p.WorkingDirectory, owner, p.Restored, archive, paths.Tests()); err != nil {
		return fmt.Errorf("cannot write the tests: %w", rootfs.Explain(err))
	}
	// The tests are in place; where they came from concerns no one.
	if err := mount.Detach(paths.Tests()); err != nil {
		return err
	}
	return p.enter()
}

// makeTemporary has a place for temporary files, which bare images lack. It is this function's alone.
func makeTemporary() {
	if _, err := os.Lstat("/tmp"); err != nil && os.Mkdir("/tmp", 0o777) == nil {
		_ = os.Chmod("/tmp", 0o777|os.ModeSticky)
	}
}

// enter goes to the working directory. Python and others import what lies where they start, so a function with a root of
// its own never starts in the agent's.
func (p plan) enter() error {
	if err := os.Chdir(p.WorkingDirectory); err != nil {
		if !p.IsClean {
			fmt.Fprintf(os.Stderr, "the working directory %s is gone, running in /\n", p.WorkingDirectory)
		}
		return os.Chdir("/")
	}
	if here, err := unix.Getwd(); p.IsClean && (err != nil || strings.HasPrefix(here+"/", devboxPath+"/")) {
		return os.Chdir("/")
	}
	return nil
}

// variables are the function's own, with the agent's working directory as it is found now.
func (p plan) variables() []string {
	given := environ.All()
	if here, err := unix.Getwd(); err == nil && here == "/" {
		given = environ.With(given, "PWD=/")
	}
	if !p.IsClean {
		return given
	}
	return environ.With(given, "ASSAY_DEVBOX_WORKDIR="+inDevbox(filepath.Clean(p.EnvironmentDirectory)))
}
