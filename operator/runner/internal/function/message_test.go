package function

import (
	"strings"
	"testing"

	"assay.dev/runner/internal/podtest"
)

func TestAHiddenOutputIsNowhere(t *testing.T) {
	left := disk(t, "true", nil)
	leaks := `echo SECRET; echo SECRET >&2; mkdir -p $ASSAY_RESULTS
echo '{"scores": {"SECRET": 1}, "comment": "SECRET", "SECRET": 1}' >$ASSAY_RESULTS/result.json
echo '<testsuite><testcase name="SECRET"><failure message="SECRET"/></testcase><testcase name="b"/></testsuite>' >$ASSAY_RESULTS/report.xml
`
	for name, one := range map[string]struct {
		flags  []string
		script string
		header string
		last   string
	}{
		"a score":         {nil, "echo score=0.25", "assay/2 exit=0 ", "0.25"},
		"no score":        {nil, "echo 'SECRET=0.25'", "assay/2 exit=0 ", ""},
		"too many digits": {nil, "echo 0.123456789123456789", "assay/2 exit=0 ", "0.123457"},
		"too large":       {nil, "echo 1e999", "assay/2 exit=0 ", ""},
		"tests":           {[]string{"--junit", "report.xml"}, "echo SECRET; exit 1", " score=0.500000", ""},
		"a broken report": {[]string{"--junit", "report.xml"}, "echo '<SECRET' >$ASSAY_RESULTS/report.xml", " junit=invalid", ""},
		"out of time":     {[]string{"--timeout", "1"}, "sleep 60", " timeout=1 ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := scored(t, podtest.Container{Disk: left}, append([]string{"--hide-output"}, one.flags...), bash(leaks+one.script)...)
			all := lines(t, got)
			if !strings.Contains(all[0], one.header) || all[1] != one.last || strings.Join(all[2:], "") != "" {
				t.Errorf("%+v", got)
			}
			if strings.Contains(got.Message+got.Stdout+got.Stderr, "SECRET") {
				t.Errorf("told: %+v", got)
			}
		})
	}
}
