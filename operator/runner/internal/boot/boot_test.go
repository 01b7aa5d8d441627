package boot

import (
	"strings"
	"testing"

	"assay.dev/runner/internal/podtest"
)

func TestMain(m *testing.M) { podtest.Main(m) }

// booted runs a command in a devbox.
func booted(t *testing.T, in podtest.Container, flags []string, script string) podtest.Result {
	t.Helper()
	if in.Disk == "" {
		in.Disk = t.TempDir()
	}
	args := append([]string{"boot", "--user", "0"}, flags...)
	return podtest.Run(t, in, append(args, "--", "/bin/sh", "-c", script)...)
}

func TestRunsTheCommandAndReportsItsEnd(t *testing.T) {
	got := booted(t, podtest.Container{}, nil, "echo hello; id -u; exit 3")
	if got.Code != 3 || got.Stdout != "hello\n0\n" || !strings.HasPrefix(got.Message, "assay/2 exit=3 timeout=0 seconds=0.") {
		t.Errorf("%+v", got)
	}
}
