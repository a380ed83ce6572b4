package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

func (v *validator) council(field string, c *Council, mail bool) {
	if v.required(field+".id", c.ID, idRight) && !idPattern.MatchString(c.ID) {
		v.fault(field+".id", c.ID, idRight)
	}
	for _, t := range []struct{ name, value, right string }{
		{"name", c.Name, "the council's full name, such as ○○市消費者安全確保地域協議会"},
		{"network", c.Network, "the network's name, such as ○○市見守りネットワーク"},
		{"municipality", c.Municipality, "the municipality's name, such as ○○市"},
		{"office.name", c.Office.Name, "the section's name, such as 市民生活課"},
	} {
		if v.required(field+"."+t.name, t.value, t.right) {
			v.text(field+"."+t.name, t.value, 60)
		}
	}
	if v.required(field+".telephone", c.Telephone, "the secretariat's number, such as 0885-00-0000") {
		v.telephone(field+".telephone", c.Telephone)
	}
	v.place(field+".centre", c.Centre, true, 40)
	v.police(field+".police", c.Police)
	v.office(field+".office", &c.Office)
	v.lineChannel(field+".line", c.LINE)
	v.oneOf(field+".group_card", c.GroupCard, Basic, Full, NumberOnly)
	v.districts(field+".districts", c.Districts)
	v.organisations(field+".organisations", c.Organisations)
	v.escalation(field+".escalation", c.Escalation)
	v.mailTo(field+".mail_to", c.MailTo, mail)
	v.notices(field+".notices", c)
	if c.Quota.Monthly < 0 {
		v.fault(field+".quota.monthly", strconv.Itoa(c.Quota.Monthly), "must be the month's number of messages, or 0 to ask LINE")
	}
	v.within(field+".quota.reserve", c.Quota.Reserve, 0, 90)
}

func (v *validator) place(field string, p Place, centre bool, most int) {
	if v.required(field+".name", p.Name, "what the place is called") {
		v.text(field+".name", p.Name, most)
	}
	if !v.required(field+".telephone", p.Telephone, "its number, such as 0885-00-0000") {
		return
	}
	if centre && p.Telephone == "188" {
		return // a town without a centre of its own: the hotline finds the next one
	}
	v.telephone(field+".telephone", p.Telephone)
}

// police stations are buttons, and the button's words say which one was meant.
func (v *validator) police(field string, stations []Place) {
	const most = 12
	if len(stations) > most {
		v.fault(field, strconv.Itoa(len(stations)), "must be at most "+strconv.Itoa(most)+", so that the choice stays one screen")
	}
	seen := map[string]string{}
	for i, p := range stations {
		at := fmt.Sprintf("%s[%d]", field, i)
		v.place(at, p, false, 20)
		v.unique(seen, at+".name", strings.Join(strings.Fields(p.Name), ""))
	}
}

func (v *validator) office(field string, o *Office) {
	if len(o.Hours) == 0 {
		v.fault(field+".hours", "", `is empty: at least one opening, such as {days: [mon, tue, wed, thu, fri], from: "8:30", until: "17:15"}`)
		return
	}
	whole := true // no fault that would only be repeated below
	for i, h := range o.Hours {
		at := fmt.Sprintf("%s.hours[%d]", field, i)
		if len(h.Days) == 0 {
			v.fault(at+".days", "", "is missing: some of mon, tue, wed, thu, fri, sat, sun")
			whole = false
		}
		if h.From >= h.Until {
			v.fault(at+".until", h.Until.String(), "must be later than from ("+h.From.String()+")")
			whole = false
		}
		for _, other := range o.Hours[:i] {
			if h.From < other.Until && other.From < h.Until && slices.ContainsFunc(h.Days, func(d Weekday) bool { return slices.Contains(other.Days, d) }) {
				v.fault(at, "", "overlaps an earlier entry on the same day; merge the two")
				break
			}
		}
	}
	for i, d := range o.Closed {
		if slices.Contains(o.Closed[:i], d) {
			v.fault(fmt.Sprintf("%s.closed[%d]", field, i), string(d), "stands here twice; keep one")
		}
	}
	if whole && len(o.Hours) > 0 && o.NextOpening(time.Date(2026, 1, 1, 0, 0, 0, 0, Tokyo)).IsZero() {
		v.fault(field+".closed", "", "leaves no open day in a whole year")
	}
}

func (v *validator) lineChannel(field string, l LINE) {
	if v.required(field+".channel_id", l.ChannelID, "the channel ID from the LINE Developers console") && !channelPattern.MatchString(l.ChannelID) {
		v.fault(field+".channel_id", l.ChannelID, "must be digits only, as the LINE Developers console shows it")
	}
	if l.BotUserID != "" && !botUserPattern.MatchString(l.BotUserID) {
		v.fault(field+".bot_user_id", l.BotUserID, "must be U and 32 of 0-9 and a-f; it may be left out")
	}
	if v.required(field+".basic_id", l.BasicID, "the account's basic ID, such as @123abcde") && !basicIDPattern.MatchString(l.BasicID) {
		v.fault(field+".basic_id", l.BasicID, "must begin with @, such as @123abcde (in quotes)")
	}
	v.secret(field+".secret", l.Secret)
	v.secret(field+".token", l.Token)
	v.endpoint(field+".endpoint", l.Endpoint)
	v.endpoint(field+".data_endpoint", l.DataEndpoint)
}

func (v *validator) secret(field string, s Secret) {
	switch {
	case s.Empty():
		v.fault(field, "", "is missing: env:NAME or file:PATH")
	case strings.ContainsAny(s.Reveal(), " \t\r\n"):
		v.fault(field, "", "the value holds a space or a line break; copy it again from the LINE Developers console")
	}
}

func (v *validator) districts(field string, ds []District) {
	if len(ds) > 11 {
		v.fault(field, strconv.Itoa(len(ds)), "must be at most 11, so that the question stays one screen; join some")
	}
	seen := map[string]string{"elsewhere": "the built-in choices", "unknown": "the built-in choices", "withheld": "the built-in choices"}
	for i, d := range ds {
		at := fmt.Sprintf("%s[%d]", field, i)
		if v.required(at+".id", d.ID, "a short name such as higashi, which never changes") && !choicePattern.MatchString(d.ID) {
			v.fault(at+".id", d.ID, "must be 1 to 32 of a-z, 0-9, _ and hyphen")
		}
		v.unique(seen, at+".id", d.ID)
		if v.required(at+".label", d.Label, "the district as people call it") {
			v.text(at+".label", d.Label, 20)
		}
	}
}

func (v *validator) organisations(field string, os []Organisation) {
	seen := map[string]string{}
	for i, o := range os {
		at := fmt.Sprintf("%s[%d]", field, i)
		if v.required(at+".id", o.ID, idRight) && !idPattern.MatchString(o.ID) {
			v.fault(at+".id", o.ID, idRight)
		}
		v.unique(seen, at+".id", o.ID)
		if v.required(at+".name", o.Name, "the organisation's name") {
			v.text(at+".name", o.Name, 40)
		}
		if v.required(at+".trade", o.Trade, "the trade, such as 移動スーパー") {
			v.text(at+".trade", o.Trade, 20)
		}
		if v.required(at+".status", o.Status, "member (構成員), cooperator (協力団体) or agreement (協定のみ)") {
			v.oneOf(at+".status", o.Status, Member, Cooperator, Agreement)
		}
		v.hide(at+".hide", o.Hide)
	}
}

func (v *validator) hide(field string, hide map[string][]string) {
	for _, question := range slices.Sorted(maps.Keys(hide)) {
		choices := hide[question]
		at := field + "." + question
		switch {
		case !questionPattern.MatchString(question):
			v.fault(at, "", "must be the id of a question, such as signs")
		case question == "urgency" || question == "confirm":
			v.fault(at, "", "cannot be hidden: everybody must be able to say that it is dangerous, and to send")
		case len(choices) == 0:
			v.fault(at, "", "is empty: list the ids of the choices to hide, or remove it")
		}
		for i, c := range choices {
			if !choicePattern.MatchString(c) {
				v.fault(fmt.Sprintf("%s[%d]", at, i), c, "must be the id of a choice, such as phone_at_atm")
			}
		}
	}
}

func (v *validator) escalation(field string, e Escalation) {
	duration := func(name string, d, low, high time.Duration) {
		if d < low || d > high {
			v.fault(field+"."+name, d.String(), fmt.Sprintf("must be from %v to %v", low, high))
		}
	}
	const week = 7 * 24 * time.Hour
	duration("danger.untaken", e.Danger.Untaken, time.Minute, time.Hour)
	duration("danger.unanswered", e.Danger.Unanswered, time.Minute, 24*time.Hour)
	duration("danger.repeat", e.Danger.Repeat, time.Minute, 24*time.Hour)
	duration("danger.idle", e.Danger.Idle, 0, week)
	v.within(field+".danger.times", e.Danger.Times, 1, 100)
	for i, l := range []Level{e.Soon, e.Unsure, e.Calm} {
		name := []string{"soon", "unsure", "calm"}[i]
		duration(name+".untaken", l.Untaken, 0, week)
		duration(name+".unanswered", l.Unanswered, 0, week)
		duration(name+".idle", l.Idle, 0, week)
		duration(name+".repeat", l.Repeat, 0, week)
		v.within(field+"."+name+".times", l.Times, 0, 100)
		if l.Repeat > 0 && l.Repeat < time.Minute {
			v.fault(field+"."+name+".repeat", l.Repeat.String(), "must be at least 1m, or 0 for once")
		}
	}
	v.within(field+".hand_over_days", e.HandOver, 1, 60)
	v.within(field+".most_days", e.MostDays, 1, 60)
	if e.From >= e.Until || e.Until > At(24, 0) {
		v.fault(field+".until", e.Until.String(), "must be later than from")
	}
	duration("unsent", e.Unsent, time.Minute, 24*time.Hour)
	duration("late_call", e.LateCall, time.Minute, 24*time.Hour)
	duration("unfinished", e.Unfinished, time.Hour, week)
	if e.FollowUpAt < At(6, 0) || e.FollowUpAt > At(21, 0) {
		v.fault(field+".follow_up_at", e.FollowUpAt.String(), `must be from "6:00" to "21:00"; nobody is asked at night`)
	}
}

func (v *validator) mailTo(field string, to []string, mail bool) {
	switch {
	case len(to) > 0 && !mail:
		v.fault(field, "", "needs a mail server: set mail.host")
	case len(to) == 0 && mail:
		v.fault(field, "", "is missing: at least one address that is read when LINE fails")
	}
	if len(to) > 20 {
		v.fault(field, strconv.Itoa(len(to)), "must be at most 20 addresses")
	}
	for i, a := range to {
		v.mailAddress(fmt.Sprintf("%s[%d]", field, i), a)
	}
}

func (v *validator) notices(field string, c *Council) {
	n := c.Notices
	v.within(field+".week", n.Week, 1, 4)
	if n.At < At(6, 0) || n.At > At(21, 0) {
		v.fault(field+".at", n.At.String(), `must be from "6:00" to "21:00"; nobody is woken by a notice`)
	}
	if n.Cron != "" {
		v.cron(field+".cron", n.Cron)
	}
	if n.CatchUp < 0 || n.CatchUp > 14*24*time.Hour {
		v.fault(field+".catch_up", n.CatchUp.String(), "must be from 0 to 14d")
	}
	for _, month := range slices.Sorted(maps.Keys(n.Texts)) {
		text := n.Texts[month]
		at := field + ".texts." + month
		switch {
		case !isMonth(month):
			v.fault(at, "", "must be a month in small letters, such as april")
		case strings.TrimSpace(text) == "":
			v.fault(at, "", "is empty: write the notice or remove the month")
		case utf8.RuneCountInString(strings.TrimSpace(text)) > 300:
			v.fault(at, text, "must have at most 300 characters; it has "+strconv.Itoa(utf8.RuneCountInString(strings.TrimSpace(text))))
		case !strings.Contains(text, "188"):
			v.fault(at, text, "must name 188, as every notice to residents does")
		}
		v.numbers(at, text)
	}
}

func (v *validator) cron(field, s string) {
	if strings.Contains(s, "TZ=") {
		v.fault(field, s, "must not name a zone: it is Asia/Tokyo always")
		return
	}
	schedule, err := parseCron(s)
	if err != nil {
		v.fault(field, s, `must be five fields (minute hour day month weekday), such as "0 10 5 * *"`)
		return
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, Tokyo)
	first := schedule.Next(start)
	if first.IsZero() {
		v.fault(field, s, "never comes")
		return
	}
	for range 40 { // more often than daily would spend the quota in an afternoon
		if at := At(first.Hour(), first.Minute()); at < At(6, 0) || at > At(21, 0) {
			v.fault(field, s, `must come from 6:00 to 21:00; nobody is woken by a notice`)
			return
		}
		next := schedule.Next(first)
		if next.IsZero() {
			return
		}
		if next.Sub(first) < 24*time.Hour {
			v.fault(field, s, "comes more often than once a day; a notice goes to every resident")
			return
		}
		first = next
	}
}

func isMonth(s string) bool {
	for m := time.January; m <= time.December; m++ {
		if strings.ToLower(m.String()) == s {
			return true
		}
	}
	return false
}
