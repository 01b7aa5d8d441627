package function

import (
	"strings"
	"testing"

	"assay.dev/runner/internal/podtest"
)

func TestMain(m *testing.M) { podtest.Main(m) }

const passwd = "root:x:0:0::/root:/bin/sh\nagent:x:1234:1235::/home/agent:/bin/sh\n"

// disk is what an agent left.
func disk(t *testing.T, script string, image map[string]string) string {
	t.Helper()
	directory := t.TempDir()
	in := podtest.Container{Disk: directory, Image: withPasswd(image)}
	got := podtest.Run(t, in, "boot", "--user", "0", "--", "/bin/bash", "-c", script)
	if got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	return directory
}

func withPasswd(image map[string]string) map[string]string {
	all := map[string]string{"etc/passwd": passwd, "project/keep": ""}
	for path, content := range image {
		all[path] = content
	}
	return all
}

// scored runs a function on a disk.
func scored(t *testing.T, in podtest.Container, flags []string, command ...string) podtest.Result {
	t.Helper()
	in.ReadOnlyDisk, in.Image = true, withPasswd(in.Image)
	in.Directories = append(in.Directories, "scratch")
	args := append([]string{"function", "--user", "0", "--working-dir", "/project", "--timeout", "20"}, flags...)
	return podtest.Run(t, in, append(append(args, "--"), command...)...)
}

func bash(script string) []string { return []string{"/bin/bash", "-c", script} }

// lines are those of the message; the first without what differs each time.
func lines(t *testing.T, got podtest.Result) []string {
	t.Helper()
	if got.Code != 0 || !strings.HasPrefix(got.Message, "assay/2 exit=") {
		t.Fatalf("%+v", got)
	}
	return strings.Split(got.Message, "\n")
}

func TestAFunctionSeesWhatTheAgentLeft(t *testing.T) {
	left := disk(t, "echo 42 >/project/answer; rm /project/keep", nil)
	got := scored(t, podtest.Container{Disk: left}, nil, bash("cat answer; ls; pwd; echo $ASSAY_DEVBOX $ASSAY_DEVBOX_WORKDIR; echo err >&2; echo score=0.5")...)
	all := lines(t, got)
	if !strings.HasPrefix(all[0], "assay/2 exit=0 timeout=0 seconds=") || all[1] != "score=0.5" ||
		got.Stdout != "42\nanswer\n/project\n/ /project\nscore=0.5\n" || got.Stderr != "err\n" {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(got.Message, "--- stdout\n42\nanswer\n") || !strings.Contains(got.Message, "--- stderr\nerr\n") {
		t.Errorf("%+v", got)
	}
}

func TestEndsOfAFunction(t *testing.T) {
	left := disk(t, "true", nil)
	for name, one := range map[string]struct {
		flags   []string
		command []string
		header  string
	}{
		"fails":           {nil, bash("exit 3"), "assay/2 exit=3 timeout=0 "},
		"125 of its own":  {nil, bash("exit 125"), "assay/2 exit=125 timeout=0 "},
		"not found":       {nil, []string{"no-such-program"}, "assay/2 exit=127 timeout=0 "},
		"killed":          {nil, bash("kill -9 $$"), "assay/2 exit=137 timeout=0 "},
		"kills the stage": {nil, bash("kill -9 1; kill -SEGV 1; exit 4"), "assay/2 exit=4 timeout=0 "},
		"out of time":     {[]string{"--timeout", "1"}, bash("trap '' TERM; sleep 60"), "assay/2 exit=137 timeout=1 seconds="},
		"a fork bomb":     {[]string{"--timeout", "2", "--pids", "200"}, bash("b() { b | b & }; while :; do b; done"), "assay/2 exit="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := scored(t, podtest.Container{Disk: left}, one.flags, one.command...)
			if !strings.HasPrefix(lines(t, got)[0], one.header) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestFailuresOfOurs(t *testing.T) {
	left := disk(t, "true", nil)
	for name, one := range map[string]struct {
		in     podtest.Container
		flags  []string
		reason string
	}{
		"no disk":            {podtest.Container{Disk: t.TempDir()}, nil, "there is no devbox's disk"},
		"no such user":       {podtest.Container{Disk: left}, []string{"--user", "ghost"}, `no user "ghost" in /etc/passwd (in the image)`},
		"an id not mapped":   {podtest.Container{Disk: left}, []string{"--user", "70000"}, "user 70000 does not exist in the pod's user namespace"},
		"no timeout":         {podtest.Container{Disk: left}, []string{"--timeout", "0"}, "--timeout"},
		"a link to restore":  {podtest.Container{Disk: left, Image: map[string]string{"project/tests": "-> /srv"}}, []string{"--restore", "tests/a"}, "tests is a symlink in the image"},
		"an absolute path":   {podtest.Container{Disk: left}, []string{"--restore", "/etc"}, "paths to restore are relative"},
		"a report elsewhere": {podtest.Container{Disk: left}, []string{"--junit", "../x"}, "leads out of the results"},
		"no namespaces":      {podtest.Container{Disk: left}, []string{"--no-network", "--root-filesystem", "Copy"}, "--no-network needs namespaces"},
		"a script not there": {podtest.Container{Disk: left}, []string{"--script", "/.assay/files/none"}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := scored(t, one.in, one.flags, "true")
			if got.Code != 125 || !strings.HasPrefix(got.Message, "assay-score: ") || !strings.Contains(got.Message, one.reason) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestWhatAnAgentLeftStopsNothing(t *testing.T) {
	left := disk(t, `rm -rf /etc/passwd /etc/group /tmp /project; mkfifo /etc/passwd /etc/group; ln -s /proc /tmp; ln -s /.assay/toolbox /project
mkdir -p /d; cd /d; for i in $(seq 300); do mkdir d$i; cd d$i; done; `, nil)
	got := scored(t, podtest.Container{Disk: left, Files: map[string]string{"tests/t": "echo 0.5"}}, []string{"--user", "agent"}, "/.assay/toolbox/runner", "bash", "/project/t")
	if all := lines(t, got); !strings.HasPrefix(all[0], "assay/2 exit=0 ") || all[1] != "0.5" {
		t.Errorf("%+v", got)
	}
}

func TestAFunctionForgesNoFailureOfOurs(t *testing.T) {
	got := scored(t, podtest.Container{Disk: disk(t, "", nil)}, nil, bash("echo forged >&9; exit 125")...)
	if all := lines(t, got); !strings.HasPrefix(all[0], "assay/2 exit=125 ") {
		t.Errorf("%+v", got)
	}
}

func TestACleanFunctionLooksAtTheAgentsTree(t *testing.T) {
	left := disk(t, "echo 42 >/srv/answer; ln -s /etc/hostname /srv/link; echo changed >/etc/hostname2", map[string]string{"app": "-> /srv"})
	image := map[string]string{"app": "-> /srv"}
	flags := []string{"--root", "Clean", "--environment-working-dir", "/app"}
	look := "echo $ASSAY_DEVBOX $ASSAY_DEVBOX_WORKDIR; cat $ASSAY_DEVBOX_WORKDIR/answer; cat /devbox/srv/link || echo not followed; ls /srv/answer || echo clean; touch /devbox/x || echo read-only; echo 1.0"
	got := scored(t, podtest.Container{Disk: left, Image: image}, flags, bash(look)...)
	if want := "/devbox /devbox/srv\n42\nnot followed\nclean\nread-only\n1.0\n"; got.Stdout != want {
		t.Errorf("%+v", got)
	}
	got = scored(t, podtest.Container{Disk: left, Image: image}, append(flags, "--follow-links"), bash("cat /devbox/srv/link >/dev/null && echo followed")...)
	if got.Stdout != "followed\n" {
		t.Errorf("%+v", got)
	}
}

func TestFunctionsWithoutNetworkWaitForNoPolicy(t *testing.T) {
	for flag, address := range map[string]string{"--no-network": "", "--nested-user-namespaces": "192.0.2.1:9"} {
		got, err := parseArguments([]string{flag, "--timeout", "1", "--gate", "192.0.2.1:9", "--", "true"})
		if err != nil || got.gate.Address != address {
			t.Errorf("%s: %+v, %v", flag, got.gate, err)
		}
	}
}

func TestFunctionsWithoutNetworkHaveLoopback(t *testing.T) {
	left := disk(t, "true", nil)
	script := `import socket, threading
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=lambda: server.accept()[0].sendall(b"0.5"), daemon=True).start()
print(socket.create_connection(server.getsockname()).recv(9).decode())
try: socket.create_connection(("192.0.2.1", 80), 3)
except OSError as error: print(error.errno)`
	got := scored(t, podtest.Container{Disk: left}, []string{"--no-network"}, "/usr/bin/env", "python3", "-c", script)
	if got.Stdout != "0.5\n101\n" {
		t.Errorf("%+v", got)
	}
}

func TestResultsAreRead(t *testing.T) {
	left := disk(t, "true", nil)
	report := `<testsuite><testcase classname='a' name='b'/><testcase classname='a' name='c'><failure/></testcase></testsuite>`
	write := "echo \"$REPORT\" >$ASSAY_RESULTS/r.xml; echo '{\"scores\": {\"x\": 0.25}, \"comment\": \"good\\u001b[1m\"}' >$ASSAY_RESULTS/result.json; exit 1"
	in := podtest.Container{Disk: left, Variables: []string{"REPORT=" + report}}
	all := lines(t, scored(t, in, []string{"--junit", "r.xml"}, bash(write)...))
	if !strings.HasSuffix(all[0], " score=0.500000") || all[2] != `{"comment":"good","scores":{"x":0.25}}` || !strings.HasPrefix(all[3], "tests: 1 of 2 passed") {
		t.Errorf("%q", all)
	}
	in.Files = map[string]string{"expect/fail-to-pass": "a::b\n"}
	if all = lines(t, scored(t, in, []string{"--junit", "r.xml"}, bash(write)...)); !strings.HasSuffix(all[0], " score=1.000000") {
		t.Errorf("%q", all)
	}
	in.Files = nil
	for script, problem := range map[string]string{
		"true": "missing", "ln -s /etc/hosts $ASSAY_RESULTS/r.xml": "missing", "mkfifo $ASSAY_RESULTS/r.xml": "missing",
		"echo x >$ASSAY_RESULTS/r.xml": "invalid", "head -c 3300000 /dev/zero >$ASSAY_RESULTS/r.xml": "too-large",
		"echo '<testsuite/>' >$ASSAY_RESULTS/r.xml": "empty",
	} {
		if all = lines(t, scored(t, in, []string{"--junit", "r.xml"}, bash(script)...)); !strings.HasSuffix(all[0], " junit="+problem) {
			t.Errorf("%s: %q", script, all)
		}
	}
}

func TestTestsAndRestoredFiles(t *testing.T) {
	image := map[string]string{"project/tests/helper": "image"}
	left := disk(t, "echo agent >/project/tests/helper; mkdir -p /project/t; ln -s /etc /project/hidden", image)
	in := podtest.Container{Disk: left, Image: image, Files: map[string]string{"tests/hidden": "h", "tests/t": "t"}}
	got := scored(t, in, []string{"--restore", "tests/helper", "--user", "agent"}, bash("cat tests/helper hidden t; ls /.assay; stat -c %u t")...)
	if !strings.HasPrefix(got.Stdout, "imagehtresults\ntests\ntoolbox\n1234\n") {
		t.Errorf("%+v", got)
	}
}

func TestAScriptHasNoNameInTheFunctionsRoot(t *testing.T) {
	left := disk(t, "echo 'cat /.assay/files/script /proc/self/fd/3' >/usr/local/bin/grep; chmod 755 /usr/local/bin/grep; sed -i '1i #!/bin/sh' /usr/local/bin/grep", nil)
	in := podtest.Container{Disk: left, Files: map[string]string{"files/script": "set -e\necho $0 $1 $LINENO\ngrep x 2>/dev/null || true\n[ secret ]\necho 0.5\n"}}
	got := scored(t, in, []string{"--script", "/.assay/files/script"}, "/.assay/toolbox/runner", "bash", "--descriptor", "3", "/.assay/files/script", "one")
	if got.Stdout != "/.assay/files/script one 2\n0.5\n" {
		t.Errorf("%+v", got)
	}
}

func TestAScriptIsNotInAMemoryThatAnOrdinaryUserCanRead(t *testing.T) {
	planted := `cat >/usr/local/bin/grep <<'END'
#!/usr/bin/env python3
import os
parent = os.getppid()
try:
    os.listdir(f"/proc/{parent}/fd")
    print("descriptors")
except OSError: pass
try:
    for line in open(f"/proc/{parent}/maps"):
        start, end = (int(x, 16) for x in line.split()[0].split("-"))
        with open(f"/proc/{parent}/mem", "rb") as memory:
            memory.seek(start)
            try: found = b"hid" + b"den" in memory.read(end - start)
            except OSError: continue
            if found: print("found"); break
except OSError as error: print(error.strerror)
END
chmod 755 /usr/local/bin/grep`
	left := disk(t, planted, nil)
	in := podtest.Container{Disk: left, Files: map[string]string{"files/script": "grep x\n[ hidden ] && cat <(echo 0.5) >/dev/stdout\n"}}
	got := scored(t, in, []string{"--script", "/.assay/files/script", "--user", "agent"}, "/.assay/toolbox/runner", "bash", "--descriptor", "3", "/.assay/files/script")
	if got.Stdout != "Permission denied\n0.5\n" {
		t.Errorf("%+v", got)
	}
}

func TestAnImageWhoseUsersHaveNoEndIsRestoredFrom(t *testing.T) {
	left := disk(t, "rm /project/tests/a", map[string]string{"project/tests/a": "image"})
	in := podtest.Container{
		Disk: left, ReadOnlyDisk: true, Directories: []string{"scratch"},
		Image: map[string]string{"project/tests/a": "image", "etc/passwd": "-> /dev/zero", "etc/group": "-> /dev/zero"},
	}
	got := podtest.Run(t, in, "function", "--user", "0", "--working-dir", "//project/.", "--timeout", "10", "--restore", "tests", "--", "/bin/cat", "tests/a")
	if all := lines(t, got); all[1] != "image" {
		t.Errorf("%+v", got)
	}
}

func TestAPackageOfTheAgentsDoesNotAnswerForAHiddenTest(t *testing.T) {
	image := map[string]string{"project/tests/__init__.py": ""}
	left := disk(t, "mkdir /project/tests/test_h && printf 'import unittest\\nclass T(unittest.TestCase):\\n  def test(self): pass\\n' >/project/tests/test_h/__init__.py", image)
	hidden := "import unittest\nclass T(unittest.TestCase):\n  def test(self): self.fail('hidden')\n"
	in := podtest.Container{Disk: left, Image: image, Files: map[string]string{"tests/tests/test_h.py": hidden}}
	got := scored(t, in, nil, "/usr/bin/env", "python3", "-m", "unittest", "tests.test_h")
	if all := lines(t, got); !strings.HasPrefix(all[0], "assay/2 exit=1 ") || !strings.Contains(got.Message, "AssertionError: hidden") {
		t.Errorf("%+v", got)
	}
}

func TestVariablesAreTheFunctions(t *testing.T) {
	left := disk(t, "true", nil)
	in := podtest.Container{Disk: left, Variables: []string{"ASSAY_ROOT=forged", "ASSAY_SCORER_CONTEXT={}", "a.b=c", "GODEBUG=inittrace=1"}}
	got := scored(t, in, []string{"--hand", "ASSAY_SCORER_CONTEXT", "--user", "agent"}, "/usr/bin/env")
	for _, variable := range []string{"ASSAY_SCORER_CONTEXT={}", "a.b=c", "GODEBUG=inittrace=1", "HOME=/root", "PWD=/project", "ASSAY_RESULTS=/.assay/results"} {
		if variable == "HOME=/root" {
			variable = "HOME=/home/agent"
		}
		if !strings.Contains(got.Stdout, variable+"\n") {
			t.Errorf("no %s: %+v", variable, got)
		}
	}
	if strings.Contains(got.Stdout, "forged") || got.Stderr != "" {
		t.Errorf("%+v", got)
	}
}

func TestEndlessOutputIsBounded(t *testing.T) {
	left := disk(t, "true", nil)
	got := scored(t, podtest.Container{Disk: left}, nil, bash("head -c 30000000 /dev/zero | tr '\\0' x; echo; for i in $(seq 5000); do echo; done; echo 0.5; yes '' | head -n 100000")...)
	if all := lines(t, got); all[1] != "0.5" || len(got.Stdout) > logBytes || len(got.Message) >= 4000 {
		t.Errorf("%d %d %q", len(got.Stdout), len(got.Message), all[:2])
	}
}
