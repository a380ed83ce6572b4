package app

import (
	"context"
	"fmt"
	"time"

	"mimamori.example/mimamori/storage"
)

// unopened is a store that could not be opened for writing. Everything answers
// that it is closed.
type unopened struct{ why error }

func (s unopened) err() error { return fmt.Errorf("%w: %w", storage.ErrClosed, s.why) }

// Update implements storage.Store, as all of these do.
func (s unopened) Update(context.Context, string, func(storage.Tx) error) error { return s.err() }

func (s unopened) View(context.Context, string, func(storage.Tx) error) error { return s.err() }

func (s unopened) Claim(context.Context, storage.ClaimRequest) ([]storage.Claim, error) {
	return nil, s.err()
}

func (unopened) Wake() <-chan struct{} { return nil }

func (s unopened) NextDue(context.Context) (time.Time, bool, error) {
	return time.Time{}, false, s.err()
}

func (s unopened) QueueStats(context.Context, time.Time) (storage.QueueStats, error) {
	return storage.QueueStats{}, s.err()
}

func (s unopened) Hasten(context.Context, string, time.Time, time.Time, int) (int, error) {
	return 0, s.err()
}

func (s unopened) Councils(context.Context) ([]string, error) { return nil, s.err() }

func (s unopened) Held(context.Context) (string, bool, error) { return "", false, s.err() }

func (s unopened) Hold(context.Context, string) error { return s.err() }

func (s unopened) Release(context.Context) error { return s.err() }

func (s unopened) Err() error { return s.why }

func (unopened) Close() error { return nil }
