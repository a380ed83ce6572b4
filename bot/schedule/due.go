package schedule

import (
	"context"
	"errors"
	"time"

	"mimamori.example/mimamori/storage"
)

// mostSteps bounds how many steps one council gets before the others have
// their turn.
const mostSteps = 20

// duePass lets every council do what is due. One that fails does not keep the
// others from theirs; while the store is held nobody is reminded of anything.
func (s *Schedule) duePass(ctx context.Context, now time.Time) (r report) {
	if s.o.Due == nil {
		return r
	}
	held, err := s.held(ctx)
	if err != nil {
		return s.failure(r, "held", "", err)
	}
	if held {
		return r
	}
	for _, council := range s.o.Councils() {
		for n := 1; ctx.Err() == nil; n++ {
			next, err := s.dueStep(ctx, council, now)
			if err != nil {
				r = s.failure(r, "due", council, err)
				break
			}
			if next.IsZero() || next.After(now) {
				r.sooner(next)
				break
			}
			if n == mostSteps {
				r.more = true
				break
			}
		}
	}
	return r
}

func (s *Schedule) dueStep(ctx context.Context, council string, now time.Time) (time.Time, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.StepTimeout)
	defer cancel()
	return s.o.Due(ctx, council, now)
}

func (s *Schedule) held(ctx context.Context) (bool, error) {
	_, held, err := s.o.Store.Held(ctx)
	return held, err
}

// failure adds an error to a report.
func (s *Schedule) failure(r report, what, council string, err error) report {
	if errors.Is(err, storage.ErrClosed) {
		r.fatal = err
		return r
	}
	if !errors.Is(err, context.Canceled) {
		s.trouble(what, council, err)
	}
	r.failed = true
	return r
}
