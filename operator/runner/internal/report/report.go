// Package report reads a JUnit XML report, as its writer meant it, into a score.
//
// There is no standard: the format is what Ant's JUnit task wrote, and what each test runner made of it. The rules here,
// with their sources, are in outcome.go (how a test ended), suite.go (failures that no test shows) and verdict.go
// (what counts, and what the exit code adds). A report may come from a program that an agent has changed, so whatever is
// not well-formed XML is refused, sizes are bounded, and nothing in a text, comment or CDATA section counts as markup.
package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// MaxBytes is how large a report may be.
	MaxBytes      = 3 << 20
	maxDepth      = 100
	maxAttributes = 64
)

// Case is a test of a report.
type Case struct {
	Class, Name string // as in the report, each run of it a line; one of them may be empty
	Outcome     Outcome
}

// ID is how a test is named to people: classname::name.
func (c Case) ID() string {
	switch "" {
	case c.Class:
		return c.Name
	case c.Name: // surefire: an error before the first test of a class
		return c.Class
	}
	return c.Class + "::" + c.Name
}

// Missing are failures that a suite counts and no test of it shows.
type Missing struct {
	Suite string
	Count int
}

// Report is what a report says, in its order.
type Report struct {
	Cases   []Case
	Missing []Missing
}

// reader is the state of Parse.
type reader struct {
	report Report
	open   []*element
	roots  int
	test   *Case
	said   verdict
}

// Parse reads a report. The error says why it is none, with the line.
func Parse(data []byte) (*Report, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("it is larger than %d MiB", MaxBytes>>20)
	}
	text, err := plain(data)
	if err != nil {
		return nil, err
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	var state reader
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return state.end()
		}
		if err == nil {
			err = state.take(token)
		}
		if err != nil {
			line, _ := decoder.InputPos()
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
}

func (r *reader) end() (*Report, error) {
	if len(r.open) > 0 {
		return nil, fmt.Errorf("it breaks off: <%s> never ends", r.open[len(r.open)-1].tag)
	}
	if r.roots == 0 {
		return nil, errors.New("it is empty")
	}
	return &r.report, nil
}

func (r *reader) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		return r.begin(qualified(token.Name), token.Attr)
	case xml.EndElement:
		return r.close(qualified(token.Name))
	case xml.CharData:
		if len(r.open) == 0 && strings.TrimSpace(string(token)) != "" {
			return errors.New("text outside of the root element")
		}
	}
	return nil
}

// qualified keeps the prefix: <x:testcase> is no <testcase>.
func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

func (r *reader) begin(tag string, attributes []xml.Attr) error {
	if err := distinct(attributes); err != nil {
		return err
	}
	parent := ""
	if depth := len(r.open); depth > 0 {
		parent = r.open[depth-1].tag
	}
	switch {
	case len(r.open) == maxDepth:
		return fmt.Errorf("elements are nested more than %d deep", maxDepth)
	case parent == "" && (r.roots > 0 || !isSuite(tag)):
		return fmt.Errorf("<%s> is not the one root element, testsuites or testsuite", tag)
	case tag == "testcase" && !isSuite(parent):
		return fmt.Errorf("a <testcase> in <%s>", parent)
	case tag == "testcase":
		if err := r.beginCase(attributes); err != nil {
			return err
		}
	case parent == "testcase":
		r.said.element(tag)
		r.count(tag)
	}
	opened := &element{tag: tag}
	if isSuite(tag) {
		opened.read(attributes)
	}
	if parent == "" {
		r.roots++
	}
	r.open = append(r.open, opened)
	return nil
}

func distinct(attributes []xml.Attr) error {
	if len(attributes) > maxAttributes {
		return fmt.Errorf("an element has more than %d attributes", maxAttributes)
	}
	seen := make(map[xml.Name]bool, len(attributes))
	for _, attribute := range attributes {
		if seen[attribute.Name] {
			return fmt.Errorf("an element has the attribute %.80q twice", attribute.Name.Local)
		}
		seen[attribute.Name] = true
	}
	return nil
}

var lines = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ")

func (r *reader) beginCase(attributes []xml.Attr) error {
	r.test, r.said = &Case{}, verdict{}
	for _, attribute := range attributes {
		if attribute.Name.Space != "" {
			continue
		}
		switch name := attribute.Name.Local; name {
		case "classname":
			r.test.Class = lines.Replace(attribute.Value)
		case "name":
			r.test.Name = lines.Replace(attribute.Value)
		default:
			r.said.attribute(name, attribute.Value)
		}
	}
	if r.test.Class == "" && r.test.Name == "" {
		return errors.New("a <testcase> without a name")
	}
	return nil
}

// count notes an <error> for the suites that count it.
func (r *reader) count(tag string) {
	if tag == "error" {
		for _, suite := range r.open {
			suite.errorElements++
		}
	}
}

func (r *reader) close(tag string) error {
	if len(r.open) == 0 || r.open[len(r.open)-1].tag != tag {
		return fmt.Errorf("</%s> ends no element", tag)
	}
	closed := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	switch {
	case tag == "testcase":
		r.test.Outcome = r.said.outcome()
		if r.test.Outcome == Failed {
			r.found(max(1, r.said.failures))
		}
		r.report.Cases = append(r.report.Cases, *r.test)
	case isSuite(tag):
		r.found(closed.found)
		if missing := closed.missing(); missing > 0 {
			r.found(missing)
			r.report.Missing = append(r.report.Missing, Missing{lines.Replace(closed.name), missing})
		}
	}
	return nil
}

// found adds failures to the suite around what was closed.
func (r *reader) found(count int) {
	if depth := len(r.open); depth > 0 {
		r.open[depth-1].found += count
	}
}
