// Package cgroup reads what the kernel counts for this container.
package cgroup

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// files are where the container's own group counts its OOM kills: cgroup v2 and v1.
var files = []string{"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"}

// OOM counts the processes that the kernel killed because the container's memory was used up. The runtime's word
// OOMKilled is no substitute: on cgroup v1 it is also that of a container of which a child was killed, and which went on.
type OOM struct {
	file   *os.File
	before int
}

// Watch begins to count. Where the kernel's count cannot be read, none is ever seen.
func Watch() *OOM {
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		watched := &OOM{file: file}
		watched.before = watched.total()
		return watched
	}
	return &OOM{}
}

// Kills is how many there were since Watch. The file stays open, so no change of /sys matters.
func (o *OOM) Kills() int { return max(0, o.total()-o.before) }

// Field is the count as a field of a report, with the blank before it; nothing where there was none.
func (o *OOM) Field() string {
	if kills := o.Kills(); kills > 0 {
		return fmt.Sprintf(" oom=%d", kills)
	}
	return ""
}

func (o *OOM) total() int {
	if o.file == nil {
		return 0
	}
	data := make([]byte, 4096)
	n, _ := o.file.ReadAt(data, 0) // io.EOF is expected
	return parse(string(data[:n]))
}

// parse finds the line "oom_kill N".
func parse(text string) int {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "oom_kill" {
			count, _ := strconv.Atoi(fields[1]) // 0 where it is not a number
			return count
		}
	}
	return 0
}
