package line

import (
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// words are a text as it goes out, and what must be known of it. Looking through
// it once finds out all of that.
type words struct {
	text  string
	units int  // UTF-16 units
	blank bool // LINE would see nothing in it
	plain bool // it stands in JSON as it is; where it is not known, false is right
}

// cleaned is s without what clean takes away.
func cleaned(s string) words {
	w, dirty := look(s)
	if dirty {
		w, _ = look(clean(s))
	}
	return w
}

// look looks through s. It is dirty where clean may have something to do.
func look(s string) (w words, dirty bool) {
	units, shown, escaped := 0, false, false
	for i := 0; i < len(s); {
		units++
		if n := common(s[i:]); n > 0 {
			shown = true
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == ' ':
		case r == '\n', r == '\t', r == '\u2028', r == '\u2029':
			escaped = true
		case r < utf8.RuneSelf && needsEscape(byte(r)):
			shown, escaped = true, true
		case r < ' ', r >= 0x7F && r <= 0x9F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == utf8.RuneError:
			shown, escaped, dirty = true, true, true
		case r > 0xFFFF:
			units++
			shown = true
		default:
			shown = shown || !unicode.IsSpace(r)
		}
	}
	return words{text: s, units: units, blank: !shown, plain: !escaped}, dirty
}

// common is the length in bytes of the character that s begins with, where that
// can be seen and stands in JSON as it is: a character of ASCII, or a kana, a
// kanji or another one from U+3040 to U+9FFF. It is 0 for all others, which are
// few and need a closer look.
func common(s string) int {
	c := s[0]
	if c < utf8.RuneSelf && ordinary[c] {
		return 1
	}
	if len(s) >= 3 && c >= 0xE3 && c <= 0xE9 && s[1]&0xC0 == 0x80 && s[2]&0xC0 == 0x80 && (c > 0xE3 || s[1] > 0x80) {
		return 3
	}
	return 0
}

// ordinary are the characters of ASCII that are common.
var ordinary = func() (is [utf8.RuneSelf]bool) {
	for c := range byte(utf8.RuneSelf) {
		is[c] = c > ' ' && c < 0x7F && !needsEscape(c)
	}
	return is
}()

// after is w with a mark in front, which holds nothing that JSON escapes.
func (w words) after(mark string) words {
	w.text, w.units, w.blank = mark+w.text, utf16Len(mark)+w.units, false
	return w
}

// tooManyGraphemes tells whether w is longer than max as LINE counts labels,
// and how long it is. Graphemes are never more than UTF-16 units, so that most
// labels need not be divided.
func (w words) tooManyGraphemes(max int) (int, bool) {
	if w.units <= max {
		return 0, false
	}
	n := uniseg.GraphemeClusterCount(w.text)
	return n, n > max
}

// shorten cuts w to at most max UTF-16 units, between graphemes, and marks the
// cut with an ellipsis.
func (w words) shorten(max int) words {
	if w.units <= max {
		return w
	}
	return cleaned(cut(w.text, max-1, utf16Len) + "…")
}

// shortenLabel cuts w to at most max graphemes.
func (w words) shortenLabel(max int) words {
	if _, over := w.tooManyGraphemes(max); !over {
		return w
	}
	return cleaned(cut(w.text, max-1, func(string) int { return 1 }) + "…")
}
