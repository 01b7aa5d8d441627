package copymode

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/devbox"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/gate"
)

// Install is `runner install [--gate ADDRESS:PORT] [--gate-seconds N] DIRECTORY`: copies the toolbox that this program
// lies in, for the init container of pods on clusters without image volumes. Then it waits for the pod's policies, if it
// is to: nothing of the pod's other containers runs before.
func Install(args []string) int {
	log := failure.Open()
	if err := install(args); err != nil {
		return log.Fail(devbox.Part, err)
	}
	return 0
}

func install(args []string) error {
	var options gate.Options
	set := flags.New("install")
	options.AddFlags(set)
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() != 1 {
		return errors.New("there has to be one directory")
	}
	closed := options.Begin(context.Background())
	program, err := os.Executable()
	if err != nil {
		return err
	}
	unix.Umask(0)
	if err := copyTools(filepath.Dir(program), set.Arg(0)); err != nil {
		return err
	}
	return closed()
}

// copyTools copies a directory, readable and executable for every image's user. An earlier copy gives way.
func copyTools(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		return copyTool(path, target)
	})
}

func copyTool(path, target string) error {
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	source, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	file, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, source)
	return errors.Join(err, file.Close())
}
