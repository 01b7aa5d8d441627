package function

import (
	"errors"
	"os"
	"strings"
	"testing"

	"assay.dev/runner/internal/cgroup"
	"assay.dev/runner/internal/podtest"
	"assay.dev/runner/internal/process"
)

func TestOnlyWhatAStageSaysIsTheFunctionsEnd(t *testing.T) {
	f := function{oom: cgroup.Watch()}
	for name, one := range map[string]struct {
		said      string
		isTimeout bool
		code      int
		reason    string
	}{
		"its end":            {`{"code":3}`, false, 3, ""},
		"a failure":          {`{"code":0,"failure":"no disk"}`, false, 0, "no disk"},
		"nothing":            {"", false, 0, "did not say how the function ended"},
		"half of it":         {`{"code":`, false, 0, "did not say how the function ended"},
		"killed in time":     {"", true, 137, ""},
		"failed out of time": {`{"failure":"no disk"}`, true, 0, "no disk"},
	} {
		code, err := f.hear(strings.NewReader(one.said), one.isTimeout, new(os.ProcessState))
		if code != one.code || (err == nil) != (one.reason == "") || err != nil && !strings.Contains(err.Error(), one.reason) {
			t.Errorf("%s: %d, %v", name, code, err)
		}
	}
}

func TestAFailureIsSaidInALineOfBoundedLength(t *testing.T) {
	var said strings.Builder
	if err := tell(&said, process.End{Code: 1}, errors.New("a\n\x1b[31m"+strings.Repeat("x", 2*maxVerdict))); err != nil {
		t.Fatal(err)
	}
	f := function{oom: cgroup.Watch()}
	if _, err := f.hear(strings.NewReader(said.String()), false, nil); err == nil || len(err.Error()) > maxFailure || strings.ContainsAny(err.Error(), "\n\x1b") {
		t.Errorf("%.100q", err)
	}
}

func TestACommandMayBeAsLongAsTheKernelLetsItBe(t *testing.T) {
	left := disk(t, "true", nil)
	in := podtest.Container{Disk: left, ReadOnlyDisk: true, Image: withPasswd(nil), Directories: []string{"scratch"}}
	script := `/.assay/toolbox/runner function --user 0 --working-dir /project --timeout 20 -- /bin/bash -c 'echo ${#1}' x "$(printf '"%.0s' $(seq 100000))"`
	got := podtest.Run(t, in, "supervise", "/bin/bash", "-c", script)
	if all := lines(t, got); all[1] != "100000" {
		t.Errorf("%+v", got)
	}
}
