package output

import "strings"

const (
	stdoutMark = "--- stdout\n"
	stderrMark = "--- stderr\n"
)

// Message is a container's termination message: a line of facts, the function's last line, its result, a line about
// its tests, and the ends of what it printed as far as there is room.
type Message struct {
	Header   string
	LastLine string
	Result   string
	Tests    string // the line is left out if empty
	Stdout   []byte // as printed
	Stderr   []byte
}

// Encode writes the message in fewer than limit bytes. What does not fit is cut in this order: the ends of the output,
// the tests, the last line. Header and Result are the caller's to bound.
func (m Message) Encode(limit int) string {
	room := limit - 1 - len(m.Header) - len(m.Result) - 3
	last := Head(m.LastLine, room)
	room -= len(last)
	head := m.Header + "\n" + last + "\n" + m.Result + "\n"
	if tests := Head(m.Tests, min(limit/4, room-1)); tests != "" {
		head += tests + "\n"
		room -= len(tests) + 1
	}
	return head + ends(Clean(m.Stdout), Clean(m.Stderr), room)
}

// ends shares the room: what one stream leaves is the other's, else each has half.
func ends(stdout, stderr string, room int) string {
	room -= len(stdoutMark) + len(stderrMark) + 2 // and a newline where a text has none
	forErr := len(stderr)
	if forErr > room/2 && forErr+len(stdout) > room {
		forErr = max(room/2, room-len(stdout))
	}
	return section(stdoutMark, stdout, room-forErr) + section(stderrMark, stderr, forErr)
}

func section(mark, text string, room int) string {
	text = End(text, room)
	if room <= 0 || text == "" {
		return ""
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return mark + text
}
