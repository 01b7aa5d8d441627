package report

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	errNeverEnds = errors.New("a comment, CDATA section or instruction never ends")
	errDoctype   = errors.New("it has a DOCTYPE: entities of its own are refused")

	declaration = regexp.MustCompile(`^\s*<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"']*)["']`)
	reference   = regexp.MustCompile(`&#(x[0-9a-fA-F]+|[0-9]+);`)
)

// section is markup whose content is no business of ours.
type section struct{ begin, end, instead string }

// sections in the order in which they are tried. CDATA leaves a character, because outside of the root it is an error.
var sections = []section{{"<!--", "-->", ""}, {"<![CDATA[", "]]>", "_"}, {"<?", "?>", ""}}

// plain rewrites a report so that encoding/xml, which is strict about characters, reads what test runners really write:
// output of programs with bytes that are no UTF-8 ("?" takes their place) and control characters, raw or as references
// such as &#27; (they go). Comments, CDATA and instructions are taken out, for they hold no verdict. Everything else is
// left to encoding/xml to refuse.
func plain(data []byte) (string, error) {
	rest, err := decode(data)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.Grow(len(rest))
next:
	for rest != "" {
		for _, section := range sections {
			if content, is := strings.CutPrefix(rest, section.begin); is {
				_, after, ended := strings.Cut(content, section.end)
				if !ended {
					return "", errNeverEnds
				}
				out.WriteString(section.instead)
				rest = after
				continue next
			}
		}
		switch {
		case strings.HasPrefix(rest, "<!"):
			return "", errDoctype
		case rest[0] == '<':
			rest = tag(&out, rest)
		default:
			end := strings.IndexByte(rest, '<')
			if end < 0 {
				end = len(rest)
			}
			out.WriteString(legal(rest[:end], ""))
			rest = rest[end:]
		}
	}
	return out.String(), nil
}

// tag copies a tag up to its ">", outside of quotes, and returns what follows. Illegal characters outside of quotes stay
// errors.
func tag(out *strings.Builder, text string) string {
	begin, quote := 0, byte(0)
	for i := range len(text) {
		switch c := text[i]; {
		case quote == 0 && (c == '"' || c == '\''):
			out.WriteString(legal(text[begin:i], "?"))
			begin, quote = i, c
		case quote != 0 && c == quote:
			out.WriteString(legal(text[begin:i], ""))
			begin, quote = i, 0
		case quote == 0 && c == '>':
			out.WriteString(legal(text[begin:i+1], "?"))
			return text[i+1:]
		}
	}
	out.WriteString(legal(text[begin:], "?"))
	return ""
}

// legal replaces what XML 1.0 forbids: control characters by control, what is no character by "?".
func legal(text, control string) string {
	if strings.Contains(text, "&#") {
		text = reference.ReplaceAllStringFunc(text, func(whole string) string {
			digits, base := whole[2:len(whole)-1], 10
			if digits[0] == 'x' {
				digits, base = digits[1:], 16
			}
			code, err := strconv.ParseUint(digits, base, 32)
			switch {
			case err != nil || code > utf8.MaxRune || !utf8.ValidRune(rune(code)) || code&0xfffe == 0xfffe:
				return "?"
			case isControl(rune(code)):
				return control
			}
			return whole
		})
	}
	if strings.IndexFunc(text, func(r rune) bool { return isControl(r) || r == utf8.RuneError || r&0xfffe == 0xfffe }) < 0 {
		return text
	}
	var out strings.Builder
	for i, size := 0, 0; i < len(text); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError || r&0xfffe == 0xfffe:
			out.WriteByte('?')
		case isControl(r):
			out.WriteString(control)
		default:
			out.WriteString(text[i : i+size])
		}
	}
	return out.String()
}

func isControl(r rune) bool { return r < 0x20 && r != '\t' && r != '\n' && r != '\r' }

// decode makes UTF-8 of the encodings that test runners write.
func decode(data []byte) (string, error) {
	if bytes.HasPrefix(data, []byte("\xfe\xff")) || bytes.HasPrefix(data, []byte("\xff\xfe")) {
		return "", errors.New("its encoding is UTF-16: have it written in UTF-8")
	}
	text := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	match := declaration.FindStringSubmatch(text[:min(len(text), 1024)])
	if match == nil {
		return text, nil
	}
	switch strings.ToLower(match[1]) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return text, nil
	case "iso-8859-1", "latin1", "latin-1", "windows-1252":
		runes := make([]rune, len(text))
		for i := range len(text) {
			runes[i] = rune(text[i])
		}
		return string(runes), nil
	}
	return "", fmt.Errorf("its encoding is %.40q: have it written in UTF-8", match[1])
}
