package failure

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func at(t *testing.T, path string) {
	t.Helper()
	old := TerminationLog
	TerminationLog = path
	t.Cleanup(func() { TerminationLog = old })
}

func TestTheLastReportIsTheMessage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("something much longer that lay there before"), 0o600); err != nil {
		t.Fatal(err)
	}
	at(t, path)
	log := Open()
	if err := log.Report("first\n"); err != nil {
		t.Fatal(err)
	}
	if code := log.Fail("boot", errors.New(strings.Repeat("x", 5000))); code != 125 {
		t.Error(code)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(text), "assay-boot: xxx") || len(text) >= MaxMessage {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestNothingButAFileIsTheMessage(t *testing.T) {
	directory := t.TempDir()
	fifo, link := filepath.Join(directory, "fifo"), filepath.Join(directory, "link")
	if err := errors.Join(unix.Mkfifo(fifo, 0o600), os.Symlink("/etc/passwd", link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, link, filepath.Join(directory, "absent")} {
		at(t, path)
		if err := Open().Report("text"); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}
