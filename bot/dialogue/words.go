package dialogue

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/flows/catalog"
)

// heard is what an event's words are read as. They are read once and before the
// transaction: inside it, all others would wait.
type heard struct {
	text string // in its normal form
	code string // a card's or set-up code; "" when there is none, or it is not whole
	like bool   // a code, whole or not
}

func hear(text string) heard {
	h := heard{text: casework.Normal(text)}
	h.code, h.like = casework.Code(h.text)
	return h
}

// vocabulary is what a catalog calls the words that people type, taken apart
// once.
type vocabulary struct {
	words   map[string][]string // by the key of the entry, which separates them by ·
	card    string              // what may stand in front of a card's code
	lead    string              // what a command of the group begins with
	confirm string              // what the button says by which a clerk knows everybody
	actions []action            // longer labels first
	presses map[string]string   // what a label of the menus means, by the label's core
	shapes  []shape             // labels that hold a number
	plain   map[string]bool     // labels of other buttons, by their cores
}

// action is one of the group's commands.
type action struct{ name, label string }

func newVocabulary(c *catalog.Catalog) *vocabulary {
	v := &vocabulary{words: map[string][]string{}, card: casework.Normal(c.Text("word.card")),
		confirm: casework.Normal(c.Text("crowd.confirm"))}
	for _, key := range c.Keys() {
		if strings.HasPrefix(key, "word.") {
			for word := range strings.SplitSeq(c.Text(key), "·") {
				v.words[key] = append(v.words[key], strings.TrimSpace(word))
			}
		}
	}
	lead, _, _ := strings.Cut(c.Text("command.case"), "{no}")
	v.lead = casework.Normal(lead)
	for _, name := range actions {
		v.actions = append(v.actions, action{name, casework.Normal(c.Text("action." + name))})
	}
	v.label(c)
	slices.SortStableFunc(v.actions, func(a, b action) int { return len(b.label) - len(a.label) })
	return v
}

// is tells whether a text is one of the words of a catalog's entry.
func (v *vocabulary) is(text, key string) bool {
	length := utf8.RuneCountInString(text)
	return slices.ContainsFunc(v.words[key], func(word string) bool {
		return utf8.RuneCountInString(word) == length && strings.EqualFold(word, text)
	})
}

// knowsAll: a clerk says that everybody in the group is known.
func (v *vocabulary) knowsAll(text string) bool {
	return v.is(text, "word.all_known") || text == v.confirm
}

// looksLikeCard: a whole code, or nothing but a long run of letters and digits,
// with or without the words that stand in front of a code.
func (v *vocabulary) looksLikeCard(h heard) bool {
	if h.code != "" {
		return true
	}
	rest, led := strings.CutPrefix(h.text, v.card)
	rest = strings.TrimSpace(rest)
	for _, r := range rest {
		if r > 127 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' {
			return false
		}
	}
	return led || len(rest) >= codeLike
}

// codeLike is how long a run of letters and digits must be to be taken for a
// code that is not whole.
const codeLike = 16
