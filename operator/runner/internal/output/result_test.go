package output

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestScore(t *testing.T) {
	for line, want := range map[string]float64{
		"0.25": 0.25, "1": 1, "1.": 1, ".5": 0.5, "5e-1": 0.5, "+1": 1, "-0": 0, "score=1.0": 1, "score = 0.5": 0.5,
		"  0.5 ": 0.5, "1e-400": 0, "0.9999999999999999999": 1,
	} {
		if got, err := Score(line); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", line, got, err, want)
		}
	}
	for line, want := range map[string]error{
		"": ErrNoScore, "score": ErrNoScore, "nan": ErrNoScore, "inf": ErrNoScore, "0x1": ErrNoScore, "1_0": ErrNoScore,
		"0.5 points": ErrNoScore, "score=": ErrNoScore, "Score=1": ErrNoScore, "٠.٥": ErrNoScore, "1,0": ErrNoScore,
		"1.1": ErrScoreOutOfRange, "-0.1": ErrScoreOutOfRange, "1e999": ErrScoreOutOfRange, "score=2": ErrScoreOutOfRange,
	} {
		if got, err := Score(line); !errors.Is(err, want) {
			t.Errorf("%q: %v, %v; want %v", line, got, err, want)
		}
	}
}

func TestResult(t *testing.T) {
	many := make([]string, 40)
	for i := range many {
		many[i] = fmt.Sprintf(`"s%d": %d`, i, i)
	}
	for raw, want := range map[string]string{
		`{"scores": {"speed": 0.25, "style": 7}, "comment": "fine"}`:                 "[{speed 0.25} {style 7}] fine",
		`{"comment": "", "other": [1]}`:                                              "[]",
		`{"comment": 5, "scores": {}}`:                                               "[]",
		`{"scores": {"a": 1, "a": 2}}`:                                               "[{a 2}]",
		`{"comment": "\u001b[31mred\u0007\u202e \ud800\r\nnext"}`:                    "[] red \ufffd\nnext",
		`{"scores": {"\u001b[31ma\nb": 1}}`:                                          "[{a b 1}]",
		`{"scores": {"b": true, "c": "1", "d": 1e999, "e": null, "f": {}, "g": -2}}`: "[{g -2}] left out",
		`{"scores": 3, "comment": "kept"}`:                                           "[] kept left out",
		`{"scores": "ab"}`:                                                           "[] left out",
		`{"scores": {"` + strings.Repeat("x", 64) + `": 1, "": 2}}`:                  "[] left out",
		`{"scores": {"` + strings.Repeat("é", 63) + `": 1}}`:                         "[{" + strings.Repeat("é", 63) + " 1}]",
		"{":                              "[] not JSON",
		"":                               "[] not JSON",
		`{"a": 1} {"b": 2}`:              "[] not JSON",
		`{"scores": {"a": NaN}}`:         "[] not JSON",
		"{\"\x1b[31m\": 1}":              "[] not JSON",
		strings.Repeat("[", 1400):        "[] not JSON",
		strings.Repeat(`{"a":`, 100_000): "[] not JSON",
		strings.Repeat("1", 1400):        "[] not an object",
		"[]":                             "[] not an object",
		"null":                           "[] not an object",
	} {
		found := ParseResult([]byte(raw))
		got := strings.TrimSpace(fmt.Sprintf("%v %s", found.Scores, found.Comment))
		if want, problem := cutProblem(want); got != want || !strings.Contains(found.Problem, problem) || (problem == "") != (found.Problem == "") {
			t.Errorf("%.60s: %s %q; want %s %q", raw, got, found.Problem, want, problem)
		}
	}
	bounded := ParseResult([]byte(`{"scores": {` + strings.Join(many, ",") + `}, "comment": "` + strings.Repeat("é", 2000) + `"}`))
	if len(bounded.Scores) != 32 || utf8.RuneCountInString(bounded.Comment) != 1024 || !strings.HasSuffix(bounded.Comment, "…") {
		t.Errorf("%d scores, %d bytes of comment", len(bounded.Scores), len(bounded.Comment))
	}
}

func cutProblem(want string) (text, problem string) {
	for _, problem := range []string{"left out", "not JSON", "not an object"} {
		if text, found := strings.CutSuffix(want, problem); found {
			return strings.TrimSpace(text), problem
		}
	}
	return want, ""
}

func FuzzResult(f *testing.F) {
	f.Add([]byte(`{"scores": {"a": 1}, "comment": "\u001b"}`))
	f.Add([]byte(`{"scores": [[[]]], "comment": {}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		found := ParseResult(raw)
		if found.Comment != Clean([]byte(found.Comment)) || len(found.Scores) > 32 || found.Problem != Clean([]byte(found.Problem)) {
			t.Fatalf("%+v", found)
		}
	})
}

func FuzzScore(f *testing.F) {
	f.Add("score=1e-5")
	f.Fuzz(func(t *testing.T, line string) {
		if value, err := Score(line); err == nil && (value < 0 || value > 1) || err != nil && value != 0 {
			t.Fatal(value, err)
		}
	})
}
