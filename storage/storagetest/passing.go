package storagetest

import (
	"slices"
	"time"

	"mimamori.example/mimamori/storage"
)

// passer is an item that passes those in front of it once they yield.
func passer(id, recipient string, due int) storage.Item {
	it := item(id, recipient, "casework", due)
	it.Passes = true
	return it
}

func (e *env) give(c storage.Claim, how func(storage.Tx, storage.Claim, time.Time, []byte) error, due int) {
	e.Helper()
	e.update(c.Council, func(tx storage.Tx) error { return how(tx, c, at(due), nil) })
}

func yield(tx storage.Tx, c storage.Claim, due time.Time, state []byte) error {
	return tx.Yield(c, due, state)
}

func park(tx storage.Tx, c storage.Claim, due time.Time, state []byte) error {
	return tx.Park(c, due, state)
}

func postpone(tx storage.Tx, c storage.Claim, due time.Time, state []byte) error {
	return tx.Postpone(c, due, state)
}

// hasten brings forward, in council c, what is due before 300, and compares how
// many.
func (e *env) hasten(due, limit, want int) {
	e.Helper()
	n, err := e.s.Hasten(e.ctx(), "c", at(due), at(300), limit)
	if err != nil || n != want {
		e.Fatalf("hastened %d, %v, want %d", n, err, want)
	}
}

// farClaim claims with a bound of 100 s on how far ahead a due time can be.
func (e *env) farClaim(now int, want ...string) []storage.Claim {
	e.Helper()
	claims, err := e.s.Claim(e.ctx(), storage.ClaimRequest{Now: at(now), Max: 10, Lease: lease, Furthest: 100 * time.Second})
	if got := claimIDs(claims); err != nil || !slices.Equal(got, want) {
		e.Fatalf("claimed %q, %v, want %q", got, err, want)
	}
	return claims
}

func takeAll(storage.Item) bool { return true }

// take removes parked items of A, and compares their ids.
func (e *env) take(limit int, want func(storage.Item) bool, ids ...string) {
	e.Helper()
	var got []string
	e.update("c", func(tx storage.Tx) error {
		items, err := tx.Take("A", "casework", limit, want)
		got = nil
		for _, it := range items {
			got = append(got, it.ID)
		}
		return err
	})
	if !slices.Equal(got, ids) {
		e.Fatalf("took %q, want %q", got, ids)
	}
}

var passingTests = []test{
	{"what passes waits for a first that has not yielded", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), passer("2", "A", 0))
		c := e.wantClaims(0, 10, "1")[0]
		e.give(c, postpone, 50)
		e.wantClaims(10, 10)
		e.settle(e.wantClaims(50, 10, "1")...)
		e.settle(e.wantClaims(50, 10, "2")...)
	}},
	{"what passes does not wait for a first that yields, the others do", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "A", "casework", 0), passer("3", "A", 0))
		e.give(e.wantClaims(0, 10, "1")[0], yield, 50)
		e.wantNextDue(at(0), true)
		e.settle(e.wantClaims(1, 10, "3")...)
		e.enqueue(passer("4", "A", 2), item("5", "A", "casework", 2))
		e.wantClaims(2, 10, "4") // also while the first is under way again
		e.settle(e.wantClaims(50, 10, "4", "1")...)
		e.settle(e.wantClaims(50, 10, "2")...)
		e.settle(e.wantClaims(50, 10, "5")...)
	}},
	{"those that pass keep their order, unless one of them yields", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), passer("2", "A", 0), passer("3", "A", 0))
		e.give(e.wantClaims(0, 10, "1")[0], yield, 50)
		second := e.wantClaims(1, 10, "2")[0]
		e.wantClaims(1, 10)
		e.give(second, yield, 60)
		third := e.wantClaims(1, 10, "3")[0]
		e.enqueue(passer("4", "A", 1))
		e.wantClaims(2, 10)
		e.settle(third)
		e.settle(e.wantClaims(2, 10, "4")...)
		e.settle(e.wantClaims(60, 10, "1", "2")...)
		e.wantNextDue(at(0), false)
	}},
	{"one that yields and passes lets others by, and is parked like others", func(e *env) {
		e.enqueue(passer("1", "A", 0), passer("2", "A", 0), item("3", "A", "casework", 0))
		e.give(e.wantClaims(0, 10, "1")[0], yield, 20)
		e.settle(e.wantClaims(1, 10, "2")...)
		e.give(e.wantClaims(20, 10, "1")[0], park, 40)
		e.settle(e.wantClaims(21, 10, "3")...)
		c := e.wantClaims(40, 10, "1")[0]
		if !c.Parked || !c.Passes {
			e.Errorf("claimed %+v", c)
		}
	}},
	{"yielding is remembered", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0))
		e.give(e.wantClaims(0, 10, "1")[0], yield, 50)
		e.reopen()
		e.enqueue(passer("2", "A", 0))
		e.reopen()
		e.settle(e.wantClaims(1, 10, "2")...)
		e.give(e.wantClaims(50, 10, "1")[0], postpone, 90)
		e.enqueue(passer("3", "A", 0))
		e.wantClaims(51, 10, "3") // what has yielded once goes on doing so
	}},
	{"another recipient, lane or council is not passed to", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("b", "B", "casework", 0), item("n", "A", "notice", 0))
		e.enqueue(passer("b2", "B", 0))
		claims := e.wantClaims(0, 10, "1", "b", "n")
		e.give(claims[0], yield, 50)
		e.wantClaims(1, 10)
	}},
	{"hastened items are due, those first that are due soonest", func(e *env) {
		e.enqueue(item("1", "A", "casework", 30), item("2", "B", "casework", 20), item("3", "C", "notice", 40), item("4", "D", "casework", 500))
		e.update("other", func(tx storage.Tx) error { return tx.Enqueue(item("o", "A", "casework", 25)) })
		e.hasten(10, 2, 2)
		e.wantNextDue(at(10), true)
		e.wantClaims(9, 10)
		e.settle(e.wantClaims(10, 10, "1", "2")...)
		e.hasten(10, 10, 1)
		e.hasten(10, 10, 0)
		e.settle(e.wantClaims(10, 10, "3")...)
		e.wantClaims(499, 10, "o")
	}},
	{"what is claimed, or due already, is not hastened", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "B", "casework", 5))
		e.wantClaims(0, 10, "1")
		e.hasten(6, 10, 0)
		e.wantClaims(6, 10, "2")
	}},
	{"parked items are hastened", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0))
		e.give(e.wantClaims(0, 10, "1")[0], park, 200)
		e.hasten(3, 10, 1)
		c := e.wantClaims(3, 10, "1")[0]
		e.settle(c)
	}},
	{"what is due too far ahead is due when the clock goes back", func(e *env) {
		e.farClaim(32_400)
		e.enqueue(item("1", "A", "casework", 32_400))
		e.give(e.farClaim(32_400, "1")[0], yield, 32_430)
		e.enqueue(item("2", "B", "casework", 90))
		e.give(e.farClaim(1, "1")[0], yield, 50)
		e.farClaim(2)
		e.farClaim(50, "1")
	}},
	{"what is due too far ahead is found by a store that is opened, and now and then", func(e *env) {
		e.enqueue(item("1", "A", "casework", 32_400))
		e.reopen()
		e.farClaim(0, "1")
		e.enqueue(item("2", "B", "casework", 32_400))
		e.farClaim(1)
		e.farClaim(15, "2")
	}},
	{"a lease from a clock that was ahead ends", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0))
		e.farClaim(32_400, "1")
		e.farClaim(0)
		c := e.farClaim(30, "1")[0]
		e.settle(c)
	}},
	{"without a bound nothing is drawn in", func(e *env) {
		e.enqueue(item("1", "A", "casework", 32_400))
		e.wantClaims(50, 10)
		e.wantClaims(0, 10)
	}},
	{"taken items are gone", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("b", "B", "casework", 0))
		for _, c := range e.wantClaims(0, 10, "1", "b") {
			e.give(c, park, 50)
		}
		e.enqueue(item("2", "A", "casework", 1), item("3", "A", "casework", 1))
		e.give(e.wantClaims(1, 10, "2")[0], park, 60)
		e.take(5, func(it storage.Item) bool { return it.ID == "2" && string(it.Body) == "body of 2" }, "2")
		e.take(5, takeAll, "1")
		e.take(5, takeAll)
		e.wantQueued("A", "3")
		e.reopen()
		e.settle(e.wantClaims(100, 10, "3", "b")...)
	}},
	{"at most so many are taken, the oldest first", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "A", "casework", 0), item("3", "A", "casework", 0))
		for _, id := range []string{"1", "2", "3"} {
			e.give(e.wantClaims(0, 10, id)[0], park, 50)
		}
		e.take(2, takeAll, "1", "2")
		e.wantQueued("A", "3")
	}},
	{"what is claimed is not taken, what waits in line is not either", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "A", "casework", 0))
		e.give(e.wantClaims(0, 10, "1")[0], park, 0)
		e.wantClaims(0, 10, "1", "2")
		e.take(5, takeAll)
	}},
	{"what a failed transaction has taken is still there", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0))
		e.give(e.wantClaims(0, 10, "1")[0], park, 50)
		err := e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
			if items, err := tx.Take("A", "casework", 5, takeAll); err != nil || len(items) != 1 {
				return mismatch(err, "took %d", len(items))
			}
			if items, err := tx.Take("A", "casework", 5, takeAll); err != nil || len(items) != 0 {
				return mismatch(err, "took %d a second time", len(items))
			}
			return errRefused
		})
		e.wantErr(err, errRefused)
		e.settle(e.wantClaims(50, 10, "1")...)
	}},
}
