package casework

import (
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows/catalog"
)

// Answered takes a member's tap below an instruction. It tells whether the
// member is now to write something, and for what.
func (w *Work) Answered(m council.Member, no, instruction, answer string) (write string, err error) {
	c, ok, err := w.Case(no)
	if err != nil {
		return "", err
	}
	i := c.Instruction(instruction)
	who := MemberActor(m, c)
	switch {
	case !ok || i == nil || who.Role != council.RoleReporter:
		w.tell(m, no, "member.unknown_instruction")
		return "", nil
	case (c.Open() || i.Corrected) && full(c, 0):
		w.tell(m, no, "member.too_many")
		return "", nil
	case i.Corrected:
		w.tell(m, no, "member.corrected")
		return "", w.answeredCorrected(c, *i, answer)
	}
	if answer == answerAsk || answer == answerWrite {
		if !c.Open() {
			w.Over(m, c)
			return "", nil
		}
		if answer == answerWrite {
			w.tell(m, no, "member.write_answer")
			return answerWrite, nil
		}
		w.tell(m, no, "member.write_question")
		return answerAsk, nil
	}
	for _, a := range w.answers(*i) {
		if a.IDs[0] != answer {
			continue
		}
		return "", w.takeAnswer(m, who, c, i, a)
	}
	w.tell(m, no, "member.unknown_instruction")
	return "", nil
}

// answeredCorrected: the member may have followed an instruction before it was
// taken back, and called 110. The group must hear.
func (w *Work) answeredCorrected(c council.Case, i council.Instruction, answer string) error {
	for _, a := range w.answers(i) {
		if a.IDs[0] != answer || answer == answerAsk {
			continue
		}
		if err := w.tellGroup(&c, w.text("group.answer_corrected", "no", c.No, "指示", i.Label, "答え", a.Labels[0])); err != nil {
			return err
		}
		if c.Open() {
			w.owe(&c, council.NotReplied, i.ID)
		}
		return w.save(c)
	}
	return nil
}

func (w *Work) takeAnswer(m council.Member, who Actor, c council.Case, i *council.Instruction, a council.Answer) error {
	if !i.Answered.IsZero() && len(i.Answer.IDs) > 0 && i.Answer.IDs[0] == a.IDs[0] {
		w.tell(m, c.No, "member.answered_already")
		return nil
	}
	if no := w.act(&c, council.Reply, who, i.ID+" "+a.IDs[0]); no != council.Allowed {
		w.Over(m, c)
		return nil
	}
	first := i.Answered.IsZero()
	i.Answer, i.Answered = a, w.now
	switch said := w.entry(*i, a.IDs[0]); {
	case said.Done == catalog.No:
		w.owe(&c, council.NotDone, i.ID)
	case c.Owed.Why == council.NotDone && c.Owed.Ref == i.ID:
		c.Owed = council.Owed{} // it has been done meanwhile
	}
	if t, ok := c.Timer(council.FollowUp); ok && t.Ref == i.ID && w.entry(*i, a.IDs[0]).AskAgain == catalog.No {
		c.Unset(council.FollowUp)
	}
	key := "group.answer"
	if !first {
		key = "group.answer_changed"
	}
	if err := w.tellGroup(&c, w.text(key, "no", c.No, "指示", i.Label, "答え", a.Labels[0])); err != nil {
		return err
	}
	if err := w.tellTaken(m, &c, "member.answer_taken"); err != nil {
		return err
	}
	return w.save(c)
}

// Wrote takes a member's own words about a case: a question about an
// instruction, or its free answer. The recogniser stands before it. What it
// returns is Add's.
func (w *Work) Wrote(m council.Member, no, instruction string, question bool, words ...records.Words) (string, bool, error) {
	if w.personalWords(words) {
		w.tell(m, no, "replies.personal_details")
		return "", false, nil
	}
	c, ok, err := w.Case(no)
	if err != nil {
		return "", false, err
	}
	who := MemberActor(m, c)
	action, key := council.Reply, "group.wrote"
	if question {
		action, key = council.AskBack, "group.asked"
	}
	if !ok {
		w.tell(m, no, "member.unknown_instruction")
		return "", true, nil
	}
	switch {
	case c.Open() && full(c, len(words)):
		w.tell(m, c.No, "member.too_many")
		return "", true, nil
	case w.personalNow(c, words):
		w.tell(m, c.No, "replies.personal_details")
		return "", false, nil
	}
	switch w.act(&c, action, who, instruction) {
	case council.Allowed:
	case council.AlreadyOver:
		return w.goesOn(m, c, nil, words)
	default:
		w.tell(m, c.No, "member.unknown_instruction")
		return "", true, nil
	}
	if i := c.Instruction(instruction); i != nil && (!question || i.Answered.IsZero()) {
		i.Answered = w.now
		i.Answer = council.Answer{IDs: []string{answerWrite}, Labels: []string{w.text("member.write")}}
		if question {
			i.Answer = council.Answer{IDs: []string{answerAsk}, Labels: []string{w.text("member.ask_back")}}
		}
	}
	w.addWords(&c, words)
	told := "member.answer_taken"
	if question {
		w.owe(&c, council.NotReplied, instruction)
		told = "member.written"
	}
	if err := w.tellWords(&c, key, words); err != nil {
		return "", false, err
	}
	if err := w.tellTaken(m, &c, told); err != nil {
		return "", false, err
	}
	return c.No, true, w.save(c)
}
