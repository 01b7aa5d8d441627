package function

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/output"
	"assay.dev/runner/internal/process"
)

// Descriptors that a stage inherits.
const (
	verdictDescriptor = 3 // where it says how it went
	planDescriptor    = 4 // what it is to do
)

const (
	// maxFailure bounds what a stage says of its failure, maxVerdict all that it says, in bytes.
	maxFailure = 2000
	maxVerdict = 16 << 10
)

// verdict is what a stage says of the function's end. Only that counts: a stage that ended in any other way, by a fault
// of ours or for want of memory, has an exit code as well.
type verdict struct {
	Code    int    `json:"code"`
	Failure string `json:"failure,omitempty"` // what failed on our side
}

func tell(to io.Writer, end process.End, failed error) error {
	said := verdict{Code: end.Code}
	if failed != nil {
		said = verdict{Failure: output.Head(output.OneLine([]byte(failed.Error())), maxFailure)}
	}
	return json.NewEncoder(to).Encode(said)
}

// hear returns the function's exit code by what its stage, which has ended, said.
func (f *function) hear(from io.Reader, isTimeout bool, ended *os.ProcessState) (int, error) {
	var said verdict
	err := json.NewDecoder(io.LimitReader(from, maxVerdict)).Decode(&said)
	switch {
	case said.Failure != "":
		return 0, errors.New(said.Failure)
	case isTimeout:
		return process.Killed, nil
	case err == nil:
		return said.Code, nil
	case f.oom.Kills() > 0: // the kernel chose the stage; the function used the memory
		return process.Killed, nil
	}
	return 0, fmt.Errorf("the first process of the function's namespaces did not say how the function ended: %s", ended)
}

// inMemory is an open file that nothing else has a name for.
func inMemory(name string, parts ...[]byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	file := os.NewFile(uintptr(fd), name)
	for _, part := range parts {
		if _, err := file.Write(part); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
