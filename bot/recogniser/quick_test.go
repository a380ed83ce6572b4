package recogniser

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// slow is Find without any of the quick tests that spare a text the long ones:
// every character is looked up, every expression tried. What Find does not find
// and slow does would be somebody's details let through.
func slow(r *Recogniser, text string) []Kind {
	plain := slowNormalise(text)
	digits := slowDigits(plain)
	numbers := r.numbers(digits)
	var found []Kind
	for _, k := range []struct {
		kind Kind
		here bool
	}{
		{Telephone, numbers[Telephone]},
		{Postal, numbers[Postal]},
		{Address, slowAddress(digits)},
		{Name, slowName(plain)},
		{Email, emailPattern.MatchString(plain)},
		{Digits, numbers[Digits]},
		{Birth, birthPattern.MatchString(digits)},
	} {
		if k.here {
			found = append(found, k.kind)
		}
	}
	return found
}

func slowNormalise(text string) string {
	text = norm.NFKC.String(strings.Map(func(c rune) rune {
		switch {
		case unicode.In(c, unicode.Cf, unicode.Me, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
			return -1
		case unicode.Is(unicode.Pd, c) || c == '−' || c == '─' || c == '━' || c == '╌':
			return '-'
		case c == '\n':
			return '\n'
		case unicode.IsSpace(c):
			return ' '
		}
		return c
	}, norm.NFKC.String(strings.ToValidUTF8(text, "\uFFFD"))))

	// Between digits the sign of a long vowel is a hyphen.
	runes := []rune(text)
	for i, c := range runes {
		if c == 'ー' && i > 0 && i+1 < len(runes) && slowNumeral(runes[i-1]) && slowNumeral(runes[i+1]) {
			runes[i] = '-'
		}
	}
	return string(runes)
}

const kanjiDigits = "〇一二三四五六七八九"

func slowNumeral(c rune) bool { return isDigit(c) || strings.ContainsRune(kanjiDigits, c) }

func slowDigits(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '零' {
			return '0'
		}
		if i := strings.IndexRune(kanjiDigits, c); i >= 0 {
			return '0' + rune(i/len("〇"))
		}
		return c
	}, text)
}

func slowAddress(text string) bool {
	for _, p := range []pattern{lotPattern, roomPattern, rowPattern, homePattern, placePattern, askedFor} {
		for _, at := range p.FindAllStringIndex(text, -1) {
			if !counted(text, at) {
				return true
			}
		}
	}
	for _, at := range blockPattern.FindAllStringIndex(text, -1) {
		if !likeBlock(text, at) {
			return true
		}
	}
	for _, at := range buildingPattern.FindAllStringSubmatchIndex(text, -1) {
		number := text[at[2]:at[3]]
		if number != "110" && number != "119" && number != "188" && !counted(text, at[:2]) {
			return true
		}
	}
	return false
}

func slowName(text string) bool {
	runes := []rune(text)
	for i := range runes {
		rest := string(runes[i:min(len(runes), i+8)])
		for _, h := range honorifics {
			if strings.HasPrefix(rest, h.text) && !hasAnyPrefix(rest[len(h.text):], h.notBefore) && named(runes[:i], h) {
				return true
			}
		}
		if runes[i] == 'の' && hasAnyPrefix(string(runes[i+1:min(len(runes), i+8)]), relatives) && endsInSurname(runes[:i]) {
			return true
		}
	}
	return false
}

func sameAsSlow(t *testing.T, text string) {
	t.Helper()
	if got, want := Find(text), slow(&Recogniser{}, text); !slices.Equal(got, want) {
		t.Errorf("%q: found %v, without the quick tests %v", text, got, want)
	}
}

// TestQuick: the quick tests spare nothing that the long ones find, in the
// corpus, in pieces of it, and in those pieces put together anew.
func TestQuick(t *testing.T) {
	all := corpus(t)
	for i, s := range all {
		for _, text := range append(variants(s.text), s.text, s.text+all[(i+1)%len(all)].text) {
			sameAsSlow(t, text)
		}
		for from := range s.text {
			if !utf8.RuneStart(s.text[from]) {
				continue
			}
			sameAsSlow(t, s.text[from:])
			sameAsSlow(t, s.text[:from])
			sameAsSlow(t, s.text[:from]+all[(i+7)%len(all)].text)
		}
	}
}

// TestNeeds: of the words without which an expression is not tried, each alone
// is enough.
func TestNeeds(t *testing.T) {
	texts := []string{"1番地", "二丁目", "3番12号", "三号室", "A棟201", "中央2-3-4", "中央2の3の4", "中央2-3在住", "中央2の3在住",
		"西町1-2", "西町1の2", "西町字田中12", "大字田中12", "住所は田中12", "a@example.jp", "1950.1.2生", "1950.1.2うまれ", "誕生日は十"}
	for _, b := range []string{"マンション", "アパート", "ハイツ", "コーポ", "メゾン", "レジデンス", "ハイム", "パレス", "ビラ", "荘", "住宅", "団地", "寮"} {
		texts = append(texts, b+"201")
	}
	for _, text := range texts {
		if got := slow(&Recogniser{}, text); len(got) != 1 {
			t.Errorf("%s: %v, want one kind", text, got)
		}
		sameAsSlow(t, text)
	}
}

// TestCharacters: every character has the form and the digit that looking it up
// gives.
func TestCharacters(t *testing.T) {
	for c := rune(0); c <= unicode.MaxRune; c++ {
		s := string(c)
		if got, want := strings.Map(oneForm, s), slowNormalise(s); norm.NFKC.IsNormalString(s) && got != want {
			t.Errorf("%U becomes %q, want %q", c, got, want)
		}
		if got, want := digitsFromKanji(s), slowDigits(s); got != want {
			t.Errorf("%U becomes the digit %q, want %q", c, got, want)
		}
		if got, want := isNumeral(c), slowNumeral(c); got != want {
			t.Errorf("%U is a numeral: %v, want %v", c, got, want)
		}
	}
}
