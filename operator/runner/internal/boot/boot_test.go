package boot

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.dev/runner/internal/podtest"
)

func TestMain(m *testing.M) { podtest.Main(m) }

const passwd = "root:x:0:0::/root:/bin/sh\nagent:x:1234:1235::/home/agent:/bin/sh\n"

// booted runs a command in a devbox.
func booted(t *testing.T, in podtest.Container, flags []string, command ...string) podtest.Result {
	t.Helper()
	if in.Disk == "" {
		in.Disk = t.TempDir()
	}
	if in.Image == nil {
		in.Image = map[string]string{}
	}
	if _, own := in.Image["etc/passwd"]; !own {
		in.Image["etc/passwd"] = passwd
	}
	args := append([]string{"boot", "--user", "0"}, flags...)
	return podtest.Run(t, in, append(append(args, "--"), command...)...)
}

func sh(script string) []string { return []string{"/bin/bash", "-c", script} }

func expect(t *testing.T, got podtest.Result, code int, stdout, message string) {
	t.Helper()
	if got.Code != code || got.Stdout != stdout || !strings.HasPrefix(got.Message, message) {
		t.Errorf("%+v", got)
	}
}

func TestRunsTheCommandAndReportsItsEnd(t *testing.T) {
	got := booted(t, podtest.Container{}, nil, sh("echo hello; id -u; exit 3")...)
	expect(t, got, 3, "hello\n0\n", "assay/2 exit=3 timeout=0 seconds=")
}

func TestEndsOfACommand(t *testing.T) {
	for name, one := range map[string]struct {
		flags, command []string
		code           int
		message        string
	}{
		"no such program":      {nil, []string{"no-such-program"}, 127, "assay/2 exit=127 timeout=0"},
		"not a program":        {nil, []string{"/etc/hosts"}, 126, "assay/2 exit=126 timeout=0"},
		"killed":               {nil, sh("kill -9 $$"), 137, "assay/2 exit=137 timeout=0 seconds="},
		"its own SIGTERM":      {nil, sh("kill $$; sleep 9"), 143, "assay/2 exit=143 timeout=0 seconds="},
		"out of time":          {[]string{"--timeout", "1"}, sh("sleep 60"), 143, "assay/2 exit=143 timeout=1 seconds="},
		"out of time and deaf": {[]string{"--timeout", "1"}, sh("trap '' TERM; while :; do sleep 1; done"), 137, "assay/2 exit=137 timeout=1 seconds="},
		"125 of its own":       {nil, sh("exit 125"), 125, "assay/2 exit=125 timeout=0"},
		"a failure of ours":    {nil, sh("echo forged >&9; exit 125"), 125, "assay/2 exit=125 timeout=0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, booted(t, podtest.Container{}, one.flags, one.command...), one.code, "", one.message)
		})
	}
}

func TestFailuresOfOurs(t *testing.T) {
	for name, one := range map[string]struct {
		in     podtest.Container
		flags  []string
		reason string
	}{
		"no such user":       {podtest.Container{}, []string{"--user", "ghost"}, `no user "ghost"`},
		"an id not mapped":   {podtest.Container{}, []string{"--user", "70000"}, "user 70000 does not exist in the pod's user namespace"},
		"a disk of a copy":   {podtest.Container{Disk: "copy"}, nil, "Copy mode"},
		"a lost attribute":   {podtest.Container{Disk: "lost"}, nil, "lost its extended attributes"},
		"passwd is a device": {podtest.Container{Image: map[string]string{"etc/passwd": "-> /dev/zero"}}, []string{"--user", "agent"}, "not a regular file"},
		"a wrong argument":   {podtest.Container{}, []string{"--wrong"}, "not defined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if one.in.Disk != "" {
				disk := t.TempDir()
				for _, path := range map[string][]string{"copy": {"root.complete"}, "lost": {".canary/planted", ".canary/upper/d/x", ".canary/lower/d/gone"}}[one.in.Disk] {
					if err := os.MkdirAll(filepath.Join(disk, filepath.Dir(path)), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(disk, path), nil, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				one.in.Disk = disk
			}
			got := booted(t, one.in, one.flags, "echo", "never")
			if got.Code != 125 || got.Stdout != "" || !strings.HasPrefix(got.Message, "assay-boot: ") ||
				!strings.Contains(got.Message, one.reason) || !strings.Contains(got.Stderr, got.Message) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestADiskIsKept(t *testing.T) {
	disk := t.TempDir()
	first := booted(t, podtest.Container{Disk: disk}, nil, sh("echo kept >/made; rm /etc/passwd; rm -rf /usr/share && mkdir /usr/share")...)
	expect(t, first, 0, "", "assay/2 exit=0")
	second := booted(t, podtest.Container{Disk: disk}, nil, sh("cat /made; ls /usr/share; test ! -e /etc/passwd")...)
	expect(t, second, 0, "kept\n", "assay/2 exit=0")
}

func TestARunBeginsOnceOnADiskAndEndsWell(t *testing.T) {
	disk := t.TempDir()
	flags := []string{"--run", "uid-1"}
	first := booted(t, podtest.Container{Disk: disk}, flags, sh("echo worked >/made; exit 125")...)
	expect(t, first, 0, "", "assay/2 exit=125 timeout=0")
	again := booted(t, podtest.Container{Disk: disk}, flags, sh("echo again >>/made")...)
	expect(t, again, 125, "", "assay-boot: the agent has begun on this disk before")
	other := booted(t, podtest.Container{Disk: disk}, []string{"--run", "uid-2"}, sh("cat /made")...)
	expect(t, other, 0, "worked\n", "assay/2 exit=0")
}

func TestARunWhoseLaunchCommandsFailIsNotScored(t *testing.T) {
	in := podtest.Container{Files: map[string]string{"files/launch": "false\n"}}
	expect(t, booted(t, in, []string{"--run", "uid-1"}, "true"), 125, "", "assay-launch: ")
}

func TestAWorkingDirectoryThatLaunchCommandsRemovedIsNoEndOfTheAgent(t *testing.T) {
	in := podtest.Container{Files: map[string]string{"files/launch": "cd /; rmdir /place\n"}}
	flags := []string{"--run", "uid-1", "--working-dir", "/place"}
	expect(t, booted(t, in, flags, "true"), 125, "", "assay-boot: chdir /place: ")
}

func TestVariablesAreHandedOnAsTheyAre(t *testing.T) {
	odd := []string{"a.b=dot", "BASH_ENV=/x", "GOMEMLIMIT=banana", "GODEBUG=inittrace=1", "uid=u", "LINES=two\nlines", "PWD=/elsewhere", "=empty"}
	in := podtest.Container{Variables: append([]string{"ASSAY_SECRET=no", "ASSAY_PARAMETER=yes"}, odd...)}
	got := booted(t, in, []string{"--hand", "ASSAY_PARAMETER", "--working-dir", "/srv"}, "/usr/bin/env", "-0")
	lines := strings.Split(got.Stdout, "\x00")
	for _, variable := range append(odd[:6:6], "ASSAY_PARAMETER=yes", "PWD=/srv", "HOME=/root", "=empty") {
		if !slices.Contains(lines, variable) {
			t.Errorf("%q is not among %q", variable, lines)
		}
	}
	if strings.Contains(got.Stdout, "ASSAY_SECRET") || got.Code != 0 || got.Stderr != "" {
		t.Errorf("%+v", got)
	}
}

func TestIsTheUserWithOrdinaryCapabilities(t *testing.T) {
	look := sh("id -u; id -g; echo $HOME; pwd; ulimit -Hu; grep -E 'CapEff|CapBnd' /proc/self/status; echo out >/dev/stdout")
	got := booted(t, podtest.Container{}, []string{"--user", "agent:77", "--working-dir", "/srv/it's here", "--pids", "99"}, look...)
	expect(t, got, 0, "1234\n77\n/home/agent\n/srv/it's here\n99\nCapEff:\t0000000000000000\nCapBnd:\t00000000a80405fb\nout\n", "assay/2")
	got = booted(t, podtest.Container{}, nil, sh("grep CapEff /proc/self/status")...)
	expect(t, got, 0, "CapEff:\t00000000a80405fb\n", "assay/2")
}

func TestTheCommandIsAChildOfAnInit(t *testing.T) {
	orphan := "(sleep 0.1 & ) ; for i in 1 2 3; do (true &); done; sleep 0.5; grep -l 'State:.Z' /proc/[0-9]*/status; echo $$"
	got := booted(t, podtest.Container{}, nil, sh(orphan)...)
	if strings.Contains(got.Stdout, "status") || strings.TrimSpace(got.Stdout) == "1" {
		t.Errorf("%+v", got)
	}
}

func TestRootCannotHarmTheSupervisor(t *testing.T) {
	attack := `for s in $(seq 64); do [ $s = 15 ] || [ $s = 1 ] || [ $s = 2 ] || [ $s = 3 ] || [ $s = 10 ] || [ $s = 12 ] || kill -$s 1; done
python3 - <<'X'
import ctypes, signal
c = ctypes.CDLL(None, use_errno=True)
info = (ctypes.c_int * 32)()
for s in (4, 5, 6, 7, 8, 11, 16, 24, 25, 31):
    info[0], info[2] = s, -1
    assert c.syscall(129, 1, s, info) == 0 or True
X
cat /proc/1/environ /proc/1/maps; echo x >/proc/1/mem
for fd in /proc/1/fd/*; do (: <$fd || : >>$fd) 2>/dev/null && echo open; done 
echo forged >/dev/termination-log; umount /proc; echo alive; exit 5`
	got := booted(t, podtest.Container{}, nil, sh(attack)...)
	expect(t, got, 5, "alive\n", "assay/2 exit=5 timeout=0")
	if strings.Count(got.Stderr, "Permission denied") < 3 {
		t.Errorf("%+v", got)
	}
}

func TestEndsOnSIGTERM(t *testing.T) {
	got := booted(t, podtest.Container{Stop: 500 * time.Millisecond}, nil, sh("trap 'echo bye; exit 4' TERM; sleep 60 & wait")...)
	expect(t, got, 4, "bye\n", "assay/2 exit=4 timeout=0")
	if !strings.HasSuffix(got.Message, " stopped=1\n") {
		t.Errorf("%+v", got)
	}
	idle := podtest.Run(t, podtest.Container{Disk: t.TempDir(), Stop: 500 * time.Millisecond}, "boot", "--user", "0")
	expect(t, idle, 0, "", "assay/2 exit=0 timeout=0")
}

func TestNothingLeadsToTheDiskOrOurPlaces(t *testing.T) {
	look := sh("ls -a /.assay; ls /.assay/disk 2>/dev/null; touch /.assay/x /.assay/toolbox/y 2>/dev/null || echo read-only; unshare -U true || echo closed")
	got := booted(t, podtest.Container{Files: map[string]string{"files/a": "b"}}, nil, look...)
	expect(t, got, 0, ".\n..\nboot.json\nfiles\nshell\ntoolbox\nread-only\nclosed\n", "assay/2")
	got = booted(t, podtest.Container{}, []string{"--nested-user-namespaces"}, sh("unshare -U true && echo open")...)
	expect(t, got, 0, "open\n", "assay/2")
}

func TestLinksOfTheAgentLeadNoMountAstray(t *testing.T) {
	disk := t.TempDir()
	plant := `rm -f /etc/hosts /etc/resolv.conf /etc/hostname; ln -s /.assay/toolbox/runner /etc/hosts
ln -s /dev/null /etc/resolv.conf; mkfifo /etc/hostname; rm -rf /srv; echo file >/srv`
	expect(t, booted(t, podtest.Container{Disk: disk}, nil, sh(plant)...), 0, "", "assay/2 exit=0")
	got := booted(t, podtest.Container{Disk: disk}, nil, sh("stat -c %F /etc/hosts /etc/resolv.conf /etc/hostname /dev/null; echo 127.0.0.1 x >>/etc/hosts && tail -n 1 /etc/hosts")...)
	expect(t, got, 0, "regular file\nregular file\nregular file\ncharacter special file\n127.0.0.1 x\n", "assay/2 exit=0")
}

func TestIPCIsItsOwn(t *testing.T) {
	got := booted(t, podtest.Container{}, nil, sh("ipcmk -M 4096 >/dev/null && wc -l </proc/sysvipc/shm; stat -fc %b /dev/shm; touch /dev/shm/x")...)
	expect(t, got, 0, "2\n16384\n", "assay/2 exit=0")
	again := booted(t, podtest.Container{}, nil, sh("wc -l </proc/sysvipc/shm; ls /dev/shm")...)
	expect(t, again, 0, "1\n", "assay/2 exit=0")
}

func TestNodeFilesCannotFillTheNode(t *testing.T) {
	got := booted(t, podtest.Container{}, nil, sh("head -c 9000000 /dev/zero >>/etc/hosts || echo full; stat -c %s /etc/hosts")...)
	if got.Code != 0 || !strings.HasPrefix(got.Stdout, "full\n") || len(strings.TrimPrefix(got.Stdout, "full\n")) > 8 {
		t.Errorf("%+v", got)
	}
}
