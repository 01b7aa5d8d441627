// Package patch applies unified and git patches to a directory, wholly or not at all.
//
// What it takes, and what it refuses, is the same whether an image has git, patch or neither:
//
//   - Paths lose their first directory (patch -p1, a/ and b/), except those of "rename from" and the like. They stay
//     inside the directory: no "..", no absolute path, none beyond a symbolic link, none in .git.
//   - Git's extensions: new, deleted, renamed and copied files, modes 644 and 755, symbolic links, binary files, literal
//     or delta. A submodule, a combined diff, and a binary file without its content are refused.
//   - A hunk is looked for at its line, then at growing distance before and behind it, after the hunk before it. All its
//     lines must be there: there is no fuzz. One that begins at line 1 matches only the file's beginning, one that has
//     no context at its end only the file's end, and one without any context only its very line.
//   - A file that exists keeps owner and mode, as far as the patch says nothing about the mode.
package patch

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

const (
	// MaxBytes is how large a patch may be.
	MaxBytes = 64 << 20
	// maxFile bounds a file before and after.
	maxFile = 256 << 20
)

// Apply applies a patch to a directory. On an error the directory is as it was; the error names the path, the hunk, and
// what does not fit, a line for each path. If putting back failed too, it says where the original files are.
func Apply(directory string, patch []byte) error {
	if len(patch) > MaxBytes {
		return fmt.Errorf("the patch is larger than %d MiB", MaxBytes>>20)
	}
	text, err := normalize(patch)
	if err != nil {
		return err
	}
	files, _, err := gitdiff.Parse(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("the patch is broken: %w", err)
	}
	if len(files) == 0 {
		return errors.New("the patch changes no file")
	}
	root, err := os.OpenRoot(directory)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	plan := newPlan(root)
	if err := plan.add(files); err != nil {
		return err
	}
	return plan.commit()
}
