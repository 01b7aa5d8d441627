package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	// ErrNoScore says that a line is neither a number nor score=<number>.
	ErrNoScore = errors.New("no score")
	// ErrScoreOutOfRange says that the number is not between 0.0 and 1.0.
	ErrScoreOutOfRange = errors.New("the score is not between 0.0 and 1.0")

	scoreLine = regexp.MustCompile(`^(?:score\s*=\s*)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$`)
)

// Score is the score on a function's last line: a decimal number, or score=<number>.
func Score(line string) (float64, error) {
	match := scoreLine.FindStringSubmatch(strings.TrimSpace(line))
	if match == nil {
		return 0, ErrNoScore
	}
	value, err := strconv.ParseFloat(match[1], 64)
	if err != nil || value < 0 || value > 1 {
		return 0, ErrScoreOutOfRange
	}
	return math.Abs(value), nil // -0 is 0
}

const (
	maxSubscores    = 32
	maxNameRunes    = 63
	maxCommentRunes = 1024
	maxDepth        = 32
)

// Subscore is a number that a function reports beside its score.
type Subscore struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// Result is what result.json says, as far as it can be used.
type Result struct {
	Scores  []Subscore `json:"scores,omitempty"` // in the order of the file, at most 32
	Comment string     `json:"comment,omitempty"`
	// Problem says what of the file was left out, and why. It does not affect the score.
	Problem string `json:"problem,omitempty"`
}

// ParseResult reads {"scores": {name: number, …}, "comment": text}; other members are allowed. Names and comment are
// cleaned after JSON's own escapes are resolved, so that these hide no control character.
func ParseResult(data []byte) Result {
	if err := shallow(data); err != nil {
		return Result{Problem: "result.json is not JSON: " + OneLine([]byte(err.Error()))}
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) != nil || object == nil {
		return Result{Problem: "result.json is not an object with scores and comment"}
	}
	var found Result
	var comment string
	if json.Unmarshal(object["comment"], &comment) == nil {
		found.Comment = shorten(Clean([]byte(comment)), maxCommentRunes)
	}
	if scores := object["scores"]; !falsy(scores) && !found.takeScores(scores) {
		found.Problem = "result.json: scores is an object of at most 32 numbers, names of 63 characters: " +
			"the rest is left out"
	}
	return found
}

// shallow checks that data is one JSON value, of bounded depth: what decodes it recurses.
func shallow(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		if mark, is := token.(json.Delim); is {
			if mark == '{' || mark == '[' {
				depth++
			} else {
				depth--
			}
		}
		if depth > maxDepth {
			return fmt.Errorf("nested more than %d deep", maxDepth)
		}
		if depth == 0 {
			break
		}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the first value")
	}
	return nil
}

// falsy is what means "no scores": absent, null, false, 0, "", [] or {}.
func falsy(data json.RawMessage) bool {
	switch string(bytes.Join(bytes.Fields(data), nil)) {
	case "", "null", "false", "0", `""`, "[]", "{}":
		return true
	}
	return false
}

// takeScores keeps what fits; false if something did not. A name that comes twice has its last value.
func (r *Result) takeScores(data json.RawMessage) bool {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return false
	}
	all, at := true, map[string]int{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return false
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return false
		}
		name, _ := key.(string)
		name = OneLine([]byte(name))
		value, err := strconv.ParseFloat(string(raw), 64) // refuses true, null, strings, and what is too large
		fits := err == nil && name != "" && utf8.RuneCountInString(name) <= maxNameRunes
		index, twice := at[name]
		switch {
		case fits && twice:
			r.Scores[index].Value = value
		case fits && len(r.Scores) < maxSubscores:
			at[name] = len(r.Scores)
			r.Scores = append(r.Scores, Subscore{name, value})
		default:
			all = false
		}
	}
	return all
}

// shorten cuts a text to a number of characters, the last of them "…" if it was cut.
func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}
