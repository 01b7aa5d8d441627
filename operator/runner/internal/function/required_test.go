package function

import (
	"testing"

	"assay.dev/runner/internal/podtest"
)

func TestSecretsThatOnlyTheKubeletLooksForAreNotShown(t *testing.T) {
	left := disk(t, "true", nil)
	for _, root := range []string{"Merged", "Clean"} {
		in := podtest.Container{Disk: left, Files: map[string]string{"required/0": "SECRET"}}
		got := scored(t, in, []string{"--root", root}, bash("ls /.assay; cat /.assay/required/0 2>/dev/null || echo 1")...)
		if lines(t, got)[1] != "1" || got.Stdout != "results\ntoolbox\n1\n" {
			t.Errorf("%s: %+v", root, got)
		}
	}
}
