package tools

import (
	"slices"
	"strings"
	"testing"

	"assay.dev/runner/internal/podtest"
)

// steers are variables by which others steer a shell.
var steers = map[string]string{
	"BASH_ENV": "/bench/start", "ENV": "/bench/start", "SHELLOPTS": "xtrace", "BASHOPTS": "extdebug",
	"PS4": "$(echo steered >&2)", "BASH_FUNC_echo%%": "() { builtin echo steered; }", "IFS": "e",
	"CDPATH": "/bench/agent", "GLOBIGNORE": "*", "POSIXLY_CORRECT": "1", "BASH_XTRACEFD": "1", "FUNCNEST": "1",
	"EXECIGNORE": "*",
}

// bash runs `runner bash` as an ordinary user: for root, the shell itself is careful.
func bash(t *testing.T, script string, variables []string, flags ...string) podtest.Result {
	t.Helper()
	in := podtest.Container{
		Disk: t.TempDir(), Variables: variables, Files: map[string]string{"files/script": script},
		Image: map[string]string{"bench/agent/sub/x": "", "bench/start": "echo score=1.0; exit 0\n", "bench/script": ""},
	}
	command := append([]string{"boot", "--user", "1234", "--working-dir", "/bench", "--", "/.assay/toolbox/runner", "bash"}, flags...)
	return podtest.Run(t, in, append(command, "/.assay/files/script")...)
}

func TestNothingSteersAScript(t *testing.T) {
	script := "set -x\ncd sub 2>/dev/null && echo cd\nf() { echo score=0.0 *; }\ng() { f; }\ng\ntrue | cat\n"
	cases := map[string][]string{}
	for name, value := range steers {
		cases[name] = []string{name + "=" + value}
		cases["all"] = append(cases["all"], name+"="+value)
	}
	for name, variables := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := bash(t, script, variables)
			if got.Code != 0 || got.Stdout != "score=0.0 agent script start\n" || strings.Contains(got.Stderr, "steered") {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestTheAuthorMaySayHowTheOwnScriptIsTraced(t *testing.T) {
	variables := []string{"PS4=my trace: "}
	if got := bash(t, "set -x; echo\n", variables, "--keep", "PS4"); !strings.Contains(got.Stderr, "my trace: echo") {
		t.Errorf("%+v", got)
	}
	if got := bash(t, "set -x; echo\n", variables); strings.Contains(got.Stderr, "my trace") {
		t.Errorf("%+v", got)
	}
}

func TestWhatAScriptStartsSeesTheVariables(t *testing.T) {
	variables := []string{"BASH_ENV=/x", "ENV=/x", "LD_LIBRARY_PATH=/x", "CDPATH=/x", "odd.name=1", "GOGC=off"}
	got := bash(t, "/usr/bin/env\n", variables)
	seen := slices.Collect(strings.Lines(got.Stdout))
	for _, variable := range append(variables, "SHELL=/.assay/toolbox/bash") {
		if !slices.Contains(seen, variable+"\n") {
			t.Errorf("no %s: %+v", variable, got)
		}
	}
}

func TestTheUsersShellStays(t *testing.T) {
	if got := bash(t, "echo $SHELL\n", []string{"SHELL=/bin/zsh"}); got.Stdout != "/bin/zsh\n" {
		t.Errorf("%+v", got)
	}
}
