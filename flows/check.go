package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What LINE or its screens bear. Labels and texts are in UTF-16 units.
const (
	MaxLabel   = 20   // quick reply label
	MaxAsk     = 5000 // text message; a confirming step's with its longest summary
	MaxChoices = 24   // rows of one Flex bubble that a thumb still scrolls
	MaxExample = 60
	MaxSay     = 80
	MaxHint    = 300
	MaxNav     = 5
	// maxBubble is LINE's limit of 30 KB for a bubble, less what surrounds the rows.
	maxBubble = 28_000
	rowBytes  = 420 // JSON of one row beside its words
)

// Fault is one thing that is wrong: where, what stands there and what would be
// right. Field is a dotted path of keys and ids ("steps.kind.choices.other.next");
// the second of two equal ids is "other#2".
type Fault struct {
	Field string
	Value string
	Want  string
}

func (f Fault) String() string {
	if f.Value == "" {
		return f.Field + ": " + f.Want
	}
	return f.Field + ": " + strconv.Quote(f.Value) + ": " + f.Want
}

// Check returns every fault of a flow: what LINE would refuse and where a
// person would get stuck. A flow without faults is safe for the engine.
func Check(f *Flow) []Fault {
	c := &checker{f: f}
	c.head()
	seen := counter{}
	for i := range f.Steps {
		c.step(&f.Steps[i], "steps."+seen.name(f.Steps[i].ID), seen)
	}
	c.ways()
	return c.faults
}

type checker struct {
	f      *Flow
	faults []Fault
}

func (c *checker) add(field, value, want string, args ...any) {
	c.faults = append(c.faults, Fault{Field: field, Value: value, Want: fmt.Sprintf(want, args...)})
}

// counter names equal ids apart.
type counter map[string]int

func (n counter) name(id string) string {
	n[id]++
	if n[id] > 1 {
		return id + "#" + strconv.Itoa(n[id])
	}
	return id
}

func (c *checker) id(field, id string, seen counter) {
	if !ValidID(id) {
		c.add(field+".id", id, "an id of a to z, 0 to 9 and _, at most 64 long")
	}
	if seen[id] > 1 {
		c.add(field+".id", id, "an id that is used once here")
	}
}

func (c *checker) label(field, label string) {
	if strings.TrimSpace(label) == "" {
		c.add(field, label, "a label, nothing stands there")
	} else if n := Units(label); n > MaxLabel {
		c.add(field, label, "at most %d characters (LINE), it has %d", MaxLabel, n)
	}
	if strings.ContainsAny(label, "\n\r\t") {
		c.add(field, label, "one line")
	}
}

func (c *checker) text(field, text string, limit int) {
	if n := Units(text); n > limit {
		c.add(field, clip(text), "at most %d characters, it has %d", limit, n)
	}
	for _, w := range WrongNumbers(text) {
		c.add(field, w, "a number that people may call: 188, #9110, 110, 119")
	}
}

func clip(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}

// head checks what stands beside the steps.
func (c *checker) head() {
	f := c.f
	if !ValidID(f.ID) {
		c.add("id", f.ID, "an id of a to z, 0 to 9 and _")
	}
	if f.Step(f.Start) == nil {
		c.add("start", f.Start, "the id of a step")
	}
	for _, w := range words {
		if f.Words[w] == "" {
			c.add("words."+w, "", "a sentence, it is missing")
		}
		c.text("words."+w, f.Words[w], MaxAsk)
		if has := strings.Contains(f.Words[w], "{say}"); has != (w == WordSay) {
			c.add("words."+w, f.Words[w], "{say} in words.%s and nowhere else", WordSay)
		}
	}
	for id, text := range f.Advice {
		c.text("advice."+id, text, MaxAsk)
	}
	c.navs("nav", f.Nav, navs)
	var kept []string
	for _, s := range f.Steps {
		if s.Keep != "" && !slices.Contains(kept, s.Keep) {
			kept = append(kept, s.Keep)
		}
	}
	c.navs("keep", f.Keep, kept)
}

func (c *checker) navs(field string, list []Nav, need []string) {
	seen := counter{}
	for _, n := range list {
		at := field + "." + seen.name(n.ID)
		c.id(at, n.ID, seen)
		c.label(at+".label", n.Label)
		if field == "nav" && !slices.Contains(navs, n.ID) {
			c.add(at+".id", n.ID, "one of %s", strings.Join(navs, ", "))
		}
	}
	for _, id := range need {
		if seen[id] == 0 {
			c.add(field, id, "this button, it is missing")
		}
	}
}

var placeholder = regexp.MustCompile(`\{[^{}\s]*\}`)

func (c *checker) step(s *Step, at string, seen counter) {
	c.id(at, s.ID, seen)
	if strings.TrimSpace(s.Ask) == "" {
		c.add(at+".ask", s.Ask, "a question, nothing stands there")
	}
	limit := MaxAsk
	if s.Kind == KindConfirm {
		limit -= c.longestSummary()
	}
	c.text(at+".ask", s.Ask, limit)
	c.text(at+".hint", s.Hint, MaxHint)
	c.text(at+".title", s.Title, MaxLabel)
	for field, text := range map[string]string{".ask": s.Ask, ".hint": s.Hint} {
		for _, p := range placeholder.FindAllString(text, -1) {
			c.add(at+field, p, "no placeholders in a question")
		}
	}
	if s.Keep != "" && s.Keep != EffectTellNow {
		c.add(at+".keep", s.Keep, "%s", EffectTellNow)
	}
	if s.Finish != "" && s.Finish != EffectSend {
		c.add(at+".finish", s.Finish, "%s", EffectSend)
	}
	if s.Next != "" && c.f.Step(s.Next) == nil {
		c.add(at+".next", s.Next, "the id of a step")
	}
	if s.Optional && s.Next == "" {
		c.add(at+".next", "", "a next step, since this one can be skipped")
	}
	c.kind(s, at)
	c.choices(s, at)
	c.refines(s, at)
}

func (c *checker) kind(s *Step, at string) {
	switch s.Kind {
	case KindChoices, KindMany, KindConfirm:
		if len(s.Choices) == 0 {
			c.add(at+".choices", "", "at least one choice")
		}
		if len(s.Choices) > MaxChoices {
			c.add(at+".choices", strconv.Itoa(len(s.Choices)), "at most %d choices", MaxChoices)
		}
	case KindText:
		if len(s.Choices) > 0 {
			c.add(at+".choices", "", "no choices, the step takes text")
		}
		if s.Next == "" {
			c.add(at+".next", "", "the id of a step, this is a dead end")
		}
	default:
		c.add(at+".kind", s.Kind, "one of %s, %s, %s, %s", KindChoices, KindMany, KindText, KindConfirm)
	}
	if s.Kind == KindMany {
		c.label(at+".done", s.Done)
		if s.Next == "" {
			c.add(at+".next", "", "the id of a step, this is a dead end")
		}
	} else if s.Done != "" {
		c.add(at+".done", s.Done, "nothing: only a step of kind many has this button")
	}
	if s.Kind == KindConfirm && (s.Optional || s.Finish != "" || s.Keep != "") {
		c.add(at, s.ID, "neither optional, finish nor keep: a confirming step must be answered")
	}
}

// level: what is misspelt would be taken for the most urgent, and what stands
// at another question would not be obeyed.
func (c *checker) level(s *Step, o *Choice, here string) {
	switch {
	case o.Level == "":
	case s.ID != StepUrgency:
		c.add(here+".level", o.Level, "no level here, only at the choices of %s", StepUrgency)
	case !slices.Contains(Levels(), o.Level):
		c.add(here+".level", o.Level, "one of %s", strings.Join(Levels(), ", "))
	}
}

func (c *checker) choices(s *Step, at string) {
	seen, names, bytes := counter{}, map[string]string{}, 0
	if s.Kind == KindMany {
		names[fold(s.Done)] = "done"
	}
	for i := range s.Choices {
		o := &s.Choices[i]
		here := at + ".choices." + seen.name(o.ID)
		c.id(here, o.ID, seen)
		c.label(here+".label", o.Label)
		c.text(here+".label", o.Label, MaxAsk)
		c.text(here+".example", o.Example, MaxExample)
		c.text(here+".say", o.Say, MaxSay)
		bytes += rowBytes + 2*len(o.Label) + len(o.Example)
		for j, name := range append([]string{o.Label}, o.Aliases...) {
			field := ".label"
			if j > 0 {
				field = ".aliases"
			}
			folded := fold(name)
			if folded == "" {
				folded = name // nothing that can be typed: compared as it is
				if j > 0 {
					c.add(here+field, name, "letters or digits that can be typed")
				}
			}
			if other, taken := names[folded]; taken && other != o.ID || taken && seen[o.ID] > 1 {
				c.add(here+field, name, "words that no other choice of this question has, %s has the same", other)
			}
			names[folded] = o.ID
		}
		c.level(s, o, here)
		c.target(s, o, here)
	}
	if bytes > maxBubble {
		c.add(at+".choices", strconv.Itoa(bytes), "shorter or fewer choices, LINE's list holds about %d bytes", maxBubble)
	}
}

// target checks where a choice leads.
func (c *checker) target(s *Step, o *Choice, at string) {
	if o.Advise != "" && c.f.Advice[o.Advise] == "" {
		c.add(at+".advise", o.Advise, "the id of an advice")
	}
	if o.Alone && s.Kind != KindMany {
		c.add(at+".alone", o.ID, "alone only in a step of kind many")
	}
	if s.Kind == KindMany {
		if o.Next != "" || o.Effect != "" || o.Advise != "" {
			c.add(at, o.ID, "neither next, effect nor advise: a step of kind many leads where done leads")
		}
		return
	}
	switch {
	case o.Effect != "" && o.Next != "":
		c.add(at+".next", o.Next, "either next or effect")
	case o.Effect != "" && !slices.Contains([]string{EffectSend, EffectCancel, EffectRestart}, o.Effect):
		c.add(at+".effect", o.Effect, "one of %s, %s, %s", EffectSend, EffectCancel, EffectRestart)
	case o.Effect == EffectSend && s.Kind != KindConfirm:
		c.add(at+".effect", o.Effect, "a step of kind confirm: nothing is sent without a summary")
	case o.Effect == "" && s.leads(o) == "":
		c.add(at+".next", "", "a next step or an effect, this is a dead end")
	case o.Next != "" && c.f.Step(o.Next) == nil:
		c.add(at+".next", o.Next, "the id of a step")
	}
}

func (c *checker) refines(s *Step, at string) {
	if s.Refines == "" {
		return
	}
	target := c.f.Step(s.Refines)
	leads := target != nil && target.Refines == "" && target.ID != s.ID &&
		slices.ContainsFunc(target.Choices, func(o Choice) bool { return o.Next == s.ID })
	if !leads {
		c.add(at+".refines", s.Refines, "a step with a choice whose next is %s", s.ID)
	}
}

func (c *checker) longestSummary() int {
	sum := 0
	for _, s := range c.f.Steps {
		longest, all := 0, 0
		for _, o := range s.Choices {
			longest = max(longest, Units(o.Label))
			all += Units(o.Label) + 1
		}
		switch s.Kind {
		case KindMany:
			longest = all
		case KindText:
			longest = MaxText
		case KindConfirm:
			continue
		}
		sum += longest + Units(s.Title) + 3
	}
	return sum
}
