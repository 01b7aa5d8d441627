package within

import (
	"os"

	"golang.org/x/sys/unix"
)

// PercentUsed is how full the root's file system is for an ordinary user, in blocks or inodes, whichever is closer to
// the end. 100 is full.
func (r *Root) PercentUsed() (int, error) {
	var system unix.Statfs_t
	if err := unix.Fstatfs(r.fd, &system); err != nil {
		return 0, os.NewSyscallError("fstatfs", err)
	}
	return percentUsed(&system), nil
}

// percentUsed leaves out the blocks that are root's alone. Some file systems (btrfs) count no inodes.
func percentUsed(system *unix.Statfs_t) int {
	share := func(used, all uint64) int {
		if all == 0 || used > all {
			return 0
		}
		return int(100 * float64(used) / float64(all))
	}
	used := system.Blocks - min(system.Bfree, system.Blocks)
	inodes := system.Files - min(system.Ffree, system.Files)
	return max(share(used, used+system.Bavail), share(inodes, system.Files))
}
