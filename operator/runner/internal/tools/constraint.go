package tools

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var clause = regexp.MustCompile(`^(~=|===?|!=|<=|>=|<|>)?\s*([0-9]+(?:\.[0-9]+)*)(\.\*)?$`)

// release is a version's numbers: 3.13.1 is [3, 13, 1].
type release []int

// admits reports whether a version meets all clauses of a constraint such as ">=3.11,<3.14", as PEP 440 compares
// releases. A bare version admits all that begin with it. The error says that there is no such constraint.
func (r release) admits(constraint string) (bool, error) {
	all := true
	for _, text := range strings.Split(constraint, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		is, err := r.meets(text)
		if err != nil {
			return false, err
		}
		all = all && is
	}
	return all, nil
}

func (r release) meets(text string) (bool, error) {
	parts := clause.FindStringSubmatch(text)
	if parts == nil {
		return false, fmt.Errorf("no such version constraint: %s (write it like >=3.11,<3.14)", text)
	}
	operator, isPrefix := parts[1], parts[3] != ""
	wanted, err := parseRelease(parts[2])
	if err != nil {
		return false, fmt.Errorf("no such version constraint: %s: %w", text, err)
	}
	begins := len(wanted) <= len(r) && slices.Equal(r[:len(wanted)], wanted)
	given := len(wanted)
	for len(wanted) < len(r) {
		wanted = append(wanted, 0)
	}
	order := slices.Compare(r, wanted)
	switch {
	case operator == "" || isPrefix:
		return begins != (operator == "!="), nil
	case operator == "~=":
		last := max(min(given, len(r))-1, 0) // all but the last number are as they are written
		return order >= 0 && slices.Equal(r[:last], wanted[:last]), nil
	case operator == "==" || operator == "===":
		return order == 0, nil
	case operator == "!=":
		return order != 0, nil
	case operator == "<":
		return order < 0, nil
	case operator == "<=":
		return order <= 0, nil
	case operator == ">":
		return order > 0, nil
	}
	return order >= 0, nil
}

func parseRelease(text string) (release, error) {
	var found release
	for _, number := range strings.Split(text, ".") {
		value, err := strconv.Atoi(number)
		if err != nil {
			return nil, err
		}
		found = append(found, value)
	}
	return found, nil
}
