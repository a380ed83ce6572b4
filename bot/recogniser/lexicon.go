package recogniser

import (
	_ "embed" // the word lists
	"strings"
	"sync"
)

var (
	//go:embed lexicon/surnames.txt
	surnamesFile string
	//go:embed lexicon/given.txt
	givenFile string
	//go:embed lexicon/roles.txt
	rolesFile string
	//go:embed lexicon/whole.txt
	wholeFile string
)

// words are the lists against which a possible name is held.
type words struct {
	surnames map[string]bool // in kanji
	readings map[string]bool // surnames and given names in hiragana
	roles    map[string]bool // ends of words that are no names: 業者, 員, ヘルパー
	whole    map[string]bool // whole words that are no names, though names end alike: 子, 夫
}

var lexicon = sync.OnceValue(func() *words {
	w := &words{surnames: map[string]bool{}, readings: map[string]bool{}, roles: map[string]bool{}, whole: map[string]bool{}}
	for _, line := range lines(surnamesFile) {
		for i, field := range strings.Fields(line) {
			if i == 0 {
				w.surnames[field] = true
			} else {
				w.readings[field] = true
			}
		}
	}
	for _, file := range []struct {
		text string
		into map[string]bool
	}{{givenFile, w.readings}, {rolesFile, w.roles}, {wholeFile, w.whole}} {
		for _, line := range lines(file.text) {
			for _, word := range strings.Fields(line) {
				file.into[word] = true
			}
		}
	}
	return w
})

// lines are a list's lines without comments.
func lines(file string) []string {
	var out []string
	for line := range strings.Lines(file) {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
			out = append(out, line)
		}
	}
	return out
}

// surname is the length of the longest listed surname at the end of run.
func (w *words) surname(run []rune) int {
	for n := min(len(run), 4); n > 0; n-- {
		if w.surnames[string(run[len(run)-n:])] {
			return n
		}
	}
	return 0
}

// role tells whether run ends in a word that is no name. A longer surname
// there wins: 土屋 against 屋.
func (w *words) role(run []rune, surname int) bool {
	if w.whole[string(run)] {
		return true
	}
	for n := len(run); n > surname || n > 0 && n == surname && n > 2; n-- {
		if w.roles[string(run[len(run)-n:])] {
			return true
		}
	}
	return false
}

// roleKana is role for words in katakana. Longer ones in -ー are people by
// what they do (ドライバー).
func (w *words) roleKana(run []rune) bool {
	return len(run) >= 4 && run[len(run)-1] == 'ー' || w.role(run, 0)
}

// reading tells whether run, in either kana, ends in a listed name. Before a
// short name there must be a break: もり, but not おまもり.
func (w *words) reading(run []rune, more bool) bool {
	hira := make([]rune, len(run))
	for i, c := range run {
		if c >= 'ァ' && c <= 'ヶ' {
			c -= 'ァ' - 'ぁ'
		}
		hira[i] = c
	}
	for n := min(len(run), 5); n > 1; n-- {
		if !w.readings[string(hira[len(hira)-n:])] {
			continue
		}
		if n == len(hira) && (n > 2 || !more) || n > 2 || n < len(hira) && strings.ContainsRune("はがのにをとでへもや", hira[len(hira)-n-1]) {
			return true
		}
		if n == len(hira) && more {
			return true // a break of script before it
		}
	}
	return false
}
