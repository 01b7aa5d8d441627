package report

import "strings"

// Outcome is how a test ended.
type Outcome int

// A test that was not run counts neither as passed nor as failed.
const (
	Passed Outcome = iota
	Failed
	Skipped
)

// elements below a <testcase> that are a verdict:
//   - failure, error: the Ant schema that all writers follow; surefire's XSD, pytest's and PHPUnit's loggers.
//   - skipped: surefire, pytest (also xfail), jest-junit, mocha, PHPUnit, gotestsum, nextest. ignored, disabled: older
//     writers' names of it.
//   - warning: PHPUnit up to 9 writes it in place of a verdict, for a class without tests or a data provider that broke.
//   - rerunFailure, rerunError: surefire and nextest, a repetition that failed too. Beside flakyFailure or flakyError,
//     one that failed before the test passed, they count for nothing.
var elements = map[string]Outcome{
	"failure": Failed, "error": Failed, "warning": Failed, "rerunFailure": Failed, "rerunError": Failed,
	"skipped": Skipped, "ignored": Skipped, "disabled": Skipped,
}

// words in the attributes status and result of a <testcase> that are a verdict, in lower case without separators:
//   - notrun, suppressed, skipped: gtest writes status="notrun" result="suppressed" for DISABLED_ tests, and
//     result="skipped" for GTEST_SKIP(), without any child element.
//   - notrun, disabled, fail: ctest --output-junit.
//   - untested, undefined: behave. pending, todo: Jasmine's and TAP's converters. The others: plain words of the same.
//
// Other words, as gtest's run and completed, say nothing; without an element such a test has passed.
var words = map[string]Outcome{
	"notrun": Skipped, "suppressed": Skipped, "skipped": Skipped, "skip": Skipped, "disabled": Skipped,
	"ignored": Skipped, "pending": Skipped, "todo": Skipped, "untested": Skipped, "inconclusive": Skipped,
	"notexecuted": Skipped, "filtered": Skipped, "excluded": Skipped,
	"fail": Failed, "failed": Failed, "failure": Failed, "error": Failed, "errored": Failed, "undefined": Failed,
	"timeout": Failed, "timedout": Failed, "crashed": Failed, "broken": Failed, "aborted": Failed,
	"interrupted": Failed,
}

var separators = strings.NewReplacer("-", "", "_", "", " ", "")

// verdict collects what a <testcase> says about itself.
type verdict struct {
	failures int // <failure>, <error> and what counts as one
	skipped  bool
	flaky    bool
	reruns   int
	marked   bool // failed by an attribute
}

func (v *verdict) attribute(name, value string) {
	if name != "status" && name != "result" {
		return
	}
	if outcome, known := words[separators.Replace(strings.ToLower(value))]; known {
		v.skipped = v.skipped || outcome == Skipped
		v.marked = v.marked || outcome == Failed
	}
}

func (v *verdict) element(name string) {
	outcome, known := elements[name]
	switch {
	case name == "flakyFailure" || name == "flakyError":
		v.flaky = true
	case name == "rerunFailure" || name == "rerunError":
		v.reruns++
	case known && outcome == Failed:
		v.failures++
	case known:
		v.skipped = true
	}
}

// outcome: one that failed in any way has failed, whatever else is said of it.
func (v *verdict) outcome() Outcome {
	switch {
	case v.failures > 0 || v.marked || v.reruns > 0 && !v.flaky:
		return Failed
	case v.skipped:
		return Skipped
	}
	return Passed
}
