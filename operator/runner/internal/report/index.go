package report

import "strings"

// runs are all runs of the tests that one name means.
type runs struct{ passed, failed int }

// index finds tests by name.
type index struct{ byID, byName map[string]*runs }

func newIndex(report *Report) index {
	found := index{map[string]*runs{}, map[string]*runs{}}
	for _, test := range report.Cases {
		note(found.byID, test.ID(), test.Outcome)
		note(found.byName, test.Name, test.Outcome)
	}
	return found
}

func note(names map[string]*runs, name string, outcome Outcome) {
	if names[name] == nil {
		names[name] = &runs{}
	}
	switch outcome {
	case Passed:
		names[name].passed++
	case Failed:
		names[name].failed++
	}
}

// find returns the runs of a test, nil if the report has none: by its whole name, by the one that pytest prints (a path
// and classes, of which the report makes a classname), then by its own name alone.
func (i index) find(name string) *runs {
	if found := i.byID[name]; found != nil {
		return found
	}
	if found := i.byID[fromPytest(name)]; found != nil {
		return found
	}
	return i.byName[name]
}

// fromPytest makes a.b.Class::test[x] of a/b.py::Class::test[x]. Parameters, in brackets, stay as they are.
func fromPytest(name string) string {
	head, parameters := name, ""
	if at := strings.IndexByte(name, '['); at >= 0 {
		head, parameters = name[:at], name[at:]
	}
	parts := strings.Split(head, "::")
	if len(parts) < 2 {
		return name
	}
	parts[0] = strings.ReplaceAll(strings.TrimSuffix(parts[0], ".py"), "/", ".")
	last := len(parts) - 1
	return strings.Join(parts[:last], ".") + "::" + parts[last] + parameters
}
