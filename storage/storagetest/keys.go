package storagetest

import (
	"fmt"
	"time"

	"mimamori.example/mimamori/storage"
)

func once(tx storage.Tx, at time.Time, key string, want bool) error {
	first, err := tx.Once(at, key)
	if err != nil || first != want {
		return mismatch(err, "Once(%v, %q) = %v", at, key, first)
	}
	return nil
}

var keyTests = []test{
	{"once", func(e *env) {
		e.update("c", func(tx storage.Tx) error {
			if err := once(tx, base, "k", true); err != nil {
				return err
			}
			return once(tx, base, "k", false) // within the transaction, too
		})
		e.reopen()
		e.update("c", func(tx storage.Tx) error {
			if err := once(tx, base.In(time.FixedZone("JST", 9*3600)), "k", false); err != nil {
				return err
			}
			if err := once(tx, base, "K", true); err != nil {
				return err
			}
			if err := once(tx, at(1), "k", true); err != nil {
				return err
			}
			return once(tx, time.Unix(-1, 0), "k", true)
		})
		err := e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
			if err := once(tx, base, "failed", true); err != nil {
				return err
			}
			return errRefused
		})
		e.wantErr(err, errRefused)
		e.update("c", func(tx storage.Tx) error { return once(tx, base, "failed", true) })
	}},
	{"prune in steps", func(e *env) {
		e.update("c", func(tx storage.Tx) error {
			for i := range 10 {
				if err := once(tx, at(i), fmt.Sprint("k", 9-i), true); err != nil {
					return err
				}
			}
			return nil
		})
		prune := func(before, limit, want int) {
			e.update("c", func(tx storage.Tx) error {
				n, err := tx.PruneOnce(at(before), limit)
				if n != want {
					return mismatch(err, "pruned %d, want %d", n, want)
				}
				return err
			})
		}
		prune(0, 100, 0)
		prune(7, 4, 4)
		prune(7, 4, 3)
		prune(7, 4, 0)
		e.update("c", func(tx storage.Tx) error {
			for i := range 10 {
				if err := once(tx, at(i), fmt.Sprint("k", 9-i), i < 7); err != nil {
					return err
				}
			}
			return nil
		})
		prune(1000, 1000, 10)
		for _, limit := range []int{0, -1, storage.MaxWrites + 1} {
			err := e.s.Update(e.ctx(), "c", func(tx storage.Tx) error { _, err := tx.PruneOnce(base, limit); return err })
			e.wantErr(err, storage.ErrInvalid)
		}
	}},
	{"sequences", func(e *env) {
		next := func(tx storage.Tx, name string, want uint64) error {
			n, err := tx.Next(name)
			if n != want {
				return mismatch(err, "%s is at %d, want %d", name, n, want)
			}
			return err
		}
		e.update("c", func(tx storage.Tx) error {
			for i := range 3 {
				if err := next(tx, "cases 2027", uint64(i+1)); err != nil {
					return err
				}
			}
			return next(tx, "notices", 1)
		})
		e.wantErr(e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
			if err := next(tx, "cases 2027", 4); err != nil {
				return err
			}
			return errRefused
		}), errRefused)
		e.reopen()
		e.update("c", func(tx storage.Tx) error {
			if err := next(tx, "cases 2027", 4); err != nil { // used again
				return err
			}
			if err := tx.Skip("cases 2027", 100); err != nil {
				return err
			}
			if err := tx.Skip("new", 5); err != nil {
				return err
			}
			if err := tx.Skip("notices", 0); err != nil {
				return err
			}
			return next(tx, "cases 2027", 105)
		})
		e.update("c", func(tx storage.Tx) error {
			if err := next(tx, "new", 6); err != nil {
				return err
			}
			return next(tx, "notices", 2)
		})
		e.wantErr(e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
			return tx.Skip("new", storage.MaxSequence)
		}), storage.ErrInvalid)
	}},
}
