package council

import "time"

// TimerKind is what is to be done when a case's time has come.
type TimerKind string

// The timers of a case: what is to be done with it later. When it must be looked
// at is no timer but derived, see NextLook.
const (
	PostCard  TimerKind = "post_card"  // the card goes to the group (again)
	FollowUp  TimerKind = "follow_up"  // ask the member how it is now
	TellGroup TimerKind = "tell_group" // what the member said waits to be told
)

// FormerKinds are timers of cases that were stored before looks were derived.
var FormerKinds = []TimerKind{TimerKind(NotTaken), TimerKind(NotAnswered), TimerKind(NotConnected), TimerKind(NotReplied)}

// Timer is one thing to do later.
type Timer struct {
	Kind  TimerKind
	At    time.Time
	Count int    // how often it was tried already
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

// Due is when the case must next be looked at, or something be done with it; the
// zero time when never.
func (c *Case) Due() time.Time {
	due := c.Look.At
	for _, t := range c.Timers {
		if due.IsZero() || t.At.Before(due) {
			due = t.At
		}
	}
	return due
}
