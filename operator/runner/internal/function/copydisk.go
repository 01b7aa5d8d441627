package function

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/copytree"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/testfiles"
	"assay.dev/runner/internal/within"
)

// CopyDisk is `runner copy-disk --user USER[:GROUP] --working-dir DIRECTORY [--restore PATH]... NAME...`, an init
// container of scorers in Copy mode, in the environment's image. It makes a copy of the agent's disk for each function
// to write to, and notes beside it what the function's own container can not see once the copy covers the image:
//
//	/.assay/scratch/<name>/root             the copy
//	/.assay/scratch/<name>/prepared.json    the user in the image, and how full the volume is
//	/.assay/scratch/<name>/pristine.tar     the image's files at the paths to restore
func CopyDisk(args []string) int {
	log := failure.Open()
	if err := copyDisk(args); err != nil {
		return log.Fail(part, err)
	}
	return 0
}

func copyDisk(args []string) error {
	var o options
	set := flags.New("copy-disk")
	set.StringVar(&o.user, "user", "", "")
	set.StringVar(&o.workingDirectory, "working-dir", "/", "")
	set.Var(&o.restored, "restore", "")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() == 0 {
		return errors.New("there is no function to copy the disk for")
	}
	if err := testfiles.CheckPaths(o.restored); err != nil {
		return err
	}
	user, err := o.lookUp()
	if err != nil {
		return err
	}
	copied := filepath.Join(paths.Disk(), "root")
	if _, err := os.Stat(copied); err != nil {
		return fmt.Errorf("there is no devbox's copy: %w", err)
	}
	used, err := percentUsed(paths.Disk())
	if err != nil {
		return err
	}
	unix.Umask(0o022)
	for _, name := range set.Args() {
		if err := o.copyFor(scratch(name), copied, prepared{user, used}); err != nil {
			return err
		}
	}
	return nil
}

func (o options) copyFor(to, copied string, noted prepared) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return fmt.Errorf("cannot write to the scratch space: %w", err)
	}
	if err := within.RemovePath(filepath.Join(to, "root")); err != nil {
		return err
	}
	text, err := json.Marshal(noted)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(to, preparedName), text, 0o644); err != nil {
		return err
	}
	archive, err := os.Create(filepath.Join(to, pristineName))
	if err != nil {
		return err
	}
	err = testfiles.Save(archive, o.workingDirectory, o.restored)
	if err := errors.Join(err, archive.Close()); err != nil {
		return fmt.Errorf("cannot restore files of the image: %w", err)
	}
	if err := copytree.Copy(copied, filepath.Join(to, "root"), os.Stderr); err != nil {
		return fmt.Errorf("cannot copy the agent's disk: %w", err)
	}
	return nil
}
