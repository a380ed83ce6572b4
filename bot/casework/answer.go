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

// Waiting is the member's only instruction that waits for an answer, shown
// again; false when there is none or more than one.
func (w *Work) Waiting(m council.Member) (bool, error) {
	asked, err := w.Unanswered(m)
	if err != nil || len(asked) != 1 {
		return false, err
	}
	a := asked[0]
	w.ToUser(m.User, message.About{Kind: AboutTalk, Case: a.Case.No},
		message.Text{Body: w.drill(a.Case, w.text("member.answer_below"))}, w.instruction(a.Case, a.Instruction))
	return true, nil
}

// AnsweredInWords takes what a member typed instead of tapping: the label of an
// answer below the only instruction that waits for one, or whatever it is where
// that instruction is to be answered in words; no is the case that then has the
// words. False when it is neither, or when it is not clear to which.
func (w *Work) AnsweredInWords(m council.Member, words records.Words) (no string, taken bool, err error) {
	asked, err := w.Unanswered(m)
	if err != nil || len(asked) != 1 {
		return "", false, err
	}
	no, i := asked[0].Case.No, asked[0].Instruction
	for _, a := range w.answers(i) {
		if fold(a.Labels[0]) == fold(words.Text) && a.IDs[0] != answerAsk {
			_, err := w.Answered(m, no, i.ID, a.IDs[0])
			return "", true, err
		}
	}
	if i.Set != setWords {
		return "", false, nil
	}
	no, _, err = w.Wrote(m, no, i.ID, false, words)
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
