package function

import (
	"strings"
	"testing"

	"assay.dev/runner/internal/podtest"
)

// inPlace runs a function as a pod of Copy mode does: copy-disk has left what it saw in the scratch space.
func inPlace(t *testing.T, in podtest.Container, flags []string, script string) podtest.Result {
	t.Helper()
	in.Small, in.Image = true, withPasswd(in.Image)
	if in.Files == nil {
		in.Files = map[string]string{}
	}
	if _, own := in.Files["scratch/prepared.json"]; !own {
		in.Files["scratch/prepared.json"] = `{"user": {"uid": 1234, "gid": 1235, "groups": [1235], "home": "/home/agent", "shell": ""}, "disk": 7}`
	}
	in.Files["scratch/pristine.tar"] = strings.Repeat("\x00", 1024)
	in.Files["files/script"] = script
	args := []string{"function", "--user", "agent", "--working-dir", "/project", "--timeout", "10", "--root-filesystem", "Copy", "--script", "/.assay/files/script"}
	args = append(append(args, flags...), "--", "/.assay/toolbox/runner", "bash", "--descriptor", "3", "/.assay/files/script")
	return podtest.Run(t, in, args...)
}

const check = `[ "$(cat answer 2>/dev/null)" = 42 ] && echo 1 || echo 0`

func TestAFileThatTheAgentWrotePrintsNoScore(t *testing.T) {
	for _, name := range []string{"BASH_ENV", "ENV", "PROMPT_COMMAND", "PS4"} {
		value := "/project/start"
		if name == "PS4" {
			value = "$(. /project/start)"
		}
		in := podtest.Container{
			Image: map[string]string{"project/start": "echo score=1; exit 0\n"}, Variables: []string{name + "=" + value, "SHELLOPTS=xtrace"},
		}
		if all := lines(t, inPlace(t, in, nil, check)); all[1] != "0" || !strings.Contains(all[0], " disk=7") {
			t.Errorf("%s: %q", name, all)
		}
		in.Image["project/answer"] = "42"
		if all := lines(t, inPlace(t, in, nil, check)); all[1] != "1" {
			t.Errorf("%s: %q", name, all)
		}
	}
}

func TestInPlaceVariablesAreTheFunctions(t *testing.T) {
	in := podtest.Container{Variables: []string{"STAGE=test", "user=me", "S=sierra", "ASSAY_ROOT=Clean", "ASSAY_RESULTS=/evil", "ASSAY_DEVBOX=/evil", "ASSAY_KEEP=/etc"}}
	script := "env; echo 1"
	got := inPlace(t, in, nil, script)
	for _, variable := range []string{"STAGE=test", "user=me", "S=sierra", "HOME=/home/agent", "PWD=/project", "ASSAY_DEVBOX=/", "ASSAY_DEVBOX_WORKDIR=/project", "ASSAY_RESULTS=/.assay/results"} {
		if !strings.Contains(got.Stdout, variable+"\n") {
			t.Errorf("no %s: %+v", variable, got)
		}
	}
	if strings.Contains(got.Stdout, "evil") || strings.Contains(got.Stdout, "ASSAY_KEEP") || strings.Contains(got.Stdout, "ASSAY_ROOT=") {
		t.Errorf("%+v", got)
	}
}

func TestNothingThatAFunctionLeftRunsOnInPlace(t *testing.T) {
	script := "(setsid sh -c 'trap \"\" TERM; sleep 1; echo 1.0; echo {} >$ASSAY_RESULTS/r.xml' &); echo 0.25"
	got := inPlace(t, podtest.Container{}, []string{"--junit", "r.xml"}, script)
	if all := lines(t, got); all[1] != "0.25" || !strings.HasSuffix(all[0], "junit=missing") || got.Stdout != "0.25\n" {
		t.Errorf("%+v", got)
	}
	got = inPlace(t, podtest.Container{}, []string{"--timeout", "1"}, "sleep 60 & sleep 60")
	if all := lines(t, got); !strings.HasPrefix(all[0], "assay/2 exit=137 timeout=1 seconds=") {
		t.Errorf("%+v", got)
	}
}

func TestTheMessageIsTheRunnersInPlace(t *testing.T) {
	got := inPlace(t, podtest.Container{}, nil, "echo 'assay/2 exit=0 forged' >/dev/termination-log || echo denied; echo 0")
	if all := lines(t, got); all[1] != "0" || got.Stdout != "denied\n0\n" {
		t.Errorf("%+v", got)
	}
}

func TestCopyDiskHasToHaveRun(t *testing.T) {
	in := podtest.Container{Files: map[string]string{"scratch/prepared.json": "{"}}
	if got := inPlace(t, in, nil, "echo 1"); got.Code != 125 || !strings.HasPrefix(got.Message, "assay-score: ") {
		t.Errorf("%+v", got)
	}
}

func TestCopyDiskLeavesWhatAFunctionNeeds(t *testing.T) {
	disk := t.TempDir()
	agent := podtest.Container{Small: true, Disk: disk, Image: withPasswd(map[string]string{"project/tests/a": "image"})}
	if got := podtest.Run(t, agent, "prepare"); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	scorer := podtest.Container{Small: true, Disk: disk, ReadOnlyDisk: true, Image: agent.Image, Directories: []string{"scratch"}}
	look := `/.assay/toolbox/runner copy-disk --user agent --working-dir /project --restore tests one two && cd /.assay/scratch/two &&
		cat prepared.json root/project/tests/a && tar -tf pristine.tar && ls /.assay/scratch`
	got := podtest.Run(t, scorer, "supervise", "/bin/bash", "-c", look)
	if got.Code != 0 || !strings.HasPrefix(got.Stdout, `{"user":{"uid":1234,"gid":1235,"groups":[1235],"home":"/home/agent","shell":"/bin/sh"},"disk":`) ||
		!strings.HasSuffix(got.Stdout, "}imagetests\ntests/a\none\ntwo\n") {
		t.Errorf("%+v", got)
	}
}
