package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"mimamori.example/mimamori/storage"
)

func goexit() { runtime.Goexit() }

var isolationTests = []test{
	{"no anomalies", func(e *env) {
		stores := []storage.Store{e.s}
		if e.db.Shared() {
			second := e.db.Open(e, Definitions())
			stores = append(stores, second)
			defer func() {
				if err := second.Close(); err != nil {
					e.Error(err)
				}
			}()
		}
		found, err := Anomalies(e.ctx(), stores...)
		if err != nil {
			e.Fatal(err)
		}
		for _, a := range found {
			e.Error(a)
		}
	}},
	{"counters under load", func(e *env) {
		const workers, rounds = 8, 25
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range rounds {
					err := e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
						d, _, err := Things.Get(tx, "counter")
						if err != nil {
							return err
						}
						d.ID, d.N = "counter", d.N+1
						return Things.Put(tx, d)
					})
					if err != nil {
						e.Error(err)
					}
				}
			})
		}
		wg.Wait()
		e.view("c", func(tx storage.Tx) error {
			d, _, err := Things.Get(tx, "counter")
			if d.N != workers*rounds {
				err = mismatch(err, "the counter stands at %d, want %d", d.N, workers*rounds)
			}
			return err
		})
	}},
}

// patience is how long a transaction waits for the one it could collide with.
// Where transactions exclude each other, it waits in vain.
const patience = 150 * time.Millisecond

// meeting lets two transactions wait for each other, once each, with patience.
type meeting struct {
	mu   sync.Mutex
	here int
	both chan struct{}
}

func newMeeting() *meeting { return &meeting{both: make(chan struct{})} }

func (m *meeting) meet() {
	m.mu.Lock()
	if m.here++; m.here == 2 {
		close(m.both)
	}
	m.mu.Unlock()
	select {
	case <-m.both:
	case <-time.After(patience):
	}
}

// Anomalies runs pairs of transactions that collide where Update is not
// serialisable, and tells what went wrong. With two stores on one database each
// runs one of the pair. The suite wants none; an engine whose lock has been
// taken away must show all three, or the tests would prove nothing.
func Anomalies(ctx context.Context, stores ...storage.Store) ([]string, error) {
	var found []string
	for _, a := range []struct {
		name string
		run  func(tx storage.Tx, me int, m *meeting) error
		sane func(tx storage.Tx) error
	}{
		{"lost update", lostUpdate, wantN("counter", 2)},
		{"write skew", writeSkew, wantOnDuty},
		{"phantom", phantom, wantOneRed},
	} {
		if err := stores[0].Update(ctx, "anomaly", onDuty); err != nil {
			return found, err
		}
		m := newMeeting()
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for me := range 2 {
			s := stores[me%len(stores)]
			wg.Go(func() {
				errs[me] = s.Update(ctx, "anomaly", func(tx storage.Tx) error { return a.run(tx, me, m) })
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return found, mismatch(err, "%s", a.name)
		}
		if err := stores[0].View(ctx, "anomaly", a.sane); err != nil {
			found = append(found, a.name+": "+err.Error())
		}
	}
	return found, nil
}

func lostUpdate(tx storage.Tx, _ int, m *meeting) error {
	d, _, err := Things.Get(tx, "counter")
	if err != nil {
		return err
	}
	m.meet()
	d.ID, d.N = "counter", d.N+1
	return Things.Put(tx, d)
}

func wantN(id string, n int) func(storage.Tx) error {
	return func(tx storage.Tx) error {
		d, _, err := Things.Get(tx, id)
		if d.N != n {
			err = mismatch(err, "%s stands at %d, want %d", id, d.N, n)
		}
		return err
	}
}

// onDuty puts two on duty, of whom one must stay.
func onDuty(tx storage.Tx) error {
	for _, id := range []string{"duty 0", "duty 1"} {
		if err := Things.Put(tx, Thing{ID: id, Size: "duty", N: 1}); err != nil {
			return err
		}
	}
	return nil
}

func countOnDuty(tx storage.Tx) (int, error) {
	n := 0
	for _, id := range []string{"duty 0", "duty 1"} {
		d, _, err := Things.Get(tx, id)
		if err != nil {
			return 0, err
		}
		n += d.N
	}
	return n, nil
}

// writeSkew goes off duty when the other is on; each writes another document.
func writeSkew(tx storage.Tx, me int, m *meeting) error {
	n, err := countOnDuty(tx)
	if err != nil {
		return err
	}
	m.meet()
	if n < 2 {
		return nil
	}
	return Things.Put(tx, Thing{ID: fmt.Sprint("duty ", me), Size: "duty", N: 0})
}

func wantOnDuty(tx storage.Tx) error {
	n, err := countOnDuty(tx)
	if n != 1 {
		err = mismatch(err, "%d on duty, want 1", n)
	}
	return err
}

// phantom adds a red thing when there is none.
func phantom(tx storage.Tx, me int, m *meeting) error {
	red, err := ids(tx, Things, storage.Equal("colour", "red"))
	if err != nil {
		return err
	}
	m.meet()
	if len(red) > 0 {
		return nil
	}
	return Things.Put(tx, Thing{ID: fmt.Sprint("red ", me), Colour: "red"})
}

func wantOneRed(tx storage.Tx) error {
	red, err := ids(tx, Things, storage.Equal("colour", "red"))
	if len(red) != 1 {
		err = mismatch(err, "red are %q, want one", red)
	}
	return err
}
