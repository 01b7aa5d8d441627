package function

import (
	"testing"
	"time"

	"assay.dev/runner/internal/podtest"
)

const stopped = "assay-score: stopped before the function had ended: the pod was deleted or passed its deadline\n"

func TestAFunctionThatIgnoresItsEndIsStoppedAtOnce(t *testing.T) {
	left := disk(t, "true", nil)
	const script = "trap '' TERM; echo 1; sleep 15 & sleep 15; sleep 15"
	for name, run := range map[string]func(*testing.T) podtest.Result{
		"in namespaces": func(t *testing.T) podtest.Result {
			return scored(t, podtest.Container{Disk: left, Stop: 3 * time.Second}, nil, bash(script)...)
		},
		"in place": func(t *testing.T) podtest.Result {
			return inPlace(t, podtest.Container{Stop: 3 * time.Second}, nil, script)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			got := run(t)
			if took := time.Since(begin); got.Code != 125 || got.Message != stopped || took > 10*time.Second {
				t.Errorf("after %s: %+v", took, got)
			}
		})
	}
}

func TestASignalBeforeTheFunctionHasBegunStopsIt(t *testing.T) {
	left := disk(t, "true", nil)
	// Something answers on loopback, so the place never closes.
	in := podtest.Container{Disk: left, ReadOnlyDisk: true, Image: withPasswd(nil), Directories: []string{"scratch"}}
	script := `python3 -c 'import socket, fcntl, struct
s = socket.socket(); fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", 1)); s.bind(("127.0.0.1", 9)); s.listen()
while True: s.accept()' &
sleep 1
/.assay/toolbox/runner function --user 0 --working-dir / --timeout 20 --gate 127.0.0.1:9 --gate-seconds 30 -- /bin/echo began &
sleep 1; kill -TERM $!; wait $!; echo $?; kill %1`
	begin := time.Now()
	got := podtest.Run(t, in, "supervise", "/bin/bash", "-c", script)
	if took := time.Since(begin); got.Stdout != "125\n" || got.Message != stopped || took > 15*time.Second {
		t.Errorf("after %s: %+v", took, got)
	}
}
