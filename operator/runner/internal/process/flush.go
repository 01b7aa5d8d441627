package process

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// flushPeriod is as often as ext4 commits by itself: a flush finds little to do. The operator waits for it before it has
// the disk of a running devbox frozen (reconcile/disksnapshot/source.py: FLUSH_SECONDS).
const flushPeriod = 5 * time.Second

// Flush has the file system of an open directory on its medium.
func Flush(disk *os.File) error {
	if err := unix.Syncfs(int(disk.Fd())); err != nil && !errors.Is(err, unix.EROFS) {
		return fmt.Errorf("cannot flush the disk: %w", err)
	}
	return nil
}

// KeepFlushed flushes a file system again and again until it is told to stop. A flush that fails, or hangs, stops nothing
// else; the first that fails says so on stderr.
func KeepFlushed(disk *os.File) (stop func()) {
	warn := func(err error) { fmt.Fprintln(os.Stderr, "assay-boot: while the devbox runs:", err) }
	// An error of the medium is reported once for each time that a file was opened (syncfs(2)): by a descriptor of our own
	// we leave it to the last flush, which decides.
	fd, err := unix.Openat(int(disk.Fd()), ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		warn(fmt.Errorf("cannot open the disk to flush it: %w", err))
		return func() {}
	}
	stopped := make(chan struct{})
	go func() {
		again := os.NewFile(uintptr(fd), disk.Name())
		defer func() { _ = again.Close() }()
		keep(stopped, flushPeriod, func() error { return Flush(again) }, warn)
	}()
	return func() { close(stopped) }
}

// keep calls flush in every period until stopped is closed, and warn with its first error.
func keep(stopped <-chan struct{}, period time.Duration, flush func() error, warn func(error)) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	hasFailed := false
	for {
		select {
		case <-stopped:
			return
		case <-ticker.C:
		}
		if err := flush(); err != nil && !hasFailed {
			hasFailed = true
			warn(err)
		}
	}
}
