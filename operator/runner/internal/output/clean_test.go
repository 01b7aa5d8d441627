package output

import (
	"bytes"
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
		for _, size := range []int{1, 7, 4096, len(raw) + 1} {
			last := NewLastLine(256)
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
