package schedule

import (
	"context"
	"errors"
	"slices"
	"time"

	"mimamori.example/mimamori/storage"
)

const (
	mostJobs = 50 // under way in one council; the rest waits
	// giveUpAfter is how long a job may be under way and failing.
	giveUpAfter = 24 * time.Hour
)

// runningJobs lists what is under way, the oldest first.
func runningJobs(tx storage.Tx) ([]Job, error) {
	var all []Job
	for j, err := range jobs.Scan(tx, storage.Query{Index: byRunning, Limit: mostJobs}) {
		if err != nil {
			return nil, err
		}
		all = append(all, j)
	}
	return all, nil
}

// stepJobs takes each job of a council one step further. Several processes may
// do so at once: each step begins from the cursor as it is then.
func (s *Schedule) stepJobs(ctx context.Context, council string, entries []Entry, now time.Time) (more bool, err error) {
	var running []Job
	err = s.view(ctx, council, func(tx storage.Tx) (err error) {
		running, err = runningJobs(tx)
		return err
	})
	if err != nil {
		return false, err
	}
	var faults []error
	for _, j := range running {
		if ctx.Err() != nil {
			break
		}
		i := slices.IndexFunc(entries, func(e Entry) bool { return e.Job == j.Name })
		if i < 0 {
			faults = append(faults, s.giveUp(ctx, council, j.ID, now))
			continue
		}
		going, err := s.stepJob(ctx, council, entries[i].Work, j.ID, now)
		if err != nil && now.Sub(j.Begun) > giveUpAfter && !errors.Is(err, storage.ErrClosed) {
			err = errors.Join(err, s.giveUp(ctx, council, j.ID, now))
		}
		faults = append(faults, err)
		more = more || going
	}
	return more, errors.Join(faults...)
}

func (s *Schedule) stepJob(ctx context.Context, council string, work Work, id string, now time.Time) (going bool, err error) {
	err = s.update(ctx, council, func(tx storage.Tx) error {
		going = false
		j, ok, err := jobs.Get(tx, id)
		if err != nil || !ok || j.State != Running {
			return err
		}
		done, err := work.Step(tx, &j, now)
		if err != nil {
			return err
		}
		j.Steps++
		if done {
			return s.end(tx, j, Done, now)
		}
		going = true
		return jobs.Put(tx, j)
	})
	if err != nil {
		return false, err
	}
	return going, nil
}

func (s *Schedule) giveUp(ctx context.Context, council, id string, now time.Time) error {
	return s.update(ctx, council, func(tx storage.Tx) error {
		j, ok, err := jobs.Get(tx, id)
		if err != nil || !ok || j.State != Running {
			return err
		}
		return s.end(tx, j, GivenUp, now)
	})
}

func (s *Schedule) end(tx storage.Tx, j Job, state string, now time.Time) error {
	j.State, j.Ended = state, now
	if err := jobs.Put(tx, j); err != nil {
		return err
	}
	if s.o.Hooks == nil {
		return nil
	}
	return s.post(tx, now)(s.o.Hooks.Ended(tx, j, now))
}
