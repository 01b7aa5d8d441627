package copymode

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/podtest"
)

func TestMain(m *testing.M) { podtest.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const message = "assay-prepare: .hidden a+b.c_d-E etc home tmp\n"

var image = map[string]string{
	"home/agent/file": "as built", "a+b.c_d-E/x": "", ".hidden/x": "", "odd name/x": "", "link": "-> home", "file": "",
	"etc/passwd": "root:x:0:0::/root:/bin/sh\nagent:x:1234:1235::/home/agent:/bin/sh\n",
}

func prepared(t *testing.T, disk string, more map[string]string) podtest.Result {
	t.Helper()
	all := map[string]string{}
	for _, files := range []map[string]string{image, more} {
		for path, content := range files {
			all[path] = content
		}
	}
	return podtest.Run(t, podtest.Container{Small: true, Disk: disk, Image: all}, "prepare")
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	must(t, err)
	return string(text)
}

func TestCopiesTheImagesDirectoriesButNoMounts(t *testing.T) {
	disk := t.TempDir()
	got := prepared(t, disk, nil)
	if got.Code != 0 || got.Message != message || !strings.Contains(got.Stderr, "odd name") { // usr and mounted are mounts here
		t.Fatalf("%+v", got)
	}
	entries, err := os.ReadDir(disk + "/root")
	must(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if !slices.Equal(names, strings.Fields(message)[1:]) || read(t, disk, "root/home/agent/file") != "as built" {
		t.Errorf("%q", names)
	}
	stat, err := os.Stat(disk + "/root/tmp")
	must(t, err)
	if stat.Mode().Perm() != 0o777 || stat.Mode()&os.ModeSticky == 0 {
		t.Error(stat.Mode())
	}
	if _, err := os.Stat(disk + "/root.complete"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(disk + "/.room"); err == nil {
		t.Error("what was written to see that there is room is still there")
	}
}

func TestACompleteCopyStaysAsItIs(t *testing.T) {
	disk := t.TempDir()
	prepared(t, disk, nil)
	must(t, os.WriteFile(disk+"/root/home/agent/file", []byte("the agent's"), 0o644))
	must(t, os.Mkdir(disk+"/root/not a name", 0o755))
	must(t, os.Symlink("home", disk+"/root/aside"))
	if got := prepared(t, disk, nil); got.Code != 0 || got.Message != message || read(t, disk, "root/home/agent/file") != "the agent's" {
		t.Errorf("%+v", got)
	}
}

func TestACopyThatWasCutOffIsMadeAgain(t *testing.T) {
	disk := t.TempDir()
	must(t, os.MkdirAll(disk+"/root/home/agent", 0o755))
	must(t, os.WriteFile(disk+"/root/home/agent/file", []byte("as bu"), 0o644))
	if got := prepared(t, disk, nil); got.Code != 0 || read(t, disk, "root/home/agent/file") != "as built" {
		t.Errorf("%+v", got)
	}
}

// tmpfs is a disk of this size.
func tmpfs(t *testing.T, options string, flags uintptr) string {
	t.Helper()
	at := t.TempDir()
	must(t, unix.Mount("test", at, "tmpfs", flags, options))
	t.Cleanup(func() { must(t, unix.Unmount(at, 0)) })
	return at
}

func TestFailuresSayWhy(t *testing.T) {
	full, other := tmpfs(t, "size=200k", 0), t.TempDir()
	must(t, os.WriteFile(full+"/full", make([]byte, 160<<10), 0o600))
	must(t, os.Mkdir(other+"/upper", 0o755))
	large := map[string]string{"home/large": strings.Repeat("0123456789", 10_000)}
	many := map[string]string{}
	for i := range 30 {
		many[strings.Repeat("x", 100+i)+"/x"] = ""
	}
	for name, one := range map[string]struct {
		disk, reason string
		image        map[string]string
	}{
		"full before":    {full, "disk full: raise the disk's size (disk.size): cannot write to the disk", nil},
		"full meanwhile": {tmpfs(t, "size=96k", 0), "disk full: raise the disk's size (disk.size): cannot copy the image's /home to the disk", large},
		"read-only":      {tmpfs(t, "", unix.MS_RDONLY), "cannot write to the disk", nil},
		"other mode":     {other, "rootFilesystem: Overlay", nil},
		"many names":     {t.TempDir(), "too many directories", many},
	} {
		t.Run(name, func(t *testing.T) {
			got := prepared(t, one.disk, one.image)
			if got.Code != 125 || !strings.HasPrefix(got.Message, "assay-boot: ") || !strings.Contains(got.Message, one.reason) ||
				!strings.Contains(got.Stderr, got.Message) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestInstallKeepsProgramsAndCanBeRepeated(t *testing.T) {
	for range 2 {
		in := podtest.Container{Small: true, Directories: []string{"copy"}}
		got := podtest.Run(t, in, "install", "/.assay/copy")
		if got.Code != 0 {
			t.Errorf("%+v", got)
		}
	}
	from, to := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(from+"/tool", []byte("x"), 0o500))
	must(t, os.MkdirAll(from+"/lib/deep", 0o700))
	must(t, os.WriteFile(from+"/lib/deep/y", []byte("y"), 0o600))
	for range 2 {
		must(t, copyTools(from, to))
	}
	if stat, err := os.Stat(to + "/tool"); err != nil || stat.Mode().Perm()&0o555 != 0o555 || read(t, to, "lib/deep/y") != "y" {
		t.Error(stat, err)
	}
}

func TestInstallFailsWhereTheNetworkStaysOpen(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer unix.Umask(unix.Umask(0o022))
	to, address := t.TempDir(), listener.Addr().String()
	err = install([]string{"--gate", address, "--gate-seconds", "1", to})
	if err == nil || !strings.HasPrefix(err.Error(), "network open: 127.0.0.1 port ") || !strings.Contains(err.Error(), "settings.networkGateSeconds") {
		t.Error(err)
	}
	must(t, listener.Close())
	must(t, install([]string{"--gate", address, "--gate-seconds", "1", to}))
	if entries, err := os.ReadDir(to); err != nil || len(entries) == 0 {
		t.Error(entries, err)
	}
}

// forged says in the message that the runner has failed.
const forged = "echo assay-boot: x >/dev/termination-log; "

// supervised is a devbox in Copy mode.
func supervised(t *testing.T, in podtest.Container, flags []string, command ...string) podtest.Result {
	t.Helper()
	in.Small = true
	return podtest.Run(t, in, append(append([]string{"supervise"}, flags...), command...)...)
}

func TestADevboxInCopyMode(t *testing.T) {
	launch := func(text string) podtest.Container {
		return podtest.Container{Files: map[string]string{"files/launch": text}}
	}
	for name, one := range map[string]struct {
		in              podtest.Container
		flags, command  []string
		code            int
		stdout, message string
	}{
		"command":         {podtest.Container{}, nil, []string{"sh", "-c", "echo $$ $0; exit 9", "x y"}, 9, "", ""},
		"launch commands": {launch("cd /tmp; a=(1 2); echo ${a[1]} >made\n"), nil, []string{"cat", "/tmp/made"}, 0, "2\n", ""},
		"what they leave": {launch("sleep 60 >/dev/null 2>&1 &\necho $! >/tmp/pid\n"), nil, []string{"sh", "-c", "cat /proc/$(cat /tmp/pid)/comm"}, 0, "sleep\n", ""},
		"they fail":       {launch("echo one; false\necho two\n"), nil, []string{"echo", "never"}, 125, "one\n", "assay-launch: the launch commands failed with exit code 1, see the log\n"},
		"they exit":       {launch("exit 7"), nil, []string{"echo", "never"}, 125, "", "assay-launch: the launch commands failed with exit code 7, see the log\n"},
		"they are broken": {launch("if\n"), nil, []string{"echo", "never"}, 125, "", "assay-launch: the launch commands failed with exit code 2, see the log\n"},
		"killed":          {launch("kill -9 $$"), nil, []string{"echo", "never"}, 125, "", "assay-launch: the launch commands failed with exit code 137, see the log\n"},
		"no such program": {launch("true"), nil, []string{"no-such-program"}, 127, "", ""},
		"not a program":   {launch("true"), nil, []string{"/etc/hosts"}, 126, "", ""},
		"out of time":     {podtest.Container{}, []string{"--timeout", "1"}, []string{"sleep", "60"}, 143, "", ""},
		"a slow launch":   {launch("sleep 60"), []string{"--timeout", "1"}, []string{"echo", "never"}, 143, "", ""},
		"stops":           {podtest.Container{Stop: 400 * time.Millisecond}, nil, []string{"sleep", "60"}, 143, "", ""},
		"stays up":        {podtest.Container{Stop: 400 * time.Millisecond}, nil, nil, 0, "", ""},
		"its own signal":  {podtest.Container{}, nil, []string{"sh", "-c", "kill $$; sleep 9"}, 143, "", ""},
		"a disk":          {launch("true"), []string{"--disk", "/home"}, []string{"sh", "-c", "echo >/home/x; exit 3"}, 3, "", ""},
		"no disk":         {podtest.Container{}, []string{"--disk", "/etc/hosts"}, []string{"sh", "-c", "exit 3"}, 3, "", ""},
		"variables":       {podtest.Container{Variables: []string{"ASSAY_X=1", "ASSAY_Y=2", "GOGC=off"}}, []string{"--hand", "ASSAY_Y"}, []string{"sh", "-c", "echo $ASSAY_X $ASSAY_Y $GOGC"}, 0, "2 off\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := supervised(t, one.in, one.flags, one.command...)
			if name == "command" {
				if !strings.HasSuffix(got.Stdout, " x y\n") || strings.HasPrefix(got.Stdout, "1 ") {
					t.Errorf("%+v", got)
				}
				one.stdout = got.Stdout
			}
			if got.Code != one.code || got.Stdout != one.stdout || got.Message != one.message || !strings.Contains(got.Stderr, one.message) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestNoVariableSteersTheLaunchCommandsAndAllAreThere(t *testing.T) {
	given := []string{"BASH_ENV=/tmp/start", "ENV=/tmp/start", "SHELLOPTS=xtrace", "PS4=$(echo steered >&2)", "user=mine", "T=mine"}
	got := supervised(t, podtest.Container{
		Variables: given,
		Image:     map[string]string{"tmp/start": "echo steered; exit 0\n"},
		Files:     map[string]string{"files/launch": "set -x; echo launched; env >/tmp/seen\n"},
	}, nil, "sh", "-c", "cat /tmp/seen; echo; echo and then; env")
	byCommands, byTheCommand, _ := strings.Cut(got.Stdout, "and then\n")
	if got.Code != 0 || !strings.HasPrefix(byCommands, "launched\n") || strings.Contains(got.Stderr, "steered") {
		t.Errorf("%+v", got)
	}
	for _, variable := range given {
		isShells := strings.HasPrefix(variable, "PS4=") || strings.HasPrefix(variable, "SHELLOPTS=")
		if !strings.Contains(byTheCommand, variable+"\n") || !isShells && !strings.Contains(byCommands, variable+"\n") {
			t.Errorf("no %s: %+v", variable, got)
		}
	}
}

func TestACommandInCopyModeForgesNoFailureOfOurs(t *testing.T) {
	const forge = "echo assay-boot: x >/dev/termination-log; "
	for script, message := range map[string]string{
		forge + "exit 125":                                      "",
		"echo forged >&9; exit 125":                             "",
		"(while :; do " + forge + "done) & sleep 0.2; exit 125": "",
		forge + "exit 3":                                        "assay-boot: x\n", // no failure of ours has this exit code
	} {
		if got := supervised(t, podtest.Container{}, nil, "sh", "-c", script); got.Message != message {
			t.Errorf("%s: %+v", script, got)
		}
	}
}
