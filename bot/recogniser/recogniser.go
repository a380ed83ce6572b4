// Package recogniser tells whether a text seems to hold personal details:
// telephone and postal numbers, addresses, names with an honorific, e-mail
// addresses, long numbers such as those of accounts and cards, dates of birth.
//
// It stands before every free text that the program would store or relay. It
// is pure: no state, no clock, no I/O. It says what kinds it found and never
// where or what, so that nothing of the text can leave through a log.
//
// It is a net and not a proof: a name without an honorific passes. Where a
// text could be read either way it decides for personal; an alarm costs one
// rewording, a miss a resident's privacy. What must pass although it looks
// alike: receipt numbers (26-0012), 188, 110, 119, #9110, dates, times,
// amounts, counts, model names, people by their role (おばあさん, 業者さん).
package recogniser

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kind is a kind of personal detail.
type Kind string

// The kinds, in the order in which Find lists them.
const (
	Telephone Kind = "telephone" // also a local number after a word such as 電話
	Postal    Kind = "postal"    // a postal code
	Address   Kind = "address"   // with 丁目, 番地, 号室 or a row of numbers after a place
	Name      Kind = "name"      // with an honorific, or a common surname used as one
	Email     Kind = "email"
	Digits    Kind = "digits" // account, card, insurance and other long numbers, PINs
	Birth     Kind = "birth"  // a date of birth
)

// Recogniser finds personal details, except the numbers it was told are
// public. The zero value knows no public numbers. It is safe for concurrent
// use.
type Recogniser struct {
	public []string // digits only
}

// New takes the telephone numbers that may stand in any text: the council's
// own, the centre's, the police stations'. Hyphens and width do not matter.
func New(published ...string) *Recogniser {
	r := &Recogniser{}
	for _, number := range published {
		if digits := onlyDigits(norm.NFKC.String(number)); len(digits) >= 6 {
			r.public = append(r.public, digits)
		}
	}
	return r
}

// Find lists the kinds of personal details in text, each once; nil for none.
// It takes any bytes; half and full width make no difference.
func (r *Recogniser) Find(text string) []Kind {
	plain := normalise(text)
	digits := digitsFromKanji(plain)
	numeric, wide := signs(digits)
	var numbers map[Kind]bool
	if numeric {
		numbers = r.numbers(digits)
	}
	var found []Kind
	for _, k := range []struct {
		kind Kind
		here bool
	}{
		{Telephone, numbers[Telephone]},
		{Postal, numbers[Postal]},
		{Address, numeric && wide && hasAddress(digits)},
		{Name, wide && hasName(plain)},
		{Email, emailPattern.in(plain)},
		{Digits, numbers[Digits]},
		{Birth, numeric && wide && birthPattern.in(digits)},
	} {
		if k.here {
			found = append(found, k.kind)
		}
	}
	return found
}

// Personal tells whether Find finds anything.
func (r *Recogniser) Personal(text string) bool { return len(r.Find(text)) > 0 }

// Find is Find of a Recogniser without public numbers.
func Find(text string) []Kind { return (&Recogniser{}).Find(text) }

// Personal is Personal of a Recogniser without public numbers.
func Personal(text string) bool { return (&Recogniser{}).Personal(text) }

// isPublic tells whether digits are a published number, or the local end of
// one.
func (r *Recogniser) isPublic(digits string) bool {
	return len(digits) >= 6 && slices.ContainsFunc(r.public, func(p string) bool { return strings.HasSuffix(p, digits) })
}

// signs tells what most texts lack: numerals, without which there is no number,
// address or date of birth, and characters beyond ASCII, without which there is
// no address, name or date of birth. The longer tests are spared then.
func signs(digits string) (numeric, wide bool) {
	for _, c := range digits {
		numeric = numeric || isDigit(c) || c == '十' || c == '百' || c == '千'
		wide = wide || c >= utf8.RuneSelf
	}
	return numeric, wide
}

// pattern is an expression with a quick test in front of it: what it matches
// holds one of the words in needs.
type pattern struct {
	*regexp.Regexp
	needs []string
}

func (p pattern) possible(text string) bool {
	return slices.ContainsFunc(p.needs, func(word string) bool { return strings.Contains(text, word) })
}

func (p pattern) in(text string) bool { return p.possible(text) && p.MatchString(text) }

// all lists where it matches, and where its groups do.
func (p pattern) all(text string) [][]int {
	if !p.possible(text) {
		return nil
	}
	return p.FindAllStringSubmatchIndex(text, -1)
}

// normalise makes one form of what looks the same: NFKC, one hyphen, one
// space, nothing invisible.
func normalise(text string) string {
	whole := norm.NFKC.String(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Map(oneForm, whole)
	if len(text) < len(whole) { // what is not seen may have stood between a letter and its mark
		text = norm.NFKC.String(text)
	}

	// Between digits the sign of a long vowel is a hyphen.
	const long = "ー"
	for from := 0; ; {
		i := strings.Index(text[from:], long)
		if i < 0 {
			return text
		}
		i += from
		from = i + len(long)
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[from:])
		if isNumeral(before) && isNumeral(after) {
			return hyphens(text)
		}
	}
}

// hyphens replaces the signs of a long vowel between digits.
func hyphens(text string) string {
	runes := []rune(text)
	for i, c := range runes {
		if c == 'ー' && i > 0 && i+1 < len(runes) && isNumeral(runes[i-1]) && isNumeral(runes[i+1]) {
			runes[i] = '-'
		}
	}
	return string(runes)
}

// oneForm is a character without its variants; -1 for one that is not seen.
func oneForm(c rune) rune {
	switch {
	case c > ' ' && c <= '~', c >= '、' && c <= '】', c >= 'ぁ' && c <= 'ゟ', c >= 'ァ' && c <= 'ヿ', c >= '一' && c <= '龯':
		return c // nearly all of them
	case unicode.In(c, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point): // zero-width characters, marks of direction
		return -1
	case unicode.In(c, unicode.Variation_Selector, unicode.Me): // which form of 邉 it is, a frame around a digit
		return -1
	case unicode.Is(unicode.Pd, c) || c == '−' || c == '─' || c == '━' || c == '╌':
		return '-'
	case c == '\n':
		return '\n'
	case unicode.IsSpace(c):
		return ' '
	}
	return c
}

func isNumeral(c rune) bool { return isDigit(c) || c != '零' && isDigit(digitFromKanji(c)) }

func isDigit(c rune) bool { return c >= '0' && c <= '9' }

// digitsFromKanji writes each of 〇 to 九 as its digit; 十, 百 and 千 stay.
func digitsFromKanji(text string) string { return strings.Map(digitFromKanji, text) }

func digitFromKanji(c rune) rune {
	switch c {
	case '〇', '零':
		return '0'
	case '一':
		return '1'
	case '二':
		return '2'
	case '三':
		return '3'
	case '四':
		return '4'
	case '五':
		return '5'
	case '六':
		return '6'
	case '七':
		return '7'
	case '八':
		return '8'
	case '九':
		return '9'
	}
	return c
}

func onlyDigits(s string) string {
	return strings.Map(func(c rune) rune {
		if isDigit(c) {
			return c
		}
		return -1
	}, s)
}
