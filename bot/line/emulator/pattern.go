package emulator

import (
	"slices"
	"strings"
)

// pattern is what a string property must look like: a regular expression, or
// one of those below, which stand for the expressions that most messages need
// a hundred times. FuzzPatterns compares them with these.
type pattern interface{ MatchString(string) bool }

// measure is ^(word|…|(\d+(\.\d+)?)unit|…)$.
type measure struct{ words, units []string }

// MatchString tells whether s is one of the words, or a number with a unit.
func (m *measure) MatchString(s string) bool {
	if slices.Contains(m.words, s) {
		return true
	}
	for _, unit := range m.units {
		if number, is := strings.CutSuffix(s, unit); is {
			whole, part, both := strings.Cut(number, ".")
			return digits(whole) && (!both || digits(part))
		}
	}
	return false
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// hexColour is ^#([0-9a-fA-F]{6}|[0-9a-fA-F]{8})$.
type hexColour struct{}

var colour hexColour

// MatchString tells whether s is a colour, with or without its opacity.
func (hexColour) MatchString(s string) bool {
	if (len(s) != len("#rrggbb") && len(s) != len("#rrggbbaa")) || s[0] != '#' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
