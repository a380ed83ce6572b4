// Package casework is every action on a case, a member, a clerk or a group:
// given a transaction, the time and who acts, it changes the records and says
// what is to be told to whom. Talks, the calendar and pages call the same
// functions, so that a rule lives once.
//
// Nothing here sends anything: what is to be said is collected in Work and put
// into the outbox by the caller, inside the same transaction. A refused action
// is an answer to the person, not an error; an error means that the
// transaction must be given up.
package casework

import (
	"errors"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows/catalog"
	"mimamori.example/mimamori/storage"
)

// Hours are the secretariat's office hours.
type Hours interface {
	council.Hours
	Text() string // 平日8:30〜17:15
}

// Place is somewhere that can be called.
type Place struct{ Name, Telephone string }

// Settings is what a council's configuration decides.
type Settings struct {
	Council    string // id
	Name       string // 協議会名
	Network    string // name of the network
	Telephone  string // the secretariat's
	Centre     Place  // 消費生活センター; may be empty
	Police     []Place
	Hours      Hours
	Zone       *time.Location
	GroupCard  string        // basic, full, number_only
	MailTo     []string      // the second channel
	Drill      bool          // everything is an exercise
	Rules      council.Rules // how long an open case waits
	RulesMark  string        // changes when Rules or Hours do
	Nudge      time.Duration // until an unsent danger is brought to mind
	LateCall   time.Duration // from then on a text that says to call 110 comes too late
	Unfinished time.Duration // until a report that was not sent is deleted
	FollowUpAt time.Duration // time of day at which a member is asked how it is now
}

// Group card settings.
const (
	CardBasic  = "basic"
	CardFull   = "full"
	CardNumber = "number_only"
)

// Desk does the casework of one council. It is safe for use by many goroutines.
type Desk struct {
	Settings
	Catalog  *catalog.Catalog
	Personal func(text string) bool // the recogniser
	NewID    func() string          // unguessable, at least 26 characters of A–Z and 2–7
	// NoQuota tells whether LINE is known to take no more pushes this month; nil:
	// nobody knows.
	NoQuota func(tx storage.Tx, now time.Time) (bool, error)
}

// Work is what one transaction does and wants said.
type Work struct {
	*Desk
	Personal func(text string) bool // the desk's recogniser, or one that has read some words before
	At       time.Time              // LINE's time of the event that is dealt with; zero where there is none
	tx       storage.Tx
	now      time.Time
	out      []message.Outgoing
	ahead    time.Duration  // how much too early a case may be brought to mind
	known    []known        // what reporters are to be told of their cases
	gathered []string       // members of whom something waits that has only now come in
	shared   []council.Case // on shared cards, whose look has come
	err      error
}

// Work begins the work of one transaction.
func (d *Desk) Work(tx storage.Tx, now time.Time) *Work {
	return &Work{Desk: d, Personal: d.Personal, tx: tx, now: now.In(d.Zone)}
}

// Out is what is to be said, in order. The outbox makes one delivery per
// recipient of it.
func (w *Work) Out() ([]message.Outgoing, error) {
	w.tellReporters()
	return w.out, w.err
}

// Tx is the transaction that the work belongs to.
func (w *Work) Tx() storage.Tx { return w.tx }

// Now is the time of the work, in the council's zone.
func (w *Work) Now() time.Time { return w.now }

// text is a sentence of the catalog; a drill says so in front of it.
func (w *Work) text(key string, vars ...string) string { return w.Catalog.Text(key, vars...) }

// ToUser says something in a person's own talk. While that person has a report
// open it ends with the button that leads back to it.
func (w *Work) ToUser(user string, about message.About, ms ...message.Message) {
	talk, ok, err := records.Talks.Get(w.tx, user)
	w.err = errors.Join(w.err, err)
	if ok && talk.Session != nil && !talk.Session.Ended && len(ms) > 0 {
		ms[len(ms)-1] = withButton(ms[len(ms)-1], message.Button{Label: w.text("menu.continue"),
			Action: message.Postback, Data: "m:resume", Say: w.text("menu.continue")})
	}
	w.say(message.Recipient{Kind: message.ToUser, ID: user}, message.LaneCasework, about, "", ms...)
}

func withButton(m message.Message, b message.Button) message.Message {
	switch m := m.(type) {
	case message.Text:
		m.Quick = append(m.Quick, b)
		return m
	case message.Panel:
		m.Buttons = append(m.Buttons, b)
		return m
	case message.Notice:
		m.Buttons = append(m.Buttons, b)
		return m
	}
	return m
}

// Plain says something that belongs to the open report itself.
func (w *Work) Plain(user string, ms ...message.Message) {
	w.say(message.Recipient{Kind: message.ToUser, ID: user}, message.LaneCasework, message.About{Kind: AboutTalk}, "", ms...)
}

// ToGroup says something in the group; quoting it means ref.
func (w *Work) ToGroup(group string, about message.About, ref string, ms ...message.Message) {
	w.say(message.Recipient{Kind: message.ToGroup, ID: group}, message.LaneCasework, about, ref, ms...)
}

// ToGroupIfKnown says something in the group that only those may read whom a
// clerk knows: bare says the same with less, message by message. The outbox
// asks who is there, and chooses.
func (w *Work) ToGroupIfKnown(group string, about message.About, ref string, full, bare []message.Message) {
	w.ToGroup(group, about, ref, full...)
	if bare == nil {
		bare = []message.Message{}
	}
	if w.Drill {
		bare = w.marked(bare)
	}
	w.out[len(w.out)-1].Bare = bare
}

// toGroupIfMore is ToGroupIfKnown for cards, which where the council shows
// numbers only hold no more than the bare form.
func (w *Work) toGroupIfMore(group string, about message.About, ref string, full, bare []message.Message) {
	if w.GroupCard == CardNumber {
		w.ToGroup(group, about, ref, full...)
		return
	}
	w.ToGroupIfKnown(group, about, ref, full, bare)
}

func (w *Work) say(to message.Recipient, lane string, about message.About, ref string, ms ...message.Message) {
	refs := make([]string, len(ms))
	for i := range refs {
		refs[i] = ref
	}
	if w.Drill {
		ms = w.marked(ms)
	}
	w.out = append(w.out, message.Outgoing{To: to, Lane: lane, Messages: ms, Refs: refs, About: about})
}

// marked puts the mark of a drill in front of messages that lack it: whoever
// reads any of them must know that nothing is real.
func (w *Work) marked(ms []message.Message) []message.Message {
	mark := func(s string) string {
		if s == "" || strings.HasPrefix(s, w.text("drill.mark")) {
			return s
		}
		return w.text("drill.mark") + s
	}
	out := make([]message.Message, len(ms))
	for i, m := range ms {
		switch m := m.(type) {
		case message.Text:
			m.Body = mark(m.Body)
			out[i] = m
		case message.Ask:
			m.Prompt = mark(m.Prompt)
			out[i] = m
		case message.Panel:
			m.Alt, m.Heading = mark(m.Alt), mark(m.Heading)
			out[i] = m
		case message.CaseCard:
			m.Alt, m.Heading = mark(m.Alt), mark(m.Heading)
			out[i] = m
		case message.Preview:
			m.Alt, m.Heading = mark(m.Alt), mark(m.Heading)
			out[i] = m
		case message.Notice:
			m.Alt, m.Heading = mark(m.Alt), mark(m.Heading)
			out[i] = m
		default:
			out[i] = m
		}
	}
	return out
}

// What a delivery is for.
const (
	AboutCard        = "card"        // a case's card in the group
	AboutInstruction = "instruction" // to the member
	AboutAnswer      = "answer"      // what the member said, to the group
	AboutOutcome     = "outcome"     // to the member
	AboutTalk        = "talk"        // an answer to what was just said
	AboutAlarm       = "alarm"       // something failed or was not looked at
	AboutLate        = "late"        // to the reporter: the card has not arrived
	AboutRaise       = "raise"       // to the group: nobody has looked
	AboutFarewell    = "farewell"    // the bot leaves the group once this is said
)

// RefCase is what quoting a message about a case means.
func RefCase(no string) string { return "case:" + no }

// RefDraft is what quoting a draft's preview means.
func RefDraft(draft string) string { return "draft:" + draft }

// RefPrompt is what quoting a question for a missing value means.
func RefPrompt(draft string) string { return "prompt:" + draft }
