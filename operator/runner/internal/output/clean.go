// Package output reads what agents and scoring functions print: the ends of endless streams, the last line, a score,
// result.json. Whatever it returns is text that the API and a terminal can carry.
package output

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// state is where in an escape sequence a Cleaner is (ECMA-48; the states are those of xterm's parser, fewer).
type state int

const (
	text         state = iota
	escape             // after ESC
	intermediate       // ESC and bytes 20 to 2F: ends with the next other byte
	control            // CSI: parameters, ends with a byte 40 to 7E
	command            // OSC, DCS, SOS, PM, APC: text for the terminal, ends with ST or BEL
	commandEnd         // ESC inside of a command: a backslash makes it ST
)

const (
	bell = 0x07
	esc  = 0x1b
)

// invisible are characters that steer the display of others: directions that reorder text, so that it reads as
// something else (CVE-2021-42574), tags, annotations and byte order marks. Joiners stay, scripts need them.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00ad, Hi: 0x00ad, Stride: 1}, {Lo: 0x061c, Hi: 0x061c, Stride: 1}, {Lo: 0x180e, Hi: 0x180e, Stride: 1},
		{Lo: 0x200b, Hi: 0x200b, Stride: 1}, {Lo: 0x200e, Hi: 0x200f, Stride: 1}, {Lo: 0x202a, Hi: 0x202e, Stride: 1},
		{Lo: 0x2060, Hi: 0x206f, Stride: 1}, {Lo: 0xfdd0, Hi: 0xfdef, Stride: 1}, {Lo: 0xfeff, Hi: 0xfeff, Stride: 1},
		{Lo: 0xfff0, Hi: 0xfffb, Stride: 1}, {Lo: 0xfffe, Hi: 0xffff, Stride: 1},
	},
	R32:         []unicode.Range32{{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}},
	LatinOffset: 1,
}

// Cleaner is a writer that passes on text: valid UTF-8 (a byte that is none becomes "?"), no control character but
// newline and tab, no escape sequence, no invisible character. A carriage return, alone or before a newline, is a
// newline. It never writes more bytes than it was given, and cleaning its output again changes nothing.
type Cleaner struct {
	to      io.Writer
	state   state
	partial []byte // a character that the next Write completes
	wasCR   bool
	out     []byte
}

// NewCleaner cleans what is written to it into another writer.
func NewCleaner(to io.Writer) *Cleaner { return &Cleaner{to: to} }

// Write cleans some bytes. The error is the other writer's.
func (c *Cleaner) Write(data []byte) (int, error) {
	return len(data), c.clean(data, false)
}

// Close passes on a character that was never completed.
func (c *Cleaner) Close() error { return c.clean(nil, true) }

func (c *Cleaner) clean(data []byte, last bool) error {
	rest := data
	if len(c.partial) > 0 {
		rest = append(c.partial, data...)
		c.partial = nil
	}
	c.out = c.out[:0]
	for len(rest) > 0 {
		if !last && !utf8.FullRune(rest) {
			c.partial = append([]byte(nil), rest...)
			break
		}
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			c.invalid()
		} else {
			c.take(r)
		}
		rest = rest[size:]
	}
	_, err := c.to.Write(c.out)
	return err
}

// invalid is a byte that belongs to no character: text, except inside of a sequence.
func (c *Cleaner) invalid() {
	c.wasCR = false
	if c.state == command || c.state == commandEnd {
		c.state = command
		return
	}
	c.state = text
	c.out = append(c.out, '?')
}

func (c *Cleaner) take(r rune) {
	afterCR := c.wasCR
	c.wasCR = r == '\r'
	switch {
	case r == '\n' || r == '\r':
		// The end of the line ends any sequence: one that is never closed hides no other line.
		c.state = text
		if !afterCR || r == '\r' {
			c.out = append(c.out, '\n')
		}
		return
	case r == esc && c.state == command:
		c.state = commandEnd
		return
	case r == esc:
		c.state = escape
		return
	case introduces(r) != text:
		c.state = introduces(r)
		return
	case r == 0x18 || r == 0x1a: // CAN, SUB
		c.state = text
		return
	case c.state == command && (r == bell || r == 0x9c):
		c.state = text
		return
	case r < 0x20 && r != '\t', r >= 0x7f && r < 0xa0:
		return // a terminal obeys other control characters inside of a sequence as well, and goes on with it
	}
	c.printable(r)
}

func (c *Cleaner) printable(r rune) {
	switch c.state {
	case command:
	case commandEnd:
		c.state = command
		if r == '\\' {
			c.state = text
		}
	case escape:
		c.state = afterEscape(r)
		if r > 0x7e { // no sequence at all
			c.write(r)
		}
	case intermediate:
		if r < 0x20 || r > 0x2f {
			c.state = text
		}
	case control:
		if r < 0x20 || r > 0x3f {
			c.state = text
		}
		if r > 0x7e {
			c.write(r)
		}
	case text:
		c.write(r)
	}
}

// introduces is the state after a control character of one character (C1).
func introduces(r rune) state {
	switch r {
	case 0x9b:
		return control
	case 0x90, 0x98, 0x9d, 0x9e, 0x9f:
		return command
	}
	return text
}

func afterEscape(r rune) state {
	switch {
	case r == '[':
		return control
	case strings.ContainsRune("]PX^_", r):
		return command
	case r >= 0x20 && r <= 0x2f:
		return intermediate
	}
	return text
}

func (c *Cleaner) write(r rune) {
	switch {
	case r == 0x2028 || r == 0x2029: // line and paragraph separator, lines to some readers
		c.out = append(c.out, ' ')
	case r&0xfffe == 0xfffe || unicode.Is(invisible, r):
	default:
		c.out = utf8.AppendRune(c.out, r)
	}
}

// Clean is the text in some bytes.
func Clean(data []byte) string {
	var text strings.Builder
	cleaner := NewCleaner(&text)
	_, _ = cleaner.Write(data) // a Builder does not fail
	_ = cleaner.Close()
	return text.String()
}

// OneLine is the text in some bytes as a single line: each tab and end of a line becomes a space.
func OneLine(data []byte) string {
	spaces := func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}
	return strings.Trim(strings.Map(spaces, Clean(data)), " ")
}

// Head is the beginning of a text, at most limit bytes of whole characters.
func Head(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := max(limit, 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// End is the end of a text, at most limit bytes of whole characters.
func End(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	begin := len(text) - max(limit, 0)
	for begin < len(text) && !utf8.RuneStart(text[begin]) {
		begin++
	}
	return text[begin:]
}
