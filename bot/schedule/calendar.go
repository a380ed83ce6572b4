package schedule

import (
	"context"
	"time"

	"mimamori.example/mimamori/storage"
)

// mostTicks bounds the ticks of a job that one transaction makes up for.
const mostTicks = 50

// calendarPass looks at every council's calendar and takes every job that is
// under way one step further.
func (s *Schedule) calendarPass(ctx context.Context, now time.Time) (r report) {
	held, err := s.held(ctx)
	if err != nil {
		return s.failure(r, "held", "", err)
	}
	for _, council := range s.o.Councils() {
		entries := s.o.Entries(council)
		if ctx.Err() != nil {
			return r
		}
		if held {
			if err := Restore(ctx, s.o.Store, council, entries, now); err != nil {
				r = s.failure(r, "restore", council, err)
			}
			continue
		}
		for _, e := range entries {
			next, err := s.keep(ctx, council, e, now)
			if err != nil {
				r = s.failure(r, "tick", council, err)
				continue
			}
			r.sooner(next)
			r.more = r.more || !next.IsZero() && !next.After(now)
		}
		more, err := s.stepJobs(ctx, council, entries, now)
		if err != nil {
			r = s.failure(r, "step", council, err)
		}
		r.more = r.more || more
	}
	return r
}

// keep brings a job's plan up to date and tells when its next tick is planned.
func (s *Schedule) keep(ctx context.Context, council string, e Entry, now time.Time) (time.Time, error) {
	var p plan
	var known bool
	err := s.view(ctx, council, func(tx storage.Tx) (err error) {
		p, known, err = plans.Get(tx, e.Job)
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	p = p.at(now)
	if known && p.doubtful(now) {
		if at := s.standing.at(council, e.Job, now); at.After(now) {
			return at, nil
		}
	} else {
		s.standing.forget(council, e.Job)
		if known && (p.Next.IsZero() || p.Next.After(now)) && p.Next.Equal(e.Rule.Next(now)) {
			return p.Next, nil
		}
	}
	var made []Tick
	err = s.update(ctx, council, func(tx storage.Tx) (err error) {
		p, made, err = s.tick(tx, e, now)
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	for _, t := range made {
		s.o.Observer.Tick(council, t.Job, t.State, t.Planned)
	}
	return p.Next, nil
}

// tick does within tx what has come since the plan was made. What was promised
// counts, also when the rule has been changed since: a changed rule applies to
// what comes after.
func (s *Schedule) tick(tx storage.Tx, e Entry, now time.Time) (plan, []Tick, error) {
	p, known, err := plans.Get(tx, e.Job)
	if err != nil {
		return p, nil, err
	}
	var made []Tick
	p = p.at(now)
	again := known && p.madeAhead(now)
	switch {
	case again: // what it has passed over may still be made up for
		was := p
		was.Was = nil
		p = plan{Job: e.Job, Next: e.Rule.Next(now.Add(-e.Window - 1)), Was: &was}
	case !known || p.Next.After(now) || p.Next.IsZero():
		p = plan{Job: e.Job, Next: e.Rule.Next(now)}
	}
	p.Made = now
	for !p.Next.IsZero() && !p.Next.After(now) && len(made) < mostTicks {
		t, fresh, err := s.begin(tx, e, p.Next, now, again)
		if err != nil {
			return p, nil, err
		}
		if fresh {
			made = append(made, t)
			if !again {
				p.Was = nil // time goes on
			}
		}
		p.Next = e.Rule.Next(p.Next)
	}
	if err := s.saySkipped(tx, e, made, now); err != nil {
		return p, nil, err
	}
	return p, made, plans.Put(tx, p)
}

// begin writes a tick and the row of its work. A tick that is on record is left
// as it is, unless nothing was made of it by a clock that was ahead; again: only
// such are begun.
func (s *Schedule) begin(tx storage.Tx, e Entry, planned, now time.Time, again bool) (Tick, bool, error) {
	t := Tick{ID: tickID(e.Job, planned), Job: e.Job, Planned: planned, At: now, State: Skipped}
	was, ok, err := ticks.Get(tx, t.ID)
	if err != nil || again && !ok || ok && (was.State == Started || !was.At.After(now.Add(ahead))) {
		return t, false, err
	}
	if now.Sub(planned) <= e.Window {
		data, ok, err := e.Work.Begin(tx, planned.In(Tokyo), now)
		if err != nil {
			return t, false, err
		}
		t.State = Empty
		if ok {
			t.State = Started
			j := Job{ID: t.ID, Name: e.Job, Planned: planned, Data: data, State: Running, Begun: now}
			if err := jobs.Put(tx, j); err != nil {
				return t, false, err
			}
		}
	}
	return t, true, ticks.Put(tx, t)
}

func (s *Schedule) saySkipped(tx storage.Tx, e Entry, made []Tick, now time.Time) error {
	var skipped []time.Time
	for _, t := range made {
		if t.State == Skipped {
			skipped = append(skipped, t.Planned.In(Tokyo))
		}
	}
	if len(skipped) == 0 || e.Quiet || s.o.Hooks == nil {
		return nil
	}
	return s.post(tx, now)(s.o.Hooks.Skipped(tx, e.Job, skipped, now))
}

// Restore marks as done, in a store that was restored or copied, every tick up
// to now and every job under way: the original has done them, or will. A
// running Schedule does so while its store is held; whoever releases a store
// that nothing runs on calls it first.
func Restore(ctx context.Context, store storage.Store, council string, entries []Entry, now time.Time) error {
	var stale bool
	err := store.View(ctx, council, func(tx storage.Tx) error {
		var err error
		stale, err = isStale(tx, entries, now)
		return err
	})
	if err != nil || !stale {
		return err
	}
	return store.Update(ctx, council, func(tx storage.Tx) error {
		for _, e := range entries {
			if err := restorePlan(tx, e, now); err != nil {
				return err
			}
		}
		running, err := runningJobs(tx)
		if err != nil {
			return err
		}
		for _, j := range running {
			j.State, j.Ended = Restored, now
			if err := jobs.Put(tx, j); err != nil {
				return err
			}
		}
		return nil
	})
}

// isStale tells whether Restore has anything to do, which it rarely has.
func isStale(tx storage.Tx, entries []Entry, now time.Time) (bool, error) {
	for _, e := range entries {
		p, known, err := plans.Get(tx, e.Job)
		if err != nil {
			return false, err
		}
		if !known || !p.Next.IsZero() && !p.Next.After(now) {
			return true, nil
		}
	}
	running, err := runningJobs(tx)
	return len(running) > 0, err
}

func restorePlan(tx storage.Tx, e Entry, now time.Time) error {
	p, known, err := plans.Get(tx, e.Job)
	if err != nil {
		return err
	}
	if known && (p.Next.IsZero() || p.Next.After(now)) {
		return nil
	}
	if known {
		// One row says it for all that came in between.
		t := Tick{ID: tickID(e.Job, p.Next), Job: e.Job, Planned: p.Next, At: now, State: Restored}
		if _, ok, err := ticks.Get(tx, t.ID); err != nil {
			return err
		} else if !ok {
			if err := ticks.Put(tx, t); err != nil {
				return err
			}
		}
	}
	return plans.Put(tx, plan{Job: e.Job, Next: e.Rule.Next(now), Made: now})
}
