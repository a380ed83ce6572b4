package app

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// late is a store that gives up on a transaction which then still runs, as its
// contract allows.
type late struct {
	storage.Store
	running sync.WaitGroup
}

var errLate = errors.New("given up")

func (l *late) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	begun := make(chan struct{})
	l.running.Go(func() {
		_ = l.Store.Update(context.WithoutCancel(ctx), council, func(tx storage.Tx) error {
			close(begun)
			return fn(tx)
		})
	})
	<-begun
	return errLate
}

// The race detector watches: what the transaction sets is not read when it was
// given up.
func TestDueGivenUp(t *testing.T) {
	f := newFrame(t, func(_ *config.Config, o *Options) { o.Join, o.Clock = nil, clock.System{} })
	f.run(t, func(ctx context.Context) {
		house := House{Config: f.config, Clock: f.o.Clock}
		words, err := Catalog(&f.config.Councils[0])
		if err != nil {
			t.Fatal(err)
		}
		desk := &casework.Desk{Settings: settings(&f.config.Councils[0]), Catalog: words, NewID: newID(rand.Reader)}
		now := f.o.Clock.Now()
		if err := f.Store().Update(ctx, "minato", func(tx storage.Tx) error {
			return records.Talks.Put(tx, records.Talk{User: alice, Kept: "x", KeptAt: now.Add(-time.Hour), Due: now.Add(-time.Minute)})
		}); err != nil {
			t.Fatal(err)
		}
		l := &late{Store: f.Store()}
		house.Store = l
		next, err := due(ctx, house, "minato", desk, now)
		l.running.Wait()
		if !errors.Is(err, errLate) || !next.IsZero() {
			t.Errorf("%v, %v", next, err)
		}
	})
}
