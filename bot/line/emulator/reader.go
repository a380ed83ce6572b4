package emulator

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep encoding/json lets lists and objects stand in each other.
const maxDepth = 10_000

// reader reads JSON as encoding/json does: the same texts, the same values (an
// escape without its other half and what is no UTF-8 become U+FFFD), the later
// of two values with one key. FuzzValue compares them.
type reader struct {
	s     string
	at    int
	depth int
	spare []value // allocated, not used yet
}

// readValue reads a whole JSON text; false says that it is none. What is wrong
// with it, encoding/json can tell.
func readValue(s string) (*value, bool) {
	r := &reader{s: s}
	v := r.another()
	r.space()
	if !r.value(v) {
		return nil, false
	}
	r.space()
	return v, r.at == len(s)
}

// another allocates values by the hundred, fewer where little is left to read.
func (r *reader) another() *value {
	if len(r.spare) == 0 {
		r.spare = make([]value, min(1+(len(r.s)-r.at)/16, 100))
	}
	v := &r.spare[0]
	r.spare = r.spare[1:]
	return v
}

func (r *reader) space() {
	for r.at < len(r.s) {
		switch r.s[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

// take steps over a character, if it stands there.
func (r *reader) take(c byte) bool {
	if r.at < len(r.s) && r.s[r.at] == c {
		r.at++
		return true
	}
	return false
}

// value reads what stands here into v.
func (r *reader) value(v *value) (ok bool) {
	if r.at == len(r.s) {
		return false
	}
	begin := r.at
	switch r.s[begin] {
	case '"':
		v.kind = isString
		v.text, ok = r.string()
		return ok
	case '{':
		v.kind = isObject
		ok = r.inside(v, '}')
	case '[':
		v.kind = isList
		ok = r.inside(v, ']')
	case 't':
		v.kind, ok = isBool, r.word("true")
	case 'f':
		v.kind, ok = isBool, r.word("false")
	case 'n':
		v.kind, ok = isNull, r.word("null")
	default:
		v.kind, ok = isNumber, r.number()
	}
	v.text = r.s[begin:r.at]
	return ok
}

// inside reads a list or an object up to its end.
func (r *reader) inside(v *value, end byte) bool {
	r.at++ // the bracket
	if r.depth++; r.depth > maxDepth {
		return false
	}
	r.space()
	if r.take(end) {
		r.depth--
		return true
	}
	var last *value
	for {
		x := r.another()
		x.parent = v
		if v.kind == isObject {
			if !r.name(x) {
				return false
			}
			x.next, v.first = v.first, x
		} else {
			if last == nil {
				v.first = x
			} else {
				x.index, last.next = last.index+1, x
			}
			last = x
		}
		if !r.value(x) {
			return false
		}
		r.space()
		switch {
		case r.take(end):
			r.depth--
			return true
		case !r.take(','):
			return false
		}
		r.space()
	}
}

// name reads the key of a value in an object, and the colon.
func (r *reader) name(v *value) (ok bool) {
	if r.at == len(r.s) || r.s[r.at] != '"' {
		return false
	}
	v.key, ok = r.string()
	r.space()
	if !ok || !r.take(':') {
		return false
	}
	r.space()
	return true
}

func (r *reader) word(word string) bool {
	if !strings.HasPrefix(r.s[r.at:], word) {
		return false
	}
	r.at += len(word)
	return true
}

func (r *reader) number() bool {
	r.take('-')
	if !r.take('0') && !r.digits() {
		return false
	}
	if r.take('.') && !r.digits() {
		return false
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		return r.digits()
	}
	return true
}

func (r *reader) digits() bool {
	begin := r.at
	for r.at < len(r.s) && r.s[r.at]-'0' <= 9 {
		r.at++
	}
	return r.at > begin
}

// string reads a string. One that says what is written shares its bytes.
func (r *reader) string() (string, bool) {
	begin := r.at + 1
	escaped, wide := false, byte(0)
	for i := begin; i < len(r.s); i++ {
		switch c := r.s[i]; {
		case c == '"':
			r.at = i + 1
			s := r.s[begin:i]
			if escaped || (wide >= utf8.RuneSelf && !utf8.ValidString(s)) {
				return unescape(s)
			}
			return s, true
		case c == '\\':
			escaped = true
			i++ // a quotation mark does not end it here
		case c < ' ':
			return "", false
		default:
			wide |= c
		}
	}
	return "", false
}

// unescape tells what a string says; false when an escape is none.
func unescape(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		if s[0] != '\\' {
			c, n := utf8.DecodeRuneInString(s)
			out, s = utf8.AppendRune(out, c), s[n:]
			continue
		}
		if s[1] == 'u' {
			c, ok := escapedRune(s)
			if !ok {
				return "", false
			}
			s = s[6:]
			if utf16.IsSurrogate(c) {
				low, _ := escapedRune(s)
				if c = utf16.DecodeRune(c, low); c != utf8.RuneError {
					s = s[6:]
				}
			}
			out = utf8.AppendRune(out, c)
			continue
		}
		at := strings.IndexByte(`"\/bfnrt`, s[1])
		if at < 0 {
			return "", false
		}
		out, s = append(out, "\"\\/\b\f\n\r\t"[at]), s[2:]
	}
	return string(out), true
}

// escapedRune reads the \uXXXX that s begins with.
func escapedRune(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	var c rune
	for _, d := range []byte(s[2:6]) {
		switch {
		case '0' <= d && d <= '9':
			d -= '0'
		case 'a' <= d && d <= 'f':
			d -= 'a' - 10
		case 'A' <= d && d <= 'F':
			d -= 'A' - 10
		default:
			return 0, false
		}
		c = c<<4 | rune(d)
	}
	return c, true
}
