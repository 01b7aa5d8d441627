package report

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// writers are reports as test runners write them: testdata holds one of each, made after its documentation or source.
// The exit code is the one that the runner ends with.
var writers = map[string]struct {
	exit                     int
	passed, failed, skipped  int
	missing                  int
	score                    float64
	pass, fail, skip, absent string // names, one of each outcome
}{
	"pytest": {1, 3, 4, 2, 0, 3. / 7, "tests/test_ledger.py::TestBalance::test_adds[1-2::3]",
		"tests/test_ledger.py::test_closes", "tests.test_ledger::test_known_bug", "tests/test_import.py::test_any"},
	"xmlrunner": {1, 1, 3, 1, 0, 0.25, "test_queue.TestQueue::test_put", "test_fixed", "test_slow", "by a test"},
	"gotestsum": {1, 2, 2, 1, 0, 0.5, "example.org/ring::TestPop/empty", "TestPop/full_#01", "TestRace", "TestLost"},
	// Which run of a test is meant, the report does not say.
	"gotestsum-rerun": {0, 2, 1, 0, 0, 2. / 3, "TestSolid", "TestFlaky", "", "TestFlaky/x"},
	"go-junit-report": {1, 1, 2, 0, 0, 1. / 3, "TestInsert", "TestOrder", "", "TestX"},
	"jest":            {1, 1, 1, 2, 1, 1. / 3, "cart adds::cart adds", "cart totals", "cart ships", "broken.test.js"},
	"jest-load":       {1, 1, 1, 0, 0, 0.5, "fine works", "/work/lost.test.js", "", "lost"},
	"vitest": {1, 2, 2, 1, 0, 0.5, "src/date.test.ts::date > parses 'today'", "date > formats", "date > zones",
		"lost works"},
	"mocha":     {1, 1, 1, 1, 0, 0.5, "tree::inserts", "rotates left", "tree balance::rotates right", "rotates"},
	"mocha-old": {1, 1, 1, 0, 0, 0.5, "inserts", "deletes", "", "x"},
	"mocha-junit-reporter": {1, 1, 1, 1, 0, 0.5, "lexer reads numbers",
		`lexer "before each" hook for "reads names"`, "lexer reads strings", "lexer reads names"},
	"surefire": {1, 3, 2, 1, 0, 0.6, "org.example.ShelfTest::waits", "takes", "locks", "ShelfSetup::puts"},
	"gradle": {1, 2, 1, 1, 0, 2. / 3, `org.example.ParserTest::[1] a, "b"`, "recovers()", "unicode()",
		"org.example.ParserTest::recovers"},
	"gtest":   {1, 2, 1, 2, 0, 2. / 3, "Sizes/Fits::All/0", "Wire::Writes", "Wire::DISABLED_Streams", "Wire::Streams"},
	"ctest":   {8, 2, 1, 2, 0, 2. / 3, "math.add", "math.div::math.div", "math.gone", "math.mul"},
	"nextest": {100, 2, 2, 0, 0, 0.5, "store::tests::syncs", "tests::writes", "", "tests::lost"},
	"phpunit": {2, 2, 4, 1, 0, 1. / 3, `App.Tests.MoneyTest::testParses with data set "euro & cent"`, "testRisky",
		"testLater", "testNothing"},
	"karma":  {1, 2, 0, 0, 1, 2. / 3, "menu::menu opens", "", "", "menu"},
	"behave": {1, 1, 1, 1, 0, 0.5, "Pay by card", "Pay by cheque", "shop.Checkout::Pay later", "Pay"},
	"latin1": {1, 0, 1, 0, 0, 0, "", "café::crème", "", "crême"},
}

func TestEveryWriterIsReadAsItMeansIt(t *testing.T) {
	for name, want := range writers {
		t.Run(name, func(t *testing.T) {
			data, report := load(t, name)
			count := map[Outcome]int{}
			for _, test := range report.Cases {
				count[test.Outcome]++
			}
			missing := 0
			for _, one := range report.Missing {
				missing += one.Count
			}
			got := fmt.Sprint(count[Passed], count[Failed], count[Skipped], missing)
			if wanted := fmt.Sprint(want.passed, want.failed, want.skipped, want.missing); got != wanted {
				t.Errorf("%s passed, failed, skipped, missing; want %s", got, wanted)
			}
			if verdict := Judge(data, Selection{}, want.exit); fmt.Sprintf("%.6f", verdict.Score) != fmt.Sprintf("%.6f", want.score) {
				t.Errorf("%+v; want %f", verdict, want.score)
			}
			for test, score := range map[string]float64{want.pass: 1, want.fail: 0, want.skip: 0, want.absent: 0} {
				if test == "" {
					continue
				}
				if verdict := Judge(data, Selection{FailToPass: []string{test}}, want.exit); verdict.Score != score {
					t.Errorf("%s: %+v", test, verdict)
				}
			}
		})
	}
}

func TestEveryFixtureIsTested(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) != len(writers) {
		t.Errorf("%d files, %d writers, %v", len(files), len(writers), err)
	}
}

func load(t *testing.T, name string) ([]byte, *Report) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return data, report
}
