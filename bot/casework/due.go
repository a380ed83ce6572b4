package casework

import (
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Limits of one step.
const (
	dueCards = 4   // a delivery holds at most five messages
	dueCases = 100 // cases in one digest
)

// Due looks at what is due now: cases, talks, groups that showed no code. It
// does one step; next is when to come again, the zero time when nothing waits.
func (w *Work) Due() (next time.Time, err error) {
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

// In one step either cards are posted or the rest is done, so that the digest
// comes once, when all cards are there.
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
	cards := bound && slices.ContainsFunc(due, func(c council.Case) bool { return c.IsDue(council.PostCard, w.now) })
	said := 0
	digest := map[council.TimerKind][]string{}
	for _, c := range due {
		if said >= dueCards {
			break // the rest in the next step
		}
		if cards {
			if !c.IsDue(council.PostCard, w.now) {
				continue
			}
			before := len(w.out)
			err = w.postCard(&c, group)
			said += len(w.out) - before
		} else {
			var n int
			n, err = w.dueCase(&c, group, bound, digest)
			said += n
		}
		if err != nil {
			return err
		}
		if err := w.save(c); err != nil {
			return err
		}
	}
	w.sayDigest(group, digest)
	return nil
}

// dueCase does what a case's timers ask for, and tells how many messages the
// group got.
func (w *Work) dueCase(c *council.Case, group council.Group, bound bool, digest map[council.TimerKind][]string) (int, error) {
	said := 0
	for _, t := range append([]council.Timer(nil), c.Timers...) {
		if t.At.After(w.now) {
			continue
		}
		if said > 0 && c.Level() == council.Danger {
			break // one thing at a time; the next step comes at once
		}
		as, err := w.raisedAs(*c, t.Kind)
		if err != nil {
			return said, err
		}
		switch {
		case t.Kind == council.TellGroup:
			n, err := w.tellUntold(c, group, bound, t)
			if err != nil {
				return said, err
			}
			said += n
			continue // also of a closed case
		case t.Kind == council.FollowUp:
			n, err := w.followUp(c, t, group, bound)
			if err != nil {
				return said, err
			}
			said += n
		case !bound:
			w.again(c, t)
			if t.Kind == council.PostCard {
				w.mailOf(*c, "mail.no_group")
			}
		case c.Level() == council.Danger:
			w.again(c, t)
			if t.Kind == council.NotTaken && (t.Count == 1 || t.Count%mailedEvery == (raisedOften-1)%mailedEvery) {
				w.mail("mail.not_looked", *c)
			}
			if c.AlarmOut || c.CardLate { // one that has not arrived is enough
				break
			}
			c.AlarmOut = true
			w.ToGroup(group.ID, message.About{Kind: AboutRaise, Case: c.No}, RefCase(c.No), message.Text{
				Body:       w.drill(*c, w.text("raise."+string(as), "no", c.No, "間", w.waited(c, t))),
				QuoteToken: quote(*c, group)})
			said++
		case !w.Hours.Open(w.now):
			t.At = w.Hours.NextOpening(w.now)
			c.Set(t)
		default:
			w.again(c, t)
			digest[as] = append(digest[as], c.No)
		}
		if no := w.act(c, council.Raise, Actor{Role: council.RoleSystem}, string(t.Kind)); no != council.Allowed {
			c.Unset(t.Kind)
		}
	}
	return said, nil
}

// mailedEvery is after how many reminders the second channel hears again: when
// they become rare, and then, at the longer distance of the default, about once
// a working day.
const mailedEvery = 8

// raisedOften is how often a case is raised at the short distance, day and
// night; afterwards at raisedSlower times that, and only while the office is
// open: a weekend of it would use up the month's messages, of which every report
// needs some. The e-mail of mailedEvery still goes out.
const (
	raisedOften  = 6
	raisedSlower = 6
)

// again sets the timer anew: dangerous cases soon, the rest for the next
// opening time.
func (w *Work) again(c *council.Case, t council.Timer) {
	t.Count++
	wait := w.Raise[c.Level()].Repeat
	if t.Count >= raisedOften {
		wait *= raisedSlower
	}
	t.At = w.raiseAfter(*c, wait)
	if t.Count >= raisedOften && !w.Hours.Open(t.At) {
		t.At = w.Hours.NextOpening(t.At)
	}
	if t.Kind == council.NotConnected { // days have passed: minutes do not matter
		t.At = w.Hours.NextOpening(w.now)
	}
	c.Set(t)
}

// waited says how long something has been waiting, in the unit that fits.
func (w *Work) waited(c *council.Case, t council.Timer) string {
	since := c.Received
	if i := c.Instruction(t.Ref); i != nil {
		since = i.Sent
	}
	if t.Kind == council.NotConnected {
		since = c.HandedOver
	}
	if t.Kind == council.NotReplied && len(c.Additions) > 0 {
		since = c.Additions[len(c.Additions)-1].At
	}
	return w.span(w.now.Sub(since))
}

// span writes a length of time as people say it.
func (w *Work) span(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return w.text("time.minutes", "数", itoa(int(d/time.Minute)))
	case d < 48*time.Hour:
		return w.text("time.hours", "数", itoa(int(d/time.Hour)))
	}
	return w.text("time.days", "数", itoa(int(d/(24*time.Hour))))
}

// sayDigest is one message for all that is not dangerous.
func (w *Work) sayDigest(group council.Group, digest map[council.TimerKind][]string) {
	var lines []string
	for _, k := range []council.TimerKind{council.NotTaken, council.NotReplied, council.NotAnswered, typedOnly, council.NotConnected} {
		if nos := digest[k]; len(nos) > 0 {
			lines = append(lines, w.text("digest."+string(k), "件数", itoa(len(nos)), "番号一覧", strings.Join(nos, w.text("list.separator"))))
		}
	}
	if len(lines) > 0 {
		w.ToGroup(group.ID, message.About{Kind: AboutAlarm}, "", message.Text{Body: w.text("digest.heading") + "\n" + strings.Join(lines, "\n")})
	}
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
		if !bound {
			return 0, nil
		}
		whom, err := w.whom(group, *c)
		w.ToGroup(group.ID, message.About{Kind: AboutAlarm, Case: c.No}, RefCase(c.No),
			message.Text{Body: w.drill(*c, w.text("undelivered.follow_up", "no", c.No, "だれ", whom)), QuoteToken: quote(*c, group)})
		return 1, err
	}
	i.Answer, i.Answered = council.Answer{}, time.Time{} // the history keeps it
	p := w.instruction(*c, *i)
	p.Alt = w.drill(*c, w.text("member.follow_up_alt", "no", c.No))
	p.Body = w.drill(*c, w.text("member.follow_up", "no", c.No))
	w.ToUser(m.User, message.About{Kind: AboutInstruction, Case: c.No, Ref: i.ID}, p)
	c.Set(council.Timer{Kind: council.NotAnswered, At: w.untilAnswered(*c), Ref: i.ID})
	return 0, nil
}

// dueTalks reminds whoever saw a danger and did not send it, and deletes
// reports that were never sent.
func (w *Work) dueTalks() error {
	q := storage.Query{Index: records.ByDue, Until: records.Stamp(w.now.Add(1)), Limit: dueCases}
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
