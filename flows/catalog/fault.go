package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing wrong in a catalog's file.
type Fault struct {
	File  string
	Line  int    // 0 where there is no file
	Field string // dotted keys and ids
	Value string // what stands there, shortened; may be empty
	Want  string // what would be right
}

func (f Fault) Error() string {
	var parts []string
	if f.File != "" {
		parts = append(parts, f.File+":"+strconv.Itoa(f.Line))
	}
	if f.Field != "" {
		parts = append(parts, f.Field)
	}
	if f.Value != "" {
		parts = append(parts, strconv.Quote(f.Value))
	}
	return strings.Join(append(parts, "want "+f.Want), ": ")
}

// Faults is everything wrong, in the order of the files.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single Fault.
func (f Faults) Unwrap() []error {
	errs := make([]error, len(f))
	for i := range f {
		errs[i] = f[i]
	}
	return errs
}

func (l *loader) add(file string, line int, field, value, want string, args ...any) {
	l.faults = append(l.faults, Fault{File: file, Line: line, Field: field, Value: value, Want: fmt.Sprintf(want, args...)})
}

// at adds a fault of a field of the merged files.
func (l *loader) at(field, value, want string, args ...any) {
	n := l.root.locate(field)
	l.add(n.file, max(1, n.line), field, value, want, args...)
}

func (l *loader) sorted() Faults {
	slices.SortStableFunc(l.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Field, b.Field))
	})
	return slices.Compact(l.faults)
}

func cutField(field, prefix string) (rest string, ok bool) {
	if field == prefix {
		return "", true
	}
	return strings.CutPrefix(field, prefix+".")
}
