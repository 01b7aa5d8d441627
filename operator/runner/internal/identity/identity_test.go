package identity

import (
	"slices"
	"testing"

	"assay.dev/runner/internal/users"
)

func TestRefusesWrongArguments(t *testing.T) {
	for _, args := range [][]string{
		{}, {"--uid", "0"}, {"--uid", "x", "--", "true"}, {"--uid", "-1", "--", "true"},
		{"--groups", "a", "--", "true"}, {"--groups", "1;2", "--", "true"}, {"--pids", "many", "--", "true"},
		{"--directory", "/no/such/place", "--", "true"}, {"--wrong", "--", "true"},
	} {
		if code, err := become(args); code != 125 || err == nil {
			t.Errorf("%q: %d, %v", args, code, err)
		}
	}
}

func TestCommandSaysAllThatMainNeeds(t *testing.T) {
	user := users.User{UID: 1, GID: 2, Groups: []uint32{2, 3}}
	words := Command(user, 9, "/a b", []string{"x", "--y"})
	want := []string{"become", "--uid", "1", "--gid", "2", "--groups", "2,3", "--pids", "9", "--directory", "/a b", "--", "x", "--y"}
	if !slices.Equal(words[1:], want) {
		t.Errorf("%q", words)
	}
}

func TestLooksForProgramsAsExecvpDoes(t *testing.T) {
	for _, one := range []struct {
		name, path string
		want       []string
	}{
		{"/bin/x", "/a", []string{"/bin/x"}},
		{"./x", "/a", []string{"./x"}},
		{"x", "/a:/b", []string{"/a/x", "/b/x"}},
		{"x", "/a::", []string{"/a/x", "./x", "./x"}},
		{"x", "", []string{"/bin/x", "/usr/bin/x"}},
		{"", "/a", []string{""}},
	} {
		if got := candidates(one.name, one.path); !slices.Equal(got, one.want) {
			t.Errorf("%+v: %q", one, got)
		}
	}
}
