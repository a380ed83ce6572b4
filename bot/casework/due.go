package casework

import (
	"slices"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Limits of one step.
const (
	dueCards = 4 // a delivery holds at most five messages
	dueTalks = 100
	dueCases = 400 // cases looked at, and in one digest
	dueWorks = 100 // cases that may want more written than themselves: letters, bursts
)

// Due looks at what is due now: cases, talks, groups that showed no code. It
// does one step; next is when to come again, the zero time when nothing waits.
func (w *Work) Due() (next time.Time, err error) {
	if looking, err := w.review(); err != nil || looking {
		return w.now, err
	}
	if err := w.dueCases(); err != nil {
		return next, err
	}
	if err := w.dueTalks(); err != nil {
		return next, err
	}
	if err := w.dueBursts(); err != nil {
		return next, err
	}
	if err := w.dueGroups(); err != nil {
		return next, err
	}
	return w.NextDue()
}

// In one step either cards are posted or the rest is done, and the digest comes
// when nothing else is left to be said, so that it comes once, with all cards
// there.
func (w *Work) dueCases() error {
	group, bound, err := w.Secretariat()
	if err != nil {
		return err
	}
	q := storage.Query{Index: records.ByDue, Until: records.Stamp(w.now.Add(1)), Limit: dueCases}
	var due []council.Case
	for c, err := range records.Cases.Scan(w.tx, q) {
		if err != nil {
			return err
		}
		due = append(due, c)
	}
	if bound && slices.ContainsFunc(due, func(c council.Case) bool { return c.IsDue(council.PostCard, w.now) }) {
		return w.dueToBeShown(due, group)
	}
	var together []council.Case // told of with the digest
	said, worked := 0, 0
	for _, c := range due {
		if said >= dueCards || worked >= dueWorks { // the rest, and the digest, in the next step
			for _, c := range together { // their words have been told, or their question asked
				if err := w.save(c); err != nil {
					return err
				}
			}
			return w.raiseShared(group)
		}
		n, digest, err := w.dueCase(&c, group, bound)
		if err != nil {
			return err
		}
		if said += n; digest {
			together = append(together, c)
			continue
		}
		worked++
		if err := w.save(c); err != nil {
			return err
		}
	}
	if err := w.raiseShared(group); err != nil {
		return err
	}
	return w.tellTogether(group, bound, together)
}

// dueToBeShown posts the cards whose time has come, as many as one step may.
func (w *Work) dueToBeShown(due []council.Case, group council.Group) error {
	said, worked := 0, 0
	for _, c := range due {
		if said >= dueCards || worked >= dueWorks {
			return nil
		}
		if !c.IsDue(council.PostCard, w.now) {
			continue
		}
		before := len(w.out)
		if err := w.postCard(&c, group); err != nil {
			return err
		}
		said += len(w.out) - before
		worked++
		if err := w.save(c); err != nil {
			return err
		}
	}
	return nil
}

// dueCase does what a case's time asks for, and tells how many messages the
// group got, and whether the case is to be told of with the digest.
func (w *Work) dueCase(c *council.Case, group council.Group, bound bool) (said int, digest bool, err error) {
	for _, t := range append([]council.Timer(nil), c.Timers...) {
		if t.At.After(w.now) {
			continue
		}
		if said > 0 && c.Level() == council.Danger {
			return said, false, nil // one thing at a time; the next step comes at once
		}
		n := 0
		switch t.Kind {
		case council.TellGroup: // also of a closed case
			n, err = w.tellUntold(c, group, bound, t)
		case council.FollowUp:
			n, err = w.followUp(c, t, group, bound)
		case council.PostCard: // there is no group
			w.againCard(c, t.Count+1)
			w.mailOf(*c, "mail.no_group")
		default: // of a case that was stored before looks were derived
			c.Unset(t.Kind)
		}
		if err != nil {
			return said, false, err
		}
		said += n
	}
	if said > 0 && c.Level() == council.Danger {
		return said, false, nil
	}
	n, digest, err := w.look(c, group, bound)
	return said + n, digest, err
}

// againCard sets when a card that had no group to go to is tried again, and the
// second channel told again.
func (w *Work) againCard(c *council.Case, count int) {
	wait := max(w.Rules.Levels[council.Danger].Repeat, time.Minute)
	if count >= 6 {
		wait *= 6
	}
	t := council.Timer{Kind: council.PostCard, At: w.wakes(*c, w.now.Add(wait)), Count: count}
	if count >= 6 && !w.Hours.Open(t.At) {
		t.At = w.Hours.NextOpening(t.At)
	}
	c.Set(t)
}

// followUp asks the member how it is now. The same answers come back as for
// the instruction itself. Whom it cannot ask, the group hears of.
func (w *Work) followUp(c *council.Case, t council.Timer, group council.Group, bound bool) (int, error) {
	c.Unset(council.FollowUp)
	m, ok, err := w.reporter(*c)
	i := c.Instruction(t.Ref)
	if err != nil || i == nil || i.Corrected {
		return 0, err
	}
	if !ok {
		w.owe(c, council.NotSent, i.ID)
		if !bound {
			return 0, nil
		}
		w.naming(group, message.About{Kind: AboutAlarm, Case: c.No}, RefCase(c.No), *c, func(whom string) message.Text {
			return message.Text{Body: w.drill(*c, w.text("undelivered.follow_up", "no", c.No, "だれ", whom)), QuoteToken: quote(*c, group)}
		})
		return 1, nil
	}
	i.Answer, i.Answered = council.Answer{}, time.Time{} // the history keeps it
	p := w.instruction(*c, *i)
	p.Alt = w.drill(*c, w.text("member.follow_up_alt", "no", c.No))
	p.Body = w.drill(*c, w.text("member.follow_up", "no", c.No))
	w.ToUser(m.User, message.About{Kind: AboutInstruction, Case: c.No, Ref: i.ID}, p)
	i.Again, i.Wants = w.now, council.WantsAnswer
	return 0, nil
}

// dueTalks reminds whoever saw a danger and did not send it, and deletes
// reports that were never sent.
func (w *Work) dueTalks() error {
	q := storage.Query{Index: records.ByDue, Until: records.Stamp(w.now.Add(1)), Limit: dueTalks}
	var due []records.Talk
	for t, err := range records.Talks.Scan(w.tx, q) {
		if err != nil {
			return err
		}
		due = append(due, t)
	}
	for _, t := range due {
		if !t.Nudge.IsZero() && !t.Nudge.After(w.now) {
			t.Nudge = time.Time{}
			w.ToUser(t.User, message.About{Kind: AboutTalk}, message.Text{Body: w.text("tell_now.unsent")})
		}
		t.Tidy(w.now, w.Unfinished)
		if t.Empty() {
			if err := records.Talks.Delete(w.tx, t.User); err != nil {
				return err
			}
			continue
		}
		if err := records.Talks.Put(w.tx, t); err != nil {
			return err
		}
	}
	return nil
}

// dueGroups leaves groups in which no set-up code was shown in time.
func (w *Work) dueGroups() error {
	q := storage.Query{Index: records.ByDue, Until: records.Stamp(w.now.Add(-waitForCode + 1)), Limit: dueCards}
	for g, err := range records.Groups.Scan(w.tx, q) {
		if err != nil {
			return err
		}
		if !g.Leaves() { // of before, when it was not kept whether the joining was seen
			if err := records.Groups.Put(w.tx, g); err != nil {
				return err
			}
			continue
		}
		// It was said when the bot came in. To say it again would be a push, counted
		// for each person there, and anybody can make groups.
		g.State = council.GroupLeft
		w.goAway(g.ID)
		if err := records.Groups.Put(w.tx, g); err != nil {
			return err
		}
	}
	return nil
}

// NextDue is when the earliest of it all is due; the zero time when nothing
// waits.
func (w *Work) NextDue() (time.Time, error) {
	var next time.Time
	if r, err := w.reviewed(); err != nil || !r.Done {
		return w.now, err
	}
	earlier := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	first := storage.Query{Index: records.ByDue, Limit: 1}
	for c, err := range records.Cases.Scan(w.tx, first) {
		if err != nil {
			return next, err
		}
		earlier(c.Due())
	}
	for t, err := range records.Talks.Scan(w.tx, first) {
		if err != nil {
			return next, err
		}
		earlier(t.Due)
	}
	for b, err := range records.Bursts.Scan(w.tx, first) {
		if err != nil {
			return next, err
		}
		earlier(b.Due)
	}
	for g, err := range records.Groups.Scan(w.tx, first) {
		if err != nil {
			return next, err
		}
		earlier(g.Since.Add(waitForCode))
	}
	return next, nil
}
