package output

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                         "",
		"größe ✓ 😀 \u200dé e\u0301\t\n":            "größe ✓ 😀 \u200dé e\u0301\t\n",
		"a\x00b\x07\x08\x0b\x0c\x7f":               "ab",
		"one\r\ntwo\rthree\n\rfour\r\r\n":          "one\ntwo\nthree\n\nfour\n\n",
		"\xff\xc3(\xe2\x82\n":                      "??(??\n",
		"\xed\xa0\x80\xc0\xaf\xf4\x90\x80":         "????????",
		"\x1b[31mred\x1b[0m \x1b[38;2;1m!":         "red !",
		"\x1b[?25l\x1b[2J\x1b[1;1Htop":             "top",
		"\x1b[1 q\x1b[!p\x1b[>cdone":               "done",
		"\x1b]0;owned\x07after":                    "after",
		"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\": "link",
		"\x1b]52;c;cm0gLXJm\u009cafter":            "after",
		"\u009b31mred\u009b0m":                     "red",
		"\u009d0;title\x07after":                   "after",
		"\x1bPq#0;2;0\x1b\\\x1b_app\x1b\\x":        "x",
		"\x1b^pm\x1b\\\x1bXsos\x1b\\x":             "x",
		"\x1b(B\x1b)0\x1b#8\x1b=\x1b>\x1bcx":       "x",
		"\x1b\x00[31mred":                          "red",
		"\x1b[3\x071mred":                          "red",
		"\x1b[31\x18mtext":                         "mtext",
		"\x1b\x1b[31mred":                          "red",
		"\x1b]never closed\nnext":                  "\nnext",
		"\x1b]never\x1bclosed":                     "",
		"\x1b[never":                               "ever",
		"\x1b[31éred":                              "éred",
		"\x1bé":                                    "é",
		"\x1b\xffx":                                "?x",
		"\x1b]\xff\x07x":                           "x",
		"\x1b":                                     "",
		"if a\u202e\u2066 # x\u2069\u2066":         "if a # x",
		"a\u200b\u200e\u200f\u061c\ufeff\u00adb":   "ab",
		"\U000e0041\U000e007f\ufffe\U0001fffex":    "x",
		"a\u2028b\u2029c\u0085d":                   "a b cd",
		"\ufffd":                                   "\ufffd",
	} {
		if got := Clean([]byte(raw)); got != want {
			t.Errorf("%q: %q; want %q", raw, got, want)
		}
		var pieces strings.Builder
		cleaner := NewCleaner(&pieces)
		for i := range len(raw) {
			_, _ = cleaner.Write([]byte{raw[i]})
		}
		_ = cleaner.Close()
		if pieces.String() != want {
			t.Errorf("%q byte by byte: %q; want %q", raw, pieces.String(), want)
		}
	}
}

func TestOneLine(t *testing.T) {
	if got := OneLine([]byte("\n{\"a\":\t1,\r\n \"b\": \"\x1b[31m\xff\"}\n\n")); got != `{"a": 1,  "b": "?"}` {
		t.Errorf("%q", got)
	}
}

func TestACutTextHasWholeCharacters(t *testing.T) {
	text := "aé✓😀"
	for limit := -1; limit <= len(text)+1; limit++ {
		for _, part := range []string{Head(text, limit), End(text, limit)} {
			if !utf8.ValidString(part) || len(part) > max(limit, 0) {
				t.Errorf("%d: %q", limit, part)
			}
		}
	}
	if Head(text, 5) != "aé" || End(text, 6) != "😀" || End(text, 7) != "✓😀" {
		t.Error(Head(text, 5), End(text, 6), End(text, 7))
	}
}

func TestLastLine(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                          "",
		"\n \n\t\n":                                 "",
		"0.25":                                      "0.25",
		"0.25\r\n":                                  "0.25",
		"\x1b[32m1.0\x1b[0m\n":                      "1.0",
		"50%\r100%\r0.5":                            "0.5",
		"a\x00b\x07\n":                              "ab",
		"\xff\xc3(\xe2\x82\n":                       "??(??",
		"\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80\n":    "?????????",
		"  0.5\n \t \n":                             "  0.5",
		"0.5\n\x1b[0m\n\x1b]0;t\x07\n":              "0.5",
		strings.Repeat("x", 300) + "\n":             strings.Repeat("x", 256),
		strings.Repeat("é", 200):                    strings.Repeat("é", 128),
		"x" + strings.Repeat("é", 200):              "x" + strings.Repeat("é", 127),
		strings.Repeat(" ", 70_000) + "0.5\n":       "0.5",
		"0.5\n" + strings.Repeat("\n", 1<<20):       "0.5",
		"0.5\n" + strings.Repeat(" ", 1<<20) + "\n": "0.5",
		"0.5\n" + strings.Repeat("\x1b[0m", 1<<18):  "0.5",
		"first\n" + strings.Repeat("y", 1<<20) + "\nsecond": "second",
	} {
		last := NewLastLine(256)
		for _, size := range []int{1, 7, 4096, len(raw) + 1} {
			last = NewLastLine(256)
			for part := raw; part != ""; part = part[min(size, len(part)):] {
				_, _ = last.Write([]byte(part[:min(size, len(part))]))
			}
			if got := last.String(); got != want {
				t.Errorf("%.40q in pieces of %d: %q; want %q", raw, size, got, want)
			}
		}
	}
}

func TestTailAndBeginning(t *testing.T) {
	for _, size := range []int{0, 1, 65535, 65536, 65537, 131072, 200_000, 262_144} {
		for _, piece := range []int{1000, 65536, 1 << 20} {
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(i * 7 % 251)
			}
			tail, head := NewTail(65536), NewBeginning(65536)
			for rest := data; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
				_, _ = tail.Write(rest[:min(piece, len(rest))])
				_, _ = head.Write(rest[:min(piece, len(rest))])
			}
			if !bytes.Equal(tail.Bytes(), data[max(0, size-65536):]) || tail.Total() != int64(size) {
				t.Errorf("tail of %d in pieces of %d is wrong", size, piece)
			}
			if !bytes.Equal(head.Bytes(), data[:min(size, 65536)]) {
				t.Errorf("beginning of %d in pieces of %d is wrong", size, piece)
			}
		}
	}
}

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

func TestMessageOfShortOutputHasItAll(t *testing.T) {
	message := Message{Header: "assay/2 exit=3", LastLine: "score=0.5", Stdout: []byte("collected 3\nscore=0.5\n\n"), Stderr: []byte("warning")}
	want := "assay/2 exit=3\nscore=0.5\n\n--- stdout\ncollected 3\nscore=0.5\n\n--- stderr\nwarning\n"
	if got := message.Encode(4000); got != want {
		t.Errorf("%q", got)
	}
	if got := (Message{Header: "h"}).Encode(4000); got != "h\n\n\n" {
		t.Errorf("%q", got)
	}
	message = Message{Header: "h", LastLine: "x", Result: `{"a": 1}`, Tests: "tests: 1 of 2", Stdout: []byte(strings.Repeat("x\n", 5000))}
	if got := message.Encode(4000); !strings.HasPrefix(got, "h\nx\n{\"a\": 1}\ntests: 1 of 2\n--- stdout\nx\n") {
		t.Errorf("%.80q", got)
	}
}

func TestMessageOfLongOutputKeepsItsEnds(t *testing.T) {
	for _, limit := range []int{100, 400, 1024, 4000} {
		for _, size := range [][2]int{{100, 100}, {100, 0}, {0, 100}, {100, 10000}, {10000, 100}, {10000, 10000}} {
			out, err := numbered("out", size[0]), numbered("err", size[1])
			last := NewLastLine(256)
			_, _ = last.Write(out)
			got := Message{Header: "assay/2 exit=0 timeout=0 seconds=2.25", LastLine: last.String(), Stdout: out, Stderr: err}.Encode(limit)
			if len(got) >= limit {
				t.Errorf("%v in %d: %d bytes", size, limit, len(got))
			}
			if limit >= 400 && size[0] > 0 && !strings.Contains(got, fmt.Sprintf("\nout %d\n", size[0]-1)) {
				t.Errorf("%v in %d: no end of stdout", size, limit)
			}
			if limit >= 400 && size[1] > 0 && !strings.HasSuffix(got, fmt.Sprintf("\nerr %d\n", size[1]-1)) {
				t.Errorf("%v in %d: no end of stderr", size, limit)
			}
			if limit == 4000 && size[0]+size[1] >= 10000 && len(got) <= 3800 {
				t.Errorf("%v: %d bytes, though there is room", size, len(got))
			}
		}
	}
}

func numbered(name string, count int) []byte {
	var text bytes.Buffer
	for i := range count {
		fmt.Fprintf(&text, "%s %d\n", name, i)
	}
	return text.Bytes()
}

func TestNoMessageIsTooLong(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // not a secret
	for range 2000 {
		some := func(most int) string {
			raw := make([]byte, random.IntN(most))
			for i := range raw {
				raw[i] = byte(random.Uint32())
			}
			return Clean(raw)
		}
		limit := 200 + random.IntN(4000)
		message := Message{
			Header: "assay/2 exit=0", LastLine: OneLine([]byte(some(256))), Result: "{}", Tests: OneLine([]byte(some(5000))),
			Stdout: []byte(some(5000)), Stderr: []byte(some(5000)),
		}
		if got := message.Encode(limit); len(got) >= limit || !utf8.ValidString(got) {
			t.Fatalf("%d of %d bytes", len(got), limit)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add([]byte("\x1b]0;x\x07\xff\u202e\r\n\x1b[31mé\u009b"), 3)
	f.Add([]byte("\x1b\x1b]\x1b\x18\x9d\xc2\x9d"), 1)
	f.Fuzz(func(t *testing.T, raw []byte, size int) {
		clean := Clean(raw)
		if !utf8.ValidString(clean) || len(clean) > len(raw) {
			t.Fatalf("%q", clean)
		}
		for _, r := range clean {
			if r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				t.Fatalf("%q has %U", clean, r)
			}
		}
		if again := Clean([]byte(clean)); again != clean {
			t.Fatalf("%q, then %q", clean, again)
		}
		size = max(1, size%64)
		var pieces strings.Builder
		cleaner := NewCleaner(&pieces)
		for rest := raw; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			_, _ = cleaner.Write(rest[:min(size, len(rest))])
		}
		_ = cleaner.Close()
		if pieces.String() != clean {
			t.Fatalf("in pieces of %d: %q, whole: %q", size, pieces.String(), clean)
		}
	})
}

func FuzzLastLine(f *testing.F) {
	f.Add([]byte("a\n\n"), 4)
	f.Add([]byte("   é\x1b[0m\r \n"), 2)
	f.Fuzz(func(t *testing.T, raw []byte, size int) {
		whole, pieces := NewLastLine(16), NewLastLine(16)
		_, _ = whole.Write(raw)
		for rest := raw; len(rest) > 0; rest = rest[min(max(1, size%64), len(rest)):] {
			_, _ = pieces.Write(rest[:min(max(1, size%64), len(rest))])
		}
		line := whole.String()
		if strings.Contains(line, "\n") || len(line) > 16 || !utf8.ValidString(line) || line != pieces.String() {
			t.Fatalf("%q, in pieces %q", line, pieces.String())
		}
	})
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
