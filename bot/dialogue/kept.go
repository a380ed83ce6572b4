package dialogue

import (
	"strconv"
	"strings"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
)

// People write one thought in several messages. What is typed while nothing asks
// for it waits, all of it and in order, until its writer says what it is for.

// Limits of a member's words, in UTF-16 units.
const (
	keptLimit = 1000 // of one message: four of them fit into one text
	keptUnits = 4000 // of all that wait, for the same reason
	mostKept  = 10   // messages
)

// bubble is a text as the message that it came in.
func (t *turn) bubble(text string) records.Words {
	return records.Words{Text: text, ID: t.ev.MessageID}
}

// keepWords has words wait until it is said what they are for, and asks that.
func (t *turn) keepWords(m council.Member, talk *records.Talk, text string) error {
	if !t.room(talk, text) {
		return t.menu(m, talk)
	}
	talk.Keep(t.bubble(text), t.Now())
	return t.menu(m, talk)
}

// attach has words go along with those that wait for the open report to be sent,
// and asks its question again.
func (t *turn) attach(m council.Member, talk *records.Talk, text string) error {
	if t.room(talk, text) {
		talk.Keep(t.bubble(text), t.Now())
		t.Plain(t.ev.User, message.Text{Body: t.Catalog.Text("talk.attached_too")})
	}
	return t.advance(m, talk, flows.Input{Kind: flows.Resume})
}

// room tells whether words can wait beside those that wait already. Those that
// cannot are told of; the others stay. A number may be divided among messages, so
// the recogniser looks at them together too.
func (t *turn) room(talk *records.Talk, text string) bool {
	all := make([]string, 0, len(talk.Words)+1)
	units := flows.Units(text)
	for _, w := range talk.Words {
		all, units = append(all, w.Text), units+flows.Units(w.Text)
	}
	switch n := len(talk.Words); {
	case n == 0:
		return true
	case n >= mostKept || units > keptUnits:
		t.Plain(t.ev.User, message.Text{Body: t.Catalog.Text("talk.no_room", "数", strconv.Itoa(n), "電話", t.Telephone)})
		return false
	case t.Personal(strings.Join(append(all, text), "")):
		t.Plain(t.ev.User, message.Text{Body: t.Catalog.Text("replies.personal_details")})
		return false
	}
	return true
}

// answered takes words for the answer that the secretariat waits for, where it
// is clear which; false where it is not. What is typed next then goes on with it.
func (t *turn) answered(m council.Member, talk *records.Talk, text string) (bool, error) {
	at, taken, err := t.AnsweredInWords(m, t.bubble(text))
	if err != nil || !taken {
		return false, err
	}
	return true, t.took(m, talk, at, at) // of an open case
}

// replyTo passes the words that wait on as the answer to an instruction; without
// words the instructions are shown that can be answered.
func (t *turn) replyTo(m council.Member, talk *records.Talk, which string) error {
	asked, err := t.Unanswered(m)
	if err != nil {
		return err
	}
	if len(talk.Words) == 0 || len(asked) == 0 {
		if t.Again(m, "member.answer_below", asked); len(asked) > 0 {
			return nil
		}
		return t.menu(m, talk)
	}
	for _, a := range asked {
		if len(asked) > 1 && which != a.Case.No+":"+a.Instruction.ID {
			continue
		}
		words := talk.Words
		talk.Forget()
		if err := t.keep(talk); err != nil {
			return err
		}
		no, _, err := t.Wrote(m, a.Case.No, a.Instruction.ID, false, words...)
		if err != nil {
			return err
		}
		return t.took(m, talk, a.Case.No, no)
	}
	return t.whichAsked(talk, asked)
}

// whichAsked asks which instruction the words that wait answer.
func (t *turn) whichAsked(talk *records.Talk, asked []casework.Asked) error {
	talk.Await(records.WaitWhich, "", "reply", t.Now())
	if err := t.keep(talk); err != nil {
		return err
	}
	var bs []message.Button
	var lines []string
	for _, a := range asked[:min(len(asked), offered)] {
		label := t.askedLabel(a)
		bs = append(bs, message.Button{Label: label, Action: message.Postback,
			Data: "m:reply:" + a.Case.No + ":" + a.Instruction.ID, Say: label})
		lines = append(lines, t.Catalog.Text("menu.asked_line", "件", label, "指示", a.Instruction.Label))
	}
	t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk}, message.Panel{
		Alt: t.Catalog.Text("menu.which_asked"), Heading: t.Catalog.Text("menu.which_asked"),
		Body: strings.Join(lines, "\n"), Buttons: bs})
	return nil
}

// askedLabel names an instruction by its case and the time of day.
func (t *turn) askedLabel(a casework.Asked) string {
	at := a.Instruction.Sent.In(t.Zone).Format("15:04")
	return fitting(t.Catalog.Text("menu.asked", "no", a.Case.No, "時刻", at), a.Case.No, at)
}

// more takes what is typed right after words that a case has received: they go
// on.
func (t *turn) more(m council.Member, talk *records.Talk, text string) error {
	at, _, err := t.Add(m, talk.Case, nil, t.bubble(text))
	if err != nil {
		return err
	}
	return t.took(m, talk, talk.Case, at)
}

// took has what is typed next go to the case that has just got words, for a short
// while; at is that case, "" where they were refused. A case that was made of
// words for a closed one is asked about, the urgency first.
func (t *turn) took(m council.Member, talk *records.Talk, meant, at string) error {
	if at == "" {
		return nil
	}
	if at != meant && talk.Session == nil {
		if err := t.open(m, talk, at, ""); err != nil {
			return err
		}
	}
	talk.Await(records.WaitMore, at, "", t.Now())
	return t.keep(talk)
}
