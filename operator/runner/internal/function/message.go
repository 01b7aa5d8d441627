package function

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"assay.dev/runner/internal/output"
	"assay.dev/runner/internal/parse"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/report"
	"assay.dev/runner/internal/within"
)

// message is the termination message, the only source of a score:
//
//	assay/2 exit=<code> timeout=<0|1> seconds=<decimal> [oom=<count>] disk=<percent> [score=<decimal>]
//	        [junit=missing|invalid|too-large|empty]          (one line)
//	<last non-empty line of stdout, at most 256 bytes>
//	<what result.json says, as one line of JSON>
//	<the tests of the report, ends of stdout and stderr, as far as there is room>
//
// Of a function that hides its output the last line is its score, as a number, or empty; what follows is empty.
func (f *function) message(ended outcome) (string, error) {
	header := fmt.Sprintf("%s%s disk=%d", ended.Header(), f.oom.Field(), f.disk)
	found, err := f.read(ended.Code)
	if err != nil {
		return "", err
	}
	if f.hidesOutput {
		hidden := output.Message{Header: header + found.fields, LastLine: scoreIn(ended.output[0].LastLine)}
		return hidden.Encode(f.messageBytes), nil
	}
	made := output.Message{
		Header: header + found.fields, LastLine: ended.output[0].LastLine, Result: found.result, Tests: found.tests,
		Stdout: []byte(ended.output[0].End), Stderr: []byte(ended.output[1].End),
	}
	return made.Encode(f.messageBytes), nil
}

var scoreLine = regexp.MustCompile(`^(?:score\s*=\s*)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$`)

// scoreIn is the number that a last line has (operator/assay/reconcile/scenariorun/function_score.py), to six digits:
// digits could carry more than a score. Empty if it is none.
func scoreIn(line string) string {
	match := scoreLine.FindStringSubmatch(strings.TrimSpace(line))
	if match == nil {
		return ""
	}
	value, err := strconv.ParseFloat(match[1], 64)
	if err != nil {
		return ""
	}
	return strconv.FormatFloat(value, 'g', 6, 64)
}

// reading is what the function left in its results.
type reading struct{ fields, result, tests string }

// read has what was left parsed in a child without privileges.
func (f *function) read(code int) (reading, error) {
	var found reading
	root, err := within.Open(paths.Results())
	if err != nil {
		return found, err
	}
	defer func() { _ = root.Close() }()
	wanted := parse.Results{ExitCode: code, MaxResult: int64(min(f.messageBytes/3, parse.MaxResultBytes))}
	if f.junit != "" {
		if wanted.Selection, err = f.selection(); err != nil {
			return found, err
		}
		if wanted.Report, err = root.OpenPlain(f.junit); err != nil {
			found.fields += " junit=missing"
		}
	}
	if wanted.Result, err = root.OpenPlain("result.json"); err != nil {
		wanted.Result = nil
	}
	answer, err := parse.ReadResults(context.Background(), wanted)
	if err != nil {
		return found, err
	}
	if verdict := answer.Verdict; verdict != nil {
		found.tests = verdict.Line
		if verdict.Problem != "" {
			found.fields += " junit=" + string(verdict.Problem)
		} else {
			found.fields += fmt.Sprintf(" score=%.6f", verdict.Score)
		}
	}
	if answer.Result != nil {
		found.result, err = encode(*answer.Result)
	}
	return found, err
}

// encode writes a result as the file had it, as far as it can be used, on one line: {"scores": {name: number}, "comment":
// text, "problem": what was left out}.
func encode(result output.Result) (string, error) {
	object := map[string]any{}
	if len(result.Scores) > 0 {
		scores := map[string]float64{}
		for _, one := range result.Scores {
			scores[one.Name] = one.Value
		}
		object["scores"] = scores
	}
	if result.Comment != "" {
		object["comment"] = result.Comment
	}
	if result.Problem != "" {
		object["problem"] = result.Problem
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(object)
	return strings.TrimSpace(line.String()), err
}

// selection are the tests that the score is by.
func (f *function) selection() (report.Selection, error) {
	chosen := report.Selection{AllOrNothing: f.isAllOrNothing}
	for name, to := range map[string]*[]string{"fail-to-pass": &chosen.FailToPass, "pass-to-pass": &chosen.PassToPass} {
		text, err := os.ReadFile(filepath.Join(paths.Expect(), name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return chosen, err
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				*to = append(*to, line)
			}
		}
	}
	return chosen, nil
}
