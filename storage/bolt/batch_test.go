package bolt

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/storagetest"
)

// Functions see the items of those before them, kept ones only, before anything
// is committed: within a batch, and from one to the next, at whatever moment the
// first of the two is committed.
func TestQueuedInBatches(t *testing.T) {
	const steps = 10
	for first := range steps + 1 { // functions of the first batch
		for then := first; then <= steps; then++ { // functions that have run when it is committed
			t.Run(fmt.Sprint(first, " ", then), func(t *testing.T) { queuedInBatches(t, first, then) })
		}
	}
}

func queuedInBatches(t *testing.T, first, then int) {
	s := open(t, filepath.Join(t.TempDir(), "db"), Options{NoSync: true})
	put := func(id string) func(storage.Tx) error {
		return func(tx storage.Tx) error { return tx.Enqueue(storage.Item{ID: id, Recipient: "R", Lane: "l"}) }
	}
	if err := s.Update(t.Context(), "c", put("old")); err != nil {
		t.Fatal(err)
	}
	claims, err := s.Claim(t.Context(), storage.ClaimRequest{Now: time.Now(), Lease: time.Minute, Max: 1})
	if err != nil || len(claims) != 1 {
		t.Fatalf("%d claims, %v", len(claims), err)
	}
	refused := errors.New("refused")
	one, err := s.begin(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, another := one, storage.Overlapping(nil)
	for i, step := range []struct {
		what, council string
		fn            func(storage.Tx) error
		want          error
	}{
		{"committed before", "c", put("old"), storage.ErrInvalid},
		{"of another council", "d", put("old"), nil},
		{"not kept", "c", func(tx storage.Tx) error { return errors.Join(put("new")(tx), refused) }, refused},
		{"new", "c", put("new"), nil},
		{"new again", "c", put("new"), storage.ErrInvalid},
		{"settled, not kept", "c", func(tx storage.Tx) error { return errors.Join(tx.Settle(claims[0]), refused) }, refused},
		{"still there", "c", put("old"), storage.ErrInvalid},
		{"settled", "c", func(tx storage.Tx) error { return tx.Settle(claims[0]) }, nil},
		{"settled before", "c", func(tx storage.Tx) error { return tx.Settle(claims[0]) }, storage.ErrLost},
		{"settled and back", "c", put("old"), nil},
		{"back already", "c", put("old"), storage.ErrInvalid},
	} {
		if i == first {
			if another, err = s.begin(one); err != nil {
				t.Fatal(err)
			}
			b = another
		}
		if i == then {
			if i%2 == 0 {
				b.Rest()
			}
			if err := one.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		err, broken := b.Do(t.Context(), step.council, step.fn)
		if broken != nil || !errors.Is(err, step.want) {
			t.Errorf("%s: got %v, %v, want %v", step.what, err, broken, step.want)
		}
	}
	if err := errors.Join(another.Commit(), s.Check(t.Context())); err != nil {
		t.Error(err)
	}
	if st := s.schedule.stats(); st.Waiting["l"] != 3 {
		t.Errorf("%d items wait, want 3", st.Waiting["l"])
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A scan meets what is in the snapshot, what the batch before wrote and what
// this one wrote, each key once and as it was written last.
func TestScanInBatches(t *testing.T) {
	for _, committed := range []bool{false, true} {
		s := open(t, filepath.Join(t.TempDir(), "db"), Options{NoSync: true})
		write := func(put string, gone ...string) func(storage.Tx) error {
			return func(tx storage.Tx) error {
				for _, c := range put {
					if err := storagetest.Things.Put(tx, doc{ID: string(c), Colour: put}); err != nil {
						return err
					}
				}
				for _, id := range gone {
					if err := storagetest.Things.Delete(tx, id); err != nil {
						return err
					}
				}
				return nil
			}
		}
		if err := s.Update(t.Context(), "c", write("abcde")); err != nil {
			t.Fatal(err)
		}
		one, err := s.begin(nil)
		if err != nil {
			t.Fatal(err)
		}
		do := func(b storage.Batch, fn func(storage.Tx) error) {
			t.Helper()
			if err, broken := b.Do(t.Context(), "c", fn); err != nil || broken != nil {
				t.Fatal(err, broken)
			}
		}
		do(one, write("bfg", "c"))
		do(one, write("h", "g"))
		another, err := s.begin(one)
		if err != nil {
			t.Fatal(err)
		}
		do(another, write("ci", "b", "f"))
		if committed {
			if err := one.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		look := func(tx storage.Tx) error {
			for _, q := range []storage.Query{{}, {Descending: true}, {Index: "colour"}} {
				got := ""
				for d, err := range storagetest.Things.Scan(tx, q) {
					if err != nil {
						return err
					}
					got += d.ID + ":" + d.Colour + " "
				}
				want := map[bool]string{false: "a:abcde c:ci d:abcde e:k h:h i:ci ", true: "i:ci h:h e:k d:abcde c:ci a:abcde "}[q.Descending]
				if q.Index != "" {
					want = "a:abcde d:abcde c:ci i:ci h:h e:k "
				}
				if got != want {
					t.Errorf("%+v, committed %v: got %q, want %q", q, committed, got, want)
				}
			}
			return nil
		}
		do(another, func(tx storage.Tx) error {
			return errors.Join(storagetest.Things.Put(tx, doc{ID: "e", Colour: "k"}), look(tx))
		})
		do(another, look)
		if !committed {
			err = one.Commit()
		}
		if err := errors.Join(err, another.Commit(), s.View(t.Context(), "c", look), s.Check(t.Context()), s.Close()); err != nil {
			t.Error(err)
		}
	}
}

// Pages of a table that is written in order are left nearly full, in every
// transaction and not only in the one that made the table.
func TestOrderedPagesAreFull(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "db"), Options{NoSync: true})
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	for range 100 {
		err := s.Update(t.Context(), "c", func(tx storage.Tx) error {
			for range 50 {
				at = at.Add(time.Second)
				if _, err := tx.Once(at, "an event's id of usual length"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := s.db.View(func(tx *bbolt.Tx) error {
		st := tx.Bucket(bucketCouncils).Bucket([]byte("c")).Bucket([]byte("once")).Stats()
		if st.LeafInuse*100 < st.LeafAlloc*80 {
			t.Errorf("%d of %d bytes are used", st.LeafInuse, st.LeafAlloc)
		}
		return nil
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
}

// A claim that the batch before gives back is lost, however often a function
// asks, and whatever moment of that batch's commit it asks at.
func TestLostWhileCommitting(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "db"), Options{NoSync: true})
	err := s.Update(t.Context(), "c", func(tx storage.Tx) error {
		return tx.Enqueue(storage.Item{ID: "i", Recipient: "R", Lane: "l"})
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := s.Claim(t.Context(), storage.ClaimRequest{Now: time.Now(), Lease: time.Minute, Max: 1})
	if err != nil || len(claims) != 1 {
		t.Fatalf("%d claims, %v", len(claims), err)
	}
	one, err := s.begin(nil)
	if err != nil {
		t.Fatal(err)
	}
	postpone := func(tx storage.Tx) error { return tx.Postpone(claims[0], time.Now(), nil) }
	if err, broken := one.Do(t.Context(), "c", postpone); err != nil || broken != nil {
		t.Fatal(err, broken)
	}
	another, err := s.begin(one)
	if err != nil {
		t.Fatal(err)
	}
	committed := make(chan error, 1)
	err, broken := another.Do(t.Context(), "c", func(tx storage.Tx) error {
		for i := range 100 {
			if err := tx.Settle(claims[0]); !errors.Is(err, storage.ErrLost) {
				return fmt.Errorf("time %d: not lost, but %w", i, err)
			}
			if i == 0 {
				go func() { committed <- one.Commit() }()
			}
		}
		return nil
	})
	if err := errors.Join(err, broken, <-committed, another.Commit()); err != nil {
		t.Error(err)
	}
	claims, err = s.Claim(t.Context(), storage.ClaimRequest{Now: time.Now(), Lease: time.Minute, Max: 1})
	if err != nil || len(claims) != 1 {
		t.Errorf("given back, but %d can be claimed, %v", len(claims), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
