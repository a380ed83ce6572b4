package council

import "time"

// Rules are how long an open case waits before it is brought to mind.
type Rules struct {
	Levels  map[Level]Waits
	Connect int // working days until an unconfirmed hand-over is brought to mind
	// MostDays is the longest wait between two digests of a case. They grow: 1,
	// 2, 4, 8 … working days.
	MostDays int
	// From and Until, times of day, are when what cannot wait for the office, and
	// is not dangerous, may reach clerks' telephones.
	From, Until time.Duration
	Zone        *time.Location
}

// Waits are those of one level. A zero wait means with the next opening's
// digest; otherwise the case is told of by itself, Times times, and after that
// with the digest.
type Waits struct {
	Untaken    time.Duration // for a clerk
	Unanswered time.Duration // for the member
	Idle       time.Duration // for whoever has the case, when nothing happens any more; told of once
	Repeat     time.Duration // between one time and the next; zero: once
	Times      int           // at least once
}

// A dangerous case that still waits after Times times is told of slowTimes more
// at slower times the distance, while the office is open: a weekend of it would
// use up the month's messages, of which every report needs some. Then every
// working day: only the wait for a member grows.
const (
	slower    = 6
	slowTimes = 8
)

// May tells whether the group may be told of a case of this level at t.
func (r Rules) May(l Level, t time.Time, h Hours) bool {
	switch l {
	case Danger:
		return true
	case Soon:
		return r.byDay(t) || h.Open(t)
	}
	return h.Open(t)
}

// When is the first time from t on at which the group may be told of a case of
// this level.
func (r Rules) When(l Level, t time.Time, h Hours) time.Time {
	switch {
	case r.May(l, t, h):
		return t
	case l == Soon:
		if at, open := r.morning(t), opening(h, t); at.Before(open) {
			return at
		}
	}
	return opening(h, t)
}

func (r Rules) byDay(t time.Time) bool {
	at := t.Sub(r.midnight(t, 0))
	return r.From <= at && at < r.Until
}

// morning is the next time of day From after t.
func (r Rules) morning(t time.Time) time.Time {
	if at := r.midnight(t, 0).Add(r.From); at.After(t) {
		return at
	}
	return r.midnight(t, 1).Add(r.From)
}

func (r Rules) midnight(t time.Time, days int) time.Time {
	if r.Zone != nil {
		t = t.In(r.Zone)
	}
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}

// at is when this look is due.
func (r Rules) at(c *Case, l Look, h Hours) time.Time {
	level := c.Level()
	switch l.Why {
	case DayAhead:
		return l.Since
	case NotConnected:
		if l.Raised == 0 {
			return workingDays(h, l.Since, r.Connect)
		}
		return workingDays(h, l.Last, r.grown(l.Raised-1))
	}
	from := c.seen(l)
	first, times := r.first(level, l.Why)
	switch {
	case l.Raised == 0 && first == 0:
		return opening(h, from)
	case l.Raised == 0:
		return r.when(level, l.Why, from.Add(first), h)
	case l.Raised < times:
		return r.when(level, l.Why, latest(from.Add(first), l.Last.Add(r.Levels[level].Repeat)), h)
	case level == Danger && l.Why != NotMoved:
		if l.Raised < times+slowTimes {
			return r.When(Unsure, l.Last.Add(slower*max(r.Levels[level].Repeat, time.Minute)), h)
		}
		if l.For == ForClerk {
			return workingDays(h, l.Last, 1)
		}
		times += slowTimes
		fallthrough
	default:
		if l.Raised == times {
			return opening(h, l.Last)
		}
		return workingDays(h, l.Last, r.grown(l.Raised-times))
	}
}

// Tell is when the secretariat may be told that a case's look has come: now, or
// the next hour at which it may.
func (r Rules) Tell(c *Case, now time.Time, h Hours) time.Time {
	level := c.Level()
	_, times := r.first(level, c.Look.Why)
	switch {
	case !r.Alone(c) || c.Look.Why == NotConnected || c.Look.Raised >= times:
		return r.When(Unsure, now, h)
	}
	return r.when(level, c.Look.Why, now, h)
}

// Alone tells whether the case is told of by itself, and not with the digest.
func (r Rules) Alone(c *Case) bool {
	level := c.Level()
	_, times := r.first(level, c.Look.Why)
	return level == Danger || c.Look.Raised < times && c.Look.Why != NotConnected
}

// first is the wait until a case is told of by itself, and how often it is; zero
// where it goes with the digest.
func (r Rules) first(level Level, why Why) (wait time.Duration, times int) {
	w := r.Levels[level]
	times = max(w.Times, 1)
	if w.Repeat == 0 {
		times = min(times, 1)
	}
	switch why {
	case NotMoved:
		wait, times = w.Idle, 1
	case NotAnswered:
		wait = w.Unanswered
	default:
		wait = w.Untaken
	}
	if wait == 0 {
		return 0, 0
	}
	return wait, times
}

// when is When, but what stands still does not wake anybody.
func (r Rules) when(level Level, why Why, t time.Time, h Hours) time.Time {
	if why == NotMoved {
		level = min(level, Soon)
	}
	return r.When(level, t, h)
}

// seen is from when the group can have known: a card that has only just been
// shown, or words that were told with the morning, nobody has been slow about.
func (c *Case) seen(l Look) time.Time {
	switch l.Why {
	case NotTaken:
		if c.Level() == Danger {
			return latest(l.Since, c.CardShown)
		}
		from := latest(l.Since, c.CardPut, c.CardShown)
		if t, waits := c.Timer(PostCard); waits && c.CardPut.IsZero() {
			from = latest(from, t.At)
		}
		return from
	case NotReplied, NotDone, NotMoved:
		from := latest(l.Since, c.Heard)
		if t, waits := c.Timer(TellGroup); waits && c.Level() != Danger {
			from = latest(from, t.At)
		}
		return from
	}
	return l.Since
}

// grown is the wait after n digests, in working days.
func (r Rules) grown(n int) int {
	most := max(r.MostDays, 1)
	if n > 16 {
		return most
	}
	return min(1<<n, most)
}

// opening is the next opening of an office; one that never opens is asked every
// day, since no case may wait for ever.
func opening(h Hours, t time.Time) time.Time {
	if at := h.NextOpening(t); !at.IsZero() {
		return at
	}
	return t.Add(24 * time.Hour)
}

func workingDays(h Hours, t time.Time, n int) time.Time {
	if at := h.AfterWorkingDays(t, n); !at.IsZero() && at.After(t) {
		return at
	}
	return t.Add(time.Duration(max(n, 1)) * 24 * time.Hour)
}
