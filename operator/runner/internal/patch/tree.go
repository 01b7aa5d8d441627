package patch

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// permitted checks a path of the patch.
func permitted(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsRune(name, 0) {
		return errors.New("is no path below the working directory")
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.EqualFold(part, ".git") {
			return errors.New("is in a repository's own directory")
		}
	}
	return nil
}

// read looks at a path on the disk, which may lead through directories only.
func (p *plan) read(name string) (node, error) {
	if known, seen := p.before[name]; seen {
		return known, nil
	}
	if err := p.parents(name); err != nil {
		return node{}, err
	}
	info, err := p.root.Lstat(name)
	if absent(err) {
		p.before[name] = node{}
		return node{}, nil
	}
	if err != nil {
		return node{}, err
	}
	found := node{exists: true, mode: info.Mode() & permissions}
	if stat, is := info.Sys().(*syscall.Stat_t); is {
		found.owner = &[2]int{int(stat.Uid), int(stat.Gid)}
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		var target string
		target, err = p.root.Readlink(name)
		found.link, found.content = true, []byte(target)
	case !info.Mode().IsRegular():
		return node{}, fmt.Errorf("is neither a regular file nor a symbolic link (%s)", info.Mode().Type())
	case info.Size() > maxFile:
		return node{}, fmt.Errorf("is larger than %d MiB", maxFile>>20)
	default:
		found.content, err = p.root.ReadFile(name)
	}
	if err == nil {
		p.before[name] = found
	}
	return found, err
}

// parents checks the directories on the way to a path, as they are on the disk.
func (p *plan) parents(name string) error {
	for end, c := range name {
		if c != '/' {
			continue
		}
		at := name[:end]
		info, err := p.root.Lstat(at)
		switch {
		case absent(err):
			return nil
		case err != nil:
			return err
		case info.Mode()&fs.ModeSymlink != 0:
			return fmt.Errorf("is beyond a symbolic link, %s", at)
		case !info.IsDir() && !p.leaving[at]:
			return fmt.Errorf("is below %s, which is no directory", at)
		}
	}
	return nil
}

// absent: nothing is there, or a file is on the way that the patch may remove.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }
