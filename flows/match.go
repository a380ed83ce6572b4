package flows

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// Units is the length of s in UTF-16 units, as LINE counts texts. It is never
// less than the number of graphemes, as LINE counts labels.
func Units(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// Blank tells whether nobody would see anything in a text: blanks, and the
// characters that take up no room or show nothing.
func Blank(s string) bool {
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector):
		case r == '\u034f', r == '\u115f', r == '\u1160', r == '\u17b4', r == '\u17b5', r == '\u2800', r == '\u3164', r == '\uffa0':
		default:
			return false
		}
	}
	return true
}

// NamesKept tells whether a text names the button that stays, where a session
// shows it now.
func NamesKept(f *Flow, s Session, text string) bool {
	t := turn{f: f, s: s}
	id := t.kept()
	return id != "" && f.named(f.keep(id), fold(text))
}

// NamesKeep tells whether a text is the label of a button that stays.
func NamesKeep(f *Flow, text string) bool {
	folded := fold(text)
	return slices.ContainsFunc(f.Keep, func(n Nav) bool { return folded == f.fold(n.Label) })
}

// NamesBeside tells whether a text is the label of a button that stands beside
// the answers in some session of a flow, or confirms them.
func NamesBeside(f *Flow, text string) bool {
	folded := fold(text)
	label := func(l string) bool { return folded == f.fold(l) }
	if slices.ContainsFunc(slices.Concat(f.Nav, f.Keep), func(n Nav) bool { return label(n.Label) }) {
		return true
	}
	return slices.ContainsFunc(f.Steps, func(s Step) bool {
		return s.Kind == KindMany && label(s.Done) || s.Kind == KindConfirm &&
			slices.ContainsFunc(s.Choices, func(c Choice) bool { return label(c.Label) })
	})
}

// typed matches a text to what can be tapped now. What is unclear asks again.
func (t *turn) typed(text string) {
	step := t.step()
	folded := fold(text)
	if step.Kind != KindText {
		if c := t.f.exact(step.Choices, folded); c != nil {
			t.take(step, c)
			return
		}
	}
	// The done button before the others: "next" with marks is not a skip.
	if step.Kind == KindMany && t.f.match([]Choice{{Label: step.Done}}, folded) != nil {
		t.done()
		return
	}
	if t.typedNav(folded) {
		return
	}
	if step.Kind == KindText {
		t.typedText(step, text)
		return
	}
	if c := t.f.match(step.Choices, folded); c != nil {
		t.take(step, c)
		return
	}
	if step.Kind == KindMany && t.typedMarks(step, text) {
		return
	}
	t.unmatched = true
	t.repeat(WordUnmatched)
}

func (t *turn) take(step *Step, c *Choice) {
	if step.Kind == KindMany {
		t.setMark(step, c, !slices.Contains(t.s.Marks, c.ID))
		t.verdict = Accepted
		t.ask()
		return
	}
	t.choose(c)
}

func (t *turn) typedNav(folded string) bool {
	if folded == "" {
		return false
	}
	if id := t.kept(); id != "" && t.f.named(t.f.keep(id), folded) {
		t.tellNow(id)
		return true
	}
	if t.f.named(t.f.nav(NavResume), folded) {
		t.verdict = Repeated
		t.ask()
		return true
	}
	for _, id := range t.offered() {
		if t.f.named(t.f.nav(id), folded) {
			t.navigate(id)
			return true
		}
	}
	return false
}

func (t *turn) typedText(step *Step, text string) {
	text = strings.TrimSpace(text)
	switch {
	case Blank(text):
		t.repeat(WordNeedText)
	case Units(text) > MaxText:
		t.repeat(WordTooLong)
	default:
		t.verdict = Accepted
		t.answer(Answer{Step: step.ID, Text: text})
		t.move(step.Next)
	}
}

// typedMarks marks several choices at once ("1, 3, 5"); all parts must match.
func (t *turn) typedMarks(step *Step, text string) bool {
	parts := strings.FieldsFunc(norm.NFKC.String(text), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(",、", r)
	})
	var found []*Choice
	for _, p := range parts {
		c := t.f.match(step.Choices, fold(p))
		if c == nil {
			return false
		}
		found = append(found, c)
	}
	if len(found) == 0 {
		return false
	}
	for _, c := range found {
		t.setMark(step, c, true)
	}
	t.verdict = Accepted
	t.ask()
	return true
}

func (f *Flow) named(n Nav, folded string) bool {
	return folded == f.fold(n.Label) || slices.ContainsFunc(n.Aliases, func(a string) bool { return folded == f.fold(a) })
}

// exact finds the one choice with this label, alias or number.
func (f *Flow) exact(choices []Choice, folded string) *Choice {
	if folded == "" {
		return nil
	}
	for i := range choices {
		if f.named(Nav{Label: choices[i].Label, Aliases: choices[i].Aliases}, folded) {
			return &choices[i]
		}
	}
	n, err := strconv.Atoi(strings.TrimSuffix(folded, "番"))
	if err == nil && n >= 1 && n <= len(choices) {
		return &choices[n-1]
	}
	return nil
}

// match finds the one choice a text means: an exact match, or the only choice
// whose label begins with it, contains it or has it as a part. Not the other
// way round: a sentence that contains a label may well deny it.
func (f *Flow) match(choices []Choice, folded string) *Choice {
	if c := f.exact(choices, folded); c != nil {
		return c
	}
	length := len([]rune(folded))
	if length < 2 {
		return nil
	}
	var found *Choice
	for i := range choices {
		if !f.resembles(&choices[i], folded, length) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &choices[i]
	}
	return found
}

func (f *Flow) resembles(c *Choice, folded string, length int) bool {
	label := f.fold(c.Label)
	if strings.HasPrefix(label, folded) || length >= 3 && strings.Contains(label, folded) {
		return true
	}
	return slices.Contains(f.parts(c.Label), folded)
}

// parts are the parts of a label, folded; none when it is in one piece.
func parts(label string) []string {
	all := strings.FieldsFunc(norm.NFKC.String(label), func(r rune) bool { return strings.ContainsRune("・()、/", r) })
	if len(all) < 2 {
		return nil
	}
	for i, p := range all {
		all[i] = fold(p)
	}
	return all
}

// spelling is a label or an alias as typed text is compared to it.
type spelling struct {
	folded string
	parts  []string
}

// fold is fold, looked up where the text was there when the flow was sealed.
func (f *Flow) fold(s string) string {
	if known, ok := f.spellings[s]; ok {
		return known.folded
	}
	return fold(s)
}

func (f *Flow) parts(label string) []string {
	if known, ok := f.spellings[label]; ok {
		return known.parts
	}
	return parts(label)
}

// spell folds every label and alias once: typed words are compared to all of a
// question's.
func (f *Flow) spell() {
	f.spellings = map[string]spelling{}
	add := func(label string, aliases []string) {
		for _, s := range append(aliases[:len(aliases):len(aliases)], label) {
			f.spellings[s] = spelling{fold(s), parts(s)}
		}
	}
	for _, n := range slices.Concat(f.Nav, f.Keep) {
		add(n.Label, n.Aliases)
	}
	for _, s := range f.Steps {
		add(s.Done, nil)
		for _, c := range s.Choices {
			add(c.Label, c.Aliases)
		}
	}
}

// politeness is what people add to an answer without changing it.
var politeness = []string{"おねがいします", "お願いします", "でした", "です", "ます", "だ", "よ", "ね"}

// fold makes texts comparable: NFKC, lower case, hiragana, letters and digits
// only, without the polite ending.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'ァ' && r <= 'ヶ':
			return r - 'ァ' + 'ぁ'
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '#':
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(s))
	for again := true; again; {
		again = false
		for _, p := range politeness {
			if rest, ok := strings.CutSuffix(s, p); ok && rest != "" {
				s, again = rest, true
			}
		}
	}
	return s
}
