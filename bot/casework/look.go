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

// look brings a case to mind whose look has come: by itself, or, where digest is
// true, together with others.
func (w *Work) look(c *council.Case, group council.Group, bound bool) (said int, digest bool, err error) {
	c.Look = council.NextLook(*c, w.Rules, w.Hours)
	if !c.Open() || c.Look.At.After(w.now.Add(w.ahead)) {
		return 0, false, nil
	}
	if at := w.Rules.Tell(c, w.now, w.Hours); at.After(w.now) && bound {
		c.Look.NotBefore = at
		return 0, false, nil
	}
	if _, waits := c.Timer(council.PostCard); waits && !bound { // the second channel hears of its card
		w.raised(c)
		return 0, false, nil
	}
	if !bound || !w.Rules.Alone(c) {
		return 0, true, nil
	}
	if no := w.act(c, council.Raise, Actor{Role: council.RoleSystem}, string(c.Look.Why)); no != council.Allowed {
		return 0, false, nil
	}
	was := w.raised(c)
	w.mailLooked(c, was)
	if c.AlarmOut || c.CardLate { // one that has not arrived is enough
		return 0, false, nil
	}
	c.AlarmOut = true
	if together, err := w.together(*c); err != nil {
		return 0, false, err
	} else if together {
		w.shared = append(w.shared, *c)
		return 0, false, nil
	}
	return 1, false, w.raiseAlone(c, was, group)
}

// raiseAlone brings one case to mind.
func (w *Work) raiseAlone(c *council.Case, was council.Look, group council.Group) error {
	as, err := w.raisedAs(*c, was.Why)
	if err != nil {
		return err
	}
	text := func(key string) message.Message {
		body := w.text("raise."+key, "no", c.No, "間", w.waited(c, was), "答え", answered(c, was), "緊急度", w.text("level."+c.Level().String()))
		if c.Look.At.Sub(w.now) > rarer*w.Rules.Levels[c.Level()].Repeat { // and not as soon as so far
			body += w.text("raise.next", "日時", w.moment(c.Look.At))
		}
		return message.Text{Body: w.drill(*c, body), QuoteToken: quote(*c, group)}
	}
	about, full := message.About{Kind: AboutRaise, Case: c.No}, text(string(as))
	if as == council.NotTaken { // number and urgency only
		w.ToGroup(group.ID, about, RefCase(c.No), full)
		return nil
	}
	w.ToGroupIfKnown(group.ID, about, RefCase(c.No), []message.Message{full}, []message.Message{text("guarded")})
	return nil
}

// answered is what the member has answered to what a look is about.
func answered(c *council.Case, l council.Look) string {
	if i := c.Instruction(l.Ref); i != nil && len(i.Answer.Labels) > 0 {
		return i.Answer.Labels[0]
	}
	return ""
}

// raiseShared brings to mind, in one message, what is on shared cards: one member
// who has set many cases going must not set as many reminders going.
func (w *Work) raiseShared(group council.Group) error {
	if err := w.drawIn(group); err != nil {
		return err
	}
	if len(w.shared) == 1 {
		c := w.shared[0]
		w.shared = nil
		was := c.Look
		was.Raised--
		return w.raiseAlone(&c, was, group)
	}
	for len(w.shared) > 0 {
		var nos []string
		first := w.shared[0]
		same := func(c council.Case) bool { return c.Look.Why == first.Look.Why && c.Level() == first.Level() }
		for _, c := range w.shared {
			if same(c) {
				nos = append(nos, c.No)
			}
		}
		key := "raise.several"
		if first.Look.Why == council.NotTaken {
			key = "raise.several_not_taken"
		}
		ms := []message.Message{message.Text{Body: w.drill(first, w.text(key, "no", nos[0], "番号一覧", w.nos(nos), "件数", itoa(len(nos)),
			"緊急度", w.text("level."+first.Level().String())))}}
		for _, no := range nos { // the later ones have no message of their own
			w.ToGroup(group.ID, message.About{Kind: AboutRaise, Case: no}, RefNothing, ms...)
			ms = nil
		}
		w.shared = slices.DeleteFunc(w.shared, same)
	}
	return nil
}

// together tells whether a case is brought to mind with others of its reporter:
// those on the shared card, and while there is one those that came before it.
func (w *Work) together(c council.Case) (bool, error) {
	if c.Shared || c.Reporter == "" {
		return c.Shared, nil
	}
	b, err := w.burst(c.Reporter)
	return len(b.Cases) > 0, err
}

// drawnIn is how much too early a case is brought to mind together with another:
// what has come in one after the other would be, too, each in a message of its
// own.
const drawnIn = 2 * time.Minute

// drawIn adds to what is brought to mind together what soon will be.
func (w *Work) drawIn(group council.Group) error {
	if len(w.shared) == 0 {
		return nil
	}
	q := storage.Query{Index: records.ByDue, From: records.Stamp(w.now.Add(1)), Until: records.Stamp(w.now.Add(drawnIn)), Limit: dueCases}
	var soon []council.Case
	for c, err := range records.Cases.Scan(w.tx, q) {
		if err != nil {
			return err
		}
		if c.Look.Why == council.DayAhead { // on that day the member is asked, and nobody is late
			continue
		}
		if together, err := w.together(c); err != nil {
			return err
		} else if together {
			soon = append(soon, c)
		}
	}
	w.ahead = drawnIn
	defer func() { w.ahead = 0 }()
	for _, c := range soon {
		if _, digest, err := w.look(&c, group, true); err != nil {
			return err
		} else if digest {
			continue
		}
		if err := w.save(c); err != nil {
			return err
		}
	}
	return nil
}

// mailLooked has the second channel hear, now and then, that nobody has taken a
// dangerous case.
func (w *Work) mailLooked(c *council.Case, was council.Look) {
	if n := was.Raised; c.Level() == council.Danger && was.Why == council.NotTaken && (n == 1 || n%mailedEvery == mailedFirst) {
		w.mailOf(*c, "mail.not_looked")
	}
}

// rarer: a wait that many times as long as between two reminders is told.
const rarer = 2

// mailedEvery is after how many reminders the second channel hears again, beside
// the second one: when they become rare, and then about once a working day.
const (
	mailedEvery = 8
	mailedFirst = 5
)

// raised notes that a case was brought to mind, and tells how its look stood.
func (w *Work) raised(c *council.Case) council.Look {
	was := c.Look
	c.Look.Raised, c.Look.Last, c.Look.NotBefore = was.Raised+1, w.now, time.Time{}
	c.Look = council.NextLook(*c, w.Rules, w.Hours)
	return was
}

// waited says how long something has been waiting, in the unit that fits.
func (w *Work) waited(c *council.Case, l council.Look) string {
	since := l.Since
	switch {
	case l.Why == council.NotTaken:
		since = c.Received
	case l.Why == council.NotReplied && len(c.Additions) > 0 && l.Ref == "":
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

// tellTogether brings cases to mind in one message: in the group, with all other
// open cases, or, when there is no group, on the second channel.
func (w *Work) tellTogether(group council.Group, bound bool, cases []council.Case) error {
	if len(cases) == 0 {
		return nil
	}
	d := digest{w: w, listed: map[string]bool{}}
	for _, c := range cases {
		if no := w.act(&c, council.Raise, Actor{Role: council.RoleSystem}, string(c.Look.Why)); no != council.Allowed {
			continue
		}
		was := w.raised(&c)
		if bound {
			w.mailLooked(&c, was)
		}
		if err := w.save(c); err != nil {
			return err
		}
		as, err := w.raisedAs(c, was.Why)
		if err != nil {
			return err
		}
		d.add(as, c.Look.At, c.No)
	}
	if !bound {
		w.mailText("mail.no_group_open", "番号一覧", strings.Join(d.all, w.text("list.separator")))
		return nil
	}
	for c, err := range records.Cases.Scan(w.tx, storage.Query{Index: records.ByOpen, Limit: dueCases}) {
		if err != nil {
			return err
		}
		if !d.listed[c.No] {
			d.add("", time.Time{}, c.No)
		}
	}
	for _, t := range d.texts() {
		w.ToGroupIfKnown(group.ID, message.About{Kind: AboutAlarm}, "",
			[]message.Message{message.Text{Body: t.full}}, []message.Message{message.Text{Body: t.bare}})
	}
	return nil
}

// digest collects what is told together: cases that wait for the same thing, and
// will be told of again on the same day, stand in one line.
type digest struct {
	w      *Work
	all    []string
	listed map[string]bool
	lines  []digestLine
}

type digestLine struct {
	why council.Why
	day string
	nos []string
}

// lineHolds is how many numbers one line has at most: what is longer than one
// text is told in several.
const lineHolds = 100

func (d *digest) add(why council.Why, next time.Time, no string) {
	d.all, d.listed[no] = append(d.all, no), true
	day := ""
	if !next.IsZero() {
		t := next.In(d.w.Zone)
		day = d.w.text("time.day", "月", itoa(int(t.Month())), "日", itoa(t.Day()))
	}
	for i := range d.lines {
		if l := &d.lines[i]; l.why == why && l.day == day && len(l.nos) < lineHolds {
			l.nos = append(l.nos, no)
			return
		}
	}
	d.lines = append(d.lines, digestLine{why, day, []string{no}})
}

// digestText is one text of a digest. bare says of the same cases that they are
// open, and not what they wait for.
type digestText struct{ full, bare string }

// texts are the digest, in as few texts as hold it.
func (d *digest) texts() []digestText {
	var texts []digestText
	heading := d.w.text("digest.heading")
	body := heading
	var nos []string
	end := func() {
		bare := heading + "\n" + d.w.text("digest.guarded", "件数", itoa(len(nos)), "番号一覧", strings.Join(nos, d.w.text("list.separator")))
		texts, body, nos = append(texts, digestText{body, bare}), heading, nil
	}
	for _, why := range append(append([]council.Why(nil), council.Whys...), typedOnly, "") {
		for _, l := range d.lines {
			if l.why != why {
				continue
			}
			key := string(why)
			if why == "" {
				key = "other"
			}
			line := "\n" + d.w.text("digest."+key, "件数", itoa(len(l.nos)), "番号一覧", strings.Join(l.nos, d.w.text("list.separator")))
			if l.day != "" {
				line += d.w.text("digest.next", "日", l.day)
			}
			if utf16Len(body)+utf16Len(line) > untoldLimit {
				end()
			}
			body, nos = body+line, append(nos, l.nos...)
		}
	}
	end()
	return texts
}
