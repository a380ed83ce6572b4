package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/storage"
)

// How health is found out.
const (
	probeEvery   = 10 * time.Second
	probeTimeout = 3 * time.Second
	// outboxIdle is how long the outbox may not have looked at its queue.
	outboxIdle = 30 * time.Second
	// outboxBehind is how long something that could be sent may lie there.
	// What waits for LINE is not due, and does not count.
	outboxBehind = 2 * time.Minute
)

// probe is the small document that shows that the store can write.
type probe struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

var probes = storage.NewKind("probe", func(p *probe) string { return p.ID })

// health is what the last look has shown.
type health struct {
	mu       sync.Mutex
	looked   bool
	store    error     // of the trial write, or of a turn since
	lookedAt time.Time // when the last look began
	// unwritable is since when trial writes have failed.
	unwritable time.Time
	over       bool // the store has stopped, for good
	outbox     error
	hold       string
	held       bool
	stopping   bool
	step       clock.Step // the latest of the machine's clock
	stepped    time.Time
}

// faults are why the program is not ready; none when it is.
func (h *health) faults() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var faults []string
	if h.stopping {
		faults = append(faults, "stopping")
	}
	if !h.looked {
		faults = append(faults, "starting")
	}
	switch {
	case h.over:
		faults = append(faults, "store: it has stopped writing; nothing is kept")
	case h.store != nil:
		faults = append(faults, "store: the last write failed")
	}
	if h.outbox != nil {
		faults = append(faults, "outbox: "+h.outbox.Error())
	}
	if h.held {
		faults = append(faults, "held: nothing goes out until `mimamori release`: "+h.hold)
	}
	return faults
}

// notes are what an operator should see though the program is ready.
func (h *health) notes(now time.Time) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	ago := now.Sub(h.stepped)
	if h.step.What == "" || ago > stepShown || ago < -stepShown {
		return nil
	}
	return []string{"clock: the machine's clock was set by " + h.step.By.Round(time.Second).String() + ": " + stepWords[h.step.What]}
}

// stepShown is how long a step of the clock is shown.
const stepShown = 24 * time.Hour

var stepWords = map[clock.StepState]string{
	clock.StepSeen:     "the old time goes on until it has stood for " + clock.Standing.String(),
	clock.StepBelieved: "it is believed",
	clock.StepGone:     "it went back by itself",
}

// clockStepped hears of a jump of the machine's clock, also within Now.
func (a *App) clockStepped(s clock.Step) {
	a.log.Warn("the machine's clock was set", "by", s.By, "state", string(s.What))
	a.metrics.Health.ClockStep(string(s.What))
	a.health.mu.Lock()
	defer a.health.mu.Unlock()
	a.health.step, a.health.stepped = s, time.Now()
}

// isHeld tells whether the last look found the store held.
func (h *health) isHeld() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.held
}

// storeFailed takes readiness away at once; the next look may give it back.
func (a *App) storeFailed(err error) {
	a.health.mu.Lock()
	a.health.store = err
	a.health.mu.Unlock()
	a.metrics.Health.Ready(false)
	a.lookSoon()
}

// lookSoon has watch look before its time.
func (a *App) lookSoon() {
	select {
	case a.lookNow <- struct{}{}:
	default:
	}
}

// watch looks now and then, and when a turn has failed.
func (a *App) watch(ctx context.Context) error {
	for {
		a.look(ctx)
		if ctx.Err() != nil { // what failed then was stopped
			return nil
		}
		if err := a.store.Err(); err != nil {
			return a.unkept(ctx, err)
		}
		a.tellUnwritable()
		select {
		case <-ctx.Done():
			return nil
		case <-a.lookNow:
		case <-a.o.Clock.After(probeEvery):
		}
	}
}

func (a *App) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	now := a.o.Clock.Now()
	var present error
	if s, is := a.store.(storage.Watched); is {
		present = s.Present()
	}
	err := a.store.Update(ctx, a.config.Councils[0].ID, func(tx storage.Tx) error {
		return probes.Put(tx, probe{ID: "write", At: now})
	})
	if err != nil && ctx.Err() == nil {
		a.log.ErrorContext(ctx, "the trial write failed", "error", err)
	}
	hold, held, heldErr := a.store.Held(ctx)
	stats, statsErr := a.store.QueueStats(ctx, now)
	if statsErr == nil {
		a.metrics.Health.Queue(stats.Waiting, stats.Parked, stats.Oldest, now)
	}
	moves := a.outboxMoves(ctx, now, held)
	h := &a.health
	h.mu.Lock()
	h.looked, h.lookedAt = true, now
	h.store = errors.Join(present, err, heldErr, statsErr)
	switch {
	case h.store == nil:
		h.unwritable = time.Time{}
	case h.unwritable.IsZero():
		h.unwritable = now
	}
	h.over = h.over || a.store.Err() != nil
	h.hold, h.held = hold, held
	h.outbox = moves
	writable := h.store == nil
	h.mu.Unlock()
	a.metrics.Health.Store(writable, held)
	a.metrics.Health.Ready(len(h.faults()) == 0)
}

// outboxMoves tells whether what could be sent is being sent.
func (a *App) outboxMoves(ctx context.Context, now time.Time, held bool) error {
	if held {
		return nil
	}
	last, err := a.outbox.Health()
	switch {
	case err != nil:
		return errors.New("the queue cannot be read")
	case !last.IsZero() && now.Sub(last) > outboxIdle:
		return errors.New("it has not looked at its queue for " + now.Sub(last).Round(time.Second).String())
	}
	due, any, err := a.store.NextDue(ctx)
	switch {
	case err != nil:
		return errors.New("the queue cannot be read")
	case any && now.Sub(due) > outboxBehind:
		return errors.New("something has been due for " + now.Sub(due).Round(time.Second).String())
	}
	return nil
}

// serveHealth answers whether the process is of any use: 503 once the store
// has stopped for good.
func (a *App) serveHealth(w http.ResponseWriter, _ *http.Request) {
	if a.store.Err() != nil {
		answer(w, http.StatusServiceUnavailable, "the store has stopped writing")
		return
	}
	answer(w, http.StatusOK, "ok")
}

// serveReady answers whether events are kept and answers go out.
func (a *App) serveReady(w http.ResponseWriter, _ *http.Request) {
	if faults := a.health.faults(); len(faults) > 0 {
		answer(w, http.StatusServiceUnavailable, strings.Join(faults, "\n"))
		return
	}
	answer(w, http.StatusOK, strings.Join(append([]string{"ready"}, a.health.notes(time.Now())...), "\n"))
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // whoever asked may have gone
}
