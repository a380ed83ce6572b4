package casework

import (
	"slices"
	"strconv"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Delivered notes that LINE has accepted a delivery, so that quoting its
// messages is understood. sent may be empty: a reply that was taken as sent.
func (w *Work) Delivered(d message.Delivery, sent []message.Sent) error {
	if d.To.Kind == message.ToGroup {
		if err := w.quotable(d, sent); err != nil {
			return err
		}
	}
	at := 0
	for _, p := range d.Parts {
		part := sent[min(at, len(sent)):min(at+p.Messages, len(sent))]
		at += p.Messages
		if err := w.partDelivered(d, p, part); err != nil {
			return err
		}
	}
	return w.Gathered()
}

func (w *Work) quotable(d message.Delivery, sent []message.Sent) error {
	for i, s := range sent {
		ref := RefNothing
		if i < len(d.Refs) && d.Refs[i] != "" {
			ref = d.Refs[i]
		}
		if err := records.Quotes.Put(w.tx, records.Quote{Message: s.ID, Chat: d.To.ID, Ref: ref, At: w.now}); err != nil {
			return err
		}
	}
	return nil
}

func (w *Work) partDelivered(d message.Delivery, p message.Part, sent []message.Sent) error {
	switch about := p.About; about.Kind {
	case AboutCard:
		c, ok, err := w.Case(about.Case)
		if err != nil || !ok {
			return err
		}
		if c.CardShown.IsZero() {
			c.CardShown = w.now
		}
		if len(sent) > 0 && sent[0].QuoteToken != "" {
			c.CardQuote, c.CardIn = sent[0].QuoteToken, d.To.ID
		}
		c.CardLate = false
		w.tellSoon(&c)
		if err := w.carriedBare(&c, d.ShownBare(p)); err != nil {
			return err
		}
		if c.CardNote == council.CardAdded && c.Open() {
			c.Set(council.Timer{Kind: council.PostCard, At: w.now})
		}
		return w.save(c)
	case AboutLate:
		c, ok, err := w.Case(about.Case)
		if err != nil || !ok {
			return err
		}
		c.LateHeard = true
		return w.save(c)
	case AboutAnswer:
		c, ok, err := w.Case(about.Case)
		if err != nil || !ok || about.Ref == "" {
			return err
		}
		if d.ShownBare(p) {
			return w.untoldYet(c, about.Ref)
		}
		c.Untold = slices.DeleteFunc(c.Untold, func(u council.Untold) bool { return u.ID == about.Ref })
		return w.save(c)
	case AboutRaise:
		c, ok, err := w.Case(about.Case)
		if err != nil || !ok {
			return err
		}
		c.AlarmOut = false
		return w.save(c)
	case AboutInstruction:
		c, ok, err := w.Case(about.Case)
		if err != nil || !ok {
			return err
		}
		if i := c.Instruction(about.Ref); i != nil && i.Delivered.IsZero() {
			i.Delivered = w.now
			return w.save(c)
		}
	case AboutFarewell:
		g, ok, err := records.Groups.Get(w.tx, d.To.ID)
		if err != nil {
			return err
		}
		if ok && g.State == council.GroupLeft { // and not bound again meanwhile
			w.goAway(d.To.ID)
		}
	}
	return nil
}

// tellSoon has the group told what has waited for the case's card.
func (w *Work) tellSoon(c *council.Case) {
	if t, set := c.Timer(council.TellGroup); set && c.Waits() {
		t.At = w.now
		c.Set(t)
	}
}

// goAway has the bot leave a group.
func (w *Work) goAway(group string) {
	w.out = append(w.out, message.Outgoing{To: message.Recipient{Kind: message.ToLeave, ID: group},
		Lane: message.LaneCasework, About: message.About{Kind: AboutTalk}})
}

// RefNothing marks a message of the bot's that cannot be answered by quoting.
// RefPeople marks what people have said.
const (
	RefNothing = "-"
	RefPeople  = "people"
	RefUnsent  = "unsent" // what was taken back
)

// Undelivered tells whoever must know that something has not gone out.
func (w *Work) Undelivered(d message.Delivery, why message.Reason) error {
	if d.To.Kind == message.ToMail || d.To.Kind == message.ToMany {
		return nil // a letter must not be answered with another; notices are counted
	}
	for _, p := range d.Parts {
		if why == message.Stale && !forReporter(p.About) {
			continue
		}
		if err := w.partUndelivered(d.To, p.About, why); err != nil {
			return err
		}
	}
	return w.Gathered()
}

func (w *Work) partUndelivered(to message.Recipient, about message.About, why message.Reason) error {
	switch {
	case about.Kind == AboutCard:
		return w.cardUndelivered(about.Case, why)
	case about.Kind == AboutInstruction:
		return w.instructionUndelivered(about, why)
	case about.Kind == AboutLate:
		return w.lateUndelivered(about.Case)
	case about.Kind == AboutFarewell && why.Final():
		w.goAway(to.ID)
	case about.Kind == AboutOutcome && why.Final():
		return w.alarm(about.Case, "undelivered.outcome")
	case to.Kind == message.ToGroup && about.Kind == AboutAnswer:
		c, ok, err := w.Case(about.Case)
		if err != nil || !ok {
			return err
		}
		if !why.Final() {
			w.mailOf(c, "mail.answer_stuck")
			return nil
		}
		return w.tellAgain(c, about.Ref, why)
	case why == message.Refused && about.Kind != AboutRaise:
		return w.refusedForGood(to, about)
	case about.Kind == AboutRaise && why.Final():
		c, ok, err := w.Case(about.Case)
		if err != nil || !ok {
			return err
		}
		c.AlarmOut = false
		return w.save(c)
	}
	return nil
}

// lateUndelivered: the reporter does not know that the card has not arrived. Once,
// the second channel is told.
func (w *Work) lateUndelivered(no string) error {
	c, ok, err := w.Case(no)
	if err != nil || !ok || !c.CardLate || c.LateMailed {
		return err
	}
	c.LateMailed = true
	w.mailOf(c, "mail.reporter_untold")
	return w.save(c)
}

// forReporter: what is meant for a case's reporter and for nobody else.
func forReporter(about message.About) bool {
	return about.Kind == AboutInstruction || about.Kind == AboutOutcome
}

// elsewhere tells whether the reporter of a case no longer has the telephone that
// something for the reporter was to go to: the card was revoked, or has another.
func elsewhere(tx storage.Tx, d message.Delivery, about message.About) (bool, error) {
	if d.To.Kind != message.ToUser || !forReporter(about) {
		return false, nil
	}
	c, ok, err := records.Cases.Get(tx, about.Case)
	if err != nil || !ok || c.Reporter == "" {
		return false, err
	}
	m, ok, err := records.Members.Get(tx, c.Reporter)
	return ok && (m.User != d.To.ID || m.State == council.MemberLeft), err
}

// Stale tells whether what a delivery says is no longer so: that a card has not
// arrived, when it has, or that who would get it is the reporter of its case.
func Stale(tx storage.Tx, d message.Delivery) (bool, error) {
	for _, p := range d.Parts {
		if gone, err := elsewhere(tx, d, p.About); err != nil || gone {
			return gone, err
		}
	}
	for _, p := range d.Parts {
		if p.About.Kind != AboutLate {
			return false, nil
		}
		c, ok, err := records.Cases.Get(tx, p.About.Case)
		if err != nil || ok && c.CardLate {
			return false, err
		}
	}
	return true, nil
}

// refusedForGood: what LINE will never take is somebody's. What was for a member
// the group hears of, what was for the group the second channel.
func (w *Work) refusedForGood(to message.Recipient, about message.About) error {
	if to.Kind == message.ToUser {
		if about.Case == "" {
			return nil // who has no case yet writes again
		}
		return w.alarm(about.Case, "undelivered.reply")
	}
	if to.Kind != message.ToGroup {
		return nil
	}
	c, ok, err := w.Case(about.Case)
	switch {
	case err != nil:
		return err
	case ok:
		w.mailOf(c, "mail.refused")
	case about.Kind == AboutAlarm:
		w.mailText("mail.alarm_refused")
	}
	return nil
}

// pauseAfter a delivery that was given up: what LINE has refused it will refuse
// again at once.
func pauseAfter(why message.Reason) time.Duration {
	if why == message.Refused {
		return time.Hour
	}
	return 0
}

// cardUndelivered: the second channel hears, and the reporter is told to
// telephone. A card that was given up is posted again under a new key.
func (w *Work) cardUndelivered(no string, why message.Reason) error {
	c, ok, err := w.Case(no)
	if err != nil || !ok || !c.Open() {
		return err
	}
	if !c.CardLate {
		c.CardLate = true
		w.tellSoon(&c)
		letter := "mail.card_stuck"
		if why == message.QuotaOut { // which the word to the reporter meets too
			letter, c.LateMailed = "mail.card_quota", true
		}
		w.mailOf(c, letter)
		if err := w.toReporter(c, AboutLate, "replies.not_reached_no"); err != nil {
			return err
		}
	}
	if why.Final() {
		c.CardNote = council.CardAgain
		c.Set(council.Timer{Kind: council.PostCard, At: w.wakes(c, w.now.Add(pauseAfter(why)))})
	}
	return w.save(c)
}

// instructionUndelivered: the group hears, and hears again when it is given up.
func (w *Work) instructionUndelivered(about message.About, why message.Reason) error {
	c, ok, err := w.Case(about.Case)
	if err != nil || !ok {
		return err
	}
	i := c.Instruction(about.Ref)
	if i == nil {
		return nil
	}
	key, letter := "undelivered.instruction_late", "mail.undelivered"
	switch {
	case why == message.QuotaOut:
		key, letter = "undelivered.instruction_quota", "mail.quota"
	case why.Final():
		key = "undelivered.instruction"
		if !i.Lost {
			i.Lost = true
			w.act(&c, council.Lose, Actor{Role: council.RoleSystem}, i.ID)
			w.owe(&c, council.NotSent, i.ID)
		}
		if err := w.save(c); err != nil {
			return err
		}
	}
	return w.alarmWith(c, key, letter, i.Label)
}

func (w *Work) alarm(no, key string) error {
	c, ok, err := w.Case(no)
	if err != nil || !ok {
		return err
	}
	return w.alarmWith(c, key, "mail.undelivered", "")
}

func (w *Work) alarmWith(c council.Case, key, letter, label string) error {
	group, ok, err := w.Secretariat()
	if err != nil {
		return err
	}
	w.mail(letter, c)
	if !ok {
		return nil
	}
	w.naming(group, message.About{Kind: AboutAlarm, Case: c.No}, RefCase(c.No), c, func(whom string) message.Text {
		return message.Text{Body: w.drill(c, w.text(key, "no", c.No, "だれ", whom, "指示", label)), QuoteToken: quote(c, group)}
	})
	return nil
}

// Alarm says in the group what needs somebody, without a case.
func (w *Work) Alarm(key string) error {
	group, ok, err := w.Secretariat()
	if err != nil || !ok {
		return err
	}
	w.ToGroup(group.ID, message.About{Kind: AboutAlarm}, RefNothing, message.Text{Body: w.text(key)})
	return nil
}

// mail tells the second channel of a case: number and urgency, nothing else.
func (w *Work) mail(key string, c council.Case) {
	w.mailBody(message.About{Kind: AboutAlarm, Case: c.No},
		w.drill(c, w.text(key, "no", c.No, "緊急度", w.text("level."+c.Level().String()), "受付時刻", w.moment(c.Received))))
}

func (w *Work) mailText(key string, vars ...string) {
	w.mailBody(message.About{Kind: AboutAlarm}, w.text(key, vars...))
}

func (w *Work) mailBody(about message.About, body string) {
	for _, to := range w.MailTo {
		w.say(message.Recipient{Kind: message.ToMail, ID: to}, message.LaneMail, about, "", message.Text{Body: body})
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
