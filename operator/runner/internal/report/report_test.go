package report

import (
	"fmt"
	"strings"
	"testing"
)

const (
	pass = `<testcase name="a"/>`
	fail = `<testcase name="a"><failure/></testcase>`
)

const mixed = `<?xml version="1.0" encoding="utf-8"?>
<!-- made by <testcase classname="comment" name="x"/> -->
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="5">
<testcase classname="tests.test_a" name="test_good" time="0.001"/>
<testcase classname="tests.test_a.TestX" name="test_p[a/b::c]" time="0"><system-out>x &lt; y</system-out></testcase>
<testcase classname='tests.test_a' name='test_bad "q"'><failure message="a > b &amp;&amp; c">trace</failure></testcase>
<testcase classname="tests.test_b" name="test_error"><error><![CDATA[</error></testcase>]]></error></testcase>
<testcase classname="tests.test_b" name="test_skip"><skipped type="pytest.skip" message="s" /></testcase>
</testsuite></testsuites>
`

func suite(body string) string { return `<testsuite name="s">` + body + `</testsuite>` }

func judge(xml string, exit int, names ...string) Verdict {
	return Judge([]byte(xml), Selection{FailToPass: names}, exit)
}

func TestWithoutNamesAllThatRanCount(t *testing.T) {
	want := Verdict{Score: 0.5, Line: `tests: 2 of 4 passed, 1 skipped; failed: tests.test_a::test_bad "q", tests.test_b::test_error`}
	if got := judge(mixed, 1); got != want {
		t.Errorf("%+v", got)
	}
}

func TestNames(t *testing.T) {
	for name, score := range map[string]float64{
		"tests.test_a::test_good":                1,
		"test_good":                              1,
		"tests/test_a.py::test_good":             1,
		"tests/test_a.py::TestX::test_p[a/b::c]": 1,
		"tests.test_a.TestX::test_p[a/b::c]":     1,
		"test_p[a/b::c]":                         1,
		"test_good\r":                            1,
		"tests/test_b.py::test_good":             0,
		"tests/test_a.py::TestX::test_p":         0,
		`tests/test_a.py::test_bad "q"`:          0,
		"tests.test_b::test_error":               0,
		"tests.test_b::test_skip":                0,
		"test_missing":                           0,
		"x":                                      0,
	} {
		got := judge(mixed, 1, name)
		if got.Score != score || !strings.HasPrefix(got.Line, fmt.Sprintf("tests: %.0f of 1 passed", score)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestNamedTestsThatAreNotThereHaveFailed(t *testing.T) {
	selection := Selection{
		FailToPass: []string{"test_good", "", "test_gone"}, PassToPass: []string{"tests/test_b.py::test_skip", "test_good"},
	}
	want := Verdict{Score: 0.333333, Line: "tests: 1 of 3 passed, 1 skipped; failed: test_gone (not in the report), tests/test_b.py::test_skip (skipped)"}
	if got := Judge([]byte(mixed), selection, 1); got != want {
		t.Errorf("%+v", got)
	}
	selection.AllOrNothing = true
	if got := Judge([]byte(mixed), selection, 1); got.Score != 0 {
		t.Errorf("%+v", got)
	}
	if got := judge(suite(""), 0, "test_gone"); got.Score != 0 || got.Problem != "" {
		t.Errorf("%+v", got)
	}
}

func TestAllOrNothing(t *testing.T) {
	for xml, score := range map[string]float64{mixed: 0, suite(pass): 1, suite(pass + pass + fail): 0} {
		if got := Judge([]byte(xml), Selection{AllOrNothing: true}, 0); got.Score != score {
			t.Errorf("%+v; want %v", got, score)
		}
	}
}

func TestScores(t *testing.T) {
	for xml, score := range map[string]float64{
		suite(pass): 1,
		suite("<testsuite>" + pass + "</testsuite><testsuite>" + fail + "</testsuite>"): 0.5,
		"\ufeff\n" + suite(pass): 1,
		"<?xml version='1.0'?>\r\n<testsuites>\r\n" + suite(pass) + "</testsuites >\n<!-- end -->\n": 1,
		// What a test printed, in whatever way the runner quotes it.
		suite(`<testcase name="a"><failure/><system-out><![CDATA[</failure>` + strings.Repeat(pass, 9) + `]]></system-out></testcase>`): 0,
		suite(fail + "<system-out><![CDATA[<![CDATA[ ]] > " + pass + "]]></system-out>"):                                                0,
		suite(fail + "<!-- " + pass + " -- > ]]> " + pass + " -->"):                                                                     0,
		suite(fail + "<?php " + pass + " ?>"):                                                                                           0,
		suite(`<properties><property name="testcase" value="/>"/></properties>` + fail):                                                 0,
		suite(`<testcase name="a>b" x="/>"><failure message='"/>'/></testcase>`):                                                        0,
		suite(fail + "<x:testcase name='a'/>"):                                                                                          0,
		suite("<testcase name='a'><x:failure/></testcase>"):                                                                             1,
		// Nested elsewhere than as a child of the test, it is no verdict.
		suite(`<testcase name="a"><properties><failure/></properties></testcase>`): 1,
		suite("<failure/>" + pass): 1,
		// Repetitions: those that a writer marks as such, and others.
		suite(`<testcase name="a"><flakyFailure message="x"/></testcase>`):  1,
		suite(`<testcase name="a"><flakyError/><rerunFailure/></testcase>`): 1,
		suite(`<testcase name="a"><rerunFailure/></testcase>`):              0,
		suite(`<testcase name="a"><flakyFailure/><failure/></testcase>`):    0,
		suite(`<testcase name="a"/><testcase name="a"><error/></testcase>`): 0.5,
		// Attributes.
		suite(pass + `<testcase name="b" status="notrun"/>`):                     1,
		suite(pass + `<testcase name="b" status="NOT_RUN"/>`):                    1,
		suite(pass + `<testcase name="b" status="run" result="suppressed"/>`):    1,
		suite(pass + `<testcase name="b" status="failed"/>`):                     0.5,
		suite(pass + `<testcase name="b" result="Timed Out"/>`):                  0.5,
		suite(pass + `<testcase name="b" status="notrun"><failure/></testcase>`): 0.5,
		suite(pass + `<testcase name="b" status="fail"><skipped/></testcase>`):   0.5,
		suite(pass + `<testcase name="b" status="run" result="completed"/>`):     1,
		suite(pass + `<testcase name="b" x:status="failed"/>`):                   1,
	} {
		if got := judge(xml, 0); got.Score != score || got.Problem != "" {
			t.Errorf("%s: %+v; want %v", xml, got, score)
		}
	}
}

func TestFailuresThatOnlyASuiteCounts(t *testing.T) {
	for xml, score := range map[string]float64{
		`<testsuite errors="1">` + pass + `</testsuite>`:                                                     0.5,
		`<testsuite failures="1">` + pass + `</testsuite>`:                                                   0.5,
		`<testsuites errors="1">` + suite(pass) + `</testsuites>`:                                            1, // gotestsum
		`<testsuites failures="1">` + suite(pass) + `</testsuites>`:                                          0.5,
		`<testsuites failures="1"><testsuite errors="1"></testsuite>` + suite(pass) + `</testsuites>`:        0.5,
		`<testsuites failures="2"><testsuite errors="1"></testsuite>` + suite(pass) + `</testsuites>`:        1. / 3,
		`<testsuites><testsuite errors="1"/><testsuite errors="1" tests="0"/></testsuites>`:                  0,
		`<testsuite errors="3"><testsuite errors="2"/><testsuite errors="1"/>` + pass + `</testsuite>`:       0.25,
		`<testsuite failures="1">` + pass + fail + `</testsuite>`:                                            0.5,
		`<testsuite failures="1" errors="1">` + pass + fail + `</testsuite>`:                                 0.5, // mocha < 6
		`<testsuite failures="1" errors="1">` + pass + `<testcase name="b"><error/></testcase></testsuite>`:  1. / 3,
		`<testsuite failures="1">` + pass + `<testcase name="b" status="fail"/></testsuite>`:                 0.5,
		`<testsuite failures="1">` + pass + `<testcase name="b"><failure/><failure/></testcase></testsuite>`: 0.5,
		`<testsuite errors="" failures="x">` + pass + `</testsuite>`:                                         1,
		`<testsuite errors="-1">` + pass + `</testsuite>`:                                                    1,
		`<testsuite errors="99999999999999999999">` + pass + `</testsuite>`:                                  1,
		`<testsuite errors="1999999999">` + pass + `</testsuite>`:                                            0.00001,
	} {
		if got := judge(xml, 0); fmt.Sprintf("%.6f", got.Score) != fmt.Sprintf("%.6f", score) {
			t.Errorf("%s: %+v; want %v", xml, got, score)
		}
	}
	got := judge(`<testsuites><testsuite name="broken.test.js" errors="1"/>`+suite(pass)+`</testsuites>`, 1)
	if want := "tests: 1 of 2 passed; failed: broken.test.js (1 outside of any test)"; got.Line != want {
		t.Errorf("%s; want %s", got.Line, want)
	}
}

func TestAnExitCodeThatContradictsTheReport(t *testing.T) {
	for _, test := range []struct {
		xml   string
		exit  int
		names []string
		score float64
		line  string
	}{
		{suite(pass), 0, nil, 1, "tests: 1 of 1 passed"},
		{suite(pass), 1, nil, 0.5, "tests: 1 of 2 passed; failed: exit code 1, with no failure in the report"},
		{suite(pass), 139, nil, 0.5, "tests: 1 of 2 passed; failed: exit code 139, with no failure in the report"},
		{suite(pass + `<testcase name="b" status="notrun"/>`), 8, nil, 0.5,
			"tests: 1 of 2 passed, 1 skipped; failed: exit code 8, with no failure in the report"},
		{suite(pass + fail), 1, nil, 0.5, "tests: 1 of 2 passed; failed: a"},
		{suite(pass + fail), 0, nil, 0.5, "tests: 1 of 2 passed; failed: a"},
		{suite(fail), 0, nil, 0, "tests: 0 of 1 passed; failed: a"},
		{suite(pass), 1, []string{"a"}, 1, "tests: 1 of 1 passed; exit code 1, with no failure in the report"},
		{suite(pass), 1, []string{"a", "b"}, 0.5,
			"tests: 1 of 2 passed; failed: b (not in the report); exit code 1, with no failure in the report"},
		{suite(pass + `<testcase name="b"><error/></testcase>`), 1, []string{"a"}, 1, "tests: 1 of 1 passed"},
	} {
		if got := judge(test.xml, test.exit, test.names...); got.Score != test.score || got.Line != test.line {
			t.Errorf("%s, exit code %d, %v: %+v", test.xml, test.exit, test.names, got)
		}
	}
}

func TestATestThatIsThereTwicePassedIfBothDid(t *testing.T) {
	xml := suite(`<testcase name="a"/><testcase name="a"><error/></testcase><testcase classname="x" name="b"/>` +
		`<testcase name="c"/><testcase name="c"><skipped/></testcase>`)
	if got := judge(xml, 1, "a", "b", "c"); got.Score != 0.666667 {
		t.Errorf("%+v", got)
	}
}

func TestCharacters(t *testing.T) {
	for written, meant := range map[string]string{
		"a&lt;b&gt;&quot;&apos;&amp;amp;":          `a<b>"'&amp;`,
		"&#65;&#x42;&#xe9;&#x20AC;&#128512;":       "ABé€😀",
		"a&#10;b\nc&#0;&#27;d\r\ne\tf":             "a b cd e f",
		"größe \\ &amp;":                           "größe \\ &",
		"\xff\xfe":                                 "??",
		"\x00a\x1b[31mb\x07":                       "a[31mb",
		"&#xd800;&#1114112;&#99999999999;&#xfffe;": "????",
		"&#6\x005;":                                "A",
		"\u202egnp.exe":                            "gnp.exe",
	} {
		got := judge(suite(`<testcase name="`+written+`"><failure/></testcase>`), 1)
		if want := "tests: 0 of 1 passed; failed: " + meant; got.Line != want {
			t.Errorf("%q: %q; want %q", written, got.Line, want)
		}
	}
	xml := suite(`<testcase name="a&#10;b é"/>`)
	if got := judge(xml, 0, "a\nb é"); got.Score != 1 {
		t.Errorf("%+v", got)
	}
}
