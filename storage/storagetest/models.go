package storagetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"mimamori.example/mimamori/storage"
)

// The models do at random what the tests before do on purpose, and compare the
// engine with a few lines of plain Go.
var modelTests = []test{
	{"documents", func(e *env) {
		for seed := range uint64(4) {
			documentsModel(e, fmt.Sprint("c", seed), rand.New(rand.NewPCG(seed, 1)))
		}
	}},
	{"queue", func(e *env) {
		for seed := range uint64(4) {
			queueModel(e, rand.New(rand.NewPCG(seed, 2)))
		}
	}},
}

func documentsModel(e *env, council string, r *rand.Rand) {
	model := map[string]Thing{}
	for range 60 {
		next := maps.Clone(model)
		fail := r.IntN(4) == 0
		seed := r.Uint64()
		err := e.s.Update(e.ctx(), council, func(tx storage.Tx) error {
			// Afresh each time: the function may run more than once.
			next = maps.Clone(model)
			r := rand.New(rand.NewPCG(seed, 3))
			for range r.IntN(12) {
				if err := randomStep(tx, next, r); err != nil {
					return err
				}
			}
			if fail {
				return errRefused
			}
			return nil
		})
		switch {
		case fail && errors.Is(err, errRefused):
		case err != nil:
			e.Fatal(err)
		default:
			model = next
		}
		e.view(council, func(tx storage.Tx) error { return compare(tx, model, r) })
	}
}

func randomThing(r *rand.Rand) Thing {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	return Thing{
		ID:     pick("a", "b", "b!", "c", "cc", "d", "e", "見", "ｱ", "😀") + pick("", "1", "2"),
		Colour: pick("", "r", "r!", "rr", "s", "緑"), Size: pick("", "1", "2", "3"), N: r.IntN(100),
	}
}

func randomStep(tx storage.Tx, model map[string]Thing, r *rand.Rand) error {
	switch d := randomThing(r); r.IntN(10) {
	case 0, 1, 2, 3, 4:
		model[d.ID] = d
		return Things.Put(tx, d)
	case 5, 6, 7:
		delete(model, d.ID)
		return Things.Delete(tx, d.ID)
	case 8:
		got, ok, err := Things.Get(tx, d.ID)
		want, wantOK := model[d.ID]
		if got != want || ok != wantOK {
			return mismatch(err, "got %+v, want %+v", got, want)
		}
		return err
	}
	return compare(tx, model, r)
}

// compare asks one random query of both.
func compare(tx storage.Tx, model map[string]Thing, r *rand.Rand) error {
	q := storage.Query{Index: []string{"", "colour", "size"}[r.IntN(3)], Descending: r.IntN(2) == 0, Limit: r.IntN(6)}
	bound := func() string { return Things.Position(q.Index, randomThing(r)).Value }
	if r.IntN(2) == 0 {
		q.From = bound()
	}
	if r.IntN(2) == 0 {
		q.Until = bound()
	}
	if r.IntN(2) == 0 {
		if q.After = Things.Position(q.Index, randomThing(r)); q.After.Value == "" {
			q.After = storage.Position{}
		}
	}
	want := []string{}
	places := []storage.Position{}
	for _, d := range model {
		p := Things.Position(q.Index, d)
		if p.Value == "" || p.Value < q.From || q.Until != "" && p.Value >= q.Until {
			continue
		}
		if q.After != (storage.Position{}) && !less(q.After, p, q.Descending) {
			continue
		}
		places = append(places, p)
	}
	sort.Slice(places, func(i, j int) bool { return less(places[i], places[j], q.Descending) })
	for i, p := range places {
		if q.Limit == 0 || i < q.Limit {
			want = append(want, p.ID)
		}
	}
	got, err := ids(tx, Things, q)
	if !slices.Equal(got, want) {
		return mismatch(err, "%+v finds %q, want %q", q, got, want)
	}
	return err
}

func less(a, b storage.Position, descending bool) bool {
	if descending {
		a, b = b, a
	}
	return a.Value < b.Value || a.Value == b.Value && a.ID < b.ID
}

// queued is an item of the queue's model.
type queued struct {
	storage.Item
	council string
	until   time.Time // of the lease
	claim   storage.Claim
	leased  bool
	parked  bool
	yields  bool
	let     bool // by those in front
	times   int
}

func (q *queued) ready() time.Time {
	if q.leased && q.until.After(q.Due) {
		return q.until
	}
	return q.Due
}

// queueModel plays enqueuing, claiming and settling against a plain list.
func queueModel(e *env, r *rand.Rand) {
	var list []*queued
	var old []storage.Claim // of leases given back, settled or lost
	now, n := 0, 0
	for range 300 {
		now += r.IntN(4)
		switch r.IntN(6) {
		case 0, 1:
			n++
			it := item(fmt.Sprintf("%d/%d", r.Uint32(), n), fmt.Sprint("R", r.IntN(4)), []string{"casework", "notice"}[r.IntN(2)], now+r.IntN(8))
			it.Due = it.Due.Add(time.Duration(n) * time.Microsecond) // no two alike
			it.Passes = r.IntN(3) == 0
			council := fmt.Sprint("c", r.IntN(2))
			e.update(council, func(tx storage.Tx) error { return tx.Enqueue(it) })
			list = append(list, &queued{Item: it, council: council})
		case 2, 3:
			old = append(old, claimModel(e, list, at(now), 1+r.IntN(4))...)
		case 4, 5:
			list, old = finishModel(e, r, list, old, now)
		}
		for _, c := range old {
			if r.IntN(20) == 0 {
				err := e.s.Update(e.ctx(), c.Council, func(tx storage.Tx) error { return tx.Settle(c) })
				e.wantErr(err, storage.ErrLost)
			}
		}
		due, ok, err := e.s.NextDue(e.ctx())
		candidates := candidatesOf(list)
		if err != nil || ok != (len(candidates) > 0) || ok && !due.Equal(candidates[0].ready()) {
			e.Fatalf("next due %v, %v, %v, want one of %d", due, ok, err, len(candidates))
		}
	}
	for len(list) > 0 { // leave nothing to the next model
		now += 1000
		claimModel(e, list, at(now), 100)
		for _, q := range slices.Clone(list) {
			if q.leased {
				e.settle(q.claim)
				list = slices.DeleteFunc(list, func(x *queued) bool { return x == q })
				candidatesOf(list) // who may pass now goes on doing so
			}
		}
	}
}

// candidatesOf are the items nothing stands in front of, earliest first.
func candidatesOf(list []*queued) []*queued {
	var found []*queued
	closed := map[string]bool{} // false, once there is one in front: those that pass may go
	for _, q := range list {
		line := q.council + " " + q.Recipient + " " + q.Lane
		shut, behind := closed[line]
		switch {
		case q.parked:
			found = append(found, q)
			continue
		case !behind, q.Passes && !shut:
			q.let = true
			closed[line] = !q.yields
		}
		if q.let {
			found = append(found, q)
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].ready().Before(found[j].ready()) })
	return found
}

// claimModel claims in both and returns the claims whose leases were lost by it.
func claimModel(e *env, list []*queued, now time.Time, most int) []storage.Claim {
	want := map[string]*queued{}
	var times []time.Time
	for _, q := range candidatesOf(list) {
		if !q.ready().After(now) && len(times) < most {
			want[q.ID] = q
			times = append(times, q.ready())
		}
	}
	claims := e.claim(now, most)
	if len(claims) != len(times) {
		e.Fatalf("claimed %q, want %d", claimIDs(claims), len(times))
	}
	var lost []storage.Claim
	for i, c := range claims {
		q := want[c.ID]
		if q == nil {
			// Of several that become ready at the same moment, any may come.
			q = byID(list, c.ID)
		}
		if q == nil || !q.ready().Equal(times[i]) {
			e.Fatalf("claimed %q, in place %d should be one due at %v", claimIDs(claims), i, times[i])
		}
		if q.times++; c.Attempts != q.times || c.Parked != q.parked {
			e.Fatalf("claimed %+v, the model has %d times, parked %v", c, q.times, q.parked)
		}
	}
	for _, c := range claims {
		q := byID(list, c.ID)
		if q.leased {
			lost = append(lost, q.claim)
		}
		q.leased, q.claim, q.until = true, c, now.Add(lease)
	}
	return lost
}

func byID(list []*queued, id string) *queued {
	for _, q := range list {
		if q.ID == id {
			return q
		}
	}
	return nil
}

// finishModel settles, postpones, parks or amends a claimed item.
func finishModel(e *env, r *rand.Rand, list []*queued, old []storage.Claim, now int) ([]*queued, []storage.Claim) {
	var claimed []*queued
	for _, q := range list {
		if q.leased {
			claimed = append(claimed, q)
		}
	}
	if len(claimed) == 0 {
		return list, old
	}
	q := claimed[r.IntN(len(claimed))]
	due := at(now + r.IntN(10)).Add(time.Duration(r.IntN(1_000_000)) * time.Microsecond)
	what := r.IntN(6)
	e.update(q.council, func(tx storage.Tx) error {
		switch what {
		case 0:
			return tx.Postpone(q.claim, due, nil)
		case 1:
			return tx.Park(q.claim, due, nil)
		case 2:
			return tx.Amend(q.claim, []byte("amended"))
		case 3:
			return tx.Yield(q.claim, due, nil)
		}
		return tx.Settle(q.claim)
	})
	switch what {
	case 0, 1, 3:
		q.Due, q.leased = due, false
		q.parked, q.yields = q.parked || what == 1, q.yields || what == 3
	case 2:
		return list, old
	default:
		list = slices.DeleteFunc(list, func(x *queued) bool { return x == q })
	}
	return list, append(old, q.claim)
}
