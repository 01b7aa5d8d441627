// Package copymode has what pods of Copy mode run: ordinary pods with the disk's directories mounted over the image's.
package copymode

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/copytree"
	"assay.dev/runner/internal/devbox"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/mount"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/rootfs"
)

// maxNames is how many bytes of names the message has room for; the kubelet cuts at 4096.
const maxNames = 3000

var plainName = regexp.MustCompile(`^[A-Za-z0-9._+-]+$`)

// Prepare is `runner prepare`, the command of the pod that makes a disk for Copy mode. It copies the directories at the
// top of the image to root/ on the disk, from where the devbox's pod mounts them over the image's; once, root.complete
// tells that it is done. It runs as uid 0 with what the runtime grants by default. Termination message, with the names
// of what is in root/:
//
//	assay-prepare: <directory> <directory> ...
func Prepare(args []string) int {
	log := failure.Open()
	names, err := prepare(args)
	if err != nil {
		return log.Fail(devbox.Part, rootfs.Explain(err))
	}
	line := "assay-prepare: " + strings.Join(names, " ") + "\n"
	fmt.Print(line)
	if err := log.Report(line); err != nil {
		return log.Fail(devbox.Part, err)
	}
	return 0
}

func prepare(args []string) ([]string, error) {
	if len(args) > 0 {
		return nil, fmt.Errorf("prepare takes no arguments: %q", args)
	}
	if _, err := os.Lstat(rootfs.Upper()); err == nil {
		return nil, fmt.Errorf("the disk %s was made in Overlay mode: set rootFilesystem: Overlay", paths.Disk())
	}
	if _, err := os.Lstat(rootfs.CopyMark()); err != nil {
		if err := copyImage(); err != nil {
			return nil, err
		}
	}
	names, err := copied()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is nothing in %s: the image has no directories, or the disk lost them", root())
	}
	if bytes := len(strings.Join(names, " ")); bytes > maxNames {
		return nil, fmt.Errorf("the image has too many directories at its top for Copy mode: %d bytes of names, at most %d", bytes, maxNames)
	}
	return names, nil
}

func root() string { return filepath.Join(paths.Disk(), "root") }

func copyImage() error {
	if err := rootfs.RequireRoom(); err != nil {
		return err
	}
	if err := os.MkdirAll(root(), 0o755); err != nil {
		return fmt.Errorf("cannot write to the disk: %w", err)
	}
	names, err := directories()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := copytree.Copy("/"+name, filepath.Join(root(), name), os.Stderr); err != nil {
			return fmt.Errorf("cannot copy the image's /%s to the disk: %w", name, err)
		}
	}
	return mark()
}

// mark is made when the files are on their medium: it must not outlive a crash of the node that they do not.
func mark() error {
	directory, err := os.Open(root())
	if err != nil {
		return err
	}
	defer func() { _ = directory.Close() }()
	if err := unix.Syncfs(int(directory.Fd())); err != nil {
		return fmt.Errorf("cannot write to the disk: %w", err)
	}
	if err := os.WriteFile(rootfs.CopyMark(), nil, 0o644); err != nil {
		return fmt.Errorf("cannot write to the disk: %w", err)
	}
	return nil
}

// directories are the names of those to copy. Links such as /bin -> usr/bin stay in the image.
func directories() ([]string, error) {
	entries, err := os.ReadDir("/")
	if err != nil {
		return nil, err
	}
	mounts, err := mount.Points()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		name := entry.Name()
		switch path := "/" + name; {
		case !entry.IsDir(), slices.Contains([]string{"proc", "sys", "dev", filepath.Base(paths.Base)}, name):
		case !plainName.MatchString(name):
			fmt.Fprintf(os.Stderr, "assay-prepare: %q stays in the image: a name with other characters\n", path)
		case slices.Contains(mounts, path):
			fmt.Fprintf(os.Stderr, "assay-prepare: %s is a mount\n", path)
		default:
			found = append(found, name)
		}
	}
	return found, nil
}

// copied are the names of what is on the disk, in order.
func copied() ([]string, error) {
	entries, err := os.ReadDir(root())
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && plainName.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}
