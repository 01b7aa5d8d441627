package copytree

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Agents make such trees, and must not be able to stop a copy of their disk with them.

func TestTreesThatAreDeeperThanAnyPath(t *testing.T) {
	source, target := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	at, err := open(unix.AT_FDCWD, source)
	must(t, err)
	const depth = 5000
	for range depth {
		must(t, unix.Mkdirat(at, "directory", 0o755))
		next, err := open(at, "directory")
		must(t, err)
		must(t, unix.Close(at))
		at = next
	}
	file, err := unix.Openat(at, "file", unix.O_CREAT|unix.O_WRONLY, 0o600)
	must(t, err)
	must(t, errors.Join(unix.Close(file), unix.Close(at)))
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: limit.Max}))
	err = Copy(source, target, new(bytes.Buffer))
	must(t, errors.Join(unix.Setrlimit(unix.RLIMIT_NOFILE, &limit), err))
	at, err = open(unix.AT_FDCWD, target)
	must(t, err)
	for range depth {
		next, err := open(at, "directory")
		must(t, err)
		must(t, unix.Close(at))
		at = next
	}
	var stat unix.Stat_t
	must(t, unix.Fstatat(at, "file", &stat, 0))
	must(t, unix.Close(at))
}

// withoutDevices copies as a thread that may make no devices.
func withoutDevices(source, target string) (string, error) {
	var notes bytes.Buffer
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // the thread ends with the function
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var capabilities [2]unix.CapUserData
		err := unix.Capget(&header, &capabilities[0])
		capabilities[0].Effective &^= 1 << unix.CAP_MKNOD
		if err == nil {
			err = unix.Capset(&header, &capabilities[0])
		}
		if err == nil {
			err = Copy(source, target, &notes)
		}
		done <- err
	}()
	err := <-done
	return notes.String(), err
}

func TestDevicesAreLeftOutWhereTheyAreNotAllowed(t *testing.T) {
	tree, target := makeTree(t), filepath.Join(t.TempDir(), "copy")
	must(t, os.Link(tree+"/device", tree+"/device2"))
	notes, err := withoutDevices(tree, target)
	must(t, err)
	for _, name := range []string{"device", "device2"} {
		if _, err := os.Lstat(filepath.Join(target, name)); !errors.Is(err, os.ErrNotExist) || !strings.Contains(notes, name+": a device, left out") {
			t.Errorf("%s: %v, %s", name, err, notes)
		}
	}
	if stat, err := os.Lstat(target + "/fifo"); err != nil || stat.Mode()&os.ModeNamedPipe == 0 {
		t.Error(stat, err)
	}
}

func TestAFileWithMoreNamesThanTheDiskAllows(t *testing.T) {
	const more = 65_100 // ext4 allows 65000
	source, target := tmpfs(t, "size=99m,nr_inodes=99k"), filepath.Join(t.TempDir(), "copy")
	must(t, os.WriteFile(source+"/0", []byte("x"), 0o600))
	for i := range more {
		must(t, os.Link(source+"/0", fmt.Sprintf("%s/%d", source, i+1)))
	}
	must(t, Copy(source, target, new(bytes.Buffer)))
	entries, err := os.ReadDir(target)
	must(t, err)
	if len(entries) != more+1 {
		t.Error(len(entries))
	}
}
