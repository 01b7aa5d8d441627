package function

import (
	"testing"

	"assay.dev/runner/internal/podtest"
)

// What overlayfs keeps of deletions and renames is on the agent's volume: it must not be the agent's to write.
func TestMarksOfTheOverlayAreNotTheAgents(t *testing.T) {
	left := disk(t, `cat >/plant.py <<'X'
import os, stat
def attempt(what):
    try:
        what()
    except OSError:
        pass
for name, value in (("opaque", b"y"), ("redirect", b"/etc"), ("redirect", b"../etc"), ("metacopy", b""), ("whiteout", b"y"), ("origin", b"x")):
    for space in ("user.overlay.", "trusted.overlay.", "user.overlay.overlay."):
        for path in ("/project", "/project/keep", "/srv"):
            attempt(lambda: os.setxattr(path, space + name, value))
for path in ("/project/keep", "/project/made"):
    attempt(lambda: os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(0, 0)))
X
touch /project /project/keep; python3 /plant.py`, map[string]string{"project/keep": "kept", "project/other": "other"})
	image := map[string]string{"project/keep": "kept", "project/other": "other"}
	got := scored(t, podtest.Container{Disk: left, Image: image}, nil, bash("cat keep other; ls | tr '\\n' ' '; test -e passwd || echo 1")...)
	if lines(t, got)[1] != "keptotherkeep other 1" {
		t.Errorf("%+v", got)
	}
}
