package recogniser

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var buildings = []string{"マンション", "アパート", "ハイツ", "コーポ", "メゾン", "レジデンス", "ハイム", "パレス", "ビラ", "荘", "住宅", "団地", "寮"}

var (
	blockPattern = pattern{regexp.MustCompile(`[0-9十百千]+ ?(?:番地|丁目)`), []string{"番地", "丁目"}}
	// 3番12号, and with 丁目 or a place in front also 3番12.
	lotPattern  = pattern{regexp.MustCompile(`[0-9十百]+ ?番 ?[0-9十百]+ ?号|(?:丁目|町|村|区|字|条) ?[0-9十百]+ ?番 ?[0-9十百]+`), []string{"番"}}
	roomPattern = pattern{regexp.MustCompile(`[0-9十百]+ ?号室|[0-9A-Za-z]+ ?号?棟 ?の? ?[0-9]{2,4}`), []string{"号室", "棟"}}
	// A building's name and a number: コーポ田中201.
	buildingPattern = pattern{regexp.MustCompile(`(?:` + strings.Join(buildings, "|") + `)[^0-9、。!?\n]{0,8}?([0-9]{3,4})(?: ?号)?`), buildings}
	// After 町, 村, 字 and the like: 1-2, 12の3, 1234.
	placePattern = pattern{regexp.MustCompile(`[町村字区市郡条通丁台] ?[1-9][0-9]{0,4} ?[-の] ?[0-9]{1,5}|大字[^0-9、。\n]{1,8}[0-9]{1,5}|[町市村区]字[^0-9、。\n]{1,8}[0-9]{1,5}`), []string{"-", "の", "字"}}
	// Three numbers in a row after a word, 中央2-3-4, or two and a home.
	rowPattern  = pattern{regexp.MustCompile(`\p{Han} ?[1-9][0-9]{0,3} ?[-の] ?[0-9]{1,4} ?[-の] ?[0-9]{1,4}`), []string{"-", "の"}}
	homePattern = pattern{regexp.MustCompile(`\p{Han}{2} ?[0-9]{1,4}[-の][0-9]{1,4} ?(?:在住|にお?住|付近|辺り|あたり|の(?:家|お宅|方|お?うち|アパート|マンション|一軒家|戸建))`), []string{"-", "の"}}
	yearFirst   = regexp.MustCompile(`(?:[^0-9](?:19|20)[0-9]{2}-[01]?[0-9]-[0-3]?[0-9]|[和成治正][0-9]{1,2}-[01]?[0-9]-[0-3]?[0-9])$`)
	askedFor    = pattern{regexp.MustCompile(`住所[はがも:]? ?[^0-9、。\n]{2,20}[0-9]{1,5}(?:-[0-9]+)*`), []string{"住所"}}
)

// hasAddress looks for a place that is one house. A town or district alone is
// none; numbers are digits already.
func hasAddress(text string) bool {
	for _, p := range []pattern{lotPattern, roomPattern, rowPattern, homePattern, placePattern, askedFor} {
		for _, at := range p.all(text) {
			if !counted(text, at) {
				return true
			}
		}
	}
	for _, at := range blockPattern.all(text) {
		if !likeBlock(text, at) {
			return true
		}
	}
	for _, at := range buildingPattern.all(text) {
		number := text[at[2]:at[3]]
		if number != "110" && number != "119" && number != "188" && !counted(text, at[:2]) {
			return true
		}
	}
	return false
}

// counted tells whether the last number of a match goes on, as a count, an
// amount, a date or a longer number.
func counted(text string, at []int) bool {
	after := text[at[1]:]
	if strings.HasSuffix(text[at[0]:at[1]], "号") || strings.HasSuffix(text[at[0]:at[1]], "室") {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(text[at[0]:at[1]])
	if !isDigit(last) {
		return false
	}
	if digits := onlyDigits(text[at[0]:at[1]]); len(digits) > 9 || yearFirst.MatchString(text[at[0]:at[1]]) {
		return true // a card's number, a date
	}
	after = strings.TrimLeft(after, "0123456789")
	return strings.HasPrefix(after, "階") || strings.HasPrefix(after, "つ") || strings.HasPrefix(after, ":") || unit.MatchString(after)
}

// likeBlock tells 一番地味, 2番地区 and the like from 1番地.
func likeBlock(text string, at []int) bool {
	if !strings.HasSuffix(text[at[0]:at[1]], "番地") {
		return false
	}
	next, _ := utf8.DecodeRuneInString(text[at[1]:])
	return unicode.Is(unicode.Han, next) && strings.ContainsRune("味下元面域道方球震獄上帯区点理盤形", next)
}
