package schedule

import (
	"context"
	"slices"
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
	waiting []*idler
}

// idler is somebody who waits in idle.
type idler struct {
	done chan struct{}
	gone bool // waits no longer; under beat.mu
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
			for _, w := range idle {
				close(w.done)
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
	w := &idler{done: make(chan struct{})}
	b.put([]*idler{w})
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		signal(b.asked)
		select {
		case <-w.done:
			return nil
		case <-ctx.Done():
			b.forget(w)
			return ctx.Err()
		case <-again.C:
		}
	}
}

func (b *beat) take() []*idler {
	b.mu.Lock()
	defer b.mu.Unlock()
	idle := b.waiting
	b.waiting = nil
	return idle
}

// put lets them wait on, but for who has gone meanwhile.
func (b *beat) put(idle []*idler) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range idle {
		if !w.gone {
			b.waiting = append(b.waiting, w)
		}
	}
}

func (b *beat) forget(w *idler) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w.gone = true // a pass may hold it, and put it back
	b.waiting = slices.DeleteFunc(b.waiting, func(x *idler) bool { return x == w })
}

// signal wakes whoever listens, without waiting and at most once ahead.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
