// Package failure reports what failed on our side, so that the operator can tell it from whatever an agent does.
package failure

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Code is the exit code of our own failures, as container engines have it for theirs.
const Code = 125

// Descriptor is where a program that we start as somebody else says what failed on our side before it became the user's:
// its exit code alone may be the user's as well.
const Descriptor = 9

// MaxMessage is how many bytes of a termination message the kubelet keeps of a single container.
const MaxMessage = 4096

// TerminationLog is the file that the kubelet reads when a container has ended. A variable for tests.
var TerminationLog = "/dev/termination-log"

// Log is a container's termination message.
type Log struct{ file *os.File }

// Open opens the message while it is surely the kubelet's file: what runs later may remove the path, or lie at it.
// Where there is no such file, reports go to stderr only.
func Open() *Log {
	file, err := os.OpenFile(TerminationLog, os.O_WRONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return &Log{}
	}
	return &Log{file}
}

// Report replaces the message.
func (l *Log) Report(text string) error {
	if l.file == nil {
		return nil
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(text), 0)
	return err
}

// Fail reports `assay-<part>: <error>` in the message and on stderr; it returns Code.
func (l *Log) Fail(part string, err error) int {
	line := fmt.Sprintf("assay-%s: %v\n", part, err)
	_, _ = io.WriteString(os.Stderr, line)
	if len(line) >= MaxMessage {
		line = line[:MaxMessage-1]
	}
	_ = l.Report(line) // stderr has it as well
	return Code
}
