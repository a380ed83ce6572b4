package casework

import (
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
)

// Take gives a case to a clerk, or from one clerk to another.
func (w *Work) Take(group council.Group, who Actor, c council.Case, over bool) error {
	action, key := council.Take, "done.take"
	if over {
		action, key = council.TakeOver, "done.take_over"
	}
	if c.Open() && who.Role == council.RoleClerk && c.Assignee == who.User && c.State != council.Received {
		return w.refuse(group, c, council.AlreadyTaken)
	}
	if no := w.act(&c, action, who, ""); no != council.Allowed {
		return w.refuse(group, c, no)
	}
	c.Assignee, c.AssigneeName = who.User, who.Name
	return w.done(group, who, c, key)
}

// Note records what the secretariat did outside LINE: Telephoned the
// organisation, or ReportedItself to the police or the fire brigade.
func (w *Work) Note(group council.Group, who Actor, c council.Case, a council.Action) error {
	if no := w.act(&c, a, who, ""); no != council.Allowed {
		return w.refuse(group, c, no)
	}
	w.assign(&c, who)
	return w.done(group, who, c, "done."+string(a))
}

// HandOver records that the case was handed to the centre: it stays open until
// Connect says that it has arrived.
func (w *Work) HandOver(group council.Group, who Actor, c council.Case) error {
	if no := w.act(&c, council.HandOver, who, ""); no != council.Allowed {
		return w.refuse(group, c, no)
	}
	w.assign(&c, who)
	c.HandedOver = w.now
	return w.done(group, who, c, "done.hand_over")
}

// Connect confirms a hand-over.
func (w *Work) Connect(group council.Group, who Actor, c council.Case) error {
	if no := w.act(&c, council.Connect, who, ""); no != council.Allowed {
		return w.refuse(group, c, no)
	}
	c.Connected = w.now
	return w.done(group, who, c, "done.connect")
}

// Close ends a case with a result; the reporter hears what became of it.
func (w *Work) Close(group council.Group, who Actor, c council.Case, r council.Result) error {
	if no := w.act(&c, council.Close, who, string(r)); no != council.Allowed {
		return w.refuse(group, c, no)
	}
	w.assign(&c, who)
	c.Result = r
	told, err := w.tellOutcome(c)
	if err != nil {
		return err
	}
	key := "done.close"
	if !told {
		key = "done.close_untold"
	}
	w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No), message.Text{
		Body:       w.drill(c, w.text(key, "no", c.No, "名前", who.Name, "結果", w.text("result."+string(r)))),
		QuoteToken: quote(c, group)})
	return w.save(c)
}

// tellOutcome says to the reporter what became of the report; false when the
// reporter cannot be reached.
func (w *Work) tellOutcome(c council.Case) (bool, error) {
	m, ok, err := w.reporter(c)
	if err != nil || !ok {
		return false, err
	}
	body := w.text("replies.outcome."+c.Result.Outcome(c.Status), "no", c.No)
	w.ToUser(m.User, message.About{Kind: AboutOutcome, Case: c.No},
		message.Text{Body: w.drill(c, body)}, message.Text{Body: w.text("replies.discretion")})
	return true, nil
}

// assign gives the case to the clerk who acts on it, when nobody has it.
func (w *Work) assign(c *council.Case, who Actor) {
	if c.Assignee == "" {
		c.Assignee, c.AssigneeName = who.User, who.Name
	}
}

// done says to the group what a clerk did, and keeps the case.
func (w *Work) done(group council.Group, who Actor, c council.Case, key string) error {
	w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No), message.Text{
		Body:       w.drill(c, w.text(key, "no", c.No, "名前", who.Name)),
		QuoteToken: quote(c, group)})
	return w.save(c)
}
