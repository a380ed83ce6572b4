package dialogue

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
)

// looked is how many of a member's latest cases a menu looks at, offered how
// many of them it offers.
const (
	looked  = 20
	offered = 5
)

// menu asks a member who has no report open what to do. Typed words wait in
// talk.Words until that is said.
func (t *turn) menu(m council.Member, talk *records.Talk) error {
	if err := t.keep(talk); err != nil {
		return err
	}
	cases, err := t.CasesOf(m.ID, looked)
	if err != nil {
		return err
	}
	open, closed := split(cases)
	key := "menu.body"
	switch n := len(talk.Words); {
	case n == 1:
		key = "menu.body_kept"
	case n > 1:
		key = "menu.body_kept_all"
	}
	bs := []message.Button{t.tap("menu.report", "m:report", message.Primary)}
	if asked, err := t.Unanswered(m); err != nil {
		return err
	} else if len(asked) > 0 {
		bs = slices.Insert(bs, 0, t.tap("menu.reply", "m:reply", message.Primary))
	}
	if len(open) > 0 {
		bs = append(bs, t.tap("menu.add", "m:add", message.Primary), t.tap("menu.withdraw", "m:withdraw", message.Secondary))
	}
	if len(closed) > 0 {
		bs = append(bs, t.tap("menu.again", "m:again", message.Secondary))
	}
	if len(talk.Words) > 0 {
		bs = append(bs, t.tap("menu.drop", "m:drop", message.Quiet))
	}
	t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk}, message.Panel{
		Alt: t.Catalog.Text("menu.alt"), Heading: t.Catalog.Text("menu.heading"),
		Body: t.Catalog.Text(key, "電話", t.Telephone, "数", strconv.Itoa(len(talk.Words))), Buttons: bs})
	return nil
}

func split(cases []council.Case) (open, closed []council.Case) {
	for _, c := range cases {
		if c.Open() {
			open = append(open, c)
		} else {
			closed = append(closed, c)
		}
	}
	return open, closed
}

func (t *turn) tap(key, data string, style message.Style) message.Button {
	label := t.Catalog.Text(key)
	return message.Button{Label: label, Action: message.Postback, Data: data, Say: label, Style: style}
}

// memberTapped takes a button.
func (t *turn) memberTapped(m council.Member, talk *records.Talk) error {
	if talk.Wait == records.WaitWhich || talk.Wait == records.WaitSure {
		talk.Stop()
	}
	if session, turn, choice, ok := flows.DecodeTap(t.ev.Data); ok {
		if talk.Session == nil { // also a question of a report that was left for a while
			i := slices.IndexFunc(talk.Parked, func(p records.Parked) bool { return p.Session.ID == session })
			if i < 0 {
				return t.overBefore(m)
			}
			talk.Unpark(i)
		}
		talk.Stop()
		return t.advance(m, talk, flows.Input{Kind: flows.Tap, Session: session, Turn: turn, Choice: choice})
	}
	kind, rest, _ := strings.Cut(t.ev.Data, ":")
	switch kind {
	case "i":
		return t.instructionTapped(m, talk, rest)
	case "m":
		action, no, _ := strings.Cut(rest, ":")
		return t.menuTapped(m, talk, action, no)
	}
	return t.menu(m, talk)
}

// justNow is how long after a report a tap on one of its buttons is taken for
// doubt whether it went out.
const justNow = 10 * time.Minute

// overBefore answers a tap on a question of a report that is over.
func (t *turn) overBefore(m council.Member) error {
	cases, err := t.CasesOf(m.ID, 1)
	if err != nil {
		return err
	}
	if len(cases) == 1 && t.Now().Sub(cases[0].Received) < justNow {
		t.answer("talk.no_report_sent", "no", cases[0].No)
		return nil
	}
	t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk}, message.Text{Body: t.Missing("talk.no_report")})
	return nil
}

func (t *turn) instructionTapped(m council.Member, talk *records.Talk, rest string) error {
	parts := strings.Split(rest, ":")
	if len(parts) != 3 {
		return t.menu(m, talk)
	}
	write, err := t.Answered(m, parts[0], parts[1], parts[2])
	if err != nil || write == "" {
		return err
	}
	wait := records.WaitAnswer
	if write == casework.WriteQuestion {
		wait = records.WaitQuestion
	}
	talk.Await(wait, parts[0], parts[1], t.Now())
	return t.keep(talk)
}

func (t *turn) menuTapped(m council.Member, talk *records.Talk, action, no string) error {
	switch action {
	case "report":
		if err := t.aside(m, talk); err != nil {
			return err
		}
		if len(talk.Words) > 0 {
			talk.Attached = true
			t.Plain(t.ev.User, message.Text{Body: t.Catalog.Text("talk.attached")})
		}
		return t.begin(m, talk, "")
	case "rest":
		return t.rest(m, talk, no)
	case "resume":
		switch n := len(talk.Parked); {
		case talk.Session == nil && n == 0:
			t.answer("talk.no_report")
			return nil
		case talk.Session == nil:
			return t.rest(m, talk, talk.Parked[n-1].Report)
		}
		talk.Stop()
		return t.advance(m, talk, flows.Input{Kind: flows.Resume})
	case "keep":
		t.answer("talk.not_withdrawn")
		return nil
	case "drop":
		if len(talk.Words) == 0 { // an old button: they may have been sent
			return t.stays(m, t.Catalog.Text("talk.nothing_open"))
		}
		talk.Forget()
		if err := t.keep(talk); err != nil {
			return err
		}
		t.answer("talk.dropped")
		return nil
	case "reply":
		return t.replyTo(m, talk, no)
	case "add", "withdraw", "again":
		return t.aboutCase(m, talk, action, no)
	case "withdraw_yes":
		return t.Withdraw(m, no)
	}
	return t.menu(m, talk)
}

// aboutCase does something with one of the member's cases; which one is asked
// when it is not clear.
func (t *turn) aboutCase(m council.Member, talk *records.Talk, action, no string) error {
	cases, err := t.CasesOf(m.ID, looked)
	if err != nil {
		return err
	}
	open, closed := split(cases)
	candidates := open
	if action == "again" {
		candidates = closed
	}
	if no == "" && len(candidates) == 1 {
		no = candidates[0].No
	}
	if no == "" {
		return t.which(talk, candidates, action)
	}
	for _, c := range candidates {
		if c.No == no {
			return t.withCase(m, talk, action, c)
		}
	}
	c, known, err := t.Case(no)
	switch {
	case err != nil:
		return err
	case !known:
		t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk}, message.Text{Body: t.Missing("member.unknown_case", "no", no)})
		return nil
	case !c.Open() && action == "add" && casework.MemberActor(m, c).Role == council.RoleReporter:
		t.Over(m, c)
		return nil
	}
	t.answer("member.case_closed", "no", no)
	return nil
}

// which asks for the case.
func (t *turn) which(talk *records.Talk, cases []council.Case, action string) error {
	if len(cases) == 0 {
		t.answer("talk.no_case")
		return nil
	}
	talk.Await(records.WaitWhich, "", action, t.Now())
	if err := t.keep(talk); err != nil {
		return err
	}
	var bs []message.Button
	for _, c := range cases[:min(len(cases), offered)] {
		day := c.Received.In(t.Zone).Format("1/2")
		label := fitting(t.Catalog.Text("menu.case", "no", c.No, "月日", day), c.No, day)
		bs = append(bs, message.Button{Label: label, Action: message.Postback, Data: "m:" + action + ":" + c.No, Say: label})
	}
	t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk}, message.Panel{
		Alt: t.Catalog.Text("menu.which"), Heading: t.Catalog.Text("menu.which"),
		Body: t.Catalog.Text("menu.which_body"), Buttons: bs})
	return nil
}

func (t *turn) withCase(m council.Member, talk *records.Talk, action string, c council.Case) error {
	switch action {
	case "withdraw":
		talk.Await(records.WaitSure, c.No, "", t.Now())
		if err := t.keep(talk); err != nil {
			return err
		}
		label := t.Catalog.Text("menu.withdraw_yes")
		t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk, Case: c.No}, message.Panel{
			Alt: t.Catalog.Text("menu.withdraw_sure", "no", c.No), Heading: t.Catalog.Text("menu.withdraw_sure", "no", c.No),
			Body: t.Catalog.Text("menu.withdraw_body"),
			Buttons: []message.Button{
				{Label: label, Action: message.Postback, Data: "m:withdraw_yes:" + c.No, Say: label, Style: message.Primary},
				t.tap("menu.keep", "m:keep", message.Quiet)}})
		return nil
	case "again":
		if err := t.aside(m, talk); err != nil {
			return err
		}
		talk.Attached = talk.Attached || len(talk.Words) > 0 && talk.Session == nil
		return t.begin(m, talk, c.No)
	}
	if words := talk.Words; len(words) > 0 { // typed before their purpose was known
		talk.Forget()
		if err := t.keep(talk); err != nil {
			return err
		}
		at, _, err := t.Add(m, c.No, nil, words...)
		if err != nil {
			return err
		}
		return t.took(m, talk, c.No, at)
	}
	talk.Await(records.WaitAddition, c.No, "", t.Now())
	if err := t.keep(talk); err != nil {
		return err
	}
	t.answer("member.write_addition", "no", c.No)
	return nil
}
