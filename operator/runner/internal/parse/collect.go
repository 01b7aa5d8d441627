package parse

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"assay.dev/runner/internal/output"
)

// drain is how long output is still taken after Stop: what is in the pipe already, from whatever still holds it.
const drain = 200 * time.Millisecond

// Stream is an output to collect.
type Stream struct {
	From *os.File // the reading end of a pipe
	To   *os.File // where it is copied to; nil for nowhere
}

// Kept says how much is kept of each stream, in bytes.
type Kept struct {
	Head, End int  // of the text
	Line      int  // of the last line that is not blank
	Raw       int  // copied to Stream.To when the stream has ended, its last bytes
	Live      bool // all is copied to Stream.To as it comes, instead
}

// Captured is what was kept of a stream: text, as output.Clean has it.
type Captured struct {
	Head     string `json:"head,omitempty"`
	End      string `json:"end,omitempty"`
	LastLine string `json:"lastLine,omitempty"`
	Total    int64  `json:"total"` // bytes that came
	// CopyError says why the copy is not whole. What was kept is.
	CopyError string `json:"copyError,omitempty"`
}

type collectRequest struct {
	Kept Kept
	Copy []bool // of each stream
}

// Collector takes the output of a program while it runs, in a child: endless output fills neither disk nor memory.
type Collector struct{ child *child }

// Collect begins. The streams' files stay the caller's: it closes its reading ends after this, and its writing ends
// when the program has them.
func Collect(ctx context.Context, kept Kept, streams ...Stream) (*Collector, error) {
	request := collectRequest{Kept: kept}
	var files []*os.File
	for _, stream := range streams {
		files = append(files, stream.From)
		request.Copy = append(request.Copy, stream.To != nil)
		if stream.To != nil {
			files = append(files, stream.To)
		}
	}
	if len(files) > maxFiles {
		return nil, errors.New("too many streams")
	}
	text, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	begun, err := start(ctx, "collect", files)
	if err != nil {
		return nil, err
	}
	if _, err := begun.stdin.Write(append(text, '\n')); err != nil {
		_ = begun.stdin.Close()
		return nil, errors.Join(begun.wait(new([]Captured)), err)
	}
	return &Collector{begun}, nil
}

// PID is the child's process.
func (c *Collector) PID() int { return c.child.pid }

// Stop says that the program has ended. Without it, a process that it left behind and that holds a stream open is
// waited for.
func (c *Collector) Stop() { _ = c.child.stdin.Close() }

// Wait returns when all streams have ended, in the order of Collect.
func (c *Collector) Wait() ([]Captured, error) {
	var answer []Captured
	err := c.child.wait(&answer)
	_ = c.child.stdin.Close()
	return answer, err
}

func collect(request collectRequest, control io.Reader, files []*os.File) ([]Captured, error) {
	captured := make([]Captured, len(request.Copy))
	var working sync.WaitGroup
	var sources []*os.File
	for i, copied := range request.Copy {
		if len(files) == 0 || copied && len(files) < 2 {
			return nil, errors.New("a stream is missing")
		}
		from, to := files[0], io.Discard
		files = files[1:]
		if copied {
			to, files = files[0], files[1:]
		}
		sources = append(sources, from)
		working.Go(func() { captured[i] = capture(request.Kept, from, to) })
	}
	go func() {
		_, _ = io.Copy(io.Discard, control) // ends with Stop, or with the runner
		for _, from := range sources {
			_ = from.SetReadDeadline(time.Now().Add(drain)) // a regular file, which has none, ends by itself
		}
	}()
	working.Wait()
	return captured, nil
}

// capture reads a stream to its end.
func capture(kept Kept, from io.Reader, to io.Writer) Captured {
	end, line := output.NewTail(max(kept.End, kept.Raw)), output.NewLastLine(kept.Line)
	head := output.NewBeginning(kept.Head)
	toHead := output.NewCleaner(head)
	var found Captured
	pass := func(data []byte) {
		if found.CopyError == "" {
			if _, err := to.Write(data); err != nil {
				found.CopyError = output.OneLine([]byte(err.Error()))
			}
		}
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		_, _ = toHead.Write(buffer[:n]) // none of the three fails
		_, _ = line.Write(buffer[:n])
		_, _ = end.Write(buffer[:n])
		if kept.Live {
			pass(buffer[:n])
		}
		if err != nil {
			break // the end, the deadline, or a terminal that was closed (EIO)
		}
	}
	last := end.Bytes()
	if !kept.Live {
		pass(last[max(0, len(last)-kept.Raw):])
	}
	found.Head = strings.ToValidUTF8(string(head.Bytes()), "") // its last character may be cut
	found.End = output.End(output.Clean(last[max(0, len(last)-kept.End):]), kept.End)
	found.LastLine, found.Total = line.String(), end.Total()
	return found
}
