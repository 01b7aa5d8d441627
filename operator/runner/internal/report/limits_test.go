package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestNamesOfAnyLength(t *testing.T) {
	long := strings.Repeat("é", 500_000)
	xml := suite(`<testcase name="` + long + `"/><testcase classname="` + long + `" name="b"><failure/></testcase>`)
	if got := judge(xml, 1, long); got.Score != 1 {
		t.Errorf("%.200s", got.Line)
	}
	got := judge(xml, 1)
	if got.Score != 0.5 || utf8.RuneCountInString(got.Line) > 300 || !strings.HasSuffix(got.Line, "…") {
		t.Errorf("%.2000s", got.Line)
	}
}

func TestInvalidReports(t *testing.T) {
	attributes := ""
	for i := range 100 {
		attributes += fmt.Sprintf(" a%d='x'", i)
	}
	for _, xml := range []string{
		"", " \n", "junit", "score=1.0", mixed[:len(mixed)-20], mixed[:400], mixed + mixed, "x" + suite(pass), suite(pass) + "x",
		"<testsuite/>x", "<report>" + pass + "</report>", pass, suite("<testcase/>"),
		suite("<testcase><testcase name='a'/></testcase>"), suite("<testcase name='a'></testsuite>"),
		suite("<testcase name='a' name='b'/>"), suite("<testcase name=a/>"), suite("<testcase name='a/>"),
		suite("<testcase name='&nbsp;'/>"), suite("<testcase name='a & b'/>"), suite("<![CDATA[ never ends"),
		suite("<!-- never ends"), suite("<?never ends"), suite("< testcase name='a'/>"), "<![CDATA[x]]>" + suite(pass),
		`<!DOCTYPE x [<!ENTITY a "b">]>` + suite(pass), "<!DOCTYPE testsuite>" + suite(pass),
		suite("<!ELEMENT a>"), strings.Repeat("<testsuite>", 200) + strings.Repeat("</testsuite>", 200),
		suite("<testcase " + attributes + "/>"), suite("<testcase name='<a'/>"), suite("<testcase <!-- --> name='a'/>"),
		suite("<test\x00case name='a'/>"), suite("<testcase na\x1bme='a'/>"), suite(pass + "a & b"), suite(pass + "]]>"),
		suite("<g>" + pass + "</g>"), suite(pass) + "</testsuite>", "<x:testsuite>" + pass + "</x:testsuite>",
		"\xff\xfe<\x00t\x00", "<?xml version='1.0' encoding='utf-16'?>" + suite(pass),
		"<?xml version='1.0' encoding='utf-7'?>" + suite(pass), suite(strings.Repeat("x", MaxBytes)),
	} {
		for _, names := range [][]string{nil, {"a"}} {
			if got := judge(xml, 0, names...); got.Problem != Invalid || got.Score != 0 {
				t.Errorf("%.200q: %+v", xml, got)
			}
		}
	}
}

func TestWhatIsInvalidIsSaid(t *testing.T) {
	for xml, want := range map[string]string{
		suite("\n\n<testcase/>"): "line 3: a <testcase> without a name",
		mixed[:400]:              "it breaks off",
		"":                       "it is empty",
		"<!DOCTYPE a>":           "DOCTYPE",
		"<html></html>":          "<html> is not the one root element",
	} {
		if got := judge(xml, 0); !strings.Contains(got.Line, want) && !strings.Contains(got.Line, "unexpected EOF") {
			t.Errorf("%.40q: %s; want %s", xml, got.Line, want)
		}
	}
}

func TestNothingRan(t *testing.T) {
	for xml, line := range map[string]string{
		"<testsuites/>": "tests: none ran",
		suite(`<testcase name="a"><skipped/></testcase>`): "tests: none ran, 1 skipped",
	} {
		for _, exit := range []int{0, 5} {
			if got := judge(xml, exit); got != (Verdict{Problem: Empty, Line: line}) {
				t.Errorf("%s: %+v", xml, got)
			}
		}
	}
}

func TestNoReportTakesLong(t *testing.T) {
	for name, xml := range map[string]string{
		"tests":      suite(strings.Repeat("<testcase name='a'/>", 150_000)),
		"cdata":      suite("<![CDATA[" + strings.Repeat("<", 3_000_000) + "]]>" + pass),
		"cdatas":     suite(strings.Repeat("<![CDATA[]]>", 250_000)),
		"message":    suite("<testcase name='a'><failure message='" + strings.Repeat("&lt;x", 600_000) + "'/></testcase>"),
		"name":       suite("<testcase name='" + strings.Repeat("&lt;", 700_000) + "'/>"),
		"names":      suite(strings.Repeat("<testcase name='"+strings.Repeat("&lt;", 1000)+"'/>", 700)),
		"suites":     suite(strings.Repeat("<testsuite errors='1'/>", 130_000)),
		"blamed":     suite(strings.Repeat(fail, 70_000)),
		"text":       suite(strings.Repeat("x", 3_000_000)),
		"spaces":     "<testsuite" + strings.Repeat(" ", 3_000_000),
		"quotes":     "<testsuite " + strings.Repeat("'", 3_000_000),
		"controls":   suite(strings.Repeat("\x00", 3_000_000)),
		"entities":   suite(strings.Repeat("&#0;", 700_000)),
		"ampersand":  suite(strings.Repeat("&#", 1_500_000)),
		"attributes": "<testsuite " + strings.Repeat("a='' ", 600_000) + "/>",
		"depth":      strings.Repeat("<testsuite>", 280_000),
		"errors":     "<testsuite>" + strings.Repeat("<testsuite>", 90) + strings.Repeat("<testcase name='a'><error/></testcase>", 60_000) + strings.Repeat("</testsuite>", 91),
		"dirs":       strings.Repeat("<", 3_000_000),
	} {
		begin := time.Now()
		_ = judge(xml, 0, "b[", "c::d")
		if took := time.Since(begin); took > time.Minute || len(xml) > MaxBytes {
			t.Errorf("%s: %v, %d bytes", name, took, len(xml))
		} else if took > time.Second {
			t.Logf("%s: %v", name, took)
		}
	}
}

func FuzzJudge(f *testing.F) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "a::b", 0)
	}
	for _, xml := range []string{mixed, suite(fail + "<!-- -->"), suite("<![CDATA[x]]>" + pass), "<!DOCTYPE a>", suite("&#0;&#xd800;" + pass)} {
		f.Add([]byte(xml), "a", 1)
	}
	f.Fuzz(func(t *testing.T, data []byte, name string, exit int) {
		all, named := Judge(data, Selection{}, exit), Judge(data, Selection{PassToPass: []string{name}}, exit)
		for _, got := range []Verdict{all, named} {
			if got.Score < 0 || got.Score > 1 || got.Problem != "" && got.Score != 0 || strings.ContainsAny(got.Line, "\n\r\x1b\x00") || !utf8.ValidString(got.Line) {
				t.Fatalf("%+v", got)
			}
		}
		if (all.Problem == Invalid) != (named.Problem == Invalid) {
			t.Fatal(all, named)
		}
		if all.Score == 1 && exit != 0 {
			t.Fatalf("exit code %d: %+v", exit, all)
		}
	})
}
