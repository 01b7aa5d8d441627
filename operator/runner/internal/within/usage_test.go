package within

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestPercentUsed(t *testing.T) {
	for _, test := range []struct {
		blocks, free, available, inodes, freeInodes uint64
		want                                        int
	}{
		{100, 100, 95, 1000, 1000, 0},
		{100, 50, 50, 1000, 1000, 50},
		{100, 5, 0, 1000, 1000, 100}, // what is left is root's
		{1000, 10, 10, 1000, 1000, 99},
		{1000, 11, 11, 1000, 1000, 98},
		{100, 90, 90, 1000, 0, 100}, // no inode left
		{100, 25, 25, 0, 0, 75},     // btrfs counts none
		{0, 0, 0, 0, 0, 0},
		{10, 20, 20, 10, 20, 0}, // makes no sense
	} {
		system := unix.Statfs_t{
			Blocks: test.blocks, Bfree: test.free, Bavail: test.available, Files: test.inodes, Ffree: test.freeInodes,
		}
		if got := percentUsed(&system); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
	root, err := Open(t.TempDir())
	must(t, err)
	defer func() { _ = root.Close() }()
	if used, err := root.PercentUsed(); err != nil || used < 0 || used > 100 {
		t.Errorf("%d, %v", used, err)
	}
}
