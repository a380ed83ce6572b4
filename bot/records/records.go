// Package records says which documents a council keeps and by which indexes
// they are found. Rules about them live in package casework.
package records

import (
	"fmt"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/storage"
)

// Stamp writes a time so that stamps sort as times do; "" for the zero time.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("20060102T150405.000000000Z")
}

// Index names.
const (
	ByDue      = "due"
	ByUser     = "user"
	ByReporter = "reporter"
	ByHash     = "hash"
	ByOpen     = "open"
	ByLate     = "late"
	ByAge      = "age"
	ByResident = "resident"
	ByState    = "state"
	ByMessage  = "message"
)

// BurstWaits is the state of a burst of which something waits to be shown.
const BurstWaits = "waits"

// The kinds.
var (
	Organisations = storage.NewKind("organisation", func(o *council.Organisation) string { return o.ID })

	Cards = storage.NewKind("card", func(c *council.Card) string { return c.ID },
		storage.Index[council.Card]{Name: ByHash, Value: func(c *council.Card) string { return c.Hash }})

	Members = storage.NewKind("member", func(m *council.Member) string { return m.ID },
		storage.Index[council.Member]{Name: ByUser, Value: func(m *council.Member) string { return m.User }})

	// People are LINE users; residents among them are found by their id.
	People = storage.NewKind("person", func(p *council.Person) string { return p.User },
		storage.Index[council.Person]{Name: ByResident, Value: func(p *council.Person) string {
			if !p.Resident() {
				return ""
			}
			return p.User
		}})

	Clerks = storage.NewKind("clerk", func(c *council.Clerk) string { return c.User },
		storage.Index[council.Clerk]{Name: ByState, Value: func(c *council.Clerk) string { return string(c.State) }})

	Groups = storage.NewKind("line_group", func(g *council.Group) string { return g.ID },
		storage.Index[council.Group]{Name: ByState, Value: func(g *council.Group) string { return string(g.State) }},
		storage.Index[council.Group]{Name: ByDue, Value: func(g *council.Group) string {
			if !g.Leaves() {
				return ""
			}
			return Stamp(g.Since)
		}})

	SetupCodes = storage.NewKind("setup_code", func(c *SetupCode) string { return c.Hash })

	// Cases are found by reporter in the order in which they came in.
	Cases = storage.NewKind("case", func(c *council.Case) string { return c.No },
		storage.Index[council.Case]{Name: ByDue, Value: func(c *council.Case) string { return Stamp(c.Due()) }},
		storage.Index[council.Case]{Name: ByOpen, Value: func(c *council.Case) string {
			if !c.Open() {
				return ""
			}
			return Stamp(c.Received)
		}},
		storage.Index[council.Case]{Name: ByLate, Value: func(c *council.Case) string {
			if !c.Open() || !c.CardLate {
				return ""
			}
			return Stamp(c.Received)
		}},
		storage.Index[council.Case]{Name: ByReporter, Value: func(c *council.Case) string {
			if c.Reporter == "" {
				return ""
			}
			return c.Reporter + " " + Stamp(c.Received)
		}})

	Drafts = storage.NewKind("draft", func(d *council.Draft) string { return d.ID },
		storage.Index[council.Draft]{Name: ByAge, Value: func(d *council.Draft) string { return Stamp(d.At) }},
		storage.Index[council.Draft]{Name: ByMessage, Value: func(d *council.Draft) string { return d.MessageID }})

	Talks = storage.NewKind("talk", func(t *Talk) string { return t.User },
		storage.Index[Talk]{Name: ByDue, Value: func(t *Talk) string { return Stamp(t.Due) }})

	// Bursts are found by whether something of them waits, too: it may go out with
	// an answer.
	Bursts = storage.NewKind("burst", func(b *council.Burst) string { return b.Member },
		storage.Index[council.Burst]{Name: ByDue, Value: func(b *council.Burst) string { return Stamp(b.Due) }},
		storage.Index[council.Burst]{Name: ByState, Value: func(b *council.Burst) string {
			if !b.Waits() {
				return ""
			}
			return BurstWaits
		}})

	// Restorations are found in their order.
	Restorations = storage.NewKind("restoration", func(r *council.Restoration) string { return fmt.Sprintf("%06d", r.N) })

	Reviews = storage.NewKind("review", func(r *Review) string { return r.ID })

	Quotes = storage.NewKind("quote", func(q *Quote) string { return q.Message },
		storage.Index[Quote]{Name: ByAge, Value: func(q *Quote) string { return Stamp(q.At) }})
)

// Definitions is what a store must know of before it opens.
func Definitions() []storage.Definition {
	return []storage.Definition{
		Organisations.Definition(), Cards.Definition(), Members.Definition(), People.Definition(),
		Clerks.Definition(), Groups.Definition(), SetupCodes.Definition(), Cases.Definition(),
		Drafts.Definition(), Talks.Definition(), Quotes.Definition(), Bursts.Definition(),
		Restorations.Definition(), Reviews.Definition(),
	}
}

// SetupCode lets one group become the secretariat. Only its SHA-256 is kept.
type SetupCode struct {
	Hash    string
	Expires time.Time
}

// Review is how far a look at all open cases has come.
type Review struct {
	ID    string
	Mark  string // of the rules it is done by
	Done  bool
	Stamp string `json:",omitempty"` // the case that was looked at last
	No    string `json:",omitempty"`
}

// ReviewOfLooks is the one that derives every open case's next look.
const ReviewOfLooks = "looks"

// Quote tells what quoting a message of a chat means.
type Quote struct {
	Message string // LINE's message id
	Chat    string // group or user id
	Ref     string // "case:NO", "draft:DRAFT", "prompt:DRAFT"; "people" for what people said; "-" for what cannot be answered
	At      time.Time
}

// What a member's talk is waiting for, beside a flow's session.
const (
	WaitNothing  = ""
	WaitAddition = "addition" // the words to be added to the case
	WaitQuestion = "question" // the words the member wants to ask about an instruction
	WaitAnswer   = "answer"   // the free answer to an instruction
	WaitMore     = "more"     // nothing, but what is typed now goes on with the words just taken
	WaitWhich    = "which"    // nothing, but it was asked which case; Instruction is what is to be done with it
	WaitSure     = "sure"     // nothing, but it was asked whether the case is really to be withdrawn
)

// Words are one message that somebody has typed. The recogniser has passed it.
type Words struct {
	Text string
	ID   string // its message id, so that an unsend finds it
}

// Talk is where a member's 1:1 talk stands. It is read and written at every
// turn, so what is not set is left out.
type Talk struct {
	User    string
	Session *flows.Session `json:",omitempty"` // nil when no report is open
	Report  string         `json:",omitempty"` // receipt number, once the open report has been told with the urgency alone
	Before  string         `json:",omitempty"` // receipt number that the open report continues

	// Parked are reports that another one has been begun after, or that have been
	// left for a while after telling: nothing typed answers their questions.
	Parked []Parked `json:",omitempty"`

	Wait        string    `json:",omitempty"`
	Case        string    `json:",omitempty"` // what the words are for
	Instruction string    `json:",omitempty"`
	WaitAt      time.Time `json:",omitzero"`

	// Words are what was typed while nothing was open, in order, until the person
	// says what it is for; KeptAt is the time of the last of them. Stores that are
	// older hold one message, in Kept and KeptID: Tidy puts it in its place.
	Words  []Words   `json:",omitempty"`
	Kept   string    `json:",omitempty"`
	KeptID string    `json:",omitempty"`
	KeptAt time.Time `json:",omitzero"`
	// Attached: the words go with the open report when it is sent.
	Attached bool `json:",omitempty"`

	Nudge time.Time `json:",omitzero"` // remind of the unsent danger
	Due   time.Time `json:",omitzero"` // when to look again
}

// Parked is a report that can be gone on with.
type Parked struct {
	Session flows.Session
	Report  string // receipt number, once it has been told
	Before  string // receipt number that it continues
}

// mostParked is how many reports can be gone on with beside the open one, and
// OpenFor how long one that nobody touches keeps another from being begun.
const (
	mostParked = 5
	OpenFor    = 30 * time.Minute
)

// KeptFor is how long typed words wait for their purpose, MoreFor how long
// further words go with those that a case has just received.
const (
	KeptFor = 30 * time.Minute
	MoreFor = 2 * time.Minute
)
