// Package clock is the program's time: the system's in service, without its
// short errors, a hand-moved
// one in tests and in the demo. Packages that wait take a Clock; those that
// only decide take the time as an argument.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time and wakes whoever waits.
type Clock interface {
	Now() time.Time
	// After returns a channel that receives once d has passed.
	After(d time.Duration) <-chan time.Time
}

// System is the machine's clock.
type System struct{}

// Now is time.Now.
func (System) Now() time.Time { return time.Now() }

// After is time.After.
func (System) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Manual is a clock that stands still until it is moved on. It is safe for use
// by many goroutines.
type Manual struct {
	mu      sync.Mutex
	now     time.Time
	waiting []waiter
}

type waiter struct {
	at time.Time
	ch chan time.Time
}

// NewManual starts a clock that stands still at now.
func NewManual(now time.Time) *Manual { return &Manual{now: now} }

// Now tells where the clock stands.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// After returns a channel that receives once the clock has been moved by d.
func (m *Manual) After(d time.Duration) <-chan time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	ch := make(chan time.Time, 1)
	if d <= 0 {
		ch <- m.now
		return ch
	}
	m.waiting = append(m.waiting, waiter{m.now.Add(d), ch})
	return ch
}

// Advance moves the clock on by d and wakes everybody whose time has come.
func (m *Manual) Advance(d time.Duration) { m.Set(m.Now().Add(d)) }

// Step sets the clock by d, forward or back, as somebody sets a machine's:
// whoever waits waits as long as before.
func (m *Manual) Step(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
	for i := range m.waiting {
		m.waiting[i].at = m.waiting[i].at.Add(d)
	}
}

// Set moves the clock on to t; an earlier t leaves it where it is.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.After(m.now) {
		m.now = t
	}
	keep := m.waiting[:0]
	for _, w := range m.waiting {
		if w.at.After(m.now) {
			keep = append(keep, w)
			continue
		}
		w.ch <- m.now
	}
	m.waiting = keep
}
