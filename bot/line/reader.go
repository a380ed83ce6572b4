package line

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep values may lie in one another for a reader. LINE's lie
// in seven.
const maxDepth = 32

// reader walks along a JSON text once and takes what it is asked for. At
// whatever it does not know, valid or not, it becomes odd, and what it has read
// by then means nothing; null is odd where something is wanted. Of a property
// that is there twice the last counts, as with encoding/json.
type reader struct {
	json  []byte
	at    int
	depth int
	odd   bool
}

// peek is the next byte that is not white space, 0 at the end.
func (r *reader) peek() byte {
	for ; r.at < len(r.json); r.at++ {
		switch c := r.json[r.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// next goes past c, if it comes next.
func (r *reader) next(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) must(c byte) {
	if !r.next(c) {
		r.odd = true
	}
}

// end tells whether all has been read and understood.
func (r *reader) end() bool { return r.peek() == 0 && r.at == len(r.json) && !r.odd }

// property is one that is wanted of an object: its name, and a *string, *bool
// or *int64 that takes its value, or a func() that reads it.
type property struct {
	name string
	into any
}

// object reads an object: the properties that are wanted, past all others.
func (r *reader) object(wanted ...property) {
	r.each('{', '}', func(int) bool {
		name, plain := r.quoted()
		r.odd = r.odd || !plain
		r.must(':')
		if !r.odd {
			r.property(name, wanted)
		}
		return !r.odd
	})
}

func (r *reader) property(name []byte, wanted []property) {
	for _, p := range wanted {
		if p.name != string(name) {
			continue
		}
		switch into := p.into.(type) {
		case *string:
			r.text(into)
		case *bool:
			r.flag(into)
		case *int64:
			r.whole(into)
		case func():
			into()
		}
		return
	}
	for _, p := range wanted { // for encoding/json it is the same in capitals
		r.odd = r.odd || strings.EqualFold(p.name, string(name))
	}
	r.skip()
}

// elements yields the places of a list's elements. The loop reads each.
func (r *reader) elements(yield func(i int) bool) { r.each('[', ']', yield) }

func (r *reader) each(first, last byte, item func(i int) bool) {
	r.must(first)
	r.depth++
	r.odd = r.odd || r.depth > maxDepth
	if r.odd || r.next(last) {
		r.depth--
		return
	}
	for i := 0; item(i) && !r.odd && !r.next(last); i++ {
		r.must(',')
	}
	r.depth--
}

// quoted is what stands between quotation marks; plain if it has no escapes.
func (r *reader) quoted() (s []byte, plain bool) {
	r.must('"')
	plain = true
	for start := r.at; r.at < len(r.json); r.at++ {
		switch c := r.json[r.at]; {
		case c == '"':
			r.at++
			return r.json[start : r.at-1], plain
		case c == '\\':
			plain = false
			r.at++
		case c < ' ':
			r.odd = true
		}
	}
	r.at, r.odd = len(r.json), true
	return nil, false
}

// text reads a string.
func (r *reader) text(into *string) {
	r.peek()
	start := r.at
	s, plain := r.quoted()
	if r.odd {
		return
	}
	if plain && utf8.Valid(s) {
		*into = string(s)
		return
	}
	var other string
	r.odd = json.Unmarshal(r.json[start:r.at], &other) != nil
	*into = other
}

// flag reads true or false.
func (r *reader) flag(into *bool) {
	switch string(r.bare()) {
	case "true":
		*into = true
	case "false":
		*into = false
	default:
		r.odd = true
	}
}

// whole reads a number of at most 18 digits, not below 0.
func (r *reader) whole(into *int64) {
	s := r.bare()
	n := int64(0)
	for _, c := range s {
		r.odd = r.odd || c < '0' || c > '9'
		n = 10*n + int64(c-'0')
	}
	r.odd = r.odd || len(s) == 0 || len(s) > 18 || s[0] == '0' && len(s) > 1
	*into = n
}

// bare is what stands without quotation marks, up to what ends it.
func (r *reader) bare() []byte {
	r.peek()
	rest := r.json[r.at:]
	n := bytes.IndexAny(rest, ",]} \t\r\n")
	if n < 0 {
		n = len(rest)
	}
	r.at += n
	return rest[:n]
}

// skip goes past a value that nobody wants, which must be valid all the same.
func (r *reader) skip() {
	switch r.peek() {
	case '{':
		r.object()
	case '[':
		for range r.elements {
			r.skip()
		}
	case '"':
		start := r.at
		if _, plain := r.quoted(); !plain && !r.odd {
			r.odd = !json.Valid(r.json[start:r.at])
		}
	default:
		r.odd = !json.Valid(r.bare()) || r.odd
	}
}
