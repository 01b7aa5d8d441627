package users

import (
	"fmt"
	"os"
	"strings"
)

// span is a run of ids that exist in a user namespace.
type span struct{ first, count uint64 }

// Mapping is what /proc/self/uid_map or gid_map holds: the ids that exist in the caller's user namespace.
type Mapping []span

// ParseMapping reads lines of three numbers: first id inside, first id outside, how many.
func ParseMapping(text string) (Mapping, error) {
	var found Mapping
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		var here, outside, count uint64
		if n, err := fmt.Sscan(line, &here, &outside, &count); n != 3 || err != nil {
			return nil, fmt.Errorf("not a line of an id map: %q", strings.TrimSpace(line))
		}
		found = append(found, span{here, count})
	}
	return found, nil
}

func (m Mapping) has(id uint32) bool {
	for _, span := range m {
		if uint64(id) >= span.first && uint64(id)-span.first < span.count {
			return true
		}
	}
	return false
}

func (m Mapping) String() string {
	var spans []string
	for _, span := range m {
		if span.count > 0 {
			spans = append(spans, fmt.Sprintf("%d to %d", span.first, span.first+span.count-1))
		}
	}
	if spans == nil {
		return "none"
	}
	return strings.Join(spans, ", ")
}

// Check refuses a user whom the user namespace cannot have: the kernel would say "invalid argument" at setuid, after
// everything else was done. The error names the id, what exists, and both ways out.
func (u User) Check(uids, gids Mapping) error {
	if !uids.has(u.UID) {
		return outside("user", u.UID, uids)
	}
	for _, gid := range u.Groups {
		if !gids.has(gid) {
			return outside("group", gid, gids)
		}
	}
	return nil
}

// CheckHere is Check in the user namespace of this process.
func (u User) CheckHere() error {
	var maps [2]Mapping
	for i, file := range []string{"/proc/self/uid_map", "/proc/self/gid_map"} {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if maps[i], err = ParseMapping(string(text)); err != nil {
			return err
		}
	}
	return u.Check(maps[0], maps[1])
}

func outside(kind string, id uint32, have Mapping) error {
	return fmt.Errorf("%s %d does not exist in the pod's user namespace, which has %s: use a smaller id in the image, "+
		"or raise userNamespaces.idsPerPod in the kubelet's configuration", kind, id, have)
}
