package casework

import (
	"strings"
	"unicode"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// longestName is how many characters of a name are kept. LINE allows 20, and
// promises none: with more, what a button says would not be accepted.
const longestName = 30

// PersonName is what somebody calls themselves on LINE, as it may be shown and
// kept: one line, not too long, nothing in it that cannot be seen or that turns
// the writing round. "" when nothing to be seen is left.
func PersonName(name string) string {
	var b strings.Builder
	n, seen := 0, false
	for _, r := range strings.ToValidUTF8(name, "") {
		switch {
		case !unicode.IsSpace(r) && !unicode.IsGraphic(r), unseen(r):
			continue
		case n == 0 && (unicode.IsSpace(r) || unicode.IsMark(r)): // a mark would stand on the word before
			continue
		case unicode.IsSpace(r):
			r = ' '
		default:
			seen = true
		}
		if n++; n > longestName {
			break
		}
		b.WriteRune(r)
	}
	if !seen {
		return ""
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// unseen are characters that count as letters or signs and show nothing.
func unseen(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', // fillers of Hangul
		'\u2800',           // a pattern of Braille without a dot
		'\ufffd', '\ufffc': // in place of something else
		return true
	}
	return unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// called is what the group is to call a person: a name that is missing, or that
// somebody else in the group bears, gets a mark of its own.
func (w *Work) called(name, user, tag string) (string, error) {
	if name == "" {
		return w.text("clerk.nameless", "印", tag), nil
	}
	for _, state := range []council.ClerkState{council.ClerkWaiting, council.ClerkApproved} {
		for c, err := range records.Clerks.Scan(w.tx, storage.Equal(records.ByState, string(state))) {
			if err != nil {
				return "", err
			}
			if c.User != user && fold(c.Name) == fold(name) {
				return w.text("clerk.namesake", "名前", name, "印", tag), nil
			}
		}
	}
	return name, nil
}
