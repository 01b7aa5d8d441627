package patch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// git runs it in a repository, as nobody in particular.
func git(t *testing.T, top string, args ...string) []byte {
	t.Helper()
	command := exec.Command("git", append([]string{"-C", top, "-c", "user.name=x", "-c", "user.email=x", "-c", "core.fileMode=true"}, args...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return out
}

// Whatever git can tell of two trees, its patch makes of one the other.
func TestPatchesOfGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	blob := func(seed int) string {
		var out strings.Builder
		for i := range 5000 {
			out.WriteByte(byte(i * seed % 253))
		}
		return out.String()
	}
	text := func(from, to int, edits ...int) string {
		var out strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&out, "line %d\n", i%7)
			if slices.Contains(edits, i) {
				fmt.Fprintf(&out, "edit %d\n", i)
			}
		}
		return out.String()
	}
	before := files{
		"text": text(0, 200), "gone/deep/x": text(0, 5), "name": text(50, 150), "src": text(9, 90), "prog +x": "#!/bin/sh\n",
		"plain": "x\n", "bin": blob(7), "bin2": blob(11), "link": "-> text", "turn": "x\n", "sp ace/é\t\"q\"": "1\n",
		"noeol": "a\nb", "crlf": "a\r\nb\r\n", "dir/f": "1\n", "empty": "", "oldlink": "-> /etc/passwd",
	}
	after := files{
		"text": text(0, 200, 3, 50, 51, 120, 199), "moved/name": text(50, 150, 77), "src": text(9, 90, 12), "src.copy": text(9, 90, 60),
		"prog": "#!/bin/sh\n", "plain +x": "x\ny\n", "bin": blob(7)[:4000] + "!" + blob(7)[4000:], "bin2": blob(13), "link": "-> plain",
		"turn": "-> plain", "sp ace/é\t\"q\"": "2\n", "noeol": "a\nb\n", "crlf": "a\r\nc\r\n", "dir": "now a file\n", "newempty": "",
		"new/run +x": "#!/bin/sh\n", "new/bin": blob(17), "newlink": "-> ../..",
	}
	for _, options := range [][]string{
		{"--binary"}, {"--binary", "-M", "-C", "--find-copies-harder"}, {"--binary", "-U0"}, {"--binary", "-U1", "-M"},
		{"--binary", "--full-index", "-B", "-M"}, {"--binary", "--patience", "--function-context"},
	} {
		for _, way := range [][2]files{{before, after}, {after, before}, {files{}, after}, {after, files{"x": "x"}}} {
			t.Run(strings.Join(options, " "), func(t *testing.T) {
				top := way[0].write(t)
				git(t, top, "init", "-q")
				git(t, top, "add", "-A")
				git(t, top, "commit", "-q", "--allow-empty", "-m", "before")
				for path := range read(t, top) {
					must(t, os.RemoveAll(filepath.Join(top, strings.TrimSuffix(path, " +x"))))
				}
				other := way[1].write(t)
				git(t, top, "--work-tree", other, "add", "-A")
				patch := git(t, top, append([]string{"diff", "--cached", "HEAD"}, options...)...)
				fresh := way[0].write(t)
				if err := Apply(fresh, patch); err != nil {
					t.Fatalf("%v\n%s", err, patch)
				}
				if got := read(t, fresh); !same(got, way[1]) {
					t.Errorf("%q; want %q", got, way[1])
				}
			})
		}
	}
}
