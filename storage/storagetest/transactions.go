package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"mimamori.example/mimamori/storage"
)

// base is the time of the tests; at is some seconds later.
var base = time.Date(2027, 4, 1, 9, 0, 0, 123456000, time.UTC)

func at(seconds int) time.Time { return base.Add(time.Duration(seconds) * time.Second) }

var errRefused = errors.New("refused")

// everything writes one of each.
func everything(tx storage.Tx, id string) error {
	if err := Things.Put(tx, Thing{ID: id, Colour: "red"}); err != nil {
		return err
	}
	if _, err := tx.Once(base, "once "+id); err != nil {
		return err
	}
	if _, err := tx.Next("numbers"); err != nil {
		return err
	}
	return tx.Enqueue(storage.Item{ID: "item " + id, Recipient: "R", Lane: "casework", Due: base, Enqueued: base, Body: []byte("x")})
}

var transactionTests = []test{
	{"an error keeps nothing and is returned unchanged", func(e *env) {
		e.update("c", func(tx storage.Tx) error { return everything(tx, "kept") })
		before := Dump(e, e.s)
		err := e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
			if err := everything(tx, "lost"); err != nil {
				return err
			}
			if err := Things.Delete(tx, "kept"); err != nil {
				return err
			}
			return errRefused
		})
		if err != errRefused { //nolint:errorlint // unchanged is what is tested
			e.Fatalf("error %v, want it unchanged", err)
		}
		if after := Dump(e, e.s); fmt.Sprint(after) != fmt.Sprint(before) {
			e.Errorf("kept %q, want %q", after, before)
		}
	}},
	{"one that fails takes nothing of the others with it", func(e *env) {
		var wg sync.WaitGroup
		results := make([]error, 60)
		for i := range results {
			wg.Go(func() {
				results[i] = e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
					if err := everything(tx, fmt.Sprintf("%02d", i)); err != nil {
						return err
					}
					switch i % 3 {
					case 1:
						return errRefused
					case 2:
						panic("a text that must not be told")
					}
					return nil
				})
			})
		}
		wg.Wait()
		for i, err := range results {
			var p *storage.PanicError
			switch {
			case i%3 == 0 && err != nil, i%3 == 1 && !errors.Is(err, errRefused), i%3 == 2 && !errors.As(err, &p):
				e.Errorf("%d: %v", i, err)
			}
		}
		e.view("c", func(tx storage.Tx) error {
			found, err := ids(tx, Things, storage.Equal("colour", "red"))
			items, err2 := tx.Queued("R", 100)
			if len(found) != 20 || len(items) != 20 {
				return mismatch(errors.Join(err, err2), "%d documents and %d items, want 20", len(found), len(items))
			}
			return nil
		})
		e.update("c", func(tx storage.Tx) error {
			if n, err := tx.Next("numbers"); n != 21 || err != nil {
				return mismatch(err, "next is %d", n)
			}
			return nil
		})
	}},
	{"a function that ends its goroutine is answered", func(e *env) {
		var wg sync.WaitGroup
		results := make([]error, 20)
		for i := range results {
			wg.Go(func() {
				results[i] = e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
					if err := everything(tx, fmt.Sprint(i)); err != nil {
						return err
					}
					if i == 7 {
						goexit()
					}
					return nil
				})
			})
		}
		wg.Wait()
		for i, err := range results {
			if (err != nil) != (i == 7) {
				e.Errorf("%d: %v", i, err)
			}
		}
	}},
	{"an invalid write leaves the transaction usable", func(e *env) {
		e.update("c", func(tx storage.Tx) error {
			if err := Things.Put(tx, Thing{ID: "a", Colour: "red"}); err != nil {
				return err
			}
			if err := Things.Put(tx, Thing{}); !errors.Is(err, storage.ErrInvalid) {
				return mismatch(err, "no error")
			}
			if err := tx.Settle(storage.Claim{Council: "c", Item: storage.Item{ID: "x"}}); !errors.Is(err, storage.ErrLost) {
				return mismatch(err, "no error")
			}
			return Things.Put(tx, Thing{ID: "b", Colour: "red"})
		})
		e.wantIDs("c", storage.Query{Index: "colour"}, "a", "b")
	}},
	{"view does not write", func(e *env) {
		e.update("c", func(tx storage.Tx) error { return everything(tx, "a") })
		c := e.claim(at(0), 1)[0]
		for name, fn := range map[string]func(tx storage.Tx) error{
			"put":      func(tx storage.Tx) error { return Things.Put(tx, Thing{ID: "b"}) },
			"delete":   func(tx storage.Tx) error { return Things.Delete(tx, "a") },
			"once":     func(tx storage.Tx) error { _, err := tx.Once(base, "b"); return err },
			"prune":    func(tx storage.Tx) error { _, err := tx.PruneOnce(at(9), 10); return err },
			"next":     func(tx storage.Tx) error { _, err := tx.Next("numbers"); return err },
			"skip":     func(tx storage.Tx) error { return tx.Skip("numbers", 5) },
			"enqueue":  func(tx storage.Tx) error { return tx.Enqueue(item("b", "R", "casework", 0)) },
			"amend":    func(tx storage.Tx) error { return tx.Amend(c, nil) },
			"settle":   func(tx storage.Tx) error { return tx.Settle(c) },
			"postpone": func(tx storage.Tx) error { return tx.Postpone(c, base, nil) },
			"park":     func(tx storage.Tx) error { return tx.Park(c, base, nil) },
		} {
			if err := e.s.View(e.ctx(), "c", fn); !errors.Is(err, storage.ErrReadOnly) {
				e.Errorf("%s in a view: %v", name, err)
			}
		}
		e.wantErr(e.s.View(e.ctx(), "c", func(storage.Tx) error { return errRefused }), errRefused)
	}},
	{"a view is one snapshot", func(e *env) {
		e.put("c", Thing{ID: "1", Colour: "red"}, Thing{ID: "2", Colour: "red"})
		e.view("c", func(tx storage.Tx) error {
			look := func() (string, error) {
				all, err := ids(tx, Things, storage.Query{Index: "colour"})
				if err != nil {
					return "", err
				}
				d, _, err := Things.Get(tx, "1")
				if err != nil {
					return "", err
				}
				items, err := tx.Queued("", 10)
				return fmt.Sprint(all, d, len(items)), err
			}
			before, err := look()
			if err != nil {
				return err
			}
			changed := make(chan error, 1)
			go func() {
				changed <- e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
					if err := Things.Delete(tx, "2"); err != nil {
						return err
					}
					if err := everything(tx, "0"); err != nil {
						return err
					}
					return Things.Put(tx, Thing{ID: "1", Colour: "blue"})
				})
			}()
			if err := <-changed; err != nil {
				return err
			}
			after, err := look()
			if after != before {
				return mismatch(err, "the snapshot has changed from %s to %s", before, after)
			}
			return err
		})
		e.wantIDs("c", storage.Query{Index: "colour"}, "1", "0")
	}},
	{"a transaction is over when its function returns", func(e *env) {
		var old storage.Tx
		e.update("c", func(tx storage.Tx) error { old = tx; return Things.Put(tx, Thing{ID: "a"}) })
		if err := Things.Put(old, Thing{ID: "b"}); err == nil {
			e.Error("put in a transaction that is over")
		}
		if _, _, err := Things.Get(old, "a"); err == nil {
			e.Error("get in a transaction that is over")
		}
		e.view("c", func(tx storage.Tx) error { old = tx; return nil })
		if _, err := ids(old, Things, storage.Query{}); err == nil {
			e.Error("scan in a view that is over")
		}
	}},
	{"a context that has ended", func(e *env) {
		ctx, cancel := context.WithCancel(e.ctx())
		cancel()
		err := e.s.Update(ctx, "c", func(tx storage.Tx) error { return Things.Put(tx, Thing{ID: "a"}) })
		e.wantErr(err, storage.ErrBusy)
		e.wantErr(err, context.Canceled)
		if err := e.s.View(ctx, "c", func(storage.Tx) error { return nil }); err == nil {
			e.Error("a view began after its context had ended")
		}
		e.wantIDs("c", storage.Query{})
	}},
	{"a closed store", func(e *env) {
		e.put("c", Thing{ID: "a"})
		if err := e.s.Close(); err != nil {
			e.Fatal(err)
		}
		e.wantErr(e.s.Update(e.ctx(), "c", func(storage.Tx) error { return nil }), storage.ErrClosed)
		e.wantErr(e.s.View(e.ctx(), "c", func(storage.Tx) error { return nil }), storage.ErrClosed)
		_, err := e.s.Claim(e.ctx(), storage.ClaimRequest{Now: base, Lease: lease, Max: 1})
		e.wantErr(err, storage.ErrClosed)
		_, err = e.s.Councils(e.ctx())
		e.wantErr(err, storage.ErrClosed)
		e.wantErr(e.s.Hold(e.ctx(), "x"), storage.ErrClosed)
		if err := e.s.Close(); err != nil {
			e.Errorf("closed twice: %v", err)
		}
		e.open()
	}},
}
