package casework

import (
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
)

// Add takes what the reporter tells later: choices, words or both; each message
// of the words becomes an addition of its own. It names the case that has them
// now, another one where the case was closed, "" where they were refused. False
// means that the member is to write again.
func (w *Work) Add(m council.Member, no string, answers []council.Answer, words ...records.Words) (string, bool, error) {
	if w.personalWords(words) {
		w.tell(m, no, "replies.personal_details")
		return "", false, nil
	}
	c, ok, err := w.Case(no)
	if err != nil {
		return "", false, err
	}
	if !ok {
		w.tell(m, no, "member.unknown_case")
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
	switch w.act(&c, council.Add, MemberActor(m, c), "") {
	case council.Allowed:
	case council.AlreadyOver:
		return w.goesOn(m, c, answers, words)
	default:
		w.tell(m, c.No, "member.unknown_case")
		return "", true, nil
	}
	worse := w.revise(&c, answers)
	if len(answers) > 0 {
		c.Additions = append(c.Additions, council.Addition{At: w.now, Answers: answers})
	}
	w.addWords(&c, words)
	if err := w.showAddition(&c, answers, words); err != nil {
		return "", false, err
	}
	if worse {
		c.Grown = w.now
	}
	if worse || len(words) > 0 { // who only goes on with the questions asks for nothing
		w.toldMore(&c)
	}
	if err := w.tellTaken(m, &c, "member.added"); err != nil {
		return "", false, err
	}
	return c.No, true, w.save(c)
}

// goesOn makes a new case of what was told for a closed one, and names that:
// nothing is put where nobody looks any more.
func (w *Work) goesOn(m council.Member, closed council.Case, answers []council.Answer, words []records.Words) (string, bool, error) {
	w.tell(m, closed.No, "member.goes_on")
	c, err := w.Receive(m, Report{Answers: answers, Continues: closed.No})
	if err != nil || len(words) == 0 {
		return c.No, true, err
	}
	w.addWords(&c, words)
	if err := w.tellWords(&c, "group.added", words); err != nil {
		return "", false, err
	}
	return c.No, true, w.save(c)
}

// Over refuses what was tapped for a closed case, and offers to go on with it in
// a new one.
func (w *Work) Over(m council.Member, c council.Case) {
	w.ToUser(m.User, message.About{Kind: AboutTalk, Case: c.No}, message.Panel{
		Alt: w.drill(c, w.text("member.over", "no", c.No)), Heading: w.drill(c, w.text("member.over", "no", c.No)),
		Body: w.text("member.over_body", "電話", w.Telephone),
		Buttons: []message.Button{{Label: w.text("menu.again"), Action: message.Postback, Data: "m:again:" + c.No,
			Say: w.text("menu.again"), Style: message.Primary}}})
}

// personalWords tells whether words seem to hold personal details, also where
// these came in several messages.
func (w *Work) personalWords(words []records.Words) bool {
	all := make([]string, len(words))
	for i, one := range words {
		if w.Personal(one.Text) {
			return true
		}
		all[i] = one.Text
	}
	return len(words) > 1 && w.Personal(strings.Join(all, ""))
}

// personalNow is personalWords of words together with those that the case has got
// just before them.
func (w *Work) personalNow(c council.Case, words []records.Words) bool {
	var all []records.Words
	for _, a := range c.Additions {
		if a.Text != "" && w.now.Sub(a.At) < records.MoreFor {
			all = append(all, records.Words{Text: a.Text})
		}
	}
	return len(all) > 0 && len(words) > 0 && w.personalWords(append(all, words...))
}

// addWords keeps a member's words with the case, each message by itself.
func (w *Work) addWords(c *council.Case, words []records.Words) {
	for _, one := range words {
		c.Additions = append(c.Additions, council.Addition{At: w.now, Text: one.Text, MessageID: one.ID})
	}
}

// tellWords says a member's words in the group, in the order in which they were
// written.
func (w *Work) tellWords(c *council.Case, key string, words []records.Words) error {
	lines := make([]council.Untold, len(words))
	for i, one := range words {
		lines[i] = council.Untold{Body: w.text(key, "no", c.No, "文", one.Text), MessageID: one.ID}
	}
	return w.tellLines(c, lines...)
}

// revise takes later answers in place of earlier ones. The urgency only grows:
// it is for a clerk to say that a danger is over. True when it has grown.
func (w *Work) revise(c *council.Case, answers []council.Answer) bool {
	was := c.Level()
	for _, a := range answers {
		if len(a.IDs) == 0 || (a.Question == "urgency" && w.LevelOf(a.IDs[0]) < was) {
			continue
		}
		if a.Question == "urgency" {
			w.urgent(c, a.IDs[0])
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
func (w *Work) showAddition(c *council.Case, answers []council.Answer, words []records.Words) error {
	if len(words) > 0 {
		return w.tellWords(c, "group.added", words)
	}
	if len(answers) == 0 {
		return nil
	}
	group, ok, err := w.Secretariat()
	if err != nil || !ok {
		return err
	}
	if t, waits := c.Timer(council.PostCard); waits && !c.CardBare {
		at := w.wakes(*c, w.now)
		switch {
		case !c.CardShown.IsZero() || !t.At.After(at) || c.CardLate && c.Level() != council.Danger:
		case at.Equal(w.now):
			return w.postCard(c, group)
		default: // sooner than it was going to be, as it is more urgent now
			c.Set(council.Timer{Kind: council.PostCard, At: at})
		}
		return nil // it will show all of this
	}
	c.CardNote = council.CardAdded
	if c.CardLate && c.CardShown.IsZero() {
		return nil // the next card follows when the first has arrived, not before it
	}
	if w.sleeps(*c) {
		c.Set(council.Timer{Kind: council.PostCard, At: w.wakes(*c, w.now)})
		return nil
	}
	return w.postCard(c, group)
}

// sleeps: the case can wait for the office, or for the morning, so that it must
// not reach clerks' private phones now.
func (w *Work) sleeps(c council.Case) bool { return !w.Rules.May(c.Level(), w.now, w.Hours) }

// wakes is the first time from t on at which a case may reach clerks' phones.
func (w *Work) wakes(c council.Case, t time.Time) time.Time {
	return w.Rules.When(c.Level(), t, w.Hours)
}

// toldMore: whoever tells more is not silent, and waits for a clerk.
func (w *Work) toldMore(c *council.Case) {
	if i := c.Asked(); i != nil {
		i.Wants = council.WantsNothing
	}
	w.owe(c, council.NotReplied, "")
}

// owe notes what a clerk owes from now on. Nobody owes more than to take a case
// that nobody has taken.
func (w *Work) owe(c *council.Case, why council.Why, ref string) {
	if c.State != council.Received {
		c.Owe(why, ref, w.now)
	}
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
	if c.Open() && full(c, 0) {
		w.tell(m, no, "member.too_many")
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
		w.toldMore(&c)
	} else {
		c.Result = council.Withdrawn
	}
	if err := w.tellGroup(&c, w.text(group, "no", c.No)); err != nil {
		return err
	}
	if c.Open() && w.gathers(c) {
		key = "member.gathered"
	}
	w.tell(m, c.No, key)
	return w.save(c)
}
