package report

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"assay.dev/runner/internal/output"
)

const (
	maxNamed     = 20  // tests that failed, in the line
	maxNameRunes = 200 // of each
)

// Selection says which tests count: those named, or all that ran if none is. A name is classname::name, name, or as
// pytest prints it, path/to/test_x.py::Class::test_a.
type Selection struct {
	FailToPass   []string `json:"failToPass,omitempty"`
	PassToPass   []string `json:"passToPass,omitempty"`
	AllOrNothing bool     `json:"allOrNothing,omitempty"`
}

// Problem says why there is no score.
type Problem string

// Problems of a report that is there.
const (
	Invalid Problem = "invalid" // not a JUnit report
	Empty   Problem = "empty"   // no test ran
)

// Verdict is what a report is worth.
type Verdict struct {
	Problem Problem `json:"problem,omitempty"`
	Score   float64 `json:"score"` // 0 to 1, 6 digits; 1 only if nothing failed. 0 with a Problem
	Line    string  `json:"line"`  // about the tests, for people: clean, one line; with Invalid, why
}

// Judge reads a report and scores it.
//
//   - Named tests: each counts once. One that is not in the report, was skipped, or failed in any of its runs has failed.
//     A report in which a test comes several times (go test -count, pytest-repeat, gotestsum --rerun-fails, Gradle
//     without mergeReruns) does not say which run is meant, so all must have passed.
//   - All: passed / (passed + failed), each <testcase> for itself, skipped ones left out, and each failure that only a
//     suite counts (Missing) as one test that failed.
//   - Exit code: a runner that ends with another code than 0, though its report shows no failure, has failed in
//     something that is not in the report: a suite that did not load, a crash, a threshold. Among all tests that is one
//     more that failed. Named tests that passed have passed; the line says so. Exit code 0 beside failures proves
//     nothing, scripts swallow codes: the report counts.
func Judge(data []byte, selection Selection, exitCode int) Verdict {
	report, err := Parse(data)
	if err != nil {
		return Verdict{Problem: Invalid, Line: "tests: not a JUnit report: " + output.OneLine([]byte(err.Error()))}
	}
	count := tally{index: newIndex(report)}
	for _, test := range report.Cases {
		count.add(test)
	}
	for _, missing := range report.Missing {
		count.failed += missing.Count
		count.blame(fmt.Sprintf("%s (%d outside of any test)", missing.Suite, missing.Count))
	}
	contradiction := ""
	if exitCode != 0 && count.failed == 0 {
		contradiction = fmt.Sprintf("exit code %d, with no failure in the report", exitCode)
	}
	good, wanted := count.passed, count.passed+count.failed
	if names := selection.names(); len(names) > 0 {
		good, wanted = count.named(names), len(names)
	} else if wanted > 0 && contradiction != "" {
		wanted++
		count.blame(contradiction)
		contradiction = ""
	}
	if wanted == 0 {
		return Verdict{Problem: Empty, Line: "tests: none ran" + count.skips()}
	}
	line := fmt.Sprintf("tests: %d of %d passed%s%s", good, wanted, count.skips(), count.failures())
	if contradiction != "" {
		line += "; " + contradiction
	}
	return Verdict{Score: score(good, wanted, selection.AllOrNothing), Line: output.OneLine([]byte(line))}
}

func score(good, wanted int, allOrNothing bool) float64 {
	switch {
	case good == wanted:
		return 1
	case allOrNothing:
		return 0
	}
	return min(math.Round(1e6*float64(good)/float64(wanted))/1e6, 0.999999)
}

// names are those of both lists, each once.
func (s Selection) names() []string {
	var names []string
	seen := map[string]bool{}
	for _, list := range [][]string{s.FailToPass, s.PassToPass} {
		for _, name := range list {
			name = lines.Replace(strings.TrimRight(name, "\r\n"))
			if name != "" && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// tally counts tests, and notes which to blame.
type tally struct {
	index
	passed, failed, skipped int
	blamed                  int
	blames                  []string
}

func (t *tally) add(test Case) {
	switch test.Outcome {
	case Passed:
		t.passed++
	case Skipped:
		t.skipped++
	case Failed:
		t.failed++
		t.blame(test.ID())
	}
}

// named counts those of the names that passed; only they are blamed then.
func (t *tally) named(names []string) (good int) {
	t.blamed, t.blames = 0, nil
	for _, name := range names {
		switch runs := t.find(name); {
		case runs == nil:
			t.blame(name + " (not in the report)")
		case runs.failed > 0:
			t.blame(name)
		case runs.passed == 0:
			t.blame(name + " (skipped)")
		default:
			good++
		}
	}
	return good
}

func (t *tally) blame(name string) {
	t.blamed++
	if t.blamed > maxNamed {
		return
	}
	if utf8.RuneCountInString(name) > maxNameRunes {
		name = string([]rune(name)[:maxNameRunes-1]) + "…"
	}
	t.blames = append(t.blames, name)
}

func (t *tally) skips() string {
	if t.skipped == 0 {
		return ""
	}
	return fmt.Sprintf(", %d skipped", t.skipped)
}

func (t *tally) failures() string {
	if t.blamed == 0 {
		return ""
	}
	more := ""
	if t.blamed > maxNamed {
		more = " …"
	}
	return "; failed: " + strings.Join(t.blames, ", ") + more
}
