package catalog

import (
	"slices"
)

// For whom an instruction may be chosen.
const (
	ForAll       = "all"
	ForStatutory = "statutory"  // organisations that are members by law
	ForConsent   = "by_consent" // all others, with the person's own consent
)

// Instruction is what the secretariat may tell the reporter to do.
type Instruction struct {
	ID      string   `json:"id"`
	Label   string   `json:"label"` // at most 20 UTF-16 units
	Text    string   `json:"text"`  // with placeholders; fill it by Catalog.Fill
	Answers []Answer `json:"answers"`
	SetList []Set    `json:"sets"` // the clerk picks one, its answers are the instruction's
	For     string   `json:"for"`
	// Warn asks the clerk to telephone first when the report is not fresh.
	Warn bool `json:"warn"`
	// Closes says that it closes the case, without an outcome text.
	Closes bool `json:"closes"`
	// Sets is SetList by id.
	Sets map[string][]Answer `json:"-"`
	// Needs are the placeholders besides {no} and the council's values: what
	// must be chosen, made or asked for before it can be offered.
	Needs []string `json:"-"`
}

// Answer is a button below an instruction.
type Answer struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	// Done is No when the answer means that what was wanted has not been done:
	// the case then waits for a clerk, soon.
	Done string `json:"done"`
	// AskAgain is No when asking later how it is now would be of no use.
	AskAgain string `json:"ask_again"`
}

// No is what Answer.Done and Answer.AskAgain say, or nothing.
const No = "no"

// Set is one way to answer a question; without answers, free text.
type Set struct {
	ID      string   `json:"id"`
	Label   string   `json:"label"`
	Answers []Answer `json:"answers"`
}

// PlaceholderNumber is the receipt number, in every instruction.
const PlaceholderNumber = "no"

// The placeholders that Needs can hold.
const (
	NeedDeadline        = "期限"
	NeedURL             = "URL"
	NeedPolice          = "警察署名"
	NeedPoliceTelephone = "警察署電話"
	NeedSign            = "確認点"
	NeedDate            = "日付"
	NeedQuestion        = "質問"
)

// Needs lists what an instruction's Needs can hold.
func Needs() []string {
	return []string{NeedDeadline, NeedURL, NeedPolice, NeedPoliceTelephone, NeedSign, NeedDate, NeedQuestion}
}

// Answer returns an answer of the instruction or of one of its sets.
func (in Instruction) Answer(id string) (Answer, bool) {
	all := slices.Clone(in.Answers)
	for _, s := range in.SetList {
		all = append(all, s.Answers...)
	}
	for _, a := range all {
		if a.ID == id {
			return a, true
		}
	}
	return Answer{}, false
}

// Allowed says whether the instruction may go to an organisation, by whether
// it is a member by law.
func (in Instruction) Allowed(statutory bool) bool {
	switch in.For {
	case ForStatutory:
		return statutory
	case ForConsent:
		return !statutory
	}
	return true
}

// Instructions lists all instructions in order. The list is shared: do not
// change it.
func (c *Catalog) Instructions() []Instruction { return c.instructions }

// Instruction returns one instruction.
func (c *Catalog) Instruction(id string) (Instruction, bool) {
	for _, in := range c.instructions {
		if in.ID == id {
			return in, true
		}
	}
	return Instruction{}, false
}

func (in *Instruction) derive() {
	if in.For == "" {
		in.For = ForAll
	}
	in.Sets = map[string][]Answer{}
	for _, s := range in.SetList {
		in.Sets[s.ID] = s.Answers
	}
	for _, p := range Placeholders(in.Text) {
		if p != PlaceholderNumber && !slices.Contains(Values(), p) {
			in.Needs = append(in.Needs, p)
		}
	}
}
