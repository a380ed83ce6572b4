package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"mimamori.example/mimamori/storage"
)

// The names are such that one begins with the other and a careless key of
// council and id would mix them up.
var councilTests = []test{
	{"councils are apart", func(e *env) {
		names := []string{"a", "a1", "a-b", "ab", "b"}
		for i, c := range names {
			e.update(c, func(tx storage.Tx) error {
				if tx.Council() != c {
					return fmt.Errorf("the transaction is of %q", tx.Council())
				}
				for range i + 1 {
					if _, err := tx.Next("numbers"); err != nil {
						return err
					}
				}
				if first, err := tx.Once(base, "same key"); !first {
					return mismatch(err, "the key of another council was seen")
				}
				if err := Plain.Put(tx, Thing{ID: "same id", Text: c}); err != nil {
					return err
				}
				if err := tx.Enqueue(item("same item", "R", "casework", 0)); err != nil {
					return err
				}
				return Things.Put(tx, Thing{ID: "1" + c, Colour: "red", Text: c})
			})
		}
		for i, c := range names {
			e.wantIDs(c, storage.Query{}, "1"+c)
			e.wantIDs(c, storage.Query{Descending: true}, "1"+c)
			e.wantIDs(c, storage.Equal("colour", "red"), "1"+c)
			e.update(c, func(tx storage.Tx) error {
				d, _, err := Plain.Get(tx, "same id")
				if d.Text != c {
					return mismatch(err, "found the document of %q", d.Text)
				}
				if n, err := tx.Next("numbers"); n != uint64(i+2) {
					return mismatch(err, "the sequence is at %d", n)
				}
				items, err := tx.Queued("", 10)
				if len(items) != 1 {
					return mismatch(err, "%d items", len(items))
				}
				return err
			})
		}
		got, err := e.s.Councils(e.ctx())
		slices.Sort(got)
		want := slices.Sorted(slices.Values(names))
		if !slices.Equal(got, want) {
			e.Errorf("councils %q, %v, want %q", got, err, want)
		}
		if claims := e.claim(at(0), 10); len(claims) != len(names) {
			e.Errorf("%d items claimed, want one of each council", len(claims))
		}
	}},
	{"a claim is of no use in another council", func(e *env) {
		for _, c := range []string{"a", "b"} {
			e.update(c, func(tx storage.Tx) error { return tx.Enqueue(item("same", "R", "casework", 0)) })
		}
		claims := e.claim(at(0), 10)
		for _, c := range claims {
			other := map[string]string{"a": "b", "b": "a"}[c.Council]
			before := Dump(e, e.s)
			disguised := c
			disguised.Council = other
			for name, err := range map[string]error{
				"as it is":  e.s.Update(e.ctx(), other, func(tx storage.Tx) error { return tx.Settle(c) }),
				"disguised": e.s.Update(e.ctx(), other, func(tx storage.Tx) error { return tx.Settle(disguised) }),
			} {
				if !errors.Is(err, storage.ErrInvalid) && !errors.Is(err, storage.ErrLost) {
					e.Errorf("settled in another council, %s: %v", name, err)
				}
			}
			if after := Dump(e, e.s); !slices.Equal(before, after) {
				e.Errorf("another council's queue has changed")
			}
		}
	}},
	{"names", func(e *env) {
		for _, bad := range []string{"", " ", "A", "ä", "a b", "a.b", "a/b", "../a", "a\x00", "_a", "-a", "a;drop", "a'", strings.Repeat("a", 61)} {
			e.wantErr(e.s.Update(e.ctx(), bad, func(storage.Tx) error { return nil }), storage.ErrInvalid)
			e.wantErr(e.s.View(e.ctx(), bad, func(storage.Tx) error { return nil }), storage.ErrInvalid)
		}
		for _, good := range []string{"a", "0", "a_b-c9", strings.Repeat("a", 60)} {
			e.put(good, Thing{ID: "x"})
		}
	}},
	{"a council nothing is stored of", func(e *env) {
		e.wantIDs("empty", storage.Query{})
		e.update("empty", func(storage.Tx) error { return nil })
		err := e.s.Update(e.ctx(), "empty", func(tx storage.Tx) error {
			if err := everything(tx, "a"); err != nil {
				return err
			}
			return errRefused
		})
		e.wantErr(err, errRefused)
		if got, err := e.s.Councils(e.ctx()); err != nil || len(got) != 0 {
			e.Errorf("councils %q, %v", got, err)
		}
	}},
	{"councils at once", func(e *env) {
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				for j := range 10 {
					err := e.s.Update(e.ctx(), fmt.Sprint("c", i), func(tx storage.Tx) error {
						return everything(tx, fmt.Sprint(j))
					})
					if err != nil {
						e.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for i := range 10 {
			e.wantIDs(fmt.Sprint("c", i), storage.Query{}, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
		}
	}},
}
