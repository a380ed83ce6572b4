package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// Entry is one job of a council's calendar.
type Entry struct {
	Job  string // its name, which never changes
	Rule Rule
	// Window is how late a tick may still begin. What is older is skipped.
	Window time.Duration
	Work   Work
	// Quiet: a skipped tick is not worth telling anybody (housekeeping).
	Quiet bool
}

// Work is what a job does. Both run inside a transaction, may run more than
// once for one step of which one is kept, and touch at most 1,000 documents.
type Work interface {
	// Begin fixes what the work needs to know for all its steps, as the tick
	// comes; false when there is nothing to do.
	Begin(tx storage.Tx, planned, now time.Time) (data json.RawMessage, ok bool, err error)
	// Step works on from j.Cursor, moves it, adds to j.Count, and tells whether
	// that was all.
	Step(tx storage.Tx, j *Job, now time.Time) (done bool, err error)
}

// Poster puts messages into the outbox within a transaction.
type Poster interface {
	Put(tx storage.Tx, now time.Time, out ...message.Outgoing) error
}

// Hooks hear what somebody should be told, inside the transaction that puts it
// on record; what they return is posted in it.
type Hooks interface {
	// Skipped: these ticks of a job came while the program was down, and are too
	// old to be made up for.
	Skipped(tx storage.Tx, job string, planned []time.Time, now time.Time) ([]message.Outgoing, error)
	// Ended: a job is through (Done) or was given up.
	Ended(tx storage.Tx, j Job, now time.Time) ([]message.Outgoing, error)
}

// Observer counts, for metrics. It is called after the commit.
type Observer interface {
	// Tick: a planned time has come; state as in Tick.
	Tick(council, job, state string, planned time.Time)
	// Trouble: something failed and will be tried again: tick, step, due.
	Trouble(what string)
}

type unseen struct{}

func (unseen) Tick(string, string, string, time.Time) {}
func (unseen) Trouble(string)                         {}

// DueStep does one bounded step of what is due in a council, in a transaction
// of its own, and tells when to come again: at once (a time not after now), at
// a time, or, by the zero time, only after Wake.
type DueStep func(ctx context.Context, council string, now time.Time) (next time.Time, err error)

// Options are what a Schedule works with. Store, Clock, Councils are needed.
type Options struct {
	Store    storage.Store
	Clock    clock.Clock
	Councils func() []string
	// Entries is a council's calendar.
	Entries func(council string) []Entry
	// Due is called for every council whenever something may be due.
	Due      DueStep
	Hooks    Hooks  // nil: nobody is told
	Post     Poster // needed with Hooks
	Log      *slog.Logger
	Observer Observer
	// StepTimeout bounds one step, default 10 s.
	StepTimeout time.Duration
}

// Schedule runs calendars and whatever is due. One Run at a time; several
// processes may each run one on the same store.
type Schedule struct {
	o        Options
	calendar *beat
	due      *beat
	standing *standing
}

// New makes a Schedule. It panics when something needed is missing.
func New(o Options) *Schedule {
	if o.Store == nil || o.Clock == nil || o.Councils == nil || o.Hooks != nil && o.Post == nil {
		panic("schedule: Options lack Store, Clock, Councils, or Post for Hooks")
	}
	if o.Entries == nil {
		o.Entries = func(string) []Entry { return nil }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = unseen{}
	}
	if o.StepTimeout <= 0 {
		o.StepTimeout = 10 * time.Second
	}
	s := &Schedule{o: o, standing: newStanding()}
	s.calendar = newBeat(o.Clock, s.calendarPass)
	s.due = newBeat(o.Clock, s.duePass)
	return s
}

// Run works until ctx ends; the step under way is finished first. It returns
// nil then, and storage.ErrClosed when the store has stopped.
func (s *Schedule) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i, b := range []*beat{s.calendar, s.due} {
		both.Go(func() {
			defer cancel() // one without the other is of no use
			errs[i] = b.run(ctx)
		})
	}
	both.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("schedule: %w", err)
		}
	}
	return nil
}

// Wake lets what is due be looked at soon: it may be due earlier than it was.
// It never waits, and however often it is called costs little.
func (s *Schedule) Wake() { signal(s.due.wake) }

// Idle waits until nothing is left to do at the clock's time. It needs a
// running Run, and does not return before ctx ends while something keeps
// failing.
func (s *Schedule) Idle(ctx context.Context) error {
	if err := s.calendar.idle(ctx); err != nil {
		return err
	}
	return s.due.idle(ctx)
}

// update runs one step. A step that has begun is not broken off by stopping.
func (s *Schedule) update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.StepTimeout)
	defer cancel()
	return s.o.Store.Update(ctx, council, fn)
}

func (s *Schedule) view(ctx context.Context, council string, fn func(storage.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.StepTimeout)
	defer cancel()
	return s.o.Store.View(ctx, council, fn)
}

// post queues what a hook wants said.
func (s *Schedule) post(tx storage.Tx, now time.Time) func([]message.Outgoing, error) error {
	return func(out []message.Outgoing, err error) error {
		if err != nil || len(out) == 0 {
			return err
		}
		return s.o.Post.Put(tx, now, out...)
	}
}

func (s *Schedule) trouble(what, council string, err error) {
	s.o.Observer.Trouble(what)
	s.o.Log.Error("schedule: "+what, slog.String("council", council), slog.Any("error", err))
}
