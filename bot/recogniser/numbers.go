package recogniser

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	emailPattern = pattern{regexp.MustCompile(`[A-Za-z0-9._%+-]+ ?@ ?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`), []string{"@"}}
	urlPattern   = regexp.MustCompile(`https?://[!-~]+`)
	birthPattern = pattern{regexp.MustCompile(`(?:[0-9元]年[0-9十]+月[0-9十]+日 ?(?:生|うまれ)|[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,2} ?(?:生|うまれ)|(?:生年月日|誕生日)[はがも:]? ?(?:明治|大正|昭和|平成|令和|[MTSHR])?[0-9十])`), []string{"生", "うまれ"}}

	// A number in writing: groups of digits and what people put between them.
	numberPattern = regexp.MustCompile(`\+?[0-9]+(?:[-. ・()の]{1,3}[0-9]+)*`)
	groupPattern  = regexp.MustCompile(`[0-9]+`)

	// Words after which a short number is somebody's.
	phoneWord   = regexp.MustCompile(`(?i:電話番号|電話|でんわ|デンワ|tel|fax|ファックス|携帯|ケータイ|けいたい|スマホ|連絡先|自宅)(?:番号)?[はがのも:.]?[ 「(]*$`)
	accountWord = regexp.MustCompile(`(?:口座|口座番号|カード番号|暗証番号|暗証|パスワード|マイナンバー|個人番号|保険者番号|保険証|免許証|年金番号|会員番号|お客様番号|顧客番号|契約番号|通帳)(?:の番号|番号)?[はがのも:]?[ 「(]*$`)
	receiptWord = regexp.MustCompile(`受付(?:番号|No\.?|no\.?)?[はがの:]?[ ]*$`)

	// Units that make an amount or a count of what stands before them.
	unit = regexp.MustCompile(`^ ?(?:円|万|千|億|人|名|件|個|回|台|本|枚|歳|才|年|月|日|時|分|秒|週|か月|ヶ月|%|パーセント|ポイント|度|位|世帯|戸|軒|歩|箱|袋|杯|冊|社|店|番|号線|キロ|メートル|グラム|リットル|(?i:k|m|g|c|l|pt|w|v|yen|jpy))`)
)

// group is one run of digits of a number.
type group struct {
	digits     string
	start, end int    // in the text
	before     string // what stands between it and the group before
}

// numbers judges every number of the text.
func (r *Recogniser) numbers(text string) map[Kind]bool {
	text = urlPattern.ReplaceAllString(text, " ")
	found := map[Kind]bool{}
	for _, at := range numberPattern.FindAllStringIndex(text, -1) {
		groups := groupsOf(text, at[0], at[1])
		if r.telephone(text, groups) {
			found[Telephone] = true
			continue
		}
		for i := range groups {
			if kind, ok := r.single(text, groups, i); ok {
				found[kind] = true
			}
		}
	}
	return found
}

func groupsOf(text string, start, end int) []group {
	var groups []group
	last := start
	for _, g := range groupPattern.FindAllStringIndex(text[start:end], -1) {
		groups = append(groups, group{text[start+g[0] : start+g[1]], start + g[0], start + g[1], text[last : start+g[0]]})
		last = start + g[1]
	}
	return groups
}

// telephone looks for ten or eleven digits from 0, or +81, in up to four
// groups or digit by digit.
func (r *Recogniser) telephone(text string, groups []group) bool {
	for i, first := range groups {
		plus := strings.HasSuffix(first.before, "+") && strings.HasPrefix(first.digits, "81")
		if !plus && first.digits[0] != '0' {
			continue
		}
		digits, single := "", true
		for j := i; j < len(groups); j++ {
			digits += groups[j].digits
			single = single && len(groups[j].digits) == 1
			if len(digits) > 13 || j-i > 4 && !single {
				break
			}
			local := digits
			if plus {
				local = "0" + strings.TrimPrefix(strings.TrimPrefix(digits, "81"), "0")
			}
			if len(local) != 10 && len(local) != 11 || !single && len(groups[j].digits) < 3 ||
				!single && i != j && len(first.digits) > 6 || !single && len(first.digits) == 1 {
				continue
			}
			if j == i && unit.MatchString(text[groups[j].end:]) {
				continue
			}
			if !r.isPublic(local) {
				return true
			}
		}
	}
	return false
}

// single judges the group at i, with the ones joined to it by hyphens.
func (r *Recogniser) single(text string, groups []group, i int) (Kind, bool) {
	if i > 0 && joined(groups[i]) {
		return "", false // judged with the first of its row
	}
	row := groups[i : i+1]
	for j := i + 1; j < len(groups) && joined(groups[j]); j++ {
		row = groups[i : j+1]
	}
	digits, shape := "", ""
	for _, g := range row {
		digits += g.digits
		shape += string(rune('0' + min(len(g.digits), 9)))
	}
	before, after := around(text, row[0].start, row[len(row)-1].end)
	switch {
	case r.isPublic(digits), receiptWord.MatchString(before), unit.MatchString(after), money(before):
		return "", false
	case (shape == "24" || shape == "34" || shape == "44" || shape == "14") && phoneWord.MatchString(before),
		(shape == "6" || shape == "7" || shape == "8") && phoneWord.MatchString(before):
		return Telephone, true
	case len(digits) >= 4 && accountWord.MatchString(before):
		return Digits, true
	case strings.HasSuffix(strings.TrimRight(before, " "), "〒") && len(digits) == 7:
		return Postal, true
	case letter(before, after):
		return "", false
	case shape == "34":
		return Postal, true
	case shape == "7" && strings.HasSuffix(before, "郵便番号"):
		return Postal, true
	case years(row), date(digits) && len(row) == 1:
		return "", false
	case shape == "44" || len(digits) >= 9 && len(row) >= 3 || len(row) == 1 && len(digits) >= 7 ||
		len(row) == 2 && len(digits) >= 10:
		return Digits, true
	}
	return "", false
}

// around is what stands just before and after a number: enough for the longest
// word asked for, so that a long text is not read again for every number.
func around(text string, start, end int) (before, after string) {
	from, to := max(0, start-90), min(len(text), end+30)
	for from < start && !utf8.RuneStart(text[from]) {
		from++
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	return text[from:start], text[end:to]
}

// joined tells whether a group belongs to the one before: by a hyphen, or by a
// space between groups of four as on a card.
func joined(g group) bool {
	return g.before == "-" || g.before == " " && len(g.digits) == 4
}

func money(before string) bool {
	c, _ := utf8.DecodeLastRuneInString(strings.TrimRight(before, " "))
	return c == '¥' || c == '\\' || c == '$' || c == ','
}

// letter tells whether the number is part of a name such as KX-12345678.
func letter(before, after string) bool {
	before = strings.TrimRight(before, "-")
	lower := strings.ToLower(before)
	for _, word := range []string{"tel", "fax", "no", "id"} {
		if strings.HasSuffix(lower, word) {
			return false
		}
	}
	isLetter := func(c rune) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, "-"))
	return isLetter(last) || isLetter(next)
}

// years tells 2025-2026.
func years(row []group) bool {
	for _, g := range row {
		if len(g.digits) != 4 || g.digits[:2] != "19" && g.digits[:2] != "20" {
			return false
		}
	}
	return len(row) == 2
}

// date tells 20261121, with or without a time behind it.
func date(digits string) bool {
	if len(digits) != 8 && len(digits) != 12 && len(digits) != 14 {
		return false
	}
	month, day := digits[4:6], digits[6:8]
	return (digits[:2] == "19" || digits[:2] == "20") && month >= "01" && month <= "12" && day >= "01" && day <= "31"
}
