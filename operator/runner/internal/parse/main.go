package parse

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	maxMemory    = 512 << 20
	maxProcessor = 30
	maxRequest   = 16 << 20 // two user databases in base64
	maxFiles     = 4
)

// memoryLimit is a variable for the race detector's sake, whose own memory counts.
var memoryLimit uint64 = maxMemory

// Main is the child: `runner parse NAME FILES`. It returns the exit code: 0 with an answer on stdout, else 125 with the reason
// on stderr.
func Main(args []string) int {
	if err := serve(args); err != nil {
		fmt.Fprintf(os.Stderr, "assay-parse: %v\n", err)
		return 125
	}
	return 0
}

func serve(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: parse NAME FILES")
	}
	count, err := strconv.Atoi(args[1])
	if err != nil || count < 0 || count > maxFiles {
		return fmt.Errorf("not a number of files: %q", args[1])
	}
	runtime.GOMAXPROCS(1)
	if memoryLimit > 0 {
		debug.SetMemoryLimit(int64(memoryLimit / 2))
	}
	files, err := inherited(count)
	if err != nil {
		return err
	}
	to := limits{memory: memoryLimit, processor: maxProcessor}
	if args[0] == "collect" {
		to = limits{memory: memoryLimit, files: true} // it works as long as there is output
	}
	if err := confine(to); err != nil {
		return err
	}
	requests := bufio.NewReader(io.LimitReader(os.Stdin, maxRequest))
	line, err := requests.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("no request: %w", err)
	}
	answer, err := dispatch(args[0], line, requests, files)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(answer)
}

func dispatch(name string, line []byte, control io.Reader, files []*os.File) (any, error) {
	switch name {
	case "results":
		var request resultsRequest
		if err := json.Unmarshal(line, &request); err != nil {
			return nil, err
		}
		return readResults(request, files)
	case "user":
		var request userRequest
		if err := json.Unmarshal(line, &request); err != nil {
			return nil, err
		}
		return lookupUser(request), nil
	case "collect":
		var request collectRequest
		if err := json.Unmarshal(line, &request); err != nil {
			return nil, err
		}
		return collect(request, control, files)
	}
	return nil, fmt.Errorf("no parser is called %q", name)
}

// inherited are the descriptors 3 and on. Those to read from are made ready for deadlines here: later nothing can be
// opened any more, the poller's own descriptor included. Those to write to are shared with others, and stay as they are.
func inherited(count int) ([]*os.File, error) {
	files := make([]*os.File, 0, count)
	for fd := 3; fd < 3+count; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err == nil && flags&unix.O_ACCMODE == unix.O_RDONLY {
			err = unix.SetNonblock(fd, true)
		}
		if err != nil {
			return nil, fmt.Errorf("descriptor %d: %w", fd, err)
		}
		files = append(files, os.NewFile(uintptr(fd), fmt.Sprintf("descriptor %d", fd)))
	}
	return files, nil
}
