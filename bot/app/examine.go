package app

import (
	"context"
	"time"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/storage"
)

// examineAt is when the whole store is read: at night, when few are awake.
const examineAt = 3 * time.Hour

// examine reads the whole store each night. What it finds stops the store, and
// watch does the rest.
func (a *App) examine(ctx context.Context) error {
	s, is := a.store.(storage.Watched)
	if !is {
		return nil
	}
	for {
		now := a.o.Clock.Now()
		select {
		case <-ctx.Done():
			return nil
		case <-a.o.Clock.After(nextExamination(now).Sub(now)):
		}
		if err := s.Examine(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			a.log.ErrorContext(ctx, "the nightly look through the store failed", "error", err)
			a.lookSoon()
			continue
		}
		a.log.InfoContext(ctx, "the whole store was read and is sound")
	}
}

func nextExamination(now time.Time) time.Time {
	now = now.In(config.Tokyo)
	y, m, d := now.Date()
	next := time.Date(y, m, d, 0, 0, 0, 0, config.Tokyo).Add(examineAt)
	if !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}
