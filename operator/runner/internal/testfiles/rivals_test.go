package testfiles

import (
	"slices"
	"testing"
)

func TestByteCodeOfWhatIsPutThereIsGone(t *testing.T) {
	r := newRoots(t)
	write(t, r.image, map[string]string{"tests/helper.py": "image"})
	write(t, r.work, map[string]string{
		"tests/helper.py": "agent", "tests/__pycache__/helper.cpython-313.pyc": "x", "tests/__pycache__/helper.cpython-313.opt-1.pyc": "x",
		"tests/__pycache__/test_a.cpython-313.pyc": "x", "tests/__pycache__/other.cpython-313.pyc": "x", "tests/test_a.pyc": "x",
		"tests/gone.pyc": "x", "deep/__pycache__": "-> " + r.secret,
	})
	r.put(t, r.work, []string{"tests/helper.py", "tests/gone.py"}, map[string]string{"tests/test_a.py": "a", "deep/test_b.py": "b"})
	if names := list(t, r.work+"/tests/__pycache__"); !slices.Equal(names, []string{"other.cpython-313.pyc"}) {
		t.Errorf("%q", names)
	}
	if names := list(t, r.work+"/tests"); !slices.Equal(names, []string{"__pycache__", "helper.py", "test_a.py"}) {
		t.Errorf("%q", names)
	}
	if names := list(t, r.work+"/deep"); !slices.Equal(names, []string{"test_b.py"}) {
		t.Errorf("%q", names)
	}
}

func TestNothingGoesBeforeASourceFileThatIsPutThere(t *testing.T) {
	r := newRoots(t)
	write(t, r.image, map[string]string{"tests/helper.py": "image", "tests/both.py": "image", "tests/both/__init__.py": "image"})
	write(t, r.work, map[string]string{
		"tests/helper.py": "agent", "tests/helper/__init__.py": "agent", "tests/helper/__init__.abi3.so": "agent", "tests/helper/data": "kept",
		"tests/helper.cpython-313-x86_64-linux-gnu.so": "agent", "tests/helper.abi3.so": "agent", "tests/helper.so": "agent",
		"tests/test_a": "-> " + r.secret, "tests/gone/__init__.pyc": "agent", "tests/others.so": "kept", "tests/both/__init__.py": "agent",
	})
	r.put(t, r.work, []string{"tests/helper.py", "tests/gone.py", "tests/both.py", "tests/both"}, map[string]string{"tests/test_a.py": "a"})
	if names := list(t, r.work+"/tests"); !slices.Equal(names, []string{"both", "both.py", "gone", "helper", "helper.py", "others.so", "test_a.py"}) {
		t.Errorf("%q", names)
	}
	if names := list(t, r.work+"/tests/helper"); !slices.Equal(names, []string{"data"}) {
		t.Errorf("%q", names)
	}
	if names := list(t, r.work+"/tests/gone"); len(names) > 0 {
		t.Errorf("%q", names)
	}
	if read(t, r.work, "tests/both/__init__.py") != "image" {
		t.Error("what is restored itself does not stay")
	}
}

func TestAFileOfAModulesNameWithoutAnEndingStays(t *testing.T) {
	r := newRoots(t)
	write(t, r.work, map[string]string{"run": "kept"})
	r.put(t, r.work, nil, map[string]string{"run.py": "a"})
	if read(t, r.work, "run") != "kept" {
		t.Error(read(t, r.work, "run"))
	}
}
