// Package parse reads what agents and images wrote in a child process that may do nothing else.
//
// The runner has the pod's privileges; bytes of an agent's never go through a parser in it. It opens files (package
// within) and hands their descriptors to `runner parse`, a child with user 65534, no group, no capability, no new
// privileges, an empty environment, namespaces of its own for processes, IPC and network where the pod may make them,
// and limits on memory, processor time, file sizes, and open files: after it has begun it can open none, nor a socket.
// A request comes as JSON on its stdin, the answer goes as JSON to its stdout, bounded. It dies with the runner.
package parse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"assay.dev/runner/internal/output"
	"assay.dev/runner/internal/report"
	"assay.dev/runner/internal/users"
	"assay.dev/runner/internal/within"
)

// MaxResultBytes is how large result.json may be, unless the caller has less room.
const MaxResultBytes = 1500

// timeout ends a child that was asked for one answer. Its processor time is bounded too.
const timeout = 60 * time.Second

// TooLarge is the Problem of a file that has more bytes than may be read.
const TooLarge report.Problem = "too-large"

// Results says what to read of a function's results. A file that is nil is not read.
type Results struct {
	Report    *os.File
	Selection report.Selection
	ExitCode  int // of the function
	Result    *os.File
	MaxResult int64 // bytes of Result
}

// ResultsAnswer has what was asked for.
type ResultsAnswer struct {
	Verdict *report.Verdict `json:"verdict,omitempty"`
	Result  *output.Result  `json:"result,omitempty"` // with Problem, if it is too large
}

type resultsRequest struct {
	Report, Result bool
	Selection      report.Selection
	ExitCode       int
	MaxResult      int64
}

// ReadResults reads a test report and result.json. An error is a failure of ours, never the function's.
func ReadResults(ctx context.Context, results Results) (ResultsAnswer, error) {
	var files []*os.File
	for _, file := range []*os.File{results.Report, results.Result} {
		if file != nil {
			files = append(files, file)
		}
	}
	var answer ResultsAnswer
	if len(files) == 0 {
		return answer, nil
	}
	request := resultsRequest{
		results.Report != nil, results.Result != nil, results.Selection, results.ExitCode, results.MaxResult,
	}
	err := ask(ctx, "results", request, files, &answer)
	return answer, err
}

func readResults(request resultsRequest, files []*os.File) (ResultsAnswer, error) {
	var answer ResultsAnswer
	next := func(limit int64) ([]byte, error) {
		if len(files) == 0 {
			return nil, errors.New("a file is missing")
		}
		file := files[0]
		files = files[1:]
		return within.ReadAll(file, limit)
	}
	if request.Report {
		data, err := next(report.MaxBytes)
		if err != nil && !errors.Is(err, within.ErrTooLarge) {
			return answer, err
		}
		verdict := report.Verdict{Problem: TooLarge, Line: "tests: the report is too large"}
		if err == nil {
			verdict = report.Judge(data, request.Selection, request.ExitCode)
		}
		answer.Verdict = &verdict
	}
	if request.Result {
		data, err := next(request.MaxResult)
		if err != nil && !errors.Is(err, within.ErrTooLarge) {
			return answer, err
		}
		result := output.Result{Problem: fmt.Sprintf("result.json is too large (%d bytes at most): it was left out", request.MaxResult)}
		if err == nil {
			result = output.ParseResult(data)
		}
		answer.Result = &result
	}
	return answer, nil
}

// LookupHere finds user[:group] in the root that this process is in, and checks that the pod can have them.
func LookupHere(user string) (users.User, error) {
	root, err := within.Open("/")
	if err != nil {
		return users.User{}, err
	}
	defer func() { _ = root.Close() }()
	found, err := LookupUser(context.Background(), root, user)
	if err != nil {
		return found, err
	}
	return found, found.CheckHere()
}

type userRequest struct {
	Passwd, Group               []byte
	PasswdProblem, GroupProblem string
	User                        string
}

type userAnswer struct {
	User  users.User
	Error string // about the name that was asked for
}

// LookupUser finds user[:group] in the databases of a root file system, as users.Databases.Lookup does.
func LookupUser(ctx context.Context, root *within.Root, user string) (users.User, error) {
	found := users.Read(root)
	request := userRequest{[]byte(found.Passwd), []byte(found.Group), found.PasswdProblem, found.GroupProblem, user}
	var answer userAnswer
	if err := ask(ctx, "user", request, nil, &answer); err != nil {
		return users.User{}, err
	}
	if answer.Error != "" {
		return users.User{}, fmt.Errorf("%s", output.OneLine([]byte(answer.Error)))
	}
	return answer.User, nil
}

func lookupUser(request userRequest) userAnswer {
	databases := users.Databases{
		Passwd: string(request.Passwd), Group: string(request.Group),
		PasswdProblem: request.PasswdProblem, GroupProblem: request.GroupProblem,
	}
	user, err := databases.Lookup(request.User)
	if err != nil {
		return userAnswer{Error: err.Error()}
	}
	return userAnswer{User: user}
}

// ask runs a child for one answer.
func ask(ctx context.Context, name string, request any, files []*os.File, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	asked, err := start(ctx, name, files)
	if err != nil {
		return err
	}
	_, err = asked.stdin.Write(append(text, '\n'))
	_ = asked.stdin.Close()
	return errors.Join(asked.wait(answer), err)
}
