package tools

import (
	"fmt"
	"os"

	"assay.dev/runner/internal/patch"
	"assay.dev/runner/internal/within"
)

// maxPatch bounds a reference output; a Secret or a ConfigMap cannot hold more.
const maxPatch = 4 << 20

// Reference is `runner reference patch|script FILE`, what the Reference agent runs in the devbox: it applies the
// scenario's reference output in the working directory. A patch is applied wholly or not at all, by the same rules
// whether the image has git or not.
func Reference(args []string) int {
	if len(args) != 2 || args[0] != "patch" && args[0] != "script" {
		return fail("reference", fmt.Errorf("usage: reference patch|script FILE, not %q", args))
	}
	if args[0] == "script" {
		code, err := becomeBash(nil, args[1:])
		return failWith(code, "reference", err)
	}
	file, err := os.Open(args[1])
	if err != nil {
		return fail("reference", err)
	}
	text, err := within.ReadAll(file, maxPatch)
	_ = file.Close()
	if err != nil {
		return fail("reference", fmt.Errorf("%s: %w", args[1], err))
	}
	directory, err := os.Getwd()
	if err != nil {
		return fail("reference", err)
	}
	if err := patch.Apply(directory, text); err != nil {
		return failWith(1, "reference", fmt.Errorf("the patch does not apply in %s: %w", directory, err))
	}
	return 0
}
