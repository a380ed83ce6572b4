package casework

import (
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
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
	case i.Corrected:
		w.tell(m, no, "member.corrected")
		return "", nil
	}
	if answer == answerAsk || answer == answerWrite {
		if !c.Open() {
			w.tell(m, no, "member.case_closed")
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

func (w *Work) takeAnswer(m council.Member, who Actor, c council.Case, i *council.Instruction, a council.Answer) error {
	if !i.Answered.IsZero() && len(i.Answer.IDs) > 0 && i.Answer.IDs[0] == a.IDs[0] {
		w.tell(m, c.No, "member.answered_already")
		return nil
	}
	if no := w.act(&c, council.Reply, who, i.ID+" "+a.IDs[0]); no != council.Allowed {
		w.tell(m, c.No, "member.case_closed")
		return nil
	}
	first := i.Answered.IsZero()
	i.Answer, i.Answered = a, w.now
	c.Unset(council.NotAnswered)
	if t, ok := c.Timer(council.FollowUp); ok && t.Ref == i.ID && !w.now.Before(t.At) {
		c.Unset(council.FollowUp)
	}
	key := "group.answer"
	if !first {
		key = "group.answer_changed"
	}
	if err := w.tellGroup(c, AboutAnswer, w.text(key, "no", c.No, "指示", i.Label, "答え", a.Labels[0])); err != nil {
		return err
	}
	w.tell(m, c.No, "member.answer_taken")
	return w.save(c)
}

// Wrote takes a member's own words about a case: a question about an
// instruction, or its free answer. The recogniser stands before it: false
// means that the words were not taken.
func (w *Work) Wrote(m council.Member, no, instruction, text, messageID string, question bool) (bool, error) {
	if w.Personal(text) {
		w.tell(m, no, "replies.personal_details")
		return false, nil
	}
	c, ok, err := w.Case(no)
	if err != nil {
		return false, err
	}
	who := MemberActor(m, c)
	action, key := council.Reply, "group.wrote"
	if question {
		action, key = council.AskBack, "group.asked"
	}
	if !ok {
		w.tell(m, no, "member.unknown_instruction")
		return true, nil
	}
	if no := w.act(&c, action, who, instruction); no != council.Allowed {
		w.tell(m, c.No, "member.case_closed")
		return true, nil
	}
	if i := c.Instruction(instruction); i != nil {
		i.Answered = w.now
		i.Answer = council.Answer{IDs: []string{answerWrite}, Labels: []string{w.text("member.write")}}
		if question {
			i.Answer = council.Answer{IDs: []string{answerAsk}, Labels: []string{w.text("member.ask_back")}}
		}
	}
	c.Additions = append(c.Additions, council.Addition{At: w.now, Text: text, MessageID: messageID})
	c.Unset(council.NotAnswered)
	c.Set(council.Timer{Kind: council.NotReplied, At: w.untilTaken(c)})
	if err := w.tellGroup(c, AboutAnswer, w.text(key, "no", c.No, "文", text)); err != nil {
		return false, err
	}
	w.tell(m, c.No, "member.written")
	return true, w.save(c)
}

// Add takes what the reporter tells later: choices, words or both. False means
// that the words were not taken.
func (w *Work) Add(m council.Member, no string, answers []council.Answer, text, messageID string) (bool, error) {
	if text != "" && w.Personal(text) {
		w.tell(m, no, "replies.personal_details")
		return false, nil
	}
	c, ok, err := w.Case(no)
	if err != nil {
		return false, err
	}
	if !ok {
		w.tell(m, no, "member.unknown_case")
		return true, nil
	}
	if no := w.act(&c, council.Add, MemberActor(m, c), ""); no != council.Allowed {
		key := "member.case_closed"
		if no == council.NotYours {
			key = "member.unknown_case"
		}
		w.tell(m, c.No, key)
		return true, nil
	}
	for _, a := range answers {
		if _, had := c.Find(a.Question); !had {
			c.Answers = append(c.Answers, a)
		}
	}
	c.Additions = append(c.Additions, council.Addition{At: w.now, Answers: answers, Text: text, MessageID: messageID})
	if err := w.showAddition(c, answers, text); err != nil {
		return false, err
	}
	if _, waits := c.Timer(council.NotTaken); !waits {
		c.Set(council.Timer{Kind: council.NotReplied, At: w.untilTaken(c)})
	}
	w.tell(m, c.No, "member.added")
	return true, w.save(c)
}

// showAddition tells the group what was added: as a new card where choices
// came, so that the group sees the case as it now is.
func (w *Work) showAddition(c council.Case, answers []council.Answer, text string) error {
	if text != "" {
		return w.tellGroup(c, AboutAnswer, w.text("group.added", "no", c.No, "文", text))
	}
	if len(answers) == 0 {
		return nil
	}
	group, ok, err := w.Secretariat()
	if err != nil || !ok || w.waitsForOpening(c) {
		return err
	}
	guarded, err := w.guarded(group)
	if err != nil {
		return err
	}
	k := w.card(c, guarded, false)
	k.Heading = w.text("card.added") + k.Heading
	w.ToGroup(group.ID, message.About{Kind: AboutAnswer, Case: c.No}, RefCase(c.No), k)
	return nil
}

// waitsForOpening: the card itself has not been shown yet.
func (w *Work) waitsForOpening(c council.Case) bool {
	_, waits := c.Timer(council.PostCard)
	return waits
}

// Withdraw takes a report back. A dangerous one stays open until a clerk has
// looked: somebody may have been made to withdraw it.
func (w *Work) Withdraw(m council.Member, no string) error {
	c, ok, err := w.Case(no)
	if err != nil {
		return err
	}
	if !ok {
		w.tell(m, no, "member.unknown_case")
		return nil
	}
	was := c
	if why := w.act(&c, council.Withdraw, MemberActor(m, c), ""); why != council.Allowed {
		w.tell(m, no, "member.case_closed")
		return nil
	}
	c.Withdrawal = w.now
	key, group := "member.withdrawn", "group.withdrawn"
	if c.Level() == council.Danger {
		c.State, c.Closed, c.Timers = was.State, was.Closed, append([]council.Timer(nil), was.Timers...)
		key, group = "member.withdrawal_seen", "group.withdrawal_asked"
	} else {
		c.Result = council.Withdrawn
	}
	if err := w.tellGroup(c, AboutAnswer, w.text(group, "no", c.No)); err != nil {
		return err
	}
	w.tell(m, c.No, key)
	return w.save(c)
}

// tell answers a member.
func (w *Work) tell(m council.Member, no, key string) {
	w.ToUser(m.User, message.About{Kind: AboutTalk, Case: no},
		message.Text{Body: w.text(key, "no", no, "電話", w.Telephone)})
}

// tellGroup says something about a case in the group, quoting its card. While
// people are there whom nobody has approved, or the card itself waits for the
// office to open, the words wait: only the number is said, or nothing.
func (w *Work) tellGroup(c council.Case, about, body string) error {
	group, ok, err := w.Secretariat()
	if err != nil || !ok {
		return err
	}
	guarded, err := w.guarded(group)
	if err != nil {
		return err
	}
	if guarded {
		body = w.text("group.guarded", "no", c.No)
	}
	w.ToGroup(group.ID, message.About{Kind: about, Case: c.No}, RefCase(c.No),
		message.Text{Body: w.drill(c, body), QuoteToken: c.CardQuote})
	return nil
}
