package council

import "time"

// Every open case waits for somebody, by a time: its next look. It is not set
// by whoever does something to the case, which was forgotten once too often, but
// derived from the case in the one place that saves it.

// Waiter is whom an open case waits for.
type Waiter string

// The waiters.
const (
	ForClerk  Waiter = "clerk"
	ForMember Waiter = "member"
	ForCentre Waiter = "centre"
	ForDay    Waiter = "day" // on which the member is asked how it is now
)

// Why says what an open case waits for.
type Why string

// What a case waits for.
const (
	NotTaken     Why = "not_taken"     // nobody has taken it
	NotReplied   Why = "not_replied"   // what the member has asked or told waits for a clerk
	NotDone      Why = "not_done"      // the member has answered that it was not done
	NotSent      Why = "not_sent"      // what was to reach the member did not, or cannot
	NotAnswered  Why = "not_answered"  // the member has not answered
	NotConnected Why = "not_connected" // the hand-over is not confirmed
	NotMoved     Why = "not_moved"     // a clerk has it, and nothing has happened since
	DayAhead     Why = "day_ahead"     // a day is set
)

// Whys lists what is brought to mind, in the order of telling.
var Whys = []Why{NotTaken, NotDone, NotSent, NotReplied, NotAnswered, NotConnected, NotMoved}

// Look is when an open case must next be looked at, and why.
type Look struct {
	For    Waiter
	Why    Why
	At     time.Time
	Since  time.Time // from when it has waited for this
	Ref    string    `json:",omitempty"` // instruction id
	Raised int       `json:",omitempty"` // how often the secretariat has been told of it
	Last   time.Time `json:",omitzero"`  // when it was told last
	// NotBefore: it was due at an hour at which nobody may be told.
	NotBefore time.Time `json:",omitzero"`
}

// Owed is what a clerk owes: it stands until a clerk has done something.
type Owed struct {
	Why   Why
	Since time.Time
	Ref   string `json:",omitempty"`
}

// Owe notes what a clerk now owes. What was owed before for the same reason, and
// has not been brought to mind yet, keeps its time: who writes again has not
// waited for less.
func (c *Case) Owe(why Why, ref string, now time.Time) {
	if c.Owed.Why == why && (c.Look.Why != why || c.Look.Raised == 0) {
		return
	}
	c.Owed = Owed{Why: why, Since: now, Ref: ref}
}

// Hours are the secretariat's office hours.
type Hours interface {
	Open(t time.Time) bool
	// NextOpening is the first moment after t at which the office opens.
	NextOpening(t time.Time) time.Time
	// AfterWorkingDays is when the office opens on the nth working day after t's.
	AfterWorkingDays(t time.Time, n int) time.Time
}

// NextLook derives when the case must next be looked at: state, level and the
// last answer say who is waited for, the rules how long. It is the zero Look
// for a closed case, and for no other.
func NextLook(c Case, r Rules, h Hours) Look {
	if !c.Open() {
		return Look{}
	}
	l := c.waits()
	if was := c.Look; was.Why == l.Why && was.Ref == l.Ref && was.Since.Equal(l.Since) {
		l.Raised, l.Last, l.NotBefore = was.Raised, was.Last, was.NotBefore
	}
	l.At = latest(r.at(&c, l, h), l.NotBefore)
	return l
}

// waits is whom an open case waits for, since when.
func (c *Case) waits() Look {
	day, ahead := c.Timer(FollowUp)
	asked := c.Asked()
	if ahead && asked != nil && day.Ref == asked.ID {
		asked = nil // the question will be put again on that day
	}
	switch {
	case c.State == Received:
		return Look{For: ForClerk, Why: NotTaken, Since: latest(c.Received, c.Grown)}
	case c.Owed.Why != "":
		return Look{For: ForClerk, Why: c.Owed.Why, Since: c.Owed.Since, Ref: c.Owed.Ref}
	case asked != nil:
		return Look{For: ForMember, Why: NotAnswered, Since: latest(asked.Sent, asked.Again), Ref: asked.ID}
	case c.State == HandedOver:
		return Look{For: ForCentre, Why: NotConnected, Since: c.HandedOver}
	case ahead:
		return Look{For: ForDay, Why: DayAhead, Since: day.At, Ref: day.Ref}
	}
	since := c.Received
	if n := len(c.History); n > 0 {
		since = c.History[n-1].At
	}
	return Look{For: ForClerk, Why: NotMoved, Since: since}
}

// Asked is the latest instruction that wants an answer, when it has none and
// can still get one.
func (c *Case) Asked() *Instruction {
	for n := len(c.Instructions) - 1; n >= 0; n-- {
		i := &c.Instructions[n]
		if i.Wants == WantsNothing || i.Wants == "" && (c.State != Instructed || n < len(c.Instructions)-1) {
			continue // an older case does not say; there the last one wants the answer that its state tells of
		}
		if !i.Answered.IsZero() || i.Corrected || i.Lost {
			return nil
		}
		return i
	}
	return nil
}

func latest(ts ...time.Time) time.Time {
	var last time.Time
	for _, t := range ts {
		if t.After(last) {
			last = t
		}
	}
	return last
}
