package dialogue

import (
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
)

// begin opens a report, or shows the open one's question again.
func (t *turn) begin(m council.Member, talk *records.Talk, before string) error {
	talk.Stop()
	if err := t.aside(m, talk); err != nil {
		return err
	}
	if talk.Session != nil {
		if before != "" && len(talk.Session.Answers) == 0 {
			talk.Before = before
		}
		t.Plain(t.ev.User, message.Text{Body: t.Catalog.Text("talk.unfinished")})
		return t.advance(m, talk, flows.Input{Kind: flows.Resume})
	}
	return t.open(m, talk, "", before)
}

// open begins a report; what is told goes to the case named by its number, where
// there is one already.
func (t *turn) open(m council.Member, talk *records.Talk, report, before string) error {
	flow := t.council.Report(m.Organisation)
	talk.Report, talk.Before, talk.Nudge = report, before, time.Time{}
	return t.apply(m, talk, flow, flows.Begin(flow, t.NewID()[:16], t.Now()))
}

// advance gives an input to the open report.
func (t *turn) advance(m council.Member, talk *records.Talk, in flows.Input) error {
	flow := t.council.Report(m.Organisation)
	return t.step(m, talk, flow, flows.Advance(flow, *talk.Session, in, t.Now()))
}

// typed is text in an open report. Words that seem to hold personal details
// reach neither the session nor the secretariat. What answers no question goes
// the way of the words before it, where there are any.
func (t *turn) typed(m council.Member, talk *records.Talk, text string) error {
	if t.Personal(text) {
		t.Plain(t.ev.User, message.Text{Body: t.Catalog.Text("replies.personal_details")})
		return t.advance(m, talk, flows.Input{Kind: flows.Resume})
	}
	flow := t.council.Report(m.Organisation)
	r := flows.Advance(flow, *talk.Session, flows.Input{Kind: flows.Typed, Text: text}, t.Now())
	if asks := flow.Step(talk.Session.Step); r.Unmatched || asks != nil && asks.Kind == flows.KindText {
		if done, err := t.pressed(m, talk, text); done || err != nil {
			return err
		}
	}
	if !r.Unmatched || flows.Units(text) > keptLimit {
		return t.step(m, talk, flow, r)
	}
	if taken, err := t.answered(m, talk, text); err != nil || taken {
		return err
	}
	asked, err := t.Unanswered(m)
	switch {
	case err != nil:
		return err
	case t.words.is(t.heard.text, "word.polite") && talk.Report != "":
		t.answer("talk.polite")
		return nil
	case t.words.is(t.heard.text, "word.polite"):
	case talk.Wait == records.WaitMore:
		return t.more(m, talk, text)
	case talk.Attached:
		return t.attach(m, talk, text)
	case talk.Report != "" || len(asked) > 0: // it may be about something else than what is asked
		return t.keepWords(m, talk, text)
	}
	return t.step(m, talk, flow, r)
}

// other is a sticker or a picture in an open report.
func (t *turn) other(m council.Member, talk *records.Talk) error {
	return t.advance(m, talk, flows.Input{Kind: flows.Other})
}

// Effects of the report flow.
const (
	effectTell   = "tell_now"
	effectSend   = "send"
	effectCancel = "cancel"
)

// apply puts one step of the flow into effect: the session moves on, the case
// is made or added to, and the answer is said.
func (t *turn) apply(m council.Member, talk *records.Talk, flow *flows.Flow, r flows.Result) error {
	session := r.Session
	talk.Session = &session
	if t.danger(session) && !session.Told && !session.Ended && talk.Nudge.IsZero() && len(session.Advice) > 0 {
		talk.Nudge = t.Now().Add(t.Nudge)
	}
	report, before := talk.Report, talk.Before
	var words []records.Words
	if talk.Attached || report != "" { // what was written after telling goes along too, at the latest now
		words = talk.Words
	}
	for _, e := range r.Effects {
		if e == effectTell || e == effectSend || e == effectCancel {
			talk.Nudge = time.Time{}
		}
	}
	if err := t.keep(talk); err != nil { // forgets an ended session
		return err
	}
	show := r.Outputs
	for _, e := range r.Effects {
		var err error
		switch e {
		case effectCancel:
			if report != "" {
				show = nil
				err = t.stays(m, flow.Words[flows.WordStoppedTold])
			}
		case effectTell:
			talk.Report, err = t.send(m, report, before, answers(flow, session, "urgency"))
			report = talk.Report
			if err == nil && len(words) > 0 {
				_, _, err = t.Add(m, report, nil, words...)
				words = nil
				talk.Forget()
			}
			if err == nil && talk.Session != nil {
				err = t.keep(talk)
			}
		case effectSend:
			report, err = t.send(m, report, before, answers(flow, session, ""))
			if err == nil && len(words) > 0 {
				if _, _, err = t.Add(m, report, nil, words...); err == nil {
					talk.Forget()
					err = t.keep(talk)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	rest, err := t.restButtons(talk, flow, show)
	t.show(show, rest)
	return err
}

// send makes a case, or adds to the one that was told with the urgency alone.
func (t *turn) send(m council.Member, report, before string, as []council.Answer) (string, error) {
	if report != "" {
		at, _, err := t.Add(m, report, as)
		return at, err
	}
	c, err := t.Receive(m, casework.Report{Answers: as, Continues: before})
	return c.No, err
}

func (t *turn) danger(s flows.Session) bool {
	a, ok := s.Answer(flows.StepUrgency)
	return ok && len(a.IDs) > 0 && t.LevelOf(a.IDs[0]) == council.Danger
}

// answers are the session's, in the order of the questions; only one of them
// where only is named.
func answers(_ *flows.Flow, s flows.Session, only string) []council.Answer {
	var out []council.Answer
	for _, a := range s.Answers {
		if len(a.IDs) == 0 || (only != "" && a.Step != only) {
			continue
		}
		out = append(out, council.Answer{Question: a.Step, IDs: a.IDs, Labels: a.Labels})
	}
	return out
}

// show says what the flow says. A telephone shows the end of what has come: the
// advice on a danger stands below the long question that comes with it, not
// above, where nobody would see it.
func (t *turn) show(outputs []flows.Output, rest []message.Button) {
	var advice []message.Message
	for i, o := range outputs {
		if o.Say != "" && i+1 < len(outputs) && outputs[i+1].Question != nil && len(outputs[i+1].Question.Keep) > 0 {
			advice = append(advice, message.Text{Body: o.Say})
			continue
		}
		if o.Say != "" {
			t.Plain(t.ev.User, message.Text{Body: o.Say})
		}
		if o.Question != nil {
			q := ask(*o.Question)
			q.Nav = append(rest, q.Nav...)
			t.Plain(t.ev.User, append([]message.Message{q}, advice...)...)
			advice = nil
		}
	}
}

// ask turns a question of the flow into a message.
func ask(q flows.Question) message.Ask {
	a := message.Ask{Prompt: q.Prompt, Hint: q.Hint, Choices: make([]message.Choice, 0, len(q.Choices)),
		Nav: make([]message.Button, 0, len(q.Nav)+1)}
	for _, o := range q.Choices {
		a.Choices = append(a.Choices, message.Choice{Button: button(o, message.Secondary), Marked: o.Marked, Hint: o.Hint})
	}
	for _, o := range q.Keep {
		a.Keep = append(a.Keep, button(o, message.Primary))
	}
	if q.Done != nil {
		a.Nav = append(a.Nav, button(*q.Done, message.Primary))
	}
	for _, o := range q.Nav {
		a.Nav = append(a.Nav, button(o, message.Quiet))
	}
	return a
}

func button(o flows.Option, style message.Style) message.Button {
	return message.Button{Label: o.Label, Action: message.Postback, Data: o.Data, Say: o.Label, Style: style}
}
