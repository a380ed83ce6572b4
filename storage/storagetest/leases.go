package storagetest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"mimamori.example/mimamori/storage"
)

// lost runs fn, which must find the lease lost, and checks that nothing changed.
func (e *env) lost(what string, fn func(tx storage.Tx) error) {
	e.Helper()
	before := Dump(e, e.s)
	if err := e.s.Update(e.ctx(), "c", fn); !errors.Is(err, storage.ErrLost) {
		e.Errorf("%s: error %v, want that the lease is lost", what, err)
	}
	if !slices.Equal(before, Dump(e, e.s)) {
		e.Errorf("%s: changed something", what)
	}
}

var leaseTests = []test{
	{"a leased item is not claimed until the lease is over", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "A", "casework", 0))
		first := e.wantClaims(0, 10, "1")[0]
		e.wantNextDue(at(0).Add(lease), true)
		e.wantClaims(29, 10)
		second := e.wantClaims(30, 10, "1")[0]
		if second.Attempts != 2 || second.Lease == first.Lease {
			e.Errorf("claimed again: %+v", second)
		}
		for name, fn := range map[string]func(storage.Tx) error{
			"settle":   func(tx storage.Tx) error { return tx.Settle(first) },
			"amend":    func(tx storage.Tx) error { return tx.Amend(first, []byte("x")) },
			"postpone": func(tx storage.Tx) error { return tx.Postpone(first, at(9), []byte("x")) },
			"park":     func(tx storage.Tx) error { return tx.Park(first, at(9), []byte("x")) },
		} {
			e.lost(name, fn)
		}
		e.settle(second)
		e.lost("settled twice", func(tx storage.Tx) error { return tx.Settle(second) })
		e.wantClaims(30, 10, "2")
	}},
	{"a lease that is over, but taken by nobody, is still good", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0))
		c := e.wantClaims(0, 10, "1")[0]
		e.update("c", func(tx storage.Tx) error { return tx.Amend(c, []byte("late")) })
		e.settle(c)
		e.wantQueued("A")
	}},
	{"amend keeps the lease and the state", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0))
		c := e.wantClaims(0, 10, "1")[0]
		e.update("c", func(tx storage.Tx) error { return tx.Amend(c, []byte("tried")) })
		e.wantClaims(1, 10)
		again := e.wantClaims(30, 10, "1")[0]
		if string(again.State) != "tried" || string(again.Body) != "body of 1" || again.Attempts != 2 {
			e.Errorf("claimed again: %+v", again)
		}
		e.update("c", func(tx storage.Tx) error {
			if err := tx.Amend(again, []byte("tried again")); err != nil {
				return err
			}
			return tx.Settle(again)
		})
		e.wantQueued("A")
	}},
	{"postpone keeps the place", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "A", "casework", 0), item("3", "B", "casework", 0))
		c := e.wantClaims(0, 1, "1")[0]
		e.update("c", func(tx storage.Tx) error { return tx.Postpone(c, at(10), []byte("later")) })
		e.lost("postponed twice", func(tx storage.Tx) error { return tx.Postpone(c, at(20), nil) })
		e.settle(e.wantClaims(9, 10, "3")...)
		e.wantNextDue(at(10), true)
		e.reopen()
		e.wantNextDue(at(10), true)
		e.wantClaims(9, 10)
		c = e.wantClaims(10, 10, "1")[0]
		if string(c.State) != "later" || string(c.Body) != "body of 1" || c.Attempts != 2 || c.Parked {
			e.Errorf("claimed again: %+v", c)
		}
		e.settle(c)
		e.wantClaims(10, 10, "2")
	}},
	{"parked items are passed", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "A", "casework", 1), item("3", "A", "casework", 1))
		c := e.wantClaims(0, 10, "1")[0]
		e.update("c", func(tx storage.Tx) error { return tx.Park(c, at(10), []byte("parked")) })
		e.lost("parked twice", func(tx storage.Tx) error { return tx.Park(c, at(10), nil) })
		e.reopen()
		e.settle(e.wantClaims(1, 10, "2")...)
		both := e.wantClaims(10, 10, "3", "1")
		if p := both[1]; !p.Parked || p.Attempts != 2 || string(p.State) != "parked" || string(p.Body) != "body of 1" {
			e.Errorf("claimed again: %+v", p)
		}
		// Parked stays parked, and never comes to stand in front again.
		e.update("c", func(tx storage.Tx) error { return tx.Postpone(both[1], at(20), []byte("still")) })
		e.settle(both[0])
		e.reopen()
		e.enqueue(item("4", "A", "casework", 12))
		e.settle(e.wantClaims(12, 10, "4")...)
		p := e.wantClaims(20, 10, "1")[0]
		if !p.Parked {
			e.Errorf("no longer parked: %+v", p)
		}
		e.update("c", func(tx storage.Tx) error { return tx.Park(p, at(30), nil) })
		e.settle(e.wantClaims(30, 10, "1")...)
		e.wantQueued("A")
	}},
	{"given back and settled in one commit with other things", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "B", "casework", 0))
		claims := e.claim(at(0), 10)
		e.update("c", func(tx storage.Tx) error {
			if err := tx.Settle(claims[0]); err != nil {
				return err
			}
			if err := tx.Postpone(claims[1], at(3), []byte("x")); err != nil {
				return err
			}
			if err := tx.Settle(claims[0]); !errors.Is(err, storage.ErrLost) {
				return mismatch(err, "settled twice in a transaction")
			}
			if err := tx.Amend(claims[1], nil); !errors.Is(err, storage.ErrLost) {
				return mismatch(err, "amended after it was given back")
			}
			return Things.Put(tx, Thing{ID: "done"})
		})
		e.wantQueued("", claims[1].ID)
		e.wantIDs("c", storage.Query{}, "done")
	}},
	{"of many who act on one claim, one does", func(e *env) {
		for i := range 10 {
			e.enqueue(item(fmt.Sprint(i), "A", "casework", 0))
			c := e.claim(at(100*i), 1)[0]
			ways := []func(tx storage.Tx) error{
				func(tx storage.Tx) error { return tx.Settle(c) },
				func(tx storage.Tx) error { return tx.Postpone(c, at(100*i), nil) },
				func(tx storage.Tx) error { return tx.Park(c, at(100*i), nil) },
			}
			// They gather behind one that takes its time, to share a commit.
			inside, release := make(chan struct{}), make(chan struct{})
			enter := sync.OnceFunc(func() { close(inside) })
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := e.s.Update(e.ctx(), "c", func(storage.Tx) error { enter(); <-release; return nil }); err != nil {
					e.Error(err)
				}
			})
			<-inside
			var mu sync.Mutex
			var started atomic.Int32
			done := 0
			for w := range 9 {
				wg.Go(func() {
					started.Add(1)
					err := e.s.Update(e.ctx(), "c", ways[w%len(ways)])
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						done++
					} else if !errors.Is(err, storage.ErrLost) {
						e.Error(err)
					}
				})
			}
			for started.Load() < 9 {
				runtime.Gosched()
			}
			for range 1000 { // so that they are probably queued
				runtime.Gosched()
			}
			close(release)
			wg.Wait()
			if done != 1 {
				e.Fatalf("%d acted on one claim", done)
			}
			for _, c := range e.claim(at(100*i+50), 10) {
				e.settle(c)
			}
		}
	}},
	{"a restart", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "B", "casework", 1))
		old := e.wantClaims(1, 1, "1")[0]
		e.reopen()
		// An engine may keep leases over a restart or end them with it. Either
		// way the old claim settles only what nobody else has, and the item can
		// be claimed once the lease is over.
		claims := e.claim(at(40), 10)
		if got := claimIDs(claims); len(got) != 2 || !slices.Contains(got, "1") {
			e.Fatalf("claimed after a restart: %q", got)
		}
		e.lost("settled by the earlier run", func(tx storage.Tx) error { return tx.Settle(old) })
		e.settle(claims...)
		e.wantQueued("")
	}},
	{"workers never share an item", func(e *env) {
		const recipients, each = 6, 12
		for i := range each {
			for r := range recipients {
				e.enqueue(item(fmt.Sprintf("%d/%02d", r, i), fmt.Sprint("R", r), "casework", 0))
			}
		}
		var mu sync.Mutex
		seen := map[string][]string{}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { e.work(&mu, seen, recipients*each) })
		}
		wg.Wait()
		for r := range recipients {
			got := seen[fmt.Sprint("R", r)]
			if len(got) != each || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != each {
				e.Errorf("recipient %d was served %q", r, got)
			}
		}
	}},
	{"an expired lease is settled by one of two", func(e *env) {
		for i := range 20 {
			e.enqueue(item(fmt.Sprint(i), "A", "casework", 0))
			c := e.claim(at(0), 1)[0]
			var again []storage.Claim
			var wg sync.WaitGroup
			var err error
			wg.Go(func() { err = e.s.Update(e.ctx(), "c", func(tx storage.Tx) error { return tx.Settle(c) }) })
			wg.Go(func() { again = e.claim(at(60), 1) })
			wg.Wait()
			switch {
			case err == nil && len(again) == 0:
			case errors.Is(err, storage.ErrLost) && len(again) == 1:
				e.settle(again...)
			default:
				e.Fatalf("settling: %v, claimed by another: %q", err, claimIDs(again))
			}
		}
	}},
}

// work claims and settles until total items have been seen by all workers.
func (e *env) work(mu *sync.Mutex, seen map[string][]string, total int) {
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		claims, err := e.s.Claim(e.ctx(), storage.ClaimRequest{Now: at(0), Max: 3, Lease: time.Hour})
		if err != nil {
			e.Error(err)
			return
		}
		for _, c := range claims {
			mu.Lock()
			seen[c.Recipient] = append(seen[c.Recipient], c.ID)
			mu.Unlock()
			if err := e.s.Update(e.ctx(), c.Council, func(tx storage.Tx) error { return tx.Settle(c) }); err != nil {
				e.Error(err)
				return
			}
		}
		mu.Lock()
		n := 0
		for _, ids := range seen {
			n += len(ids)
		}
		mu.Unlock()
		if n >= total {
			return
		}
	}
	e.Error("the workers did not finish")
}
