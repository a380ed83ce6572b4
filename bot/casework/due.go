package casework

import (
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
	if err := w.dueGroups(); err != nil {
		return next, err
	}
	return w.NextDue()
}

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
	cards := 0
	digest := map[council.TimerKind][]string{}
	for _, c := range due {
		if cards >= dueCards {
			break // the rest in the next step
		}
		n, err := w.dueCase(&c, group, bound, digest)
		if err != nil {
			return err
		}
		cards += n
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
		switch {
		case t.Kind == council.FollowUp:
			if err := w.followUp(c, t); err != nil {
				return said, err
			}
		case !bound:
			w.again(c, t)
			if t.Count == 0 || t.Kind == council.PostCard {
				w.mail("mail.no_group", *c)
			}
		case t.Kind == council.PostCard:
			if err := w.postCard(c, group, !c.CardShown.IsZero()); err != nil {
				return said, err
			}
			said++
		case c.Level() == council.Danger:
			w.again(c, t)
			w.ToGroup(group.ID, message.About{Kind: AboutAlarm, Case: c.No}, RefCase(c.No), message.Text{
				Body:       w.drill(*c, w.text("raise."+string(t.Kind), "no", c.No, "分", w.minutes(c, t), "名前", c.AssigneeName)),
				QuoteToken: c.CardQuote})
			if t.Count == 1 {
				w.mail("mail.not_looked", *c)
			}
			said++
		case !w.Hours.Open(w.now):
			t.At = w.Hours.NextOpening(w.now)
			c.Set(t)
		default:
			w.again(c, t)
			digest[t.Kind] = append(digest[t.Kind], c.No)
		}
		if no := w.act(c, council.Raise, Actor{Role: council.RoleSystem}, string(t.Kind)); no != council.Allowed {
			c.Unset(t.Kind)
		}
	}
	return said, nil
}

// again sets the timer anew: dangerous cases soon, the rest for the next
// opening time.
func (w *Work) again(c *council.Case, t council.Timer) {
	t.Count++
	t.At = w.raiseAfter(*c, w.Raise[c.Level()].Repeat)
	c.Set(t)
}

func (w *Work) minutes(c *council.Case, t council.Timer) string {
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
	return itoa(int(w.now.Sub(since) / time.Minute))
}

// sayDigest is one message for all that is not dangerous.
func (w *Work) sayDigest(group council.Group, digest map[council.TimerKind][]string) {
	var lines []string
	for _, k := range []council.TimerKind{council.NotTaken, council.NotReplied, council.NotAnswered, council.NotConnected} {
		if nos := digest[k]; len(nos) > 0 {
			lines = append(lines, w.text("digest."+string(k), "件数", itoa(len(nos)), "番号一覧", strings.Join(nos, w.text("list.separator"))))
		}
	}
	if len(lines) > 0 {
		w.ToGroup(group.ID, message.About{Kind: AboutAlarm}, "", message.Text{Body: w.text("digest.heading") + "\n" + strings.Join(lines, "\n")})
	}
}

// followUp asks the member how it is now. The same answers come back as for
// the instruction itself.
func (w *Work) followUp(c *council.Case, t council.Timer) error {
	c.Unset(council.FollowUp)
	m, ok, err := w.reporter(*c)
	i := c.Instruction(t.Ref)
	if err != nil || !ok || i == nil || i.Corrected {
		return err
	}
	p := w.instruction(*c, *i)
	p.Alt = w.drill(*c, w.text("member.follow_up_alt", "no", c.No))
	p.Body = w.drill(*c, w.text("member.follow_up", "no", c.No))
	w.ToUser(m.User, message.About{Kind: AboutInstruction, Case: c.No, Ref: i.ID}, p)
	c.Set(council.Timer{Kind: council.NotAnswered, At: w.untilAnswered(*c), Ref: i.ID})
	return nil
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
			w.ToUser(t.User, message.About{Kind: AboutTalk}, message.Text{Body: w.text("tell_now.unsent"),
				Quick: []message.Button{{Label: w.text("menu.continue"), Action: message.Postback, Data: "m:resume", Say: w.text("menu.continue")}}})
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
		if err := w.leave(g, "group.no_code"); err != nil {
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
	for g, err := range records.Groups.Scan(w.tx, first) {
		if err != nil {
			return next, err
		}
		earlier(g.Since.Add(waitForCode))
	}
	return next, nil
}
