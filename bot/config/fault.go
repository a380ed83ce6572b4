package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Fault is one thing that is wrong in a configuration.
type Fault struct {
	File    string // as given to Load; empty when the configuration was built in code
	Line    int    // from 1; 0 when unknown
	Field   string // councils[0].line.token; empty for the file as a whole
	Value   string // as written, shortened; never a secret
	Problem string // what is wrong and what would be right
}

// String is file:line: field: "value": problem, without what is unknown.
func (f Fault) String() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File + ":")
	}
	if f.Line > 0 {
		fmt.Fprintf(&b, "%d:", f.Line)
	}
	if b.Len() > 0 {
		b.WriteString(" ")
	}
	if f.Field != "" {
		b.WriteString(f.Field + ": ")
	}
	if f.Value != "" {
		fmt.Fprintf(&b, "%q: ", f.Value)
	}
	b.WriteString(f.Problem)
	return b.String()
}

// Faults is everything that is wrong, in the order of the file.
type Faults []Fault

// Error is one line per fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// clip shortens a value for a message: what is long may be a secret that was
// put into the wrong field, so little of it is shown.
func clip(s string) string {
	r := []rune(s)
	if len(r) <= 60 {
		return s
	}
	return string(r[:8]) + "…"
}

// reason says in a few words why a file could not be read.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	default:
		return "reading fails"
	}
}
