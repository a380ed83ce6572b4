package dialogue

import (
	"strconv"
	"strings"

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

// more takes what is typed right after words that a case has received: they go
// on.
func (t *turn) more(m council.Member, talk *records.Talk, text string) error {
	no := talk.Case
	if taken, err := t.Add(m, no, nil, t.bubble(text)); err != nil || !taken {
		return err
	}
	return t.goesOn(talk, no)
}

// goesOn has what is typed next go to the same case, for a short while.
func (t *turn) goesOn(talk *records.Talk, no string) error {
	talk.Await(records.WaitMore, no, "", t.Now())
	return t.keep(talk)
}
