package patch

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var hunkHeader = regexp.MustCompile(`^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@`)

// normalize prepares a patch for the parser, which skips what it does not know: what would be skipped although it is a
// change is an error here. Names in headers of plain unified diffs lose their first directory, as git's do. A last line
// without its end gets one: patches in YAML often lack it.
func normalize(patch []byte) ([]byte, error) {
	if len(patch) > 0 && patch[len(patch)-1] != '\n' {
		patch = append(bytes.Clone(patch), '\n')
	}
	lines := bytes.SplitAfter(patch, []byte("\n"))
	lines = lines[:len(lines)-1]
	git := false // between "diff --git" and the first hunk, names are the parser's business
	for i := 0; i < len(lines); i++ {
		line := string(lines[i])
		switch {
		case strings.HasPrefix(line, "diff --git "):
			git = true
		case strings.HasPrefix(line, "@@ -"):
			git = false
			i += body(line, lines[i+1:])
		case strings.HasPrefix(line, "diff --cc "), strings.HasPrefix(line, "diff --combined "), strings.HasPrefix(line, "@@@ -"):
			return nil, errors.New("the patch is a combined diff, of a merge: make it against one parent")
		case git:
		case strings.HasPrefix(line, "Binary files ") && strings.HasSuffix(line, " differ\n"),
			strings.HasPrefix(line, "Only in ") && strings.Contains(line, ": "):
			return nil, fmt.Errorf("the patch lacks a file that it is about (%s): make it with git diff --binary",
				strings.TrimSpace(line))
		case plainHeader(lines[i:]):
			for _, at := range []int{i, i + 1} {
				header, err := strip(string(lines[at]))
				if err != nil {
					return nil, err
				}
				lines[at] = []byte(header)
			}
			i++
		}
	}
	return bytes.Join(lines, nil), nil
}

// body is how many lines after its header belong to a hunk.
func body(header string, rest [][]byte) int {
	match := hunkHeader.FindStringSubmatch(header)
	if match == nil {
		return 0 // the parser will say so
	}
	before, after := lineCount(match[1]), lineCount(match[2])
	for i, line := range rest {
		if before <= 0 && after <= 0 {
			return i
		}
		switch line[0] {
		case '+':
			after--
		case '-':
			before--
		case '\\':
		default:
			before--
			after--
		}
	}
	return len(rest)
}

func lineCount(text string) int {
	if text == "" {
		return 1
	}
	count, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return count
}

func plainHeader(lines [][]byte) bool {
	return len(lines) > 2 && bytes.HasPrefix(lines[0], []byte("--- ")) &&
		bytes.HasPrefix(lines[1], []byte("+++ ")) && bytes.HasPrefix(lines[2], []byte("@@ -"))
}

// strip takes the first directory from the name in a line "--- a/name<tab>time" or "+++ b/name".
func strip(line string) (string, error) {
	mark, name := line[:4], line[4:]
	if name == "/dev/null\n" || strings.HasPrefix(name, "/dev/null\t") {
		return line, nil
	}
	quote := ""
	if strings.HasPrefix(name, `"`) {
		quote, name = `"`, name[1:]
	}
	end := strings.IndexAny(name, "\t\n")
	first, rest, nested := strings.Cut(name[:end], "/")
	if !nested || first == "" {
		return "", fmt.Errorf("the patch names %q: paths are relative and begin with a directory that is left out, such as a/",
			name[:end])
	}
	return mark + quote + strings.TrimLeft(rest, "/") + name[end:], nil
}
