package parse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/report"
	"assay.dev/runner/internal/within"
)

// The test's own program is the child, as the runner is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "parse" {
		os.Exit(Main(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func file(t *testing.T, text string) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte(text), 0o600)) // the child may not open it
	opened, err := os.Open(path)
	must(t, err)
	t.Cleanup(func() { _ = opened.Close() })
	return opened
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const passed = `<testsuite><testcase name="a"/></testsuite>`

func TestResultsAreReadInAChild(t *testing.T) {
	answer, err := ReadResults(t.Context(), Results{
		Report: file(t, passed), Result: file(t, `{"scores": {"x": 1}, "comment": "\u001b[1mfine"}`), MaxResult: MaxResultBytes,
	})
	must(t, err)
	if answer.Verdict.Score != 1 || answer.Result.Comment != "fine" || answer.Result.Scores[0].Value != 1 {
		t.Errorf("%+v %+v", answer.Verdict, answer.Result)
	}
	answer, err = ReadResults(t.Context(), Results{Report: file(t, passed), ExitCode: 1, Selection: report.Selection{FailToPass: []string{"b"}}})
	must(t, err)
	if answer.Verdict.Score != 0 || answer.Result != nil || !strings.Contains(answer.Verdict.Line, "b (not in the report)") {
		t.Errorf("%+v %+v", answer.Verdict, answer.Result)
	}
	answer, err = ReadResults(t.Context(), Results{})
	if err != nil || answer.Verdict != nil || answer.Result != nil {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestResultsThatAreTooLarge(t *testing.T) {
	huge := file(t, "")
	must(t, os.Truncate(huge.Name(), 1<<40))
	answer, err := ReadResults(t.Context(), Results{Report: huge, Result: file(t, strings.Repeat(" ", 101)), MaxResult: 100})
	must(t, err)
	if answer.Verdict.Problem != TooLarge || !strings.Contains(answer.Result.Problem, "too large (100 bytes") {
		t.Errorf("%+v %+v", answer.Verdict, answer.Result)
	}
}

func TestHostileResultsEndInTime(t *testing.T) {
	for name, text := range map[string]string{
		"deep":       strings.Repeat("<testsuite>", 280_000),
		"wide":       "<testsuite>" + strings.Repeat("<testcase name='a'><failure/></testcase>", 70_000) + "</testsuite>",
		"attributes": "<testsuite " + strings.Repeat("a='' ", 600_000) + "/>",
		"suites":     "<testsuites>" + strings.Repeat("<testsuite errors='1'/>", 130_000) + "</testsuites>",
		"text":       "<testsuite>" + strings.Repeat("x", 3_100_000) + "</testsuite>",
		"controls":   "<testsuite>" + strings.Repeat("\x00", 3_100_000) + "</testsuite>",
		"names":      "<testsuite>" + strings.Repeat("<testcase name='"+strings.Repeat("&lt;", 1000)+"'/>", 700) + "</testsuite>",
	} {
		begin := time.Now()
		if _, err := ReadResults(t.Context(), Results{Report: file(t, text)}); err != nil || time.Since(begin) > 20*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(begin))
		}
	}
}

func TestUsersAreLookedUpInAChild(t *testing.T) {
	top := t.TempDir()
	must(t, os.Mkdir(filepath.Join(top, "etc"), 0o755))
	must(t, os.WriteFile(filepath.Join(top, "etc/passwd"), []byte("agent:x:7:8::/home/a:/bin/sh\n"), 0o600))
	must(t, unix.Mkfifo(filepath.Join(top, "etc/group"), 0o600))
	root, err := within.Open(top)
	must(t, err)
	defer func() { _ = root.Close() }()
	user, err := LookupUser(t.Context(), root, "agent")
	if err != nil || user.UID != 7 || user.GID != 8 || user.Home != "/home/a" {
		t.Errorf("%+v, %v", user, err)
	}
	if _, err := LookupUser(t.Context(), root, "agent:staff"); err == nil || !strings.Contains(err.Error(), "a FIFO") {
		t.Errorf("%v", err)
	}
}

func pipe(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { _ = reader.Close(); _ = writer.Close() })
	return reader, writer
}

func TestOutputIsCollectedInAChild(t *testing.T) {
	out, outEnd := pipe(t)
	err, errEnd := pipe(t)
	logs, logsEnd := pipe(t)
	collector, failed := Collect(t.Context(), Kept{Head: 5, End: 10, Line: 256, Live: true}, Stream{From: out, To: logsEnd}, Stream{From: err})
	must(t, failed)
	_, _ = fmt.Fprint(outEnd, "\x1b[1mfirst\x1b[0m line\n0.5\n\n\n")
	buffer := make([]byte, 100)
	if n, failed := logs.Read(buffer); failed != nil || !bytes.HasPrefix(buffer[:n], []byte("\x1b[1mfirst")) {
		t.Errorf("live: %q, %v", buffer[:n], failed)
	}
	_ = outEnd.Close()
	_ = errEnd.Close()
	captured, failed := collector.Wait()
	must(t, failed)
	if got := captured[0]; got.Head != "first" || got.End != "ine\n0.5\n\n\n" || got.LastLine != "0.5" || got.Total != 25 {
		t.Errorf("%+v", got)
	}
	if captured[1].Total != 0 || captured[1].LastLine != "" {
		t.Errorf("%+v", captured[1])
	}
}

func TestTheEndOfOutputIsCopiedWhenItHasEnded(t *testing.T) {
	out, outEnd := pipe(t)
	log := filepath.Join(t.TempDir(), "log")
	to, err := os.Create(log)
	must(t, err)
	defer func() { _ = to.Close() }()
	collector, err := Collect(t.Context(), Kept{End: 4, Raw: 65536, Line: 8}, Stream{From: out, To: to})
	must(t, err)
	for i := range 50_000 {
		_, err := fmt.Fprintf(outEnd, "line %d\n", i)
		must(t, err)
	}
	_ = outEnd.Close()
	captured, err := collector.Wait()
	must(t, err)
	copied, err := os.ReadFile(log)
	must(t, err)
	if len(copied) != 65536 || !bytes.HasSuffix(copied, []byte("\nline 49999\n")) || captured[0].CopyError != "" || captured[0].LastLine != "line 499" {
		t.Errorf("%d bytes, %+v", len(copied), captured[0])
	}
}

func TestStopDoesNotWaitForWhatWasLeftBehind(t *testing.T) {
	out, outEnd := pipe(t)
	collector, err := Collect(t.Context(), Kept{End: 100, Line: 100}, Stream{From: out})
	must(t, err)
	_, _ = fmt.Fprintln(outEnd, "said")
	begin := time.Now()
	collector.Stop() // outEnd stays open
	captured, err := collector.Wait()
	if err != nil || captured[0].LastLine != "said" || time.Since(begin) > 5*time.Second {
		t.Errorf("%+v, %v, after %v", captured, err, time.Since(begin))
	}
}

func TestALogThatIsGoneLosesNoOutput(t *testing.T) {
	out, outEnd := pipe(t)
	logs, logsEnd := pipe(t)
	_ = logs.Close()
	collector, err := Collect(t.Context(), Kept{End: 100, Line: 100, Live: true}, Stream{From: out, To: logsEnd})
	must(t, err)
	_, _ = fmt.Fprint(outEnd, "a\nb\n")
	_ = outEnd.Close()
	captured, err := collector.Wait()
	if err != nil || captured[0].End != "a\nb\n" || !strings.Contains(captured[0].CopyError, "broken pipe") {
		t.Errorf("%+v, %v", captured, err)
	}
}

func TestTheChildHasNoPrivilege(t *testing.T) {
	out, outEnd := pipe(t)
	collector, err := Collect(t.Context(), Kept{}, Stream{From: out})
	must(t, err)
	pids, err := exec.Command("pgrep", "-P", fmt.Sprint(os.Getpid()), "-f", "parse collect").Output()
	if err != nil {
		t.Skip("no pgrep: ", err)
	}
	pid := strings.Fields(string(pids))[0]
	want := map[string]string{"NoNewPrivs": "1", "CapEff": "0000000000000000", "CapPrm": "0000000000000000", "CapAmb": "0000000000000000"}
	if os.Geteuid() == 0 {
		want["Uid"], want["Gid"], want["Groups"] = "65534 65534 65534 65534", "65534 65534 65534 65534", ""
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		status, err := os.ReadFile("/proc/" + pid + "/status")
		must(t, err)
		limits, err := os.ReadFile("/proc/" + pid + "/limits")
		must(t, err)
		wrong := ""
		for name, value := range want {
			if got := field(string(status), name+":"); got != value {
				wrong += fmt.Sprintf("%s %q, want %q; ", name, got, value)
			}
		}
		if got := field(string(limits), "Max open files"); !strings.HasPrefix(got, "0 0") {
			wrong += "open files " + got
		}
		if wrong == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(wrong)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if environ, err := os.ReadFile("/proc/" + pid + "/environ"); err != nil || len(environ) != 0 {
		t.Errorf("%q, %v", environ, err)
	}
	_ = outEnd.Close()
	_, err = collector.Wait()
	must(t, err)
}

func field(text, name string) string {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, name); found {
			return strings.Join(strings.Fields(rest), " ")
		}
	}
	return ""
}

func TestAChildWithPrivilegesRefusesToParse(t *testing.T) {
	command := exec.Command(program, "parse", "results", "0")
	command.Stdin = strings.NewReader("{}\n")
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 125 || !bytes.Contains(out, []byte("assay-parse: ")) {
		t.Errorf("%s, %v", out, err)
	}
}

func TestWhatTheChildIsNotAskedForFails(t *testing.T) {
	for _, name := range []string{"magic", ""} {
		if err := ask(t.Context(), name, struct{}{}, nil, new(int)); err == nil || !strings.Contains(err.Error(), "no parser") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := ask(t.Context(), "results", json.RawMessage(`[]`), nil, new(int)); err == nil {
		t.Error("not a request")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ask(ctx, "user", userRequest{}, nil, new(userAnswer)); err == nil {
		t.Error("cancelled")
	}
}

func TestAChildThatEndsIsAFailureOfOurs(t *testing.T) {
	out, _ := pipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	collector, err := Collect(ctx, Kept{}, Stream{From: out})
	must(t, err)
	cancel()
	if _, err := collector.Wait(); err == nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func BenchmarkAsk(b *testing.B) {
	for b.Loop() {
		if err := ask(b.Context(), "user", userRequest{User: "0"}, nil, new(userAnswer)); err != nil {
			b.Fatal(err)
		}
	}
}
