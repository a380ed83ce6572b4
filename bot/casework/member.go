package casework

import (
	"slices"
	"time"

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
		return "", w.answeredCorrected(c, *i, answer)
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

// answeredCorrected: the member may have followed an instruction before it was
// taken back, and called 110. The group must hear.
func (w *Work) answeredCorrected(c council.Case, i council.Instruction, answer string) error {
	for _, a := range w.answers(i) {
		if a.IDs[0] != answer || answer == answerAsk {
			continue
		}
		if err := w.tellGroup(&c, AboutAnswer, w.text("group.answer_corrected", "no", c.No, "指示", i.Label, "答え", a.Labels[0]), ""); err != nil {
			return err
		}
		return w.save(c)
	}
	return nil
}

// Waiting is the member's only instruction that waits for an answer, shown
// again; false when there is none or more than one.
func (w *Work) Waiting(m council.Member) (bool, error) {
	cases, err := w.CasesOf(m.ID, openCasesLooked)
	if err != nil {
		return false, err
	}
	no, i := w.waiting(cases)
	if i == nil {
		return false, nil
	}
	for _, c := range cases {
		if c.No == no {
			w.ToUser(m.User, message.About{Kind: AboutTalk, Case: no}, message.Text{Body: w.drill(c, w.text("member.answer_below"))}, w.instruction(c, *i))
		}
	}
	return true, nil
}

// waiting finds the only instruction of open cases that waits for an answer.
func (w *Work) waiting(cases []council.Case) (no string, found *council.Instruction) {
	for _, c := range cases {
		if !c.Open() {
			continue
		}
		for n := range c.Instructions {
			i := &c.Instructions[n]
			if i.Corrected || !i.Answered.IsZero() || !w.expectsAnswer(*i) {
				continue
			}
			if found != nil {
				return "", nil
			}
			no, found = c.No, i
		}
	}
	return no, found
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
	if t, ok := c.Timer(council.FollowUp); ok && t.Ref == i.ID && slices.Contains(noFollowUp, a.IDs[0]) {
		c.Unset(council.FollowUp)
	}
	key := "group.answer"
	if !first {
		key = "group.answer_changed"
	}
	if err := w.tellGroup(&c, AboutAnswer, w.text(key, "no", c.No, "指示", i.Label, "答え", a.Labels[0]), ""); err != nil {
		return err
	}
	if err := w.tellTaken(m, &c, "member.answer_taken"); err != nil {
		return err
	}
	return w.save(c)
}

// noFollowUp are the answers after which it is of no use to ask later.
var noFollowUp = []string{"changed_hands", "no_visit"}

// AnsweredInWords takes what a member typed instead of tapping: the label of an
// answer below the only instruction that waits for one. False when it is none,
// or when it is not clear to which.
func (w *Work) AnsweredInWords(m council.Member, text string) (bool, error) {
	cases, err := w.CasesOf(m.ID, openCasesLooked)
	if err != nil {
		return false, err
	}
	no, i := w.waiting(cases)
	if i == nil {
		return false, nil
	}
	for _, a := range w.answers(*i) {
		if fold(a.Labels[0]) == fold(text) && a.IDs[0] != answerAsk {
			_, err := w.Answered(m, no, i.ID, a.IDs[0])
			return true, err
		}
	}
	return false, nil
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
	if i := c.Instruction(instruction); i != nil && (!question || i.Answered.IsZero()) {
		i.Answered = w.now
		i.Answer = council.Answer{IDs: []string{answerWrite}, Labels: []string{w.text("member.write")}}
		if question {
			i.Answer = council.Answer{IDs: []string{answerAsk}, Labels: []string{w.text("member.ask_back")}}
		}
	}
	c.Additions = append(c.Additions, council.Addition{At: w.now, Text: text, MessageID: messageID})
	c.Unset(council.NotAnswered)
	told := "member.answer_taken"
	if question {
		c.Set(council.Timer{Kind: council.NotReplied, At: w.untilTaken(c)})
		told = "member.written"
	}
	if err := w.tellGroup(&c, AboutAnswer, w.text(key, "no", c.No, "文", text), messageID); err != nil {
		return false, err
	}
	if err := w.tellTaken(m, &c, told); err != nil {
		return false, err
	}
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
	worse := w.revise(&c, answers)
	c.Additions = append(c.Additions, council.Addition{At: w.now, Answers: answers, Text: text, MessageID: messageID})
	if err := w.showAddition(&c, answers, text, messageID); err != nil {
		return false, err
	}
	switch _, waits := c.Timer(council.NotTaken); {
	case waits && worse:
		c.Set(council.Timer{Kind: council.NotTaken, At: w.untilTaken(c)})
	case !waits:
		c.Set(council.Timer{Kind: council.NotReplied, At: w.untilTaken(c)})
	}
	if err := w.tellTaken(m, &c, "member.added"); err != nil {
		return false, err
	}
	return true, w.save(c)
}

// revise takes later answers in place of earlier ones. The urgency only grows:
// it is for a clerk to say that a danger is over. True when it has grown.
func (w *Work) revise(c *council.Case, answers []council.Answer) bool {
	was := c.Level()
	for _, a := range answers {
		if len(a.IDs) == 0 || (a.Question == "urgency" && council.LevelOf(a.IDs[0]) < was) {
			continue
		}
		if a.Question == "urgency" {
			c.Urgency = a.IDs[0]
		}
		i := slices.IndexFunc(c.Answers, func(b council.Answer) bool { return b.Question == a.Question })
		if i < 0 {
			c.Answers = append(c.Answers, a)
		} else {
			c.Answers[i] = a
		}
	}
	return c.Level() > was
}

// showAddition tells the group what was added: as a new card where choices
// came, so that the group sees the case as it now is.
func (w *Work) showAddition(c *council.Case, answers []council.Answer, text, messageID string) error {
	if text != "" {
		return w.tellGroup(c, AboutAnswer, w.text("group.added", "no", c.No, "文", text), messageID)
	}
	if len(answers) == 0 {
		return nil
	}
	group, ok, err := w.Secretariat()
	if err != nil || !ok {
		return err
	}
	if t, waits := c.Timer(council.PostCard); waits {
		if c.Level() == council.Danger && t.At.After(w.now) && c.CardShown.IsZero() {
			return w.postCard(c, group)
		}
		return nil // it will show all of this
	}
	c.CardNote = council.CardAdded
	if c.CardLate && c.CardShown.IsZero() {
		return nil // the next card follows when the first has arrived, not before it
	}
	if w.sleeps(*c) {
		c.Set(council.Timer{Kind: council.PostCard, At: w.Hours.NextOpening(w.now)})
		return nil
	}
	return w.postCard(c, group)
}

// sleeps: the case is not dangerous and the office is closed, so that it must
// not reach clerks' private phones now.
func (w *Work) sleeps(c council.Case) bool {
	return c.Level() != council.Danger && !w.Hours.Open(w.now)
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
	action, key, group := council.Withdraw, "member.withdrawn", "group.withdrawn"
	if c.Level() == council.Danger {
		action, key, group = council.WishWithdraw, "member.withdrawal_seen", "group.withdrawal_asked"
	}
	if why := w.act(&c, action, MemberActor(m, c), ""); why != council.Allowed {
		w.tell(m, no, "member.case_closed")
		return nil
	}
	before := c.Withdrawal
	c.Withdrawal = w.now
	if c.Open() && !before.IsZero() { // the group has heard
		w.tell(m, c.No, key)
		return w.save(c)
	}
	if c.Open() {
		if _, waits := c.Timer(council.NotTaken); !waits {
			c.Set(council.Timer{Kind: council.NotReplied, At: w.untilTaken(c)})
		}
	} else {
		c.Result = council.Withdrawn
	}
	if err := w.tellGroup(&c, AboutAnswer, w.text(group, "no", c.No), ""); err != nil {
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

// tellTaken thanks a member for what the case has received, and says so when
// nobody will see it before the office opens.
func (w *Work) tellTaken(m council.Member, c *council.Case, key string) error {
	_, bound, err := w.Secretariat()
	if err != nil {
		return err
	}
	body := w.text(key, "no", c.No, "電話", w.Telephone)
	switch {
	case !bound || c.CardLate:
		body = w.text("replies.not_reached_no", "no", c.No, "電話", w.Telephone)
		c.LateHeard = c.CardLate
	case w.sleeps(*c):
		body = w.text("member.kept", "no", c.No, "次の開庁日時", w.moment(w.Hours.NextOpening(w.now)), "電話", w.Telephone)
	}
	w.ToUser(m.User, message.About{Kind: AboutTalk, Case: c.No}, message.Text{Body: w.drill(*c, body)})
	return nil
}

// tellGroup says something about a case in the group, quoting its card. The
// words wait in the case while the office is closed (unless it is dangerous),
// while people are in the group whom nobody has approved, and while there is
// no group.
func (w *Work) tellGroup(c *council.Case, about, body, messageID string) error {
	group, bound, err := w.Secretariat()
	if err != nil {
		return err
	}
	guarded := false
	if bound {
		if guarded, err = w.guarded(group); err != nil {
			return err
		}
	}
	at := time.Time{}
	if t, waits := c.Timer(council.PostCard); waits {
		at = t.At
	}
	switch {
	case !bound || guarded:
		at = w.now.Add(time.Hour)
	case w.sleeps(*c):
		at = w.Hours.NextOpening(w.now)
	}
	if at.IsZero() {
		id := w.NewID()[:8]
		c.Untold = append(c.Untold, council.Untold{ID: id, Body: body, MessageID: messageID})
		w.ToGroup(group.ID, message.About{Kind: about, Case: c.No, Ref: id}, RefCase(c.No),
			message.Text{Body: w.drill(*c, body), QuoteToken: quote(*c, group)})
		return nil
	}
	c.Untold = append(c.Untold, council.Untold{Body: body, MessageID: messageID})
	if _, set := c.Timer(council.TellGroup); !set {
		c.Set(council.Timer{Kind: council.TellGroup, At: at})
	}
	if guarded && !w.sleeps(*c) {
		w.ToGroup(group.ID, message.About{Kind: about, Case: c.No}, RefCase(c.No),
			message.Text{Body: w.drill(*c, w.text("group.guarded", "no", c.No)), QuoteToken: quote(*c, group)})
	}
	if !bound {
		w.mail("mail.no_group", *c)
	}
	return nil
}
