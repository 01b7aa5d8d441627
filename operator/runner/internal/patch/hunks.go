package patch

import (
	"bytes"
	"crypto/sha1" // as git names contents
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// change makes the new content of a file from its old one.
func change(file *gitdiff.File, old []byte) ([]byte, error) {
	switch {
	case file.IsBinary && file.BinaryFragment == nil:
		return nil, errors.New("a binary file without its content: make the patch with git diff --binary")
	case file.IsBinary:
		return binary(file, old)
	}
	return hunks(file.TextFragments, old)
}

func binary(file *gitdiff.File, old []byte) ([]byte, error) {
	if !names(file.OldOIDPrefix, old) {
		return nil, errors.New("the binary file is not the one that the patch was made from")
	}
	var out bytes.Buffer
	if err := gitdiff.Apply(&out, bytes.NewReader(old), file, gitdiff.WithMaxBinaryFragmentBytes(maxFile)); err != nil {
		return nil, err
	}
	if !names(file.NewOIDPrefix, out.Bytes()) {
		return nil, errors.New("the binary file does not become what the patch says")
	}
	return out.Bytes(), nil
}

// names says whether an object id of git, or its beginning, is that of a content. Zeros mean no file.
func names(id string, content []byte) bool {
	if strings.Trim(id, "0") == "" {
		return len(content) == 0
	}
	sum := hash.Hash(sha1.New())
	if len(id) == 2*sha256.Size {
		sum = sha256.New()
	}
	_, _ = fmt.Fprintf(sum, "blob %d\x00", len(content))
	_, _ = sum.Write(content)
	return strings.HasPrefix(hex.EncodeToString(sum.Sum(nil)), strings.ToLower(id))
}

// hunks changes a text hunk by hunk.
func hunks(fragments []*gitdiff.TextFragment, old []byte) ([]byte, error) {
	lines := strings.SplitAfter(string(old), "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	}
	from := 0 // what the hunks before have changed is not looked at again
	for i, fragment := range fragments {
		if err := fragment.Validate(); err != nil {
			return nil, fmt.Errorf("hunk %d is broken: %w", i+1, err)
		}
		before, after := sides(fragment)
		at, err := locate(fragment, lines, before, from)
		if err != nil {
			return nil, fmt.Errorf("hunk %d of %d (line %d) does not apply: %w",
				i+1, len(fragments), fragment.OldPosition, err)
		}
		rest := lines[at+len(before):]
		changed := make([]string, 0, at+len(after)+len(rest))
		lines = append(append(append(changed, lines[:at]...), after...), rest...)
		from = at + len(after)
	}
	for _, line := range lines[:max(0, len(lines)-1)] {
		if !strings.HasSuffix(line, "\n") {
			return nil, errors.New("a line without its end is not the last one")
		}
	}
	return []byte(strings.Join(lines, "")), nil
}

func sides(fragment *gitdiff.TextFragment) (before, after []string) {
	for _, line := range fragment.Lines {
		if line.Old() {
			before = append(before, line.Line)
		}
		if line.New() {
			after = append(after, line.Line)
		}
	}
	return before, after
}

// locate finds where a hunk's old lines are, as git apply does without options.
func locate(fragment *gitdiff.TextFragment, lines, before []string, from int) (int, error) {
	expected := int(min(max(fragment.NewPosition-1, 0), int64(len(lines))))
	if fragment.NewLines == 0 {
		expected = int(min(max(fragment.NewPosition, 0), int64(len(lines)))) // the line before, by the format
	}
	last := len(lines) - len(before)
	fits := func(at int) bool { return at >= from && at <= last && matches(lines[at:], before) }
	context := fragment.LeadingContext+fragment.TrailingContext > 0
	switch {
	case !context:
		if fits(expected) {
			return expected, nil
		}
		return 0, errors.New("it has no context, and its line is another")
	case fragment.OldPosition <= 1:
		if fits(0) && (fragment.TrailingContext > 0 || last == 0) {
			return 0, nil
		}
		return 0, errors.New("the file does not begin like this")
	case fragment.TrailingContext == 0:
		if fits(last) {
			return last, nil
		}
		return 0, errors.New("the file does not end like this")
	}
	for distance := 0; distance <= max(expected, last); distance++ {
		for _, at := range []int{expected - distance, expected + distance} {
			if fits(at) {
				return at, nil
			}
		}
	}
	return 0, errors.New("its lines are not in the file")
}

func matches(lines, wanted []string) bool {
	for i, line := range wanted {
		if lines[i] != line {
			return false
		}
	}
	return true
}
