package patch

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// transaction is the change of a directory, by renames within it, that can be taken back.
type transaction struct {
	*plan
	stage string // a directory in root: contents to come, files that went
	undo  []func() error
	moved int
}

// commit carries the plan out. Everything that takes room is written beside the files first; then only renames follow.
// What fails is undone. (A kill in between leaves the stage, a directory .assay-patch-…, with the original files.)
func (p *plan) commit() error {
	work := &transaction{plan: p, stage: ".assay-patch-" + rand.Text()}
	if err := p.root.Mkdir(work.stage, 0o700); err != nil {
		return fmt.Errorf("cannot write to the working directory: %w", err)
	}
	err := work.run()
	if err != nil {
		for i := len(work.undo) - 1; i >= 0; i-- {
			if failed := work.undo[i](); failed != nil {
				return errors.Join(err, fmt.Errorf("and putting back failed, the original files are in %s: %w", work.stage, failed))
			}
		}
	}
	return errors.Join(err, p.root.RemoveAll(work.stage))
}

func (t *transaction) run() error {
	changed := t.changed()
	for i, name := range changed {
		if err := t.write(t.staged(i), t.after[name]); err != nil {
			return fmt.Errorf("%s: cannot write it: %w", name, err)
		}
	}
	for _, name := range changed {
		if err := t.takeAway(name); err != nil {
			return fmt.Errorf("%s: cannot replace it: %w", name, err)
		}
	}
	for i, name := range changed {
		if !t.after[name].exists {
			continue
		}
		if err := t.makeParents(name); err != nil {
			return fmt.Errorf("%s: cannot make its directory: %w", name, err)
		}
		if err := t.rename(t.staged(i), name); err != nil {
			return fmt.Errorf("%s: cannot put it in place: %w", name, err)
		}
	}
	return nil
}

func (t *transaction) staged(i int) string { return path.Join(t.stage, strconv.Itoa(i)) }

// write makes a file of the stage: with the mode and, where it may, the owner of the file that it replaces.
func (t *transaction) write(at string, made node) error {
	if !made.exists {
		return nil
	}
	if made.link {
		return t.root.Symlink(string(made.content), at)
	}
	mode := fs.FileMode(0o666) | made.mode&0o111
	file, err := t.root.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(made.content)
	if err == nil && made.owner != nil {
		_ = file.Chown(made.owner[0], made.owner[1]) // only root may; others own what they change, as with git
		err = file.Chmod(made.mode)
	}
	return errors.Join(err, file.Close())
}

// takeAway moves what is at a path into the stage, and removes directories that are empty then.
func (t *transaction) takeAway(name string) error {
	if !t.before[name].exists {
		return nil
	}
	t.moved++
	if err := t.rename(name, path.Join(t.stage, "old-"+strconv.Itoa(t.moved))); err != nil {
		return err
	}
	if t.after[name].exists {
		return nil
	}
	for at := path.Dir(name); at != "." && !t.needed(at); at = path.Dir(at) {
		info, err := t.root.Lstat(at)
		if err != nil || t.root.Remove(at) != nil {
			break // others are in it
		}
		t.undo = append(t.undo, func() error {
			err := t.root.Mkdir(at, 0o700)
			if stat, is := info.Sys().(*syscall.Stat_t); is {
				_ = t.root.Lchown(at, int(stat.Uid), int(stat.Gid)) // as for files
			}
			return errors.Join(err, t.root.Chmod(at, info.Mode()&permissions))
		})
	}
	return nil
}

// needed says whether something that the patch leaves is below a directory.
func (t *transaction) needed(directory string) bool {
	for _, name := range t.order {
		if t.after[name].exists && strings.HasPrefix(name, directory+"/") {
			return true
		}
	}
	return false
}

func (t *transaction) makeParents(name string) error {
	directory := path.Dir(name)
	if directory == "." {
		return nil
	}
	if err := t.makeParents(directory); err != nil {
		return err
	}
	err := t.root.Mkdir(directory, 0o777)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		t.undo = append(t.undo, func() error { return t.root.Remove(directory) })
	}
	return err
}

func (t *transaction) rename(from, to string) error {
	err := t.root.Rename(from, to)
	if err == nil {
		t.undo = append(t.undo, func() error { return t.root.Rename(to, from) })
	}
	return err
}
