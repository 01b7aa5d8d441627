package within

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	maxLinks = 40 // as the kernel has it
	maxPath  = 4096
)

// position is where a walk stands: an open handle for the root and for each directory entered below it. ".." goes back
// to the handle before, so no rename meanwhile leads out of the root.
type position struct {
	fds   []int // fds[0] is the Root's own
	names []string
	name  string // of the last step, "." for the root
}

func (p *position) top() int { return p.fds[len(p.fds)-1] }

// parent is the directory that holds the last step.
func (p *position) parent() int { return p.fds[max(0, len(p.fds)-2)] }

func (p *position) push(fd int, name string) {
	p.fds, p.names, p.name = append(p.fds, fd), append(p.names, name), name
}

func (p *position) up() {
	if len(p.fds) > 1 {
		_ = unix.Close(p.top())
		p.fds, p.names = p.fds[:len(p.fds)-1], p.names[:len(p.names)-1]
	}
	p.name = "."
	if n := len(p.names); n > 0 {
		p.name = p.names[n-1]
	}
}

func (p *position) restart() {
	for len(p.fds) > 1 {
		p.up()
	}
}

func (p *position) close() { p.restart() }

// take closes all handles but the last one, which is the caller's from then on.
func (p *position) take() int {
	fd, err := unix.FcntlInt(uintptr(p.top()), unix.F_DUPFD_CLOEXEC, 0)
	p.close()
	if err != nil {
		return -1
	}
	return fd
}

// Resolve is the path, absolute and free of symbolic links, that the path means inside the root: "/srv/project" for
// "/app", if /app is a link to it there. What it leads to exists. Joined to the root's own path it can be used outside.
func (r *Root) Resolve(path string) (string, error) {
	end, err := r.walk(path, true)
	if err != nil {
		return "", &os.PathError{Op: "resolve", Path: path, Err: err}
	}
	defer end.close()
	return "/" + strings.Join(end.names, "/"), nil
}

// walk resolves a path a component at a time, never letting the kernel follow a link. It is the way to a canonical
// path, and the way to open a file where openat2 is missing. The caller closes, or takes, what it returns.
func (r *Root) walk(path string, links bool) (*position, error) {
	at := &position{fds: []int{r.fd}, name: "."}
	err := r.step(at, path, links)
	if err != nil {
		at.close()
		return nil, err
	}
	return at, nil
}

func (r *Root) step(at *position, path string, links bool) error {
	if path == "" {
		return unix.ENOENT
	}
	if !links && strings.HasPrefix(path, "/") {
		return unix.EXDEV // as RESOLVE_BENEATH has it
	}
	for rest, followed := path, 0; rest != ""; {
		if len(rest) >= maxPath {
			return unix.ENAMETOOLONG
		}
		var name string
		var more bool
		name, rest, more = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		if name == "" || name == "." {
			continue
		}
		if name == ".." {
			if !links {
				return unix.EXDEV
			}
			at.up()
			continue
		}
		target, err := enter(at, name, more)
		if err != nil {
			return err
		}
		if target == "" {
			continue
		}
		if followed++; followed > maxLinks || !links {
			return unix.ELOOP
		}
		if strings.HasPrefix(target, "/") {
			at.restart()
		}
		if more {
			target += "/" + rest
		}
		rest = target
	}
	return nil
}

// enter steps into a name, or returns the target of the symbolic link that it is.
func enter(at *position, name string, directory bool) (string, error) {
	fd, err := unix.Openat(at.top(), name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		_ = unix.Close(fd)
		return "", err
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFLNK {
		defer func() { _ = unix.Close(fd) }()
		target := make([]byte, maxPath)
		n, err := unix.Readlinkat(fd, "", target)
		if err == nil && n == 0 {
			err = unix.ENOENT
		}
		if err == nil && n == maxPath {
			err = unix.ENAMETOOLONG
		}
		return string(target[:max(n, 0)]), err
	}
	if directory && stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		return "", errors.Join(unix.Close(fd), unix.ENOTDIR)
	}
	at.push(fd, name)
	return "", nil
}
