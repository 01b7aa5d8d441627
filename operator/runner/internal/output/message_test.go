package output

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

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
	random := rand.New(rand.NewPCG(1, 2))
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
