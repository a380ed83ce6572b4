package council

import "time"

// TimerKind is what is to be looked at when a case's time has come.
type TimerKind string

// The timers of a case.
const (
	PostCard     TimerKind = "post_card"     // the card goes to the group (again)
	NotTaken     TimerKind = "not_taken"     // nobody has taken the case
	NotAnswered  TimerKind = "not_answered"  // the member has not answered
	NotConnected TimerKind = "not_connected" // the hand-over is not confirmed
	NotReplied   TimerKind = "not_replied"   // the member's question waits
	FollowUp     TimerKind = "follow_up"     // ask the member how it is now
	TellGroup    TimerKind = "tell_group"    // what the member said waits to be told
)

// Timer is one thing to look at later.
type Timer struct {
	Kind  TimerKind
	At    time.Time
	Count int    // how often it was raised already
	Ref   string // instruction id
}

// Set puts a timer in place of an earlier one of the same kind.
func (c *Case) Set(t Timer) {
	c.Unset(t.Kind)
	c.Timers = append(c.Timers, t)
}

// Unset removes the timers of these kinds.
func (c *Case) Unset(kinds ...TimerKind) {
	keep := c.Timers[:0]
next:
	for _, t := range c.Timers {
		for _, k := range kinds {
			if t.Kind == k {
				continue next
			}
		}
		keep = append(keep, t)
	}
	c.Timers = keep
}

// Timer returns the timer of this kind.
func (c *Case) Timer(kind TimerKind) (Timer, bool) {
	for _, t := range c.Timers {
		if t.Kind == kind {
			return t, true
		}
	}
	return Timer{}, false
}

// IsDue tells whether a timer of this kind has come by now.
func (c *Case) IsDue(kind TimerKind, now time.Time) bool {
	t, ok := c.Timer(kind)
	return ok && !t.At.After(now)
}

// Due is when the case must next be looked at; the zero time when never.
func (c *Case) Due() time.Time {
	var due time.Time
	for _, t := range c.Timers {
		if due.IsZero() || t.At.Before(due) {
			due = t.At
		}
	}
	return due
}
