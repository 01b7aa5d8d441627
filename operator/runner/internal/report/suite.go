package report

import (
	"encoding/xml"
	"strconv"
)

// maxDeclared bounds what a suite may claim: a number in an attribute is no proof of work.
const maxDeclared = 100_000

// element is one that is open while a report is read.
type element struct {
	tag  string
	name string // of a suite
	// A suite's own account, and what was found below it.
	errors, failures int
	found            int // <failure> and <error> of its tests, and those that inner suites miss
	errorElements    int
}

func isSuite(tag string) bool { return tag == "testsuite" || tag == "testsuites" }

func (e *element) read(attributes []xml.Attr) {
	for _, attribute := range attributes {
		switch attribute.Name.Local {
		case "name":
			e.name = attribute.Value
		case "errors":
			// Of all suites together, gotestsum counts the lines on stderr here, warnings too.
			if e.tag == "testsuite" {
				e.errors = declared(attribute.Value)
			}
		case "failures":
			e.failures = declared(attribute.Value)
		}
	}
}

func declared(text string) int {
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 {
		return 0 // some writers leave it empty
	}
	return min(number, maxDeclared)
}

// missing is how many failures and errors a suite counts that no test of it shows. A suite that failed to load has no
// test, only errors="1" (jest-junit; karma, for an error of the browser). Both numbers are taken together, because
// writers differ in which of them an <error> or <failure> goes into: mocha's xunit counts failures as errors. Mocha
// before 6 writes the same number into both.
func (e *element) missing() int {
	if e.errors == e.failures && e.errors == e.found && e.errorElements == 0 {
		return 0
	}
	return max(0, e.errors+e.failures-e.found)
}
