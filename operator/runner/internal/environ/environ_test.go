package environ

import (
	"slices"
	"testing"
)

func TestGivenLeavesOutWhatOnlyTheOperatorGives(t *testing.T) {
	for name, value := range map[string]string{"ASSAY_RUN": "r", "ASSAY_FORGED": "x", "ASSAYER": "mine", "\x01OGC": "off", "a.b": "dot"} {
		t.Setenv(name, value)
	}
	given := Given("ASSAY_RUN")
	for _, variable := range []string{"ASSAY_RUN=r", "ASSAYER=mine", "GOGC=off", "a.b=dot"} {
		if !slices.Contains(given, variable) {
			t.Errorf("no %s", variable)
		}
	}
	if Get(given, "ASSAY_FORGED") != "" || !slices.Contains(All(), "ASSAY_FORGED=x") {
		t.Errorf("%q", given)
	}
}

func TestListsAreCopied(t *testing.T) {
	list := []string{"A=1", "B=2", "A=3"}
	if got := With(list, "A=4", "C=5"); !slices.Equal(got, []string{"B=2", "A=4", "C=5"}) {
		t.Errorf("%q", got)
	}
	if got := Without(list, "B", "D"); !slices.Equal(got, []string{"A=1", "A=3"}) {
		t.Errorf("%q", got)
	}
	if !slices.Equal(list, []string{"A=1", "B=2", "A=3"}) || Get(list, "A") != "1" || Get(list, "Z") != "" || Name("x=y=z") != "x" || Name("x") != "x" {
		t.Errorf("%q", list)
	}
}
