package casework

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/flows/catalog"
)

// missing lists what a clerk must still fill in, in the order of asking. What
// there is only one of is filled in at once.
func (w *Work) missing(i catalog.Instruction, c council.Case, d council.Draft) []string {
	var out []string
	switch i.ID {
	case "call_9110":
		if len(w.Police) == 1 {
			d.Values[valuePolice] = "0"
		} else {
			out = append(out, valuePolice)
		}
	case "keep_watch":
		out = append(out, valueWatch, valueDate)
	case "report_details": // against the person's wish
		if refuses(c) {
			out = append(out, valueGround, valueDecider)
		}
	case "ask":
		out = append(out, valueQuestion, valueSet)
	}
	return out
}

// ask puts the question for the next missing value: buttons where there is a
// choice, else the clerk quotes the question with the value.
func (w *Work) ask(group council.Group, c council.Case, d council.Draft) {
	name := d.Missing[0]
	p := message.Panel{
		Alt:     w.drill(c, w.text("value.alt", "no", c.No)),
		Heading: w.drill(c, w.text("value.heading", "no", c.No, "指示", d.Label)),
		Body:    w.text("value." + valueKeys[name]),
	}
	for _, o := range w.options(name) {
		b := w.say1(c, "value", message.Secondary, d.ID, o)
		b.Label = o
		p.Buttons = append(p.Buttons, b)
	}
	p.Buttons = append(p.Buttons, w.say1(c, "drop", message.Quiet, d.ID))
	w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No, Ref: d.ID}, RefPrompt(d.ID), p)
}

var valueKeys = map[string]string{
	valuePolice: "police", valueWatch: "watch", valueDate: "date", valueQuestion: "question", valueSet: "set",
	valueGround: "ground", valueDecider: "decider",
}

// spans are the offered distances to a follow-up, in days.
var spans = []int{3, 7, 14, 30}

// sets are the answer sets of a question, in the order of offering.
var sets = []string{"yes_no", "when", setWords}

// setWords is the set of a question that is answered in the member's own words.
const setWords = "free_text"

// grounds and deciders are what can be tapped for a request against the
// person's wish.
var (
	grounds  = []string{"safety", "cannot_judge", "law"}
	deciders = []string{"head", "chief", "staff"}
)

// options are what can be tapped for a value.
func (w *Work) options(name string) []string {
	var out []string
	switch name {
	case valuePolice:
		for _, p := range w.Police {
			out = append(out, p.Name)
		}
	case valueDate:
		for _, n := range spans {
			out = append(out, w.text("value.days", "日数", strconv.Itoa(n)))
		}
	case valueSet:
		for _, s := range sets {
			out = append(out, w.text("value.set_"+s))
		}
	case valueGround:
		for _, s := range grounds {
			out = append(out, w.text("value.ground_"+s))
		}
	case valueDecider:
		for _, s := range deciders {
			out = append(out, w.text("value.decider_"+s))
		}
	}
	return out
}

// Fill takes a value for a draft: tapped, with the case's number, or written by
// quoting the question, without. source is the message that held it.
func (w *Work) Fill(group council.Group, who Actor, no, id, value, source string) error {
	d, c, ok, err := w.usable(group, who, no, id)
	if err != nil || !ok {
		return err
	}
	if len(d.Missing) == 0 {
		w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No), message.Text{Body: w.text("value.complete", "no", c.No)})
		return nil
	}
	name, value := d.Missing[0], strings.TrimSpace(value)
	if w.Personal(value) {
		return w.warnPersonal(group, c)
	}
	if why := w.set(&d, name, value); why != "" {
		w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No, Ref: d.ID}, RefPrompt(d.ID), message.Text{Body: w.text(why, "no", c.No)})
		return nil
	}
	d.Missing = d.Missing[1:]
	if d.Values[name] == value { // the clerk's own words: an unsend finds them
		d.MessageID = source
	}
	return w.advance(group, c, d)
}

// valueLimit is how long a written value may be, in UTF-16 units.
const valueLimit = 300

// set puts a value into the draft, or names what is wrong with it.
func (w *Work) set(d *council.Draft, name, value string) string {
	if flows.Blank(value) || utf16Len(value) > valueLimit {
		return "value.bad_length"
	}
	choice := -1
	for i, o := range w.options(name) {
		if fold(o) == fold(value) {
			choice = i
		}
	}
	switch name {
	case valuePolice:
		if choice < 0 {
			return "value.bad_choice"
		}
		d.Values[name] = strconv.Itoa(choice)
	case valueSet:
		if choice < 0 {
			return "value.bad_choice"
		}
		d.Set = sets[choice]
	case valueDate:
		var day time.Time
		if choice >= 0 {
			day = w.now.AddDate(0, 0, spans[choice])
		} else if t, ok := readDate(value, w.now); ok {
			day = t
		} else {
			return "value.bad_date"
		}
		d.FollowUp = w.askAt(day)
		d.Values[name] = w.text("time.day", "月", fmt.Sprint(int(d.FollowUp.Month())), "日", fmt.Sprint(d.FollowUp.Day()))
	case valueGround:
		if choice < 0 {
			return "value.bad_choice"
		}
		d.Values[name] = w.options(name)[choice]
	default:
		d.Values[name] = value
	}
	return ""
}

// askAt is when on that day, or the next working day, a member is asked.
func (w *Work) askAt(day time.Time) time.Time {
	day = day.In(w.Zone)
	at := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, w.Zone).Add(w.FollowUpAt)
	if w.Hours.Open(at) {
		return at
	}
	return w.Hours.NextOpening(at).In(w.Zone)
}

var dateText = regexp.MustCompile(`^(?:(\d{4})[年/-])?(\d{1,2})[月/-](\d{1,2})日?$`)

// readDate reads 12/1, 12月1日 or 2026-12-01 as a day within a year from now.
func readDate(s string, now time.Time) (time.Time, bool) {
	m := dateText.FindStringSubmatch(strings.ReplaceAll(Normal(s), " ", ""))
	if m == nil {
		return time.Time{}, false
	}
	year := now.Year()
	if m[1] != "" {
		year, _ = strconv.Atoi(m[1]) // four digits
	}
	month, _ := strconv.Atoi(m[2])
	day, _ := strconv.Atoi(m[3])
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, now.Location())
	if m[1] == "" && t.Before(today) {
		t = time.Date(year+1, time.Month(month), day, 0, 0, 0, 0, now.Location())
	}
	if int(t.Month()) != month || t.Day() != day {
		return time.Time{}, false
	}
	return t, t.After(today) && t.Before(today.AddDate(1, 0, 0))
}

// compose writes the exact text of an instruction.
func (w *Work) compose(c council.Case, i catalog.Instruction, d council.Draft) string {
	vars := []string{"no", c.No, "協議会名", w.Name, "電話", w.Telephone, "センター電話", w.Centre.Telephone}
	if n, err := strconv.Atoi(d.Values[valuePolice]); err == nil && n < len(w.Police) {
		vars = append(vars, valuePolice, w.Police[n].Name, catalog.NeedPoliceTelephone, w.Police[n].Telephone)
	}
	for _, name := range []string{valueWatch, valueDate, valueQuestion} {
		if v, ok := d.Values[name]; ok {
			vars = append(vars, name, v)
		}
	}
	switch {
	case i.ID == "consult_188" && (w.Centre.Telephone == "" || w.Centre.Telephone == "188"):
		return w.text("instead.consult_188", vars...)
	case i.ID == "report_details", i.ID == "report_details_by_consent":
		return w.text("instead."+i.ID, vars...)
	}
	return w.Catalog.Fill(i.Text, vars...)
}

// usable finds a draft that may still be worked on, or says why not. A draft of
// another case than the words name is not used.
func (w *Work) usable(group council.Group, who Actor, caseNo, id string) (council.Draft, council.Case, bool, error) {
	no := func(key, name string, c council.Case) (council.Draft, council.Case, bool, error) {
		ref := RefNothing
		if c.State != "" {
			ref = RefCase(c.No)
		}
		text := w.text(key, "no", c.No, "名前", name)
		if key == "draft.unknown" {
			text = w.Missing(key, "no", c.No)
		}
		w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, ref, message.Text{Body: w.drill(c, text)})
		return council.Draft{}, c, false, nil
	}
	d, ok, err := records.Drafts.Get(w.tx, strings.ToUpper(id))
	if err != nil {
		return d, council.Case{}, false, err
	}
	if !ok || (caseNo != "" && d.Case != caseNo) {
		return no("draft.unknown", "", council.Case{No: caseNo})
	}
	c, ok, err := w.Case(d.Case)
	switch {
	case err != nil:
		return d, c, false, err
	case !ok:
		return no("draft.unknown", "", council.Case{})
	case who.Role != council.RoleClerk:
		return no("refused.not_yours", who.Name, c)
	case d.State == council.DraftSent:
		return no("draft.already_sent", d.Who, c)
	case d.State == council.DraftDropped:
		return no("draft.already_dropped", d.Who, c)
	case !c.Open() && d.Kind != DraftCorrection:
		return no("refused.already_over", "", c)
	case d.Expired(w.now):
		return no("draft.expired", "", c)
	case c.Version != d.Version:
		return no("draft.changed", "", c)
	}
	return d, c, true, nil
}
