package storagetest

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"mimamori.example/mimamori/storage"
)

// item is due and enqueued some seconds after base.
func item(id, recipient, lane string, due int) storage.Item {
	return storage.Item{ID: id, Recipient: recipient, Lane: lane, Due: at(due), Enqueued: at(due), Body: []byte("body of " + id)}
}

const lease = 30 * time.Second

// claim claims of all lanes, or of those given.
func (e *env) claim(now time.Time, most int, lanes ...string) []storage.Claim {
	e.Helper()
	claims, err := e.s.Claim(e.ctx(), storage.ClaimRequest{Now: now, Max: most, Lanes: lanes, Lease: lease})
	if err != nil {
		e.Fatalf("claim: %v", err)
	}
	return claims
}

// wantClaims claims and compares the ids, in order.
func (e *env) wantClaims(seconds, most int, want ...string) []storage.Claim {
	e.Helper()
	claims := e.claim(at(seconds), most)
	if got := claimIDs(claims); !slices.Equal(got, want) {
		e.Fatalf("claimed %q, want %q", got, want)
	}
	return claims
}

func claimIDs(claims []storage.Claim) []string {
	var got []string
	for _, c := range claims {
		got = append(got, c.ID)
	}
	return got
}

func (e *env) enqueue(items ...storage.Item) {
	e.Helper()
	e.update("c", func(tx storage.Tx) error {
		for _, it := range items {
			if err := tx.Enqueue(it); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *env) settle(claims ...storage.Claim) {
	e.Helper()
	for _, c := range claims {
		e.update(c.Council, func(tx storage.Tx) error { return tx.Settle(c) })
	}
}

func (e *env) wantNextDue(want time.Time, wantOK bool) {
	e.Helper()
	due, ok, err := e.s.NextDue(e.ctx())
	if err != nil || ok != wantOK || ok && !due.Equal(want) {
		e.Fatalf("next due %v, %v, %v, want %v, %v", due, ok, err, want, wantOK)
	}
}

func (e *env) wantQueued(recipient string, want ...string) {
	e.Helper()
	check := func(tx storage.Tx) error {
		items, err := tx.Queued(recipient, 1000)
		var got []string
		for _, it := range items {
			got = append(got, it.ID)
		}
		if !slices.Equal(got, want) {
			return mismatch(err, "queued for %q are %q, want %q", recipient, got, want)
		}
		return err
	}
	e.view("c", check)
	e.update("c", check)
}

var queueTests = []test{
	{"an item comes back as it was put", func(e *env) {
		want := item("i", "R 見守り", "casework", 5)
		want.Body, want.State = []byte("\x00\xff{\"a\":1}\n"), []byte("\xff\x00")
		want.Enqueued = at(-7)
		e.enqueue(want)
		e.reopen()
		c := e.claim(at(5), 10)[0]
		if c.Council != "c" || c.ID != want.ID || c.Recipient != want.Recipient || c.Lane != want.Lane ||
			!c.Due.Equal(want.Due) || !c.Enqueued.Equal(want.Enqueued) || !bytes.Equal(c.Body, want.Body) || !bytes.Equal(c.State, want.State) ||
			c.Attempts != 1 || c.Parked || c.Lease == "" {
			e.Errorf("claimed %+v", c)
		}
		e.view("c", func(tx storage.Tx) error {
			items, err := tx.Queued("R 見守り", 1)
			if err != nil || len(items) != 1 || !bytes.Equal(items[0].Body, want.Body) || !items[0].Enqueued.Equal(want.Enqueued) {
				return mismatch(err, "queued %+v", items)
			}
			return nil
		})
	}},
	{"order per recipient and lane", func(e *env) {
		e.enqueue(item("a1", "A", "casework", 0), item("a2", "A", "casework", 0), item("b1", "B", "casework", 1))
		e.enqueue(item("a3", "A", "casework", -9)) // due earlier, but last in line
		first := e.wantClaims(1, 10, "a1", "b1")
		e.wantClaims(1, 10)
		e.settle(first[0])
		second := e.wantClaims(1, 10, "a2")
		e.settle(second...)
		e.settle(e.wantClaims(1, 10, "a3")...)
		e.settle(first[1])
		e.wantClaims(99, 10)
		e.wantQueued("")
	}},
	{"lanes are independent", func(e *env) {
		e.enqueue(item("n1", "A", "notice", 0), item("c1", "A", "casework", 1), item("n2", "A", "notice", 0), item("c2", "A", "casework", 2))
		e.wantClaims(2, 10, "n1", "c1")
		e.enqueue(item("x1", "X", "notice", 0), item("y1", "Y", "casework", 0), item("z1", "Z", "other", 0))
		if got := claimIDs(e.claim(at(3), 10, "casework", "unheard_of")); fmt.Sprint(got) != "[y1]" {
			e.Errorf("claimed of casework: %q", got)
		}
		if got := claimIDs(e.claim(at(3), 10, "other", "notice")); len(got) != 2 || slices.Contains(got, "y1") {
			e.Errorf("claimed of two lanes: %q", got)
		}
	}},
	{"due, oldest first, at most so many", func(e *env) {
		for i := range 20 {
			j := (i * 7) % 20
			e.enqueue(item(fmt.Sprintf("%02d", j), fmt.Sprint("R", j), "casework", j))
		}
		e.wantNextDue(at(0), true)
		e.wantClaims(-1, 10)
		e.wantClaims(5, 3, "00", "01", "02")
		e.wantClaims(5, 10, "03", "04", "05")
		e.wantNextDue(at(6), true)
		e.wantClaims(6, 10, "06")
		e.reopen()
		e.wantQueued("R7", "07")
	}},
	{"a head that is not due holds up its lane", func(e *env) {
		e.enqueue(item("1", "A", "casework", 10), item("2", "A", "casework", 0))
		e.wantClaims(5, 10)
		e.wantNextDue(at(10), true)
		e.settle(e.wantClaims(10, 10, "1")...)
		e.wantNextDue(at(0), true)
		e.wantClaims(10, 10, "2")
	}},
	{"the zero time is due at once", func(e *env) {
		e.enqueue(storage.Item{ID: "1", Recipient: "A", Lane: "casework"})
		e.wantClaims(0, 10, "1")
	}},
	{"an id is queued once", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0))
		again := func(tx storage.Tx) error { return tx.Enqueue(item("1", "B", "notice", 0)) }
		e.wantErr(e.s.Update(e.ctx(), "c", again), storage.ErrInvalid)
		e.wantErr(e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
			if err := tx.Enqueue(item("2", "A", "casework", 0)); err != nil {
				return err
			}
			return tx.Enqueue(item("2", "A", "casework", 0))
		}), storage.ErrInvalid)
		e.settle(e.wantClaims(0, 10, "1")...)
		e.update("c", again)
		c := e.wantClaims(0, 10, "1")[0]
		e.update("c", func(tx storage.Tx) error { // out and in again at once
			if err := tx.Settle(c); err != nil {
				return err
			}
			return again(tx)
		})
		e.wantClaims(0, 10, "1")
	}},
	{"enqueued with the transaction or not at all", func(e *env) {
		err := e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
			if err := tx.Enqueue(item("1", "A", "casework", 0)); err != nil {
				return err
			}
			items, err := tx.Queued("A", 10)
			if len(items) != 1 {
				return mismatch(err, "own items %v", items)
			}
			return errRefused
		})
		e.wantErr(err, errRefused)
		e.wantClaims(0, 10)
		e.wantNextDue(time.Time{}, false)
		e.enqueue(item("1", "A", "casework", 0))
		c := e.wantClaims(0, 10, "1")[0]
		err = e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
			if err := tx.Settle(c); err != nil {
				return err
			}
			return errRefused
		})
		e.wantErr(err, errRefused)
		e.wantQueued("A", "1")
		e.settle(c) // the lease is as good as before
		e.wantQueued("A")
	}},
	{"queued", func(e *env) {
		e.enqueue(item("1", "A", "casework", 9), item("2", "AB", "casework", 0), item("3", "A", "notice", 0), item("4", "A", "casework", 0))
		e.wantQueued("A", "1", "3", "4")
		e.wantQueued("AB", "2")
		e.wantQueued("", "1", "2", "3", "4")
		e.wantQueued("nobody")
		e.view("c", func(tx storage.Tx) error {
			items, err := tx.Queued("", 2)
			if len(items) != 2 || items[1].ID != "2" {
				return mismatch(err, "two of all: %v", items)
			}
			return err
		})
		e.wantErr(e.s.View(e.ctx(), "c", func(tx storage.Tx) error { _, err := tx.Queued("", 0); return err }), storage.ErrInvalid)
	}},
	{"bad items and requests", func(e *env) {
		for name, it := range map[string]storage.Item{
			"no id":         {Recipient: "A", Lane: "casework"},
			"no recipient":  {ID: "1", Lane: "casework"},
			"no lane":       {ID: "1", Recipient: "A"},
			"a lane's name": {ID: "1", Recipient: "A", Lane: "Case work"},
			"a large state": {ID: "1", Recipient: "A", Lane: "casework", State: make([]byte, storage.MaxState+1)},
			"a large body":  {ID: "1", Recipient: "A", Lane: "casework", Body: make([]byte, storage.MaxDocument+1)},
		} {
			err := e.s.Update(e.ctx(), "c", func(tx storage.Tx) error { return tx.Enqueue(it) })
			if err == nil {
				e.Errorf("%s: accepted", name)
				continue
			}
			e.wantErr(err, storage.ErrInvalid)
		}
		for _, r := range []storage.ClaimRequest{{Now: base, Lease: lease}, {Now: base, Max: 1}} {
			_, err := e.s.Claim(e.ctx(), r)
			e.wantErr(err, storage.ErrInvalid)
		}
	}},
	{"stats", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0), item("2", "A", "casework", 1), item("3", "B", "notice", 2))
		c := e.wantClaims(0, 1, "1")[0]
		e.update("c", func(tx storage.Tx) error { return tx.Park(c, at(50), nil) })
		e.update("d", func(tx storage.Tx) error { return tx.Enqueue(item("1", "A", "notice", 9)) })
		for range 2 {
			st, err := e.s.QueueStats(e.ctx(), at(10))
			if err != nil || st.Parked != 1 || fmt.Sprint(st.Waiting) != "map[casework:2 notice:2]" ||
				!st.Oldest["casework"].Equal(at(0)) || !st.Oldest["notice"].Equal(at(2)) {
				e.Errorf("stats %+v, %v", st, err)
			}
			e.reopen()
		}
	}},
	{"wake", func(e *env) {
		woken := func(what string) {
			e.Helper()
			select {
			case <-e.s.Wake():
			case <-time.After(10 * time.Second):
				e.Fatalf("nobody was woken after %s", what)
			}
		}
		e.enqueue(item("1", "A", "casework", 0))
		woken("enqueuing")
		e.enqueue(item("2", "A", "casework", 0)) // nobody listens: it must not block
		e.enqueue(item("3", "A", "casework", 0))
		woken("more")
		c := e.wantClaims(0, 1, "1")[0]
		e.update("c", func(tx storage.Tx) error { return tx.Postpone(c, at(1), nil) })
		woken("postponing")
		e.settle(e.wantClaims(1, 1, "1")...)
		woken("settling")
		if err := e.s.Release(e.ctx()); err != nil {
			e.Fatal(err)
		}
		woken("releasing")
	}},
	{"held", func(e *env) {
		e.enqueue(item("1", "A", "casework", 0))
		held := func(wantReason string, want bool) {
			e.Helper()
			reason, held, err := e.s.Held(e.ctx())
			if err != nil || held != want || reason != wantReason {
				e.Fatalf("held %q, %v, %v", reason, held, err)
			}
		}
		held("", false)
		if err := e.s.Hold(e.ctx(), "restored 復元"); err != nil {
			e.Fatal(err)
		}
		e.wantClaims(9, 10)
		e.wantNextDue(time.Time{}, false)
		e.reopen()
		held("restored 復元", true)
		e.wantClaims(9, 10)
		e.enqueue(item("2", "A", "casework", 0)) // storing goes on
		if err := e.s.Hold(e.ctx(), ""); err != nil {
			e.Fatal(err)
		}
		e.reopen()
		held("", true)
		if err := e.s.Release(e.ctx()); err != nil {
			e.Fatal(err)
		}
		held("", false)
		e.wantClaims(9, 10, "1")
		e.reopen()
		held("", false)
	}},
}
