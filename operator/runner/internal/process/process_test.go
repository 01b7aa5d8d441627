package process

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func run(t *testing.T, options Options, script string) End {
	t.Helper()
	end, err := Supervise([]string{"/bin/sh", "-c", script}, options)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

func TestEnds(t *testing.T) {
	for script, want := range map[string]End{
		"exit 0": {}, "exit 7": {Code: 7}, "kill -9 $$": {Code: 137, Signal: 9}, "kill $$; sleep 9": {Code: 143, Signal: 15},
	} {
		got := run(t, Options{}, script)
		got.Duration = 0
		if got != want {
			t.Errorf("%s: %+v", script, got)
		}
	}
	if _, err := Supervise([]string{"/no/such/program"}, Options{}); err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Error(err)
	}
}

func TestAnExitCodeIsTheProgramsAndWhatItSaysOnItsDescriptorOurs(t *testing.T) {
	if got := run(t, Options{}, "exit 125"); got.Code != 125 {
		t.Errorf("%+v", got)
	}
	_, err := Supervise([]string{"/bin/sh", "-c", "echo no such user >&9; exit 125"}, Options{})
	if err == nil || !strings.Contains(err.Error(), "no such user") {
		t.Error(err)
	}
	_, err = Supervise([]string{"/bin/sh", "-c", "printf '%03000d' 0 >&9"}, Options{})
	if err == nil || len(err.Error()) > maxFailure {
		t.Error("a failure is bounded")
	}
	begin := time.Now()
	if _, err := Supervise([]string{"/bin/sh", "-c", "sleep 5 &"}, Options{}); err != nil || time.Since(begin) > 3*time.Second {
		t.Errorf("what is left running holds nothing up: %v", err)
	}
}

func TestTime(t *testing.T) {
	got := run(t, Options{Timeout: 100 * time.Millisecond}, "trap '' TERM; while :; do sleep 0.05; done")
	if !got.IsTimeout || got.Signal != 9 {
		t.Errorf("%+v", got)
	}
	got = run(t, Options{Timeout: 100 * time.Millisecond, Grace: time.Minute}, "trap 'exit 5' TERM; while :; do sleep 0.05; done")
	if !got.IsTimeout || got.Code != 5 {
		t.Errorf("%+v", got)
	}
}

func TestSignalsArePassedOn(t *testing.T) {
	for _, signal := range []unix.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2, unix.SIGQUIT} {
		told := make(chan bool, 1)
		stop := time.AfterFunc(300*time.Millisecond, func() { _ = unix.Kill(os.Getpid(), signal) })
		got := run(t, Options{Stopped: func() { told <- true }}, "trap 'exit 9' TERM INT HUP USR1 USR2 QUIT; while :; do sleep 0.05; done")
		stop.Stop()
		if got.Code != 9 || got.WasStopped != (signal == unix.SIGTERM) || len(told) != map[bool]int{true: 1}[got.WasStopped] {
			t.Errorf("%s: %+v", signal, got)
		}
	}
}

func TestWaits(t *testing.T) {
	if got := Wait(50 * time.Millisecond); !got.IsTimeout {
		t.Errorf("%+v", got)
	}
	stop := time.AfterFunc(100*time.Millisecond, func() { _ = unix.Kill(os.Getpid(), unix.SIGTERM) })
	defer stop.Stop()
	if got := Wait(0); !got.WasStopped || got.IsTimeout {
		t.Errorf("%+v", got)
	}
}

func TestOnlyTheFirstProcessKills(t *testing.T) {
	KillAll(time.Second)
	if err := KillOthers(1); err != nil {
		t.Error(err)
	}
}

func TestADiskIsFlushedAgainAndAgainThoughItFails(t *testing.T) {
	stopped, warnings, flushes := make(chan struct{}), 0, 0
	flush := func() error {
		if flushes++; flushes == 3 {
			close(stopped)
		}
		return unix.EIO
	}
	keep(stopped, time.Millisecond, flush, func(error) { warnings++ })
	if flushes < 3 || warnings != 1 {
		t.Errorf("%d flushes, %d warnings", flushes, warnings)
	}
}

func TestADiskIsFlushedWhileItIsOpen(t *testing.T) {
	disk, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	KeepFlushed(disk)()
	if err := Flush(disk); err != nil {
		t.Error(err)
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Flush(disk); err == nil {
		t.Error("a disk that is not open was flushed")
	}
}
