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
		// Almost everything is one of these two.
		if c := s[i]; c < utf8.RuneSelf && ordinary[c] {
			shown = true
			i++
			continue
		} else if c >= utf8.RuneSelf && japanese(s[i:]) {
			shown = true
			i += 3
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

// ordinary are the characters of ASCII that can be seen and stand in JSON as
// they are.
var ordinary = func() (is [utf8.RuneSelf]bool) {
	for c := range is {
		is[c] = c > ' ' && c < 0x7F && !needsEscape(byte(c))
	}
	return is
}()

// japanese tells whether s begins with a kana or kanji, of three bytes, or with
// another letter from U+3040 to U+9FFF.
func japanese(s string) bool {
	return len(s) >= 3 && s[0] >= 0xE3 && s[0] <= 0xE9 && s[1]&0xC0 == 0x80 && s[2]&0xC0 == 0x80 && (s[0] > 0xE3 || s[1] > 0x80)
}

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
