package casework

import (
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
)

// Asked is an instruction of an open case that waits for the member's answer.
type Asked struct {
	Case        council.Case
	Instruction council.Instruction
}

// Unanswered lists what the member has been told and has not answered yet, of
// the latest open cases, the newest case first.
func (w *Work) Unanswered(m council.Member) ([]Asked, error) {
	cases, err := w.CasesOf(m.ID, openCasesLooked)
	if err != nil {
		return nil, err
	}
	var all []Asked
	for _, c := range cases {
		for _, i := range c.Instructions {
			if c.Open() && !i.Corrected && i.Answered.IsZero() && w.expectsAnswer(i) {
				all = append(all, Asked{c, i})
			}
		}
	}
	return all, nil
}

// InWords tells whether an instruction is to be answered in the member's words.
func (w *Work) InWords(i council.Instruction) bool { return i.Set == setWords }

// Again shows instructions again, with their buttons, below a sentence; of many
// the newest cases'.
func (w *Work) Again(m council.Member, key string, asked []Asked) {
	for n, a := range asked[:min(len(asked), mostAgain)] {
		var ms []message.Message
		if n == 0 {
			ms = append(ms, message.Text{Body: w.drill(a.Case, w.text(key))})
		}
		w.ToUser(m.User, message.About{Kind: AboutTalk, Case: a.Case.No}, append(ms, w.instruction(a.Case, a.Instruction))...)
	}
}

// mostAgain is how many instructions fit below a sentence.
const mostAgain = 4

// Labelled finds the buttons with this label below what the member was told and
// may still answer: what waits for an answer before what has one, in open cases
// before closed ones. It returns the postbacks, and what they stand below.
func (w *Work) Labelled(m council.Member, label string) (data []string, below []Asked, err error) {
	cases, err := w.CasesOf(m.ID, openCasesLooked)
	if err != nil {
		return nil, nil, err
	}
	const waiting, answered, closed = 0, 1, 2
	var found [3][]string
	var at [3][]Asked
	for _, c := range cases {
		for _, i := range c.Instructions {
			rank := answered
			switch {
			case i.Corrected:
				continue
			case !c.Open():
				rank = closed
			case i.Answered.IsZero() && w.expectsAnswer(i):
				rank = waiting
			}
			shown := c
			shown.State = council.Instructed // as when it was sent
			for _, b := range w.instruction(shown, i).Buttons {
				if fold(b.Label) == fold(label) {
					found[rank], at[rank] = append(found[rank], b.Data), append(at[rank], Asked{c, i})
				}
			}
		}
	}
	for rank := range found {
		if len(found[rank]) > 0 {
			return found[rank], at[rank], nil
		}
	}
	return nil, nil, nil
}

// AnsweredInWords takes what a member typed for the answer to the only
// instruction that waits for one, where that is to be answered in words; no is
// the case that then has them. False when it is not so.
func (w *Work) AnsweredInWords(m council.Member, words records.Words) (no string, taken bool, err error) {
	asked, err := w.Unanswered(m)
	if err != nil || len(asked) != 1 || asked[0].Instruction.Set != setWords {
		return "", false, err
	}
	no, _, err = w.Wrote(m, asked[0].Case.No, asked[0].Instruction.ID, false, words)
	return no, true, err
}

// typedOnly is how NotAnswered is raised of a member who has typed words that
// wait for being told what they are for: nobody may say then that nothing came.
const typedOnly council.Why = "not_answered_typed"

// raisedAs is what is said now of a case that waits for this.
func (w *Work) raisedAs(c council.Case, kind council.Why) (council.Why, error) {
	if kind != council.NotAnswered {
		return kind, nil
	}
	m, ok, err := records.Members.Get(w.tx, c.Reporter)
	if err != nil || !ok || m.User == "" {
		return kind, err
	}
	talk, _, err := records.Talks.Get(w.tx, m.User)
	if talk.Tidy(w.now, w.Unfinished); len(talk.Words) > 0 {
		kind = typedOnly
	}
	return kind, err
}
