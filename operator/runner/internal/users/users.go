// Package users reads an image's USER the way container engines do.
//
// Source: the OCI image configuration (config.User is user, uid, user:group, uid:gid, uid:group or user:gid) and
// passwd(5), group(5). A name goes before a number: a user that is called 42 is meant by "42".
package users

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"

	"assay.dev/runner/internal/within"
)

const (
	passwdPath = "/etc/passwd"
	groupPath  = "/etc/group"
	// maxBytes bounds each database: 50,000 users of an ordinary line fit.
	maxBytes = 4 << 20
	// maxGroups is as many as the kernel lets a process have (NGROUPS_MAX).
	maxGroups = 65536
	maxID     = math.MaxUint32 - 1 // (uid_t)-1 means "no change" to the kernel
)

// User is who a process runs as.
type User struct {
	UID    uint32   `json:"uid"`
	GID    uint32   `json:"gid"`
	Groups []uint32 `json:"groups"` // the first is GID
	Home   string   `json:"home"`   // "/" where the database names none
	Shell  string   `json:"shell"`  // "" where the database names none
}

// Databases are the texts of /etc/passwd and /etc/group; empty where an image has none.
type Databases struct {
	Passwd, Group string
	// PasswdProblem and GroupProblem say why a file that is there could not be read.
	PasswdProblem, GroupProblem string
}

// Read takes the databases from a root file system. It never fails or waits: a FIFO, a device or a huge file in their
// place is a problem that only a look-up by name reports. A missing file is none.
func Read(root *within.Root) Databases {
	var found Databases
	found.Passwd, found.PasswdProblem = read(root, passwdPath)
	found.Group, found.GroupProblem = read(root, groupPath)
	return found
}

func read(root *within.Root, path string) (text, problem string) {
	data, err := root.ReadFile(path, maxBytes)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return string(data), ""
	}
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return "", err.Error()
}

// Lookup finds user[:group]; "" is root. An id without an entry is taken as it is, with group 0 and home "/". A group
// that is named replaces the user's own groups. The error says which name is in which file missing, and why.
func (d Databases) Lookup(spec string) (User, error) {
	name, group, _ := strings.Cut(spec, ":")
	if name == "" {
		name = "0"
	}
	found := User{Home: "/"}
	login := ""
	var known bool
	if entry := find(d.Passwd, name, 7); entry != nil {
		login = entry[0]
		found.UID, known = parseID(entry[2])
		gid, valid := parseID(entry[3])
		if known && !valid && group == "" {
			return User{}, fmt.Errorf("user %q has no valid group in %s: %q", name, passwdPath, entry[3])
		}
		found.GID = gid
		if entry[5] != "" && !strings.Contains(entry[5], "\x00") { // no variable can hold that byte
			found.Home = entry[5]
		}
		found.Shell = entry[6]
	} else {
		found.UID, known = parseID(name)
	}
	if !known {
		return User{}, missing("user", name, passwdPath, d.PasswdProblem)
	}
	if group != "" {
		number := group
		if entry := find(d.Group, group, 4); entry != nil {
			number = entry[2]
		}
		if found.GID, known = parseID(number); !known {
			return User{}, missing("group", group, groupPath, d.GroupProblem)
		}
	}
	found.Groups = []uint32{found.GID}
	if group == "" && login != "" {
		found.Groups = append(found.Groups, d.supplementary(login, found.GID)...)
	}
	return found, nil
}

func missing(kind, name, path, problem string) error {
	if problem != "" {
		return fmt.Errorf("no %s %q: cannot read %s: %s", kind, name, path, problem)
	}
	return fmt.Errorf("no %s %q in %s", kind, name, path)
}

// supplementary are the groups that list a member, without its primary one.
func (d Databases) supplementary(login string, primary uint32) []uint32 {
	var ids []uint32
	seen := map[uint32]bool{primary: true}
	for line := range strings.Lines(d.Group) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if len(fields) < 4 || !slices.Contains(strings.Split(fields[3], ","), login) {
			continue
		}
		id, valid := parseID(fields[2])
		if valid && !seen[id] && len(ids) < maxGroups-1 {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// find returns the fields of the first line whose name, else of the first whose number, is key; at least count of them.
func find(text, key string, count int) []string {
	var byNumber []string
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if len(fields) < 3 || fields[0] == "" {
			continue
		}
		for len(fields) < count {
			fields = append(fields, "")
		}
		if fields[0] == key {
			return fields
		}
		if byNumber == nil && fields[2] == key {
			byNumber = fields
		}
	}
	return byNumber
}

func parseID(text string) (uint32, bool) {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false // ParseUint takes a sign in none, an underscore in some bases
		}
	}
	id, err := strconv.ParseUint(text, 10, 32)
	return uint32(id), err == nil && id <= maxID
}
