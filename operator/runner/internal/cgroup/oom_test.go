package cgroup

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCountsWhatWasKilledSinceTheBeginning(t *testing.T) {
	for name, text := range map[string]string{
		"v2": "low 0\nhigh 0\nmax 3\noom 1\noom_kill %\noom_group_kill 0\n",
		"v1": "oom_kill_disable 0\nunder_oom 0\noom_kill %\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "events")
			write := func(count string) {
				content := []byte{}
				for _, c := range []byte(text) {
					if c == '%' {
						content = append(content, count...)
						continue
					}
					content = append(content, c)
				}
				if err := os.WriteFile(path, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			defer func(old []string) { files = old }(files)
			files = []string{path + ".absent", path}
			write("2")
			watched := Watch()
			if kills := watched.Kills(); kills != 0 {
				t.Errorf("%d kills before any", kills)
			}
			write("5")
			if kills := watched.Kills(); kills != 3 {
				t.Errorf("%d kills, not 3", kills)
			}
		})
	}
}

func TestSeesNoneWithoutACount(t *testing.T) {
	defer func(old []string) { files = old }(files)
	files = nil
	if kills := Watch().Kills(); kills != 0 {
		t.Errorf("%d kills", kills)
	}
	for _, text := range []string{"", "oom_kill", "oom_kill x", "oom 1", "oom_kill 1 2"} {
		if count := parse(text); count != 0 {
			t.Errorf("%q: %d", text, count)
		}
	}
}
