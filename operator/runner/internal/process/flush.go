package process

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// flushPeriod is as often as ext4 commits by itself: a flush finds little to do. The operator waits for it before it has
// the disk of a running devbox frozen (reconcile/disksnapshot/source.py: FLUSH_SECONDS).
const flushPeriod = 5 * time.Second

// Flush has the file system of an open file on its medium.
func Flush(file *os.File) error { return os.NewSyscallError("syncfs", unix.Syncfs(int(file.Fd()))) }

// KeepFlushed flushes a file system again and again until it is told to stop. A flush that fails, or hangs, stops nothing
// else; the last one, by Flush, reports its error.
func KeepFlushed(file *os.File) (stop func()) {
	return keep(flushPeriod, func() { _ = Flush(file) })
}

func keep(period time.Duration, do func()) (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				do()
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}
