package identity

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/failure"
	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/paths"
	"assay.dev/runner/internal/users"
)

// Command is how a process of ours starts a command as a user: it runs Main.
func Command(user users.User, pidsMax uint64, directory string, command []string) []string {
	groups := make([]string, 0, len(user.Groups))
	for _, group := range user.Groups {
		groups = append(groups, strconv.FormatUint(uint64(group), 10))
	}
	words := []string{
		paths.Runner(), "become",
		"--uid", strconv.FormatUint(uint64(user.UID), 10),
		"--gid", strconv.FormatUint(uint64(user.GID), 10),
		"--groups", strings.Join(groups, ","),
		"--pids", strconv.FormatUint(pidsMax, 10),
		"--directory", directory, "--",
	}
	return append(words, command...)
}

// ExecMain is `runner exec -- COMMAND`: it becomes the command as the user that it is already, looked for on PATH.
func ExecMain(args []string) int {
	unix.CloseOnExec(failure.Descriptor)
	if len(args) < 2 || args[0] != "--" {
		fmt.Fprintln(os.Stderr, "assay-exec: usage: exec -- COMMAND [ARGUMENT...]")
		return failure.Code
	}
	code, err := Exec(args[1:], environ.All())
	fmt.Fprintf(os.Stderr, "assay-exec: %v\n", err)
	return code
}

// Main is `runner become`: it becomes the command as the user, in the environment that it was given, ours in it. If it
// cannot, for a reason of ours, it says so on failure.Descriptor, which the command never sees.
func Main(args []string) int {
	unix.CloseOnExec(failure.Descriptor)
	code, err := become(args)
	if code == failure.Code {
		_, _ = fmt.Fprint(os.NewFile(failure.Descriptor, "failure"), err)
	} else {
		fmt.Fprintf(os.Stderr, "assay-become: %v\n", err)
	}
	return code
}

func become(args []string) (int, error) {
	set := flags.New("become")
	uid, gid := set.Uint("uid", 0, ""), set.Uint("gid", 0, "")
	list := set.String("groups", "", "")
	pidsMax := set.Uint64("pids", 0, "")
	directory := set.String("directory", "", "")
	if err := set.Parse(args); err != nil {
		return failure.Code, err
	}
	if set.NArg() == 0 {
		return failure.Code, errors.New("there is no command")
	}
	groups, err := parseGroups(*list)
	if err != nil {
		return failure.Code, err
	}
	if *directory != "" {
		if err := os.Chdir(*directory); err != nil {
			return failure.Code, err
		}
	}
	variables := environ.All()
	if err := Assume(users.User{UID: uint32(*uid), GID: uint32(*gid), Groups: groups}, *pidsMax); err != nil {
		return failure.Code, err
	}
	return Exec(set.Args(), variables)
}

func parseGroups(list string) ([]uint32, error) {
	var groups []uint32
	for _, text := range strings.Split(list, ",") {
		if text == "" {
			continue
		}
		group, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("not a group: %q", text)
		}
		groups = append(groups, uint32(group))
	}
	return groups, nil
}
