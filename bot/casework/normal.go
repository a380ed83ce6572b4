package casework

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Normal writes a text the way commands and codes are compared: full-width
// letters and digits become half-width, runs of blanks become one.
func Normal(s string) string {
	return strings.Join(strings.Fields(norm.NFKC.String(s)), " ")
}
