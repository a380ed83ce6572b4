package recogniser

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// honorific is a title after a name.
type honorific struct {
	text string
	// notBefore are beginnings of what would make another word of it: さんざん,
	// 様子, 氏名.
	notBefore []string
	// notAfter are characters that make another word with it: 同様, 彼氏.
	notAfter string
	// known demands a name from the list, where other words end alike.
	known bool
}

var honorifics = []honorific{
	{text: "さん", notBefore: []string{"ざん", "ぽ", "すう", "しょ"}},
	{text: "サン", notBefore: []string{"プ", "グ", "ダ", "キ", "ト", "マ", "バ", "デ", "ル"}, known: true},
	{text: "様", notBefore: []string{"々", "子", "式", "態", "相", "変"}, notAfter: "同模多異仕一有左外各別逆両図無何誰貴斯今"},
	{text: "さま", notBefore: []string{"ざま", "たげ", "よ", "し", "す"}, notAfter: "有様"},
	{text: "サマ", notBefore: []string{"ー"}, known: true},
	{text: "ちゃん", notBefore: []string{"と"}},
	{text: "くん", notBefore: []string{"で", "だ", "じ", "や", "な", "と"}},
	{text: "君", notBefore: []string{"主", "臨", "た"}, notAfter: "諸主若姫暴細名夫"},
	{text: "氏", notBefore: []string{"名", "族", "神", "子", "素"}, notAfter: "彼同両某摂華各諸"},
	{text: "殿", notBefore: []string{"様", "下", "堂"}, notAfter: "貴宮御神沈拝本湯大社正"},
	{text: "先生", known: true},
	{text: "宅", notBefore: []string{"地", "配", "建", "急"}, known: true},
	{text: "邸", notBefore: []string{"宅"}, known: true},
	{text: "家", notBefore: []string{"族", "具", "賃", "屋", "計", "庭", "電", "事", "内", "業"}, known: true},
	{text: "夫妻", known: true},
	{text: "夫婦", known: true},
	{text: "ご夫妻", known: true},
	{text: "ご夫婦", known: true},
	{text: "という", known: true},
	{text: "と名乗", known: true},
	{text: "と申", known: true},
}

// relatives after a surname and の point at one household: 田中のおばあちゃん.
var relatives = []string{"おばあ", "おじい", "お婆", "お爺", "婆", "爺", "ばあ", "じい", "奥さん", "奥様", "旦那", "ご主人", "主人", "息子", "娘", "お母", "お父", "母", "父", "お宅", "家", "おうち"}

// byFirst holds the honorifics by their first character.
var byFirst = func() map[rune][]honorific {
	m := map[rune][]honorific{}
	for _, h := range honorifics {
		first, _ := utf8.DecodeRuneInString(h.text)
		m[first] = append(m[first], h)
	}
	return m
}()

// hasName looks before every honorific for something that can be a name.
func hasName(text string) bool {
	var runes []rune // of text, once something in it may be an honorific
	n := -1
	for i, c := range text {
		n++
		if c < utf8.RuneSelf {
			continue
		}
		rest := text[i:]
		for _, h := range byFirst[c] {
			if strings.HasPrefix(rest, h.text) && !hasAnyPrefix(rest[len(h.text):], h.notBefore) {
				if runes == nil {
					runes = []rune(text)
				}
				if named(runes[:n], h) {
					return true
				}
			}
		}
		if c == 'の' && hasAnyPrefix(rest[len("の"):], relatives) {
			if runes == nil {
				runes = []rune(text)
			}
			if endsInSurname(runes[:n]) {
				return true
			}
		}
	}
	return false
}

// named tells whether what stands before an honorific is a name.
func named(before []rune, h honorific) bool {
	if n := len(before); n > 0 && before[n-1] == ' ' {
		before = before[:n-1] // 田中 さん
	}
	run, script := lastRun(before)
	if len(run) == 0 || strings.ContainsRune(h.notAfter, run[len(run)-1]) {
		return false
	}
	words := lexicon()
	switch script {
	case kanji:
		surname := words.surname(run)
		if h.known {
			return surname >= 2
		}
		if h.text == "くん" && surname == 0 && len(run) < 2 {
			return false // 聞くん
		}
		return !words.role(run, surname) && !allIn(run, "一二三四五六七八九十百千万数")
	case katakana:
		if h.known {
			return words.reading(run, false)
		}
		return len(run) >= 2 && !words.roleKana(run)
	case hiragana:
		if h.text == "さん" && strings.HasSuffix(string(run), "たく") {
			return false // たくさん
		}
		if words.reading(run, len(run) < len(before)) {
			return true
		}
		return !h.known && len(run) >= 2 && len(run) <= 4 && !strings.ContainsRune("のはがをにもでとへやしおご", run[0]) &&
			endsInSurname(before[:len(before)-len(run)]) // 田中みどりさん
	case latin:
		word := string(run)
		return !h.known && len(run) >= 3 && strings.ToUpper(word) != word && !words.roles[strings.ToLower(word)]
	}
	return false
}

func endsInSurname(before []rune) bool {
	run, script := lastRun(before)
	return script == kanji && lexicon().surname(run) >= 2
}

type script int

const (
	other script = iota
	kanji
	katakana
	hiragana
	latin
)

func scriptOf(c rune) script {
	switch {
	case c == '〇':
		return other // stands for a name that is left out
	case unicode.Is(unicode.Han, c) || c == '々' || c == 'ヶ':
		return kanji
	case c == 'ー' || unicode.Is(unicode.Katakana, c):
		return katakana
	case unicode.Is(unicode.Hiragana, c):
		return hiragana
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return latin
	}
	return other
}

// lastRun is the end of text in one script, at most twelve characters.
func lastRun(text []rune) ([]rune, script) {
	if len(text) == 0 {
		return nil, other
	}
	s := scriptOf(text[len(text)-1])
	start := len(text)
	for start > 0 && len(text)-start < 12 && scriptOf(text[start-1]) == s {
		start--
	}
	if s == other {
		return nil, other
	}
	return text[start:], s
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func allIn(run []rune, set string) bool {
	for _, c := range run {
		if !strings.ContainsRune(set, c) {
			return false
		}
	}
	return true
}
