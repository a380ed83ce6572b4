package config

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The form of a Japanese number: ten digits, or eleven with 0x0 in front,
// hyphens where one likes.
var telephonePattern = regexp.MustCompile(`^0[0-9]{1,4}-?[0-9]{1,4}-?[0-9]{3,4}$`)

// misleading are numbers that look like one that people need. 118 is the coast
// guard, 189 the line against child abuse; #9910 reaches nobody (#9110 is
// right); the Consumer Affairs Agency's division serves municipalities only.
var misleading = map[string]string{
	"118":        "is the coast guard; the consumer hotline is 188",
	"189":        "is the child abuse line; the consumer hotline is 188",
	"#9910":      "reaches nobody; police advice is #9110",
	"9910":       "reaches nobody; police advice is #9110",
	"0335079341": "is for municipalities only and must never reach residents; use 188 or the centre's own number",
}

var (
	dashes  = strings.NewReplacer("‐", "-", "‑", "-", "–", "-", "—", "-", "―", "-", "−", "-")
	hyphens = strings.NewReplacer("ー", "-", "(", "-", ")", "-", " ", "") // in a number alone
)

func plainNumber(s string) string {
	return strings.Trim(hyphens.Replace(dashes.Replace(norm.NFKC.String(s))), "-")
}

// telephone checks a number that people will be told to call.
func (v *validator) telephone(field, s string) {
	plain := plainNumber(s)
	digits := strings.ReplaceAll(plain, "-", "")
	if why, ok := misleading[digits]; ok {
		v.fault(field, s, why)
		return
	}
	right := telephonePattern.MatchString(plain) &&
		(len(digits) == 10 || len(digits) == 11 && digits[2] == '0')
	switch {
	case !right:
		v.fault(field, s, "must be a telephone number of ten or eleven digits with its area code, such as 0885-00-0000")
	case plain != s:
		v.fault(field, s, "must be in half-width digits and hyphens: "+plain)
	}
}

// wrongNumber finds a misleading number used as one in running text: not a
// price, a count or part of a longer number.
var wrongNumber = regexp.MustCompile(`(?:^|[^0-9#-]|[^0-9]-)(118|189|#?9910|03-?3507-?9341)(?:$|番|へ|に|で|を|[^0-9円人件個回台万年月日時分秒%mkgc.-])`)

func (v *validator) numbers(field, text string) {
	for _, m := range wrongNumber.FindAllStringSubmatch(dashes.Replace(norm.NFKC.String(text)), -1) {
		v.fault(field, text, m[1]+" "+misleading[strings.ReplaceAll(m[1], "-", "")])
	}
}
