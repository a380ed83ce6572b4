package schedule_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// reminders is a DueStep over a list of times, two of them at a step.
type reminders struct {
	mu    sync.Mutex
	at    []time.Time
	done  []time.Time
	steps int
	err   error
}

func (r *reminders) step(_ context.Context, _ string, now time.Time) (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps++
	if r.err != nil {
		return time.Time{}, r.err
	}
	for range 2 {
		if len(r.at) > 0 && !r.at[0].After(now) {
			r.done, r.at = append(r.done, r.at[0]), r.at[1:]
		}
	}
	if len(r.at) == 0 {
		return time.Time{}, nil
	}
	return r.at[0], nil
}

func (r *reminders) with(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

func (r *reminders) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.done)
}

func TestDue(t *testing.T) {
	start := tokyo(2026, 7, 1, 9, 0)
	r := &reminders{}
	for i := range 101 {
		r.at = append(r.at, start.Add(time.Duration(i/50)*time.Hour))
	}
	h := newHouse(t, start)
	h.due = r.step
	run := h.begin(h.store)
	h.idle()
	if got := r.count(); got != 50 {
		t.Errorf("%d done at the start, want 50", got)
	}
	h.set(start.Add(time.Hour - time.Second))
	if got := r.count(); got != 50 {
		t.Errorf("%d done before their time", got)
	}
	h.set(start.Add(time.Hour))
	if got := r.count(); got != 100 {
		t.Errorf("%d done after an hour, want 100", got)
	}
	h.set(start.Add(2 * time.Hour))
	r.with(func() { r.at = []time.Time{h.clock.Now()} })
	run.Wake()
	h.idle()
	if got := r.count(); got != 102 {
		t.Errorf("%d done in the end, want 102", got)
	}
}

// Wakes one after another share a pass.
func TestWakesAreCheap(t *testing.T) {
	r := &reminders{}
	h := newHouse(t, tokyo(2026, 7, 1, 9, 0))
	h.due = r.step
	run := h.begin(h.store)
	h.idle()
	before := 0
	r.with(func() { before = r.steps })
	for range 10000 {
		run.Wake()
	}
	h.idle()
	r.with(func() {
		if n := r.steps - before; n > 3 {
			t.Errorf("%d steps for wakes at one moment", n)
		}
	})
}

func TestDueFails(t *testing.T) {
	start := tokyo(2026, 7, 1, 9, 0)
	r := &reminders{at: []time.Time{start}, err: errors.New("not now")}
	h := newHouse(t, start)
	h.due = r.step
	run := h.begin(h.store)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := run.Idle(ctx); err == nil {
		t.Error("at rest while a step fails")
	}
	r.with(func() { r.err = nil })
	h.clock.Advance(5 * time.Second)
	h.idle()
	if got := r.count(); got != 1 {
		t.Errorf("%d done after the failure", got)
	}
}

// A step that fails for a while, the clock standing still, does not keep who
// waits for rest waiting for ever.
func TestDueFailsAWhile(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 1, 9, 0))
	failures := 3 // before and while somebody waits
	h.due = func(context.Context, string, time.Time) (time.Time, error) {
		if failures > 0 {
			failures--
			return time.Time{}, errors.New("not now")
		}
		return time.Time{}, nil
	}
	h.begin(h.store)
	h.idle()
	if failures > 0 {
		t.Errorf("at rest with %d failures to come", failures)
	}
}
