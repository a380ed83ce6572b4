package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/storage"
)

// beginAnew gives the receipt numbers of a store a new mark and returns it: there
// are, or may be, other stores that go on from the same backup. Councils are all
// that the configuration or the store has.
func beginAnew(ctx context.Context, s storage.Store, o Options, councils []string, r council.Restoration) (string, error) {
	kept, err := s.Councils(ctx)
	if err != nil {
		return "", err
	}
	all := slices.Concat(councils, kept)
	slices.Sort(all)
	all = slices.Compact(all)
	var taken []string
	for _, id := range all {
		err := s.View(ctx, id, func(tx storage.Tx) error {
			marks, err := casework.Marks(tx)
			taken = append(taken, marks...)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("council %s: marks of the numbers: %w", id, err)
		}
	}
	random := o.Rand
	if random == nil {
		random = rand.Reader
	}
	for r.Mark == "" || slices.Contains(taken, r.Mark) {
		if r.Mark, err = newMark(random); err != nil {
			return "", err
		}
	}
	for _, id := range all {
		if err := s.Update(ctx, id, func(tx storage.Tx) error { return casework.Restore(tx, r) }); err != nil {
			return "", fmt.Errorf("council %s: mark the numbers: %w", id, err)
		}
	}
	return r.Mark, nil
}

// newMark draws a mark.
func newMark(random io.Reader) (string, error) {
	letters := len(council.MarkLetters)
	var mark []byte
	for b := make([]byte, 1); len(mark) < council.MarkLength; {
		if _, err := io.ReadFull(random, b); err != nil {
			return "", fmt.Errorf("app: no randomness: %w", err)
		}
		if n := int(b[0]); n < 256/letters*letters { // each is as likely
			mark = append(mark, council.MarkLetters[n%letters])
		}
	}
	return string(mark), nil
}

// now is the time by the clock of the options.
func (o Options) now() time.Time {
	if o.Clock == nil {
		return time.Now()
	}
	return o.Clock.Now()
}
