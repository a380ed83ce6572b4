// Package shifted is the clock of the demo: it runs as the machine's does, but
// ahead of it, and can be moved on by hand. Only package play may import it,
// for the emulated platform and for the program that runs beside it; a program
// that serves a council has no way to move its time.
package shifted

import (
	"sync"
	"time"
)

// Clock is the machine's time and what it has been moved on by. It is safe for
// use by many goroutines. It implements clock.Clock.
type Clock struct {
	mu      sync.Mutex
	ahead   time.Duration
	waiting map[*waiter]struct{}
}

type waiter struct {
	at    time.Time
	ch    chan time.Time // holds one
	timer *time.Timer
}

// New is a clock that is ahead of the machine's by that much. Two clocks of one
// machine that are ahead by the same tell the same time, also in two processes.
func New(ahead time.Duration) *Clock {
	return &Clock{ahead: ahead, waiting: map[*waiter]struct{}{}}
}

// Ahead is how far the clock is ahead of the machine's.
func (c *Clock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// Now is the machine's time and what it has been moved on by.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time { return time.Now().Add(c.ahead) }

// After returns a channel that receives once d has passed, by itself or because
// the clock was moved.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	if d <= 0 {
		ch <- c.now()
		return ch
	}
	w := &waiter{at: c.now().Add(d), ch: ch}
	c.waiting[w] = struct{}{}
	w.timer = time.AfterFunc(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.wake(w)
	})
	return ch
}

// wake is for who holds mu. A second call does nothing.
func (c *Clock) wake(w *waiter) {
	if _, ok := c.waiting[w]; ok {
		delete(c.waiting, w)
		w.ch <- c.now()
	}
}

// MoveAhead moves the clock on until it is ahead of the machine's by that much,
// and wakes everybody whose time has come. It never goes back: a smaller shift
// than it has changes nothing.
func (c *Clock) MoveAhead(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ahead <= c.ahead {
		return
	}
	c.ahead = ahead
	now := c.now()
	for w := range c.waiting {
		left := w.at.Sub(now)
		if left <= 0 {
			w.timer.Stop()
			c.wake(w)
			continue
		}
		w.timer.Reset(left)
	}
}
