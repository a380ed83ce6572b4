package bolt

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"mimamori.example/mimamori/storage"
)

// The functions of a batch see each other's items, kept ones only, before
// anything is committed.
func TestQueuedInBatch(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "db"), Options{})
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
	b, err := s.begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
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
		{"settled and back", "c", put("old"), nil},
		{"back already", "c", put("old"), storage.ErrInvalid},
	} {
		err, broken := b.Do(t.Context(), step.council, step.fn)
		if broken != nil || !errors.Is(err, step.want) {
			t.Errorf("%s: got %v, %v, want %v", step.what, err, broken, step.want)
		}
	}
	if err := errors.Join(b.Commit(), s.Check(t.Context())); err != nil {
		t.Error(err)
	}
	if st := s.schedule.stats(); st.Waiting["l"] != 3 {
		t.Errorf("%d items wait, want 3", st.Waiting["l"])
	}
	if err := s.Close(); err != nil {
		t.Error(err)
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
