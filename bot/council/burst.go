package council

import (
	"slices"
	"time"
)

// Burst is what one member has lately set going in the secretariat's group, and
// what of it waits to be shown there together. Every message to the group is
// counted for each person in it, and a month has few: one telephone that is
// broken, or in the hands of a child, must not use them up.
type Burst struct {
	Member string

	// When, of the last day: what went to the group by itself, the cards of new
	// cases among it, letters to the second channel, and what was shown together.
	Told   []time.Time `json:",omitempty"`
	Cards  []time.Time `json:",omitempty"`
	Mailed []time.Time `json:",omitempty"`
	Shared []time.Time `json:",omitempty"`

	Cases   []string `json:",omitempty"` // receipt numbers on the shared card
	Pending []string `json:",omitempty"` // of those, what the group has not seen as it now is
	Words   []string `json:",omitempty"` // cases of which something waits to be told
	Letters []Letter `json:",omitempty"` // what the second channel is to hear

	Next time.Time `json:",omitzero"` // when what waits is shown; zero: nothing waits
	Due  time.Time `json:",omitzero"` // when to look again: Next, or when this may be forgotten
}

// Letter is one thing about a case that the second channel is to hear together
// with others.
type Letter struct{ Key, Case string }

// How much one member may set going by itself. More than a real day brings; the
// bounds of a day keep somebody who goes on for hours from using up the month.
const (
	burstWindow = 10 * time.Minute
	burstKept   = 24 * time.Hour

	cardsInWindow, cardsInDay = 3, 9
	toldInWindow, toldInDay   = 8, 12
	mailsInWindow, mailsInDay = 3, 9
)

// between is how long after the nth showing of the shared card the next may
// follow: soon, as what comes may be another emergency, and then less often.
var between = []time.Duration{0, 1 * time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute,
	10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute,
	30 * time.Minute, 30 * time.Minute, 30 * time.Minute, 30 * time.Minute, 2 * time.Hour}

// Card takes a place for the card of a new case; false when there is none.
func (b *Burst) Card(now time.Time) bool {
	if !take(&b.Cards, now, cardsInWindow, cardsInDay) {
		return false
	}
	b.Told = append(b.Told, now)
	b.Rest(now)
	return true
}

// Tell takes a place for another message to the group; false when there is
// none, or something waits that comes before it.
func (b *Burst) Tell(now time.Time) bool {
	if len(b.Pending)+len(b.Words) > 0 || !take(&b.Told, now, toldInWindow, toldInDay) {
		return false
	}
	b.Rest(now)
	return true
}

// Mail takes a place for a letter to the second channel.
func (b *Burst) Mail(now time.Time) bool {
	if len(b.Letters) > 0 || !take(&b.Mailed, now, mailsInWindow, mailsInDay) {
		return false
	}
	b.Rest(now)
	return true
}

// take adds now to the times when there is room for it.
func take(times *[]time.Time, now time.Time, inWindow, inDay int) bool {
	if since(*times, now, burstWindow) >= inWindow || since(*times, now, burstKept) >= inDay {
		return false
	}
	*times = append(*times, now)
	return true
}

func since(times []time.Time, now time.Time, span time.Duration) (n int) {
	for _, t := range times {
		if now.Sub(t) < span {
			n++
		}
	}
	return n
}

// Share puts a case on the shared card, or has it shown as it now is.
func (b *Burst) Share(no string, now time.Time) {
	b.Cases, b.Pending = with1(b.Cases, no), with1(b.Pending, no)
	b.Rest(now)
}

// Soon has what waits shown now: it is not the member who wants it shown.
func (b *Burst) Soon(now time.Time) { b.Next, b.Due = now, now }

// Wait has a case's words told together with others.
func (b *Burst) Wait(no string, now time.Time) {
	b.Words = with1(b.Words, no)
	b.Rest(now)
}

// Write has the second channel hear of a case together with others.
func (b *Burst) Write(l Letter, now time.Time) {
	if !slices.Contains(b.Letters, l) {
		b.Letters = append(b.Letters, l)
	}
	b.Rest(now)
}

func with1(nos []string, no string) []string {
	if slices.Contains(nos, no) {
		return nos
	}
	return append(nos, no)
}

// Waits tells whether anything waits to be shown.
func (b *Burst) Waits() bool { return len(b.Pending)+len(b.Words)+len(b.Letters) > 0 }

// Rest sets when what waits is shown, unless that is set, and when to look
// again. Times of more than a day ago are dropped.
func (b *Burst) Rest(now time.Time) {
	latest := now
	for _, times := range []*[]time.Time{&b.Told, &b.Cards, &b.Mailed, &b.Shared} {
		*times = slices.DeleteFunc(*times, func(t time.Time) bool { return now.Sub(t) >= burstKept })
	}
	switch {
	case !b.Waits():
		b.Next, b.Due = time.Time{}, latest.Add(burstKept)
		return
	case b.Next.IsZero():
		b.Next = now
		if n := len(b.Shared); n > 0 {
			if next := b.Shared[n-1].Add(between[min(n, len(between)-1)]); next.After(now) {
				b.Next = next
			}
		}
	}
	b.Due = b.Next
}

// Over tells whether nothing is left of it that anybody needs to know.
func (b *Burst) Over() bool {
	return !b.Waits() && len(b.Told)+len(b.Cards)+len(b.Mailed)+len(b.Shared) == 0
}
