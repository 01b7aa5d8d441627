package tools

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"assay.dev/runner/internal/environ"
	"assay.dev/runner/internal/flags"
	"assay.dev/runner/internal/paths"
)

const (
	maxMatches   = 5
	maxLine      = 300
	maxLanguages = 40
	errorNode    = "Pattern contains an ERROR node"
)

var extension = regexp.MustCompile(`^[A-Za-z]{1,8}$`)

// AstGrep is `runner ast-grep [--language LANGUAGE] PATTERN DIRECTORY`, the AstGrep scoring function: prints 1.0 if
// ast-grep finds the pattern in the directory (relative to the agent's working directory), else 0.0; the first five
// matches on stderr. Without a language it is that of each file. No score, and exit code 125, where the question makes
// no sense.
func AstGrep(args []string) int {
	set := flags.New("ast-grep")
	language := set.String("language", "", "")
	if err := set.Parse(args); err != nil {
		return fail("ast-grep", err)
	}
	if set.NArg() != 2 {
		return fail("ast-grep", errors.New("usage: ast-grep [--language LANGUAGE] PATTERN DIRECTORY"))
	}
	variables := environ.All()
	directory, err := directoryOf(environ.Get(variables, "ASSAY_DEVBOX"), environ.Get(variables, "ASSAY_DEVBOX_WORKDIR"), set.Arg(1))
	if err != nil {
		return fail("ast-grep", err)
	}
	found, err := score(set.Arg(0), directory, *language)
	if err != nil {
		return fail("ast-grep", err)
	}
	if found {
		fmt.Println("1.0")
	} else {
		fmt.Println("0.0")
	}
	return 0
}

// directoryOf is the directory without links. A link of the agent's would lead into the function's own root.
func directoryOf(devbox, workingDirectory, path string) (string, error) {
	directory := filepath.Join(workingDirectory, path)
	if stat, err := os.Stat(directory); err != nil || !stat.IsDir() {
		return "", fmt.Errorf("there is no directory %s in the working directory %s", path, strings.TrimPrefix(workingDirectory, "/devbox"))
	}
	resolved, err := filepath.EvalSymlinks(directory)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(resolved+"/", strings.TrimSuffix(devbox, "/")+"/") {
		return "", fmt.Errorf("the directory %s is a symlink out of the agent's tree", path)
	}
	return resolved, nil
}

// score reports whether the pattern is found. Nothing found is only an answer if the pattern means something in a
// language that is there.
func score(pattern, directory, language string) (bool, error) {
	if language != "" && !parses(pattern, language) {
		return false, fmt.Errorf("ast-grep cannot parse the pattern as %s, or does not know the language: %s", language, pattern)
	}
	matches, err := search(pattern, language, directory)
	if err != nil {
		return false, err
	}
	if matches > 0 || language != "" {
		return matches > 0, nil
	}
	var known []string
	for _, name := range languages(directory) {
		if parses(pattern, name) {
			return false, nil
		}
		if parses("x", name) {
			known = append(known, name)
		}
	}
	if known != nil {
		return false, fmt.Errorf("ast-grep cannot parse the pattern in any language of the directory (files: %s): %s",
			strings.Join(known, " "), pattern)
	}
	fmt.Fprintln(os.Stderr, "no file in a language that ast-grep knows")
	return false, nil
}

// command never reads a configuration that lies about, which may name libraries to load, nor a variable.
func command(pattern, language string, where ...string) *exec.Cmd {
	args := []string{"run", "--config", filepath.Join(paths.Tools(), "sgconfig.yml"), "--color", "never", "--heading", "never", "--pattern", pattern}
	if language != "" {
		args = append(args, "--lang", language)
	}
	made := exec.Command(filepath.Join(paths.Tools(), "ast-grep"), append(args, where...)...)
	made.Env, made.Dir = []string{}, "/"
	return made
}

// parses reports whether the pattern is one in the language; languages go by the extensions of files as well.
func parses(pattern, language string) bool {
	output, err := command(pattern, language, "--stdin").CombinedOutput()
	var failed *exec.ExitError
	if err != nil && (!errors.As(err, &failed) || failed.ExitCode() >= 2) {
		return false
	}
	return !bytes.Contains(output, []byte(errorNode))
}

// search shows the first matches on stderr, and counts those.
func search(pattern, language, directory string) (int, error) {
	run := command(pattern, language, directory)
	run.Stderr = os.Stderr
	output, err := run.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := run.Start(); err != nil {
		return 0, err
	}
	matches, reader := 0, bufio.NewReader(output)
	for matches < maxMatches {
		line, err := reader.ReadString('\n')
		if line != "" {
			matches++
			line = strings.TrimSuffix(line, "\n")
			fmt.Fprintln(os.Stderr, line[:min(len(line), maxLine)])
		}
		if err != nil {
			break
		}
	}
	_, _ = io.Copy(io.Discard, reader)
	var failed *exec.ExitError
	if err := run.Wait(); err != nil && (!errors.As(err, &failed) || failed.ExitCode() != 1) {
		return 0, fmt.Errorf("ast-grep failed, see the lines above: %w", err)
	}
	return matches, nil
}

// languages are the extensions of the directory's files, as far as they look like words.
func languages(directory string) []string {
	seen := map[string]bool{}
	_ = filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read holds no language
		}
		if name := strings.TrimPrefix(filepath.Ext(path), "."); entry.Type().IsRegular() && extension.MatchString(name) {
			seen[name] = true
		}
		return nil
	})
	var found []string
	for name := range seen {
		found = append(found, name)
	}
	slices.Sort(found)
	return found[:min(len(found), maxLanguages)]
}
