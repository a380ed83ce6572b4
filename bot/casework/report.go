package casework

import (
	"strconv"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/storage"
)

// Report is what a member has told.
type Report struct {
	Answers   []council.Answer
	Continues string // receipt number of the earlier case
}

// Receive makes a case of a report, tells the group and gives the member the
// receipt number. The answer named "urgency" decides how soon it is seen.
func (w *Work) Receive(m council.Member, r Report) (council.Case, error) {
	org, _, err := records.Organisations.Get(w.tx, m.Organisation)
	if err != nil {
		return council.Case{}, err
	}
	year := council.FiscalYear(w.now)
	n, err := w.tx.Next(sequence(year, w.Drill))
	if err != nil {
		return council.Case{}, err
	}
	from, _, err := w.Restored()
	if err != nil {
		return council.Case{}, err
	}
	c := council.Case{
		No: council.ReceiptNo(year, from.Mark, n, w.Drill), Drill: w.Drill, Received: w.now, Channel: "line",
		Organisation: org.ID, OrganisationName: org.Name, Trade: org.Trade, Status: org.Status,
		Reporter: m.ID, ReporterCard: m.Card, Answers: r.Answers, Continues: r.Continues,
		State: council.Received, Version: 1,
	}
	if u, ok := c.Find("urgency"); ok && len(u.IDs) > 0 {
		w.urgent(&c, u.IDs[0])
	} else if r.Continues != "" { // words about a case that was closed
		c.Urgent = council.Unsure.String()
	}
	group, bound, err := w.Secretariat()
	if err != nil {
		return c, err
	}
	silent, err := w.silent()
	if err != nil {
		return c, err
	}
	open := w.Hours.Open(w.now)
	if bound && silent && !w.sleeps(c) {
		c.CardLate, c.LateHeard = true, true
		w.mailOf(c, "mail.card_stuck")
	}
	switch {
	case !bound:
		c.CardLate, c.LateHeard = true, true
		w.mailOf(c, "mail.no_group")
		w.againCard(&c, 0)
	case !w.sleeps(c):
		if err := w.postCard(&c, group); err != nil {
			return c, err
		}
	default:
		c.Set(council.Timer{Kind: council.PostCard, At: w.wakes(c, w.now)})
	}
	w.ToUser(m.User, message.About{Kind: AboutTalk, Case: c.No}, message.Text{Body: w.drill(c, w.receipt(c, bound && !c.CardLate, open))})
	return c, w.save(c)
}

// LevelOf is how soon a report with this answer to the urgency must be seen, as
// the catalog says. What it does not know or say counts as dangerous.
func (d *Desk) LevelOf(urgency string) council.Level {
	choice, _ := d.Catalog.Choice(flows.StepUrgency, urgency)
	return council.LevelNamed(choice.Level)
}

// urgent puts the urgency into the case, with how soon it must be seen.
func (w *Work) urgent(c *council.Case, urgency string) {
	c.Urgency, c.Urgent = urgency, w.LevelOf(urgency).String()
}

// silentFor is how old a late card may be to tell anything of the next one.
const silentFor = 24 * time.Hour

// silent tells whether a card is known not to have reached the group: another
// one will not do so either, and its reporter had better telephone at once.
func (w *Work) silent() (bool, error) {
	q := storage.Query{Index: records.ByLate, From: records.Stamp(w.now.Add(-silentFor)), Limit: 1}
	for _, err := range records.Cases.Scan(w.tx, q) {
		return err == nil, err
	}
	if w.NoQuota != nil {
		return w.NoQuota(w.tx, w.now)
	}
	return false, nil
}

// receipt is the sentence with the receipt number that fits the hour.
func (w *Work) receipt(c council.Case, reached, open bool) string {
	switch {
	case !reached:
		return w.text("replies.not_reached_no", "no", c.No, "電話", w.Telephone)
	case c.Shared && !w.sleeps(c):
		return w.text("replies.received_shared", "no", c.No, "電話", w.Telephone)
	case open:
		return w.text("replies.received", "no", c.No)
	}
	key := "replies.after_hours"
	switch {
	case !w.sleeps(c):
		key = "replies.after_hours_at_once"
	case c.Level() == council.Soon:
		key = "replies.after_hours_morning"
	}
	return w.text(key, "no", c.No, "開庁時間", w.Hours.Text(), "次の開庁日時", w.moment(w.wakes(c, w.now)))
}

// sequence names the counter of receipt numbers. Its name begins with "case":
// a restored store moves such counters on.
func sequence(year int, drill bool) string {
	if drill {
		return "case-drill-" + strconv.Itoa(year)
	}
	return "case-" + strconv.Itoa(year)
}

// drill marks what belongs to an exercise.
func (w *Work) drill(c council.Case, text string) string {
	if c.Drill {
		return w.text("drill.mark") + text
	}
	return text
}

// moment writes a time as people say it.
func (w *Work) moment(t time.Time) string {
	t = t.In(w.Zone)
	return w.text("time.moment", "月", strconv.Itoa(int(t.Month())), "日", strconv.Itoa(t.Day()),
		"曜", w.text("time.weekday."+strconv.Itoa(int(t.Weekday()))), "時刻", strings.TrimPrefix(t.Format("15:04"), "0"))
}
