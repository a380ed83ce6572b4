package casework

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normal writes a text the way commands and codes are compared: full-width
// letters and digits become half-width, runs of blanks become one.
func Normal(s string) string {
	s = norm.NFKC.String(s)
	if !spaced(s) {
		return s // as nearly all texts
	}
	return strings.Join(strings.Fields(s), " ")
}

// spaced tells whether a text has blanks other than single spaces between words.
func spaced(s string) bool {
	blank := true
	for _, c := range s {
		if !unicode.IsSpace(c) {
			blank = false
			continue
		}
		if blank || c != ' ' {
			return true
		}
		blank = true
	}
	return blank && s != ""
}
