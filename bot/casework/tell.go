package casework

import (
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
)

// tell answers a member.
func (w *Work) tell(m council.Member, no, key string) {
	if key == "member.unknown_instruction" || key == "member.unknown_case" {
		w.ToUser(m.User, message.About{Kind: AboutTalk, Case: no}, message.Text{Body: w.Missing(key, "no", no)})
		return
	}
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
	case w.gathers(*c):
		body = w.text("member.gathered", "no", c.No, "電話", w.Telephone)
	case w.sleeps(*c):
		body = w.text("member.kept", "no", c.No, "次の開庁日時", w.moment(w.wakes(*c, w.now)), "電話", w.Telephone)
	}
	w.ToUser(m.User, message.About{Kind: AboutTalk, Case: c.No}, message.Text{Body: w.drill(*c, body)})
	return nil
}

// tellGroup says something about a case in the group, quoting its card. The
// words wait in the case while the office is closed (unless it is dangerous),
// while people are in the group whom nobody has approved, and while there is
// no group.
func (w *Work) tellGroup(c *council.Case, body string) error {
	return w.tellLines(c, council.Untold{Body: body})
}

// tellLines is tellGroup for several things at once: they go out as one message,
// and each is kept by itself until it has arrived.
func (w *Work) tellLines(c *council.Case, lines ...council.Untold) error {
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
	if t, waits := c.Timer(council.PostCard); waits && !c.CardBare { // a bare card is there to be quoted
		at = t.At
	}
	switch {
	case !bound || guarded:
		at = w.now.Add(time.Hour)
	case w.sleeps(*c):
		at = w.wakes(*c, w.now)
	}
	may := true
	if at.IsZero() || guarded && !w.sleeps(*c) {
		if may, err = w.mayTell(c.Reporter); err != nil {
			return err
		}
	}
	if at.IsZero() && !may {
		c.Untold = waitBehind(c.Untold, lines...)
		return w.wait(*c)
	}
	if at.IsZero() {
		id := w.NewID()[:8]
		bodies := make([]string, len(lines))
		for i := range lines {
			lines[i].ID, bodies[i] = id, lines[i].Body
		}
		c.Untold = append(c.Untold, lines...)
		w.answer(*c, group, id, bodies)
		return nil
	}
	c.Untold = append(c.Untold, lines...)
	if _, set := c.Timer(council.TellGroup); !set {
		c.Set(council.Timer{Kind: council.TellGroup, At: at})
	}
	if guarded && may && !w.sleeps(*c) {
		w.ToGroup(group.ID, message.About{Kind: AboutAnswer, Case: c.No}, RefCase(c.No),
			message.Text{Body: w.drill(*c, w.text("group.guarded", "no", c.No)), QuoteToken: quote(*c, group)})
	}
	if !bound {
		w.mailOf(*c, "mail.no_group")
	}
	return nil
}

// untoldLimit is what one text takes of it, in UTF-16 units, LINE's limit being
// 5,000. A single one is shorter.
const untoldLimit = 4800

// tellUntold says what has waited, a few things at a time.
func (w *Work) tellUntold(c *council.Case, group council.Group, bound bool, t council.Timer) (int, error) {
	guarded := false
	if bound {
		var err error
		if guarded, err = w.guarded(group); err != nil {
			return 0, err
		}
	}
	if w.sleeps(*c) {
		t.At = w.wakes(*c, w.now)
		c.Set(t)
		return 0, nil
	}
	// What is told quotes the card, so the card goes first, unless the card is in
	// trouble: words without it are better than none.
	if !bound || guarded || c.Open() && c.CardShown.IsZero() && !c.CardLate {
		t.At = w.now.Add(time.Hour) // whatever changes that sets it sooner
		c.Set(t)
		return 0, nil
	}
	c.Unset(council.TellGroup)
	if may, err := w.mayTell(c.Reporter); err != nil {
		return 0, err
	} else if !may {
		return 0, w.wait(*c)
	}
	c.Heard = w.now
	id := w.NewID()[:8]
	var lines []string
	units := 0
	for i := range c.Untold {
		if u := &c.Untold[i]; u.ID == "" && len(lines) < dueCards && units+utf16Len(u.Body) <= untoldLimit {
			u.ID = id
			lines, units = append(lines, u.Body), units+utf16Len(u.Body)
		}
	}
	if len(lines) == 0 {
		return 0, nil
	}
	if c.Waits() {
		c.Set(council.Timer{Kind: council.TellGroup, At: w.now})
	}
	w.answer(*c, group, id, lines)
	return 1, nil
}

// answer tells the group lines about a case, or only that there are some.
func (w *Work) answer(c council.Case, group council.Group, id string, lines []string) {
	text := func(body string) []message.Message {
		return []message.Message{message.Text{Body: w.drill(c, body), QuoteToken: quote(c, group)}}
	}
	w.ToGroupIfKnown(group.ID, message.About{Kind: AboutAnswer, Case: c.No, Ref: id}, RefCase(c.No),
		text(strings.Join(lines, "\n")), text(w.text("group.guarded", "no", c.No)))
}

// tellAgain has the group told once more what has not arrived.
func (w *Work) tellAgain(c council.Case, id string, why message.Reason) error {
	unheard := false
	for i := range c.Untold {
		if u := &c.Untold[i]; u.ID == id {
			unheard = unheard || !u.Mailed
			u.ID, u.Mailed = "", true
		}
	}
	if !c.Waits() {
		return nil
	}
	if why == message.Refused && unheard { // and not every hour again
		w.mailOf(c, "mail.answer_stuck")
	}
	c.Set(council.Timer{Kind: council.TellGroup, At: w.wakes(c, w.now.Add(pauseAfter(why)))})
	return w.save(c)
}

// whom names the reporter to the group, by organisation and card, unless the
// council shows numbers only.
func (w *Work) whom(c council.Case) string {
	if w.GroupCard == CardNumber {
		return ""
	}
	return w.text("group.whom", "団体", c.OrganisationName, "番号", c.ReporterCard)
}

// naming says a text in the group that names a case's reporter, and does not
// where somebody may be there whom nobody has approved.
func (w *Work) naming(group council.Group, about message.About, ref string, c council.Case, text func(whom string) message.Text) {
	full, bare := text(w.whom(c)), text("")
	if full.Body == bare.Body {
		w.ToGroup(group.ID, about, ref, full)
		return
	}
	w.ToGroupIfKnown(group.ID, about, ref, []message.Message{full}, []message.Message{bare})
}

// quote is the token that quotes a case's card, if it was shown in this group.
func quote(c council.Case, group council.Group) string {
	if c.CardIn != group.ID {
		return ""
	}
	return c.CardQuote
}
