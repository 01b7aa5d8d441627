package patch

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Types of files in a patch's modes.
const (
	modeType    = 0o170000
	modeRegular = 0o100000
	modeLink    = 0o120000
)

const permissions = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// node is a regular file or symbolic link, or that there is none. It is not changed once made.
type node struct {
	exists  bool
	link    bool
	content []byte      // of a link: its target
	mode    fs.FileMode // permissions, if from the disk; else executable or not
	owner   *[2]int     // uid, gid; nil for a new file
}

// plan is what the patch makes of the directory, in memory.
type plan struct {
	root    *os.Root
	before  map[string]node
	after   map[string]node
	order   []string        // keys of after, as the patch comes to them
	created map[string]bool // by a new, renamed or copied file
	leaving map[string]bool // deleted, or renamed to another path
}

func newPlan(root *os.Root) *plan {
	return &plan{
		root: root, before: map[string]node{}, after: map[string]node{}, created: map[string]bool{}, leaving: map[string]bool{},
	}
}

// add takes all files of a patch; the error tells all that does not fit.
func (p *plan) add(files []*gitdiff.File) error {
	var problems []error
	for _, file := range files {
		complete(file)
		if file.IsDelete || file.IsRename {
			p.leaving[file.OldName] = true
		}
	}
	for _, file := range files {
		if err := p.one(file); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", nameOf(file), err))
		}
	}
	if len(problems) == 0 {
		problems = append(problems, p.reachable())
	}
	return errors.Join(problems...)
}

// complete fills in what a header without git's extensions leaves out.
func complete(file *gitdiff.File) {
	const none = "/dev/null"
	file.IsNew = file.IsNew || file.OldName == none
	file.IsDelete = file.IsDelete || file.NewName == none
	if file.IsNew {
		file.OldName = ""
	}
	if file.IsDelete {
		file.NewName = ""
	}
}

func nameOf(file *gitdiff.File) string {
	if file.NewName != "" {
		return file.NewName
	}
	return file.OldName
}

func (p *plan) one(file *gitdiff.File) error {
	for _, name := range []string{file.OldName, file.NewName} {
		if err := permitted(name); name != "" && err != nil {
			return err
		}
	}
	for _, mode := range []fs.FileMode{file.OldMode, file.NewMode} {
		if kind := mode & modeType; mode != 0 && kind != modeRegular && kind != modeLink {
			return fmt.Errorf("mode %o is neither a file's nor a symbolic link's (a submodule's?)", uint32(mode))
		}
	}
	old, err := p.source(file)
	if err != nil {
		return err
	}
	content, err := change(file, old.content)
	if err != nil {
		return err
	}
	if len(content) > maxFile {
		return fmt.Errorf("it becomes larger than %d MiB", maxFile>>20)
	}
	if file.IsDelete {
		if len(content) > 0 {
			return errors.New("is to be deleted, but has more than the patch deletes")
		}
		p.leave(file.OldName)
		return nil
	}
	return p.put(file, old, content)
}

// source is the file that a change begins with: what is on the disk for a rename or copy, whose order means nothing;
// else what the patch has made of it so far.
func (p *plan) source(file *gitdiff.File) (node, error) {
	if file.IsNew {
		return node{}, nil
	}
	old, err := p.read(file.OldName)
	if err != nil {
		return node{}, err
	}
	if now, touched := p.after[file.OldName]; touched && !file.IsRename && !file.IsCopy && !(file.IsDelete && p.created[file.OldName]) {
		old = now
	}
	if !old.exists {
		return node{}, fmt.Errorf("%w: %s", fs.ErrNotExist, file.OldName)
	}
	untouched := file.OldMode == 0 && len(file.TextFragments) == 0 && !file.IsBinary // a plain rename tells no mode
	switch link := file.OldMode&modeType == modeLink; {
	case link == old.link || untouched:
		return old, nil
	case link:
		return node{}, errors.New("is a file, and the patch is for a symbolic link")
	}
	return node{}, errors.New("is a symbolic link, and the patch is for a file")
}

func (p *plan) put(file *gitdiff.File, old node, content []byte) error {
	name := file.NewName
	if file.IsNew || name != file.OldName {
		there, err := p.read(name)
		if err != nil && !p.emptied(name) {
			return err
		}
		if now, touched := p.after[name]; touched {
			there = now
		}
		if p.created[name] || there.exists && !p.leaving[name] {
			return fs.ErrExist
		}
		p.created[name] = true
	}
	made := node{exists: true, link: old.link, content: content, mode: old.mode, owner: old.owner}
	if file.NewMode != 0 {
		made.link = file.NewMode&modeType == modeLink
		made.mode = made.mode &^ 0o111
		if file.NewMode&0o100 != 0 {
			made.mode |= 0o111
			if made.owner != nil {
				made.mode = old.mode | (old.mode&0o444)>>2
			}
		}
	}
	if made.link && (len(content) == 0 || bytes.IndexByte(content, 0) >= 0) {
		return errors.New("a symbolic link without a proper target")
	}
	if file.IsRename && file.OldName != name {
		p.leave(file.OldName)
	}
	p.set(name, made)
	return nil
}

// leave notes that a path is gone, unless another file has come to it.
func (p *plan) leave(name string) {
	if !p.created[name] {
		p.set(name, node{})
	}
}

func (p *plan) set(name string, made node) {
	if _, touched := p.after[name]; !touched {
		p.order = append(p.order, name)
	}
	p.after[name] = made
}

// emptied says whether a path is a directory that the patch takes files from: a file may take its place.
func (p *plan) emptied(name string) bool {
	for left := range p.leaving {
		if strings.HasPrefix(left, name+"/") {
			return true
		}
	}
	return false
}

// reachable checks that what the patch leaves behind fits together: no file where another needs a directory.
func (p *plan) reachable() error {
	var problems []error
	for _, name := range p.order {
		if !p.after[name].exists {
			continue
		}
		for at := path.Dir(name); at != "."; at = path.Dir(at) {
			if p.after[at].exists {
				problems = append(problems, fmt.Errorf("%s: is below %s, which the patch makes a file or symbolic link", name, at))
			}
		}
	}
	return errors.Join(problems...)
}

// changed are the paths that differ from the disk.
func (p *plan) changed() []string {
	return slices.DeleteFunc(slices.Clone(p.order), func(name string) bool {
		old, now := p.before[name], p.after[name]
		return old.exists == now.exists && old.link == now.link && old.mode == now.mode && bytes.Equal(old.content, now.content)
	})
}
