package schedule

import (
	"context"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/clock"
)

const (
	// restAtMost is how late something is noticed that nobody woke us for, for
	// instance what another process has planned.
	restAtMost = time.Minute
	// restAfter is the pause after a failure.
	restAfter = 5 * time.Second
	// restAtLeast lets many wakes, one after each turn, share a pass.
	restAtLeast = 250 * time.Millisecond
)

// beat calls pass whenever it may have something to do.
type beat struct {
	clock clock.Clock
	pass  func(ctx context.Context, now time.Time) report
	wake  chan struct{} // there may be something to do
	asked chan struct{} // somebody waits in idle

	mu      sync.Mutex
	waiting []chan struct{}
}

// report is what a pass has found.
type report struct {
	next   time.Time // when to come again; zero: nothing is planned
	more   bool      // there is more to do now
	failed bool      // something has to be tried again soon
	fatal  error     // the store has stopped
}

// sooner makes the report's next the earlier of the two.
func (r *report) sooner(t time.Time) {
	if !t.IsZero() && (r.next.IsZero() || t.Before(r.next)) {
		r.next = t
	}
}

func newBeat(c clock.Clock, pass func(context.Context, time.Time) report) *beat {
	return &beat{clock: c, pass: pass, wake: make(chan struct{}, 1), asked: make(chan struct{}, 1)}
}

func (b *beat) run(ctx context.Context) error {
	for ctx.Err() == nil {
		idle := b.take()
		now := b.clock.Now()
		r := b.pass(ctx, now)
		if r.fatal != nil {
			return r.fatal
		}
		if r.more || r.failed || ctx.Err() != nil {
			b.put(idle)
		} else {
			for _, done := range idle {
				close(done)
			}
		}
		if r.more && !r.failed {
			continue
		}
		wait := restAtMost
		if !r.next.IsZero() {
			wait = min(wait, r.next.Sub(now))
		}
		if r.failed {
			wait = restAfter
		}
		b.rest(ctx, wait)
	}
	return nil
}

func (b *beat) rest(ctx context.Context, wait time.Duration) {
	select {
	case <-ctx.Done():
	case <-b.asked:
	case <-b.clock.After(wait):
	case <-b.wake:
		select {
		case <-ctx.Done():
		case <-b.asked:
		case <-b.clock.After(restAtLeast):
		}
	}
}

// askAgain is how often idle asks while something fails, in real time: the
// clock may stand still until idle returns, and with it the rest.
const askAgain = time.Second

// idle waits for a pass that begins from now on and finds nothing to do.
func (b *beat) idle(ctx context.Context) error {
	done := make(chan struct{})
	b.put([]chan struct{}{done})
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		signal(b.asked)
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
}

func (b *beat) take() []chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	idle := b.waiting
	b.waiting = nil
	return idle
}

func (b *beat) put(idle []chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(b.waiting, idle...)
}

// signal wakes whoever listens, without waiting and at most once ahead.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
