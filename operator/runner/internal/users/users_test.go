package users

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/within"
)

var passwd = strings.ReplaceAll(`root:x:0:0:root:/root:/bin/sh
agent:x:1234:1235:An Agent,,,:/home/agent:/bin/bash
42:x:7:8::/named-by-number:/bin/sh
homeless:x:50:51:::
odd:x:not-a-number:1::/:/bin/sh
huge:x:200000:200000::/huge:/bin/sh
minus:x:4294967295:0::/:/bin/sh
short:x:60
nul:x:61:61::/a\x00b:
+::::::
`, `\x00`, "\x00")

const group = `root:x:0:
agents:x:1235:agent
docker:x:900:other,agent
wheel:x:901:agent
again:x:901:agent
agentx:x:902:agentx
bad:x:oops:agent
nomembers:x:903
`

func (u User) text() string {
	groups := strings.Trim(strings.ReplaceAll(fmt.Sprint(u.Groups), " ", ","), "[]")
	return fmt.Sprintf("%d %d %s %s", u.UID, u.GID, groups, u.Home)
}

func TestLookup(t *testing.T) {
	images := Databases{Passwd: passwd, Group: group}
	for spec, want := range map[string]string{
		"":             "0 0 0 /root",
		"root":         "0 0 0 /root",
		"0":            "0 0 0 /root",
		"agent":        "1234 1235 1235,900,901 /home/agent",
		"1234":         "1234 1235 1235,900,901 /home/agent",
		"agent:docker": "1234 900 900 /home/agent",
		"agent:77":     "1234 77 77 /home/agent",
		"agent:":       "1234 1235 1235,900,901 /home/agent",
		":docker":      "0 900 900 /root",
		"4000":         "4000 0 0 /",
		"4000:4001":    "4000 4001 4001 /",
		"4294967294":   "4294967294 0 0 /",
		"42":           "7 8 8 /named-by-number",
		"homeless":     "50 51 51 /",
		"huge":         "200000 200000 200000 /huge",
		"nobody":       `error: no user "nobody" in /etc/passwd`,
		"agent:none":   `error: no group "none" in /etc/group`,
		"odd":          `error: no user "odd" in /etc/passwd`,
		"minus":        `error: no user "minus" in /etc/passwd`,
		"agent:bad":    `error: no group "bad" in /etc/group`,
		"nul":          "61 61 61 /",
		"short":        `error: user "short" has no valid group in /etc/passwd: ""`,
		"short:5":      "60 5 5 /",
		"4294967295":   `error: no user "4294967295" in /etc/passwd`,
		"99999999999":  `error: no user "99999999999" in /etc/passwd`,
		"-1":           `error: no user "-1" in /etc/passwd`,
		"1_0":          `error: no user "1_0" in /etc/passwd`,
		"+":            `error: no user "+" in /etc/passwd`,
	} {
		user, err := images.Lookup(spec)
		got := user.text()
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%q: %s; want %s", spec, got, want)
		}
	}
}

func TestImagesWithoutDatabases(t *testing.T) {
	for spec, want := range map[string]string{"1000": "1000 0 0 /", "": "0 0 0 /", "5:6": "5 6 6 /"} {
		user, err := Read(open(t, t.TempDir())).Lookup(spec)
		if err != nil || user.text() != want {
			t.Errorf("%q: %s, %v; want %s", spec, user.text(), err, want)
		}
	}
}

func TestDatabasesAreReadInsideTheRoot(t *testing.T) {
	top := t.TempDir()
	mkdir(t, top, "usr/lib")
	write(t, top, "usr/lib/passwd", passwd)
	must(t, os.Symlink("/usr/lib/passwd", filepath.Join(top, "etc/passwd")))
	must(t, os.Symlink("/etc/group", filepath.Join(top, "etc/group")))
	user, err := Read(open(t, top)).Lookup("agent")
	if err != nil || user.text() != "1234 1235 1235 /home/agent" {
		t.Errorf("%s, %v", user.text(), err)
	}
}

func TestWhatIsNoDatabaseNeitherHangsNorBlindsANumber(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a FIFO":         func(path string) error { return unix.Mkfifo(path, 0o644) },
		"a directory":    func(path string) error { return os.Mkdir(path, 0o755) },
		"of the kernel":  func(path string) error { return os.Symlink("/proc/self/environ", path) },
		"too large":      func(path string) error { return sparse(path, 1<<40) },
		"symbolic links": func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"a device": func(path string) error {
			return unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			mkdir(t, top, "proc")
			for _, file := range []string{"passwd", "group"} {
				if err := make(filepath.Join(top, "etc", file)); err != nil {
					t.Skip(err)
				}
			}
			begin := time.Now()
			found := Read(open(t, top))
			if user, err := found.Lookup("1000:1000"); err != nil || user.text() != "1000 1000 1000 /" {
				t.Errorf("%s, %v", user.text(), err)
			}
			for spec, path := range map[string]string{"agent": "/etc/passwd", "0:staff": "/etc/group"} {
				_, err := found.Lookup(spec)
				if err == nil || !strings.Contains(err.Error(), path) {
					t.Errorf("%s: %v; want one that names %s", spec, err, path)
				}
				if err != nil && name != "of the kernel" && !strings.Contains(err.Error(), name) {
					t.Errorf("%s: %v; want one that says %q", spec, err, name)
				}
			}
			if time.Since(begin) > 2*time.Second {
				t.Errorf("took %v", time.Since(begin))
			}
		})
	}
}

func TestIdsOutsideTheUserNamespaceAreRefused(t *testing.T) {
	pods, err := ParseMapping("         0  427819008      65536\n")
	must(t, err)
	host, err := ParseMapping("         0          0 4294967295\n")
	must(t, err)
	for _, test := range []struct {
		user    User
		mapping Mapping
		want    string
	}{
		{User{UID: 1000, Groups: []uint32{1000, 65535}}, pods, ""},
		{User{UID: 200000, Groups: []uint32{200000}}, pods, "user 200000 "},
		{User{UID: 0, Groups: []uint32{0, 65536}}, pods, "group 65536 "},
		{User{UID: 200000, Groups: []uint32{200000}}, host, ""},
		{User{}, nil, "user 0 "},
	} {
		err := test.user.Check(test.mapping, test.mapping)
		if (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%v: %v; want %q", test.user, err, test.want)
		}
	}
	err = User{UID: 70000}.Check(pods, pods)
	if !strings.Contains(err.Error(), "0 to 65535") || !strings.Contains(err.Error(), "idsPerPod") {
		t.Errorf("%v: want what there is and what to do", err)
	}
	for _, text := range []string{"1 2", "a b c", "-1 0 5"} {
		if _, err := ParseMapping(text); err == nil {
			t.Errorf("%q is no map", text)
		}
	}
}

func FuzzLookup(f *testing.F) {
	f.Add(passwd, group, "agent:docker")
	f.Add("a:b:1:2", "g:x:5:a,a,", "a")
	f.Add("", "", "0:0")
	f.Fuzz(func(t *testing.T, passwd, group, spec string) {
		user, err := Databases{Passwd: passwd, Group: group}.Lookup(spec)
		if err == nil && (user.Home == "" || len(user.Groups) == 0 || user.Groups[0] != user.GID) {
			t.Errorf("%+v", user)
		}
	})
}

func FuzzMapping(f *testing.F) {
	f.Add("0 100000 65536\n", uint32(65536))
	f.Add("0 0 18446744073709551615\n", uint32(1))
	f.Fuzz(func(_ *testing.T, text string, id uint32) {
		if mapping, err := ParseMapping(text); err == nil {
			_ = User{UID: id}.Check(mapping, mapping)
		}
	})
}

func open(t *testing.T, top string) *within.Root {
	t.Helper()
	root, err := within.Open(top)
	must(t, err)
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func mkdir(t *testing.T, top, path string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(top, path), 0o755))
	must(t, os.MkdirAll(filepath.Join(top, "etc"), 0o755))
}

func write(t *testing.T, top, path, text string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(top, path), []byte(text), 0o644))
}

func sparse(path string, size int64) error {
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		return err
	}
	return os.Truncate(path, size)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
