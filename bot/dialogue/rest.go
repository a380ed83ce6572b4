package dialogue

import (
	"slices"
	"strings"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
)

// A report that has been told, or that was left for a while, must not take in the
// next emergency: another one is begun at its first question, and the earlier one
// can be gone on with by a button that stays.

// aside puts such a report away. What is open and not sent stays open.
func (t *turn) aside(m council.Member, talk *records.Talk) error {
	s := talk.Session
	switch {
	case s == nil:
	case talk.Report != "":
		if t.danger(*s) && !s.Told { // answered, of a case that holds words only
			at, err := t.send(m, talk.Report, "", answers(nil, *s, flows.StepUrgency))
			if err != nil {
				return err
			}
			talk.Report = at
		}
		talk.Park()
	case t.Now().Sub(s.Touched) < records.OpenFor || !talk.Nudge.IsZero() || talk.Attached:
	case len(s.Answers) == 0:
		talk.Drop()
	default:
		talk.Park()
	}
	return nil
}

// step puts a step of the open report into effect, unless the report was told and
// the step leads elsewhere: whoever begins anew after a while means another report,
// and when the case was closed meanwhile, which is read in this turn, the answers
// go into another one.
func (t *turn) step(m council.Member, talk *records.Talk, flow *flows.Flow, r flows.Result) error {
	if talk.Report == "" || r.Session.Ended {
		return t.apply(m, talk, flow, r)
	}
	late := t.Now().Sub(talk.Session.Touched) >= records.OpenFor
	if late && len(r.Session.Answers) == 0 && len(talk.Session.Answers) > 0 {
		return t.begin(m, talk, "")
	}
	c, ok, err := t.Case(talk.Report)
	if err != nil {
		return err
	}
	if !ok || c.Open() {
		if ok && talk.Session.Told && t.danger(r.Session) && c.Level() < council.Danger { // there is no button for it any more
			if _, err := t.send(m, c.No, "", answers(flow, r.Session, flows.StepUrgency)); err != nil {
				return err
			}
		}
		return t.apply(m, talk, flow, r)
	}
	t.Plain(t.ev.User, message.Text{Body: t.Catalog.Text("talk.goes_on", "no", c.No)})
	talk.Drop()
	return t.begin(m, talk, c.No)
}

// rest goes on with a report that was put aside.
func (t *turn) rest(m council.Member, talk *records.Talk, no string) error {
	talk.Stop()
	is := func(p records.Parked) bool { return p.Report == no }
	if no != "" {
		c, ok, err := t.Case(no)
		switch {
		case err != nil:
			return err
		case !ok || casework.MemberActor(m, c).Role != council.RoleReporter:
			t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk}, message.Text{Body: t.Missing("member.unknown_case", "no", no)})
			return nil
		case !c.Open():
			talk.Parked = slices.DeleteFunc(talk.Parked, is)
			if talk.Session != nil && talk.Report == no {
				talk.Drop()
			}
			if err := t.keep(talk); err != nil {
				return err
			}
			t.Over(m, c)
			return nil
		}
	}
	s := talk.Session
	switch {
	case s != nil && no != "" && talk.Report == no:
		return t.advance(m, talk, flows.Input{Kind: flows.Resume})
	case !slices.ContainsFunc(talk.Parked, is) && no == "":
		t.answer("talk.no_report")
		return nil
	case !slices.ContainsFunc(talk.Parked, is): // nothing is left to be asked; words can still be added
		return t.aboutCase(m, talk, "add", no)
	case s == nil:
	case talk.Report != "":
		if err := t.aside(m, talk); err != nil {
			return err
		}
	case len(s.Answers) == 0 && !talk.Attached:
		talk.Drop()
	default:
		t.Plain(t.ev.User, message.Text{Body: t.Catalog.Text("talk.send_first")})
		return t.advance(m, talk, flows.Input{Kind: flows.Resume})
	}
	talk.Unpark(slices.IndexFunc(talk.Parked, is))
	return t.advance(m, talk, flows.Input{Kind: flows.Resume})
}

// restButtons lead from the first question to the reports that were put aside,
// the newest first, those whose cases are closed left out.
func (t *turn) restButtons(talk *records.Talk, flow *flows.Flow, outputs []flows.Output) ([]message.Button, error) {
	if !slices.ContainsFunc(outputs, func(o flows.Output) bool { return o.Question != nil && o.Question.Step == flow.Start }) {
		return nil, nil
	}
	var bs []message.Button
	for _, p := range slices.Backward(talk.Parked) {
		label := t.Catalog.Text("menu.rest_unsent")
		if p.Report != "" {
			c, ok, err := t.Case(p.Report)
			if err != nil {
				return nil, err
			}
			if !ok || !c.Open() {
				continue
			}
			label = t.Catalog.Text("menu.rest", "no", p.Report)
		}
		bs = append(bs, message.Button{Label: label, Action: message.Postback, Data: "m:rest:" + p.Report, Say: label})
	}
	return bs, nil
}

// cancel stops what was being written. What has been sent stays, and the member
// reads so.
func (t *turn) cancel(m council.Member, talk *records.Talk) error {
	key := "talk.nothing_open"
	switch {
	case talk.Awaits():
		key = "talk.cancelled"
	case len(talk.Words) > 0 && !talk.Attached:
		key = "talk.dropped"
	}
	talk.Stop()
	if !talk.Attached {
		talk.Forget()
	}
	if err := t.keep(talk); err != nil {
		return err
	}
	return t.stays(m, t.Catalog.Text(key))
}

// stays says that cases that are open stay so, behind what was stopped.
func (t *turn) stays(m council.Member, stopped string) error {
	cases, err := t.CasesOf(m.ID, looked)
	if err != nil {
		return err
	}
	open, _ := split(cases)
	if len(open) == 0 {
		t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk}, message.Text{Body: stopped})
		return nil
	}
	nos := make([]string, len(open))
	for i, c := range open {
		nos[i] = c.No
	}
	body := stopped + t.Catalog.Text("talk.stays", "no", strings.Join(nos, t.Catalog.Text("list.separator")))
	t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk}, message.Panel{
		Alt: body, Body: body, Buttons: []message.Button{t.tap("menu.withdraw", "m:withdraw", message.Secondary)}})
	return nil
}
