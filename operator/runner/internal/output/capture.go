package output

import "bytes"

// Tail is a writer that keeps the last bytes written to it.
type Tail struct {
	limit   int
	current []byte // at most limit bytes
	before  []byte // limit bytes, once current was full
	total   int64
}

// NewTail keeps the last limit bytes; in memory it takes at most twice as many.
func NewTail(limit int) *Tail { return &Tail{limit: max(limit, 1)} }

// Write never fails.
func (t *Tail) Write(data []byte) (int, error) {
	written := len(data)
	t.total += int64(written)
	for len(data) > 0 {
		n := min(len(data), t.limit-len(t.current))
		t.current = append(t.current, data[:n]...)
		data = data[n:]
		if len(t.current) == t.limit {
			t.before, t.current = t.current, t.before[:0]
		}
	}
	return written, nil
}

// Bytes are the last bytes, in order.
func (t *Tail) Bytes() []byte {
	all := append(bytes.Clone(t.before), t.current...)
	return all[max(0, len(all)-t.limit):]
}

// Total is how many bytes were written.
func (t *Tail) Total() int64 { return t.total }

// Beginning is a writer that keeps the first bytes written to it.
type Beginning struct {
	limit int
	kept  []byte
}

// NewBeginning keeps the first limit bytes.
func NewBeginning(limit int) *Beginning { return &Beginning{limit: limit} }

// Write never fails.
func (b *Beginning) Write(data []byte) (int, error) {
	b.kept = append(b.kept, data[:min(len(data), b.limit-len(b.kept))]...)
	return len(data), nil
}

// Bytes are the first bytes.
func (b *Beginning) Bytes() []byte { return b.kept }

// LastLine is a writer that keeps the last line with something in it, however many blank lines follow, and however
// long any of them is. What is blank is decided by the text: a line of escape sequences is.
type LastLine struct {
	limit   int
	cleaner *Cleaner
	line    lineOf
	last    string
}

// lineOf receives clean text for a LastLine.
type lineOf struct {
	of     *LastLine
	indent []byte // blanks before the text, at most one more than there is room for
	kept   []byte
	cut    bool
}

// NewLastLine keeps at most limit bytes of a line, of whole characters. Blanks before the text are kept only if the
// whole line fits.
func NewLastLine(limit int) *LastLine {
	last := &LastLine{limit: limit}
	last.line.of = last
	last.cleaner = NewCleaner(&last.line)
	return last
}

// Write never fails.
func (l *LastLine) Write(data []byte) (int, error) { return l.cleaner.Write(data) }

// String ends the line, and returns the last one. Nothing is written after it.
func (l *LastLine) String() string {
	_ = l.cleaner.Close()
	l.line.end()
	return l.last
}

func (l *lineOf) Write(text []byte) (int, error) {
	for part := range bytes.Lines(text) {
		content, ended := bytes.CutSuffix(part, []byte("\n"))
		l.add(content)
		if ended {
			l.end()
		}
	}
	return len(text), nil
}

func (l *lineOf) add(content []byte) {
	if len(l.kept) == 0 {
		text := bytes.TrimLeft(content, " \t")
		blanks := content[:len(content)-len(text)]
		l.indent = append(l.indent, blanks[:min(len(blanks), l.of.limit+1-len(l.indent))]...)
		content = text
	}
	if !l.cut {
		l.kept = append(l.kept, content...)
	}
	if len(l.kept) > l.of.limit {
		l.kept, l.cut = []byte(Head(string(l.kept), l.of.limit)), true
	}
}

func (l *lineOf) end() {
	if len(l.kept) > 0 {
		l.of.last = string(l.kept)
		if !l.cut && len(l.indent)+len(l.kept) <= l.of.limit {
			l.of.last = string(l.indent) + l.of.last
		}
	}
	l.indent, l.kept, l.cut = l.indent[:0], l.kept[:0], false
}
