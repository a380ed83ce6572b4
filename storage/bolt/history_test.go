package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/storagetest"
)

// Many workers write at random, and each function notes what it saw. Whatever
// shared a commit or ran during another one, the notes must be those of the same
// functions run one after another on a few maps; nobody was answered out of that
// order; and when a commit fails, what is on disk is what was acknowledged.
func TestHistory(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := &history{t: t, path: filepath.Join(t.TempDir(), "db"), clock: new(atomic.Int64), leases: map[string][]string{}}
			if seed%2 == 1 {
				h.fail = 20 + int64(seed)*7
			}
			h.run(seed)
		})
	}
}

type history struct {
	t     *testing.T
	path  string
	fail  int64 // which commit fails; 0: none
	clock *atomic.Int64
	s     *Store

	mu     sync.Mutex
	turn   []*turn
	leases map[string][]string // of each council and item
}

// turn is one Update.
type turn struct {
	council     string
	number      uint64 // its place: what it drew from the sequence
	notes       []note // what it did and saw
	begun, done int64  // on the clock
	kept        bool
}

// note is one call and its outcome.
type note struct{ call, saw string }

var errTurn = errors.New("refused")

func (h *history) run(seed uint64) {
	var commits atomic.Int64
	h.s = open(h.t, h.path, Options{
		NoSync:    true,
		Committer: storage.CommitterOptions{MaxBatch: 8},
		beforeCommit: func() error {
			for range 200 { // so that others run meanwhile
				runtime.Gosched()
			}
			if commits.Add(1) == h.fail {
				return errTurn
			}
			return nil
		},
	})
	var wg sync.WaitGroup
	for w := range uint64(16) {
		wg.Go(func() { h.work(rand.New(rand.NewPCG(seed, w)), w) })
	}
	wg.Wait()
	if (h.s.Err() != nil) != (h.fail > 0) {
		h.t.Errorf("the store: %v", h.s.Err())
	}
	if err := h.s.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.judge()
}

func (h *history) work(r *rand.Rand, w uint64) {
	ctx := context.WithoutCancel(h.t.Context())
	for n := range 40 {
		var claims []storage.Claim
		if r.IntN(3) == 0 { // leases of nothing: others get the same items
			var err error
			claims, err = h.s.Claim(ctx, storage.ClaimRequest{
				Now: time.UnixMicro(h.clock.Load()), Lease: time.Duration(1+r.IntN(100)) * time.Microsecond, Max: 1 + r.IntN(4),
			})
			if err != nil && !errors.Is(err, storage.ErrClosed) {
				h.t.Error(err)
			}
		}
		if len(claims) == 0 {
			h.update(ctx, r, fmt.Sprint("c", r.IntN(2)), fmt.Sprint(w, ".", n), nil)
		}
		h.claimed(claims)
		for i, c := range claims {
			name, twice := fmt.Sprint(w, ".", n, ".", i), rand.New(rand.NewPCG(r.Uint64(), 0))
			var wg sync.WaitGroup
			if r.IntN(3) == 0 { // two act on one claim
				c.State = nil
				wg.Go(func() { h.update(ctx, twice, c.Council, name+"+", &c) })
			}
			h.update(ctx, r, c.Council, name, &c)
			wg.Wait()
		}
	}
}

func (h *history) claimed(claims []storage.Claim) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range claims {
		h.leases[c.Council+c.ID] = append(h.leases[c.Council+c.ID], c.Lease)
	}
}

// update runs one turn. The function runs again when its batch breaks, so all
// that it decides hangs on seed.
func (h *history) update(ctx context.Context, r *rand.Rand, council, name string, c *storage.Claim) {
	seed, how := r.Uint64(), r.IntN(12)
	u := &turn{council: council, begun: h.clock.Add(1)}
	work := func(tx storage.Tx) error {
		r := rand.New(rand.NewPCG(seed, 0))
		u.notes = nil
		n, err := tx.Next("turn")
		if err != nil {
			return err
		}
		u.number = n
		if c != nil {
			u.notes = append(u.notes, act(tx, r, *c))
		}
		for i := range r.IntN(6) {
			u.notes = append(u.notes, anything(tx, r, fmt.Sprint(name, "-", i)))
		}
		switch {
		case how == 0:
			return errTurn
		case how == 1:
			panic(errTurn)
		case how == 2:
			runtime.Goexit()
		}
		return nil
	}
	err := h.s.Update(ctx, council, work)
	u.done, u.kept = h.clock.Add(1), err == nil
	var p *storage.PanicError
	switch {
	case err == nil, errors.Is(err, errTurn) && how == 0, errors.As(err, &p) && how == 1, how == 2:
	case h.fail == 0:
		h.t.Errorf("turn %s: %v", name, err)
	}
	if how == 2 || u.number == 0 || h.fail > 0 && errors.Is(err, storage.ErrClosed) {
		return // it built on what was lost, or has run again since
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn = append(h.turn, u)
}

func act(tx storage.Tx, r *rand.Rand, c storage.Claim) note {
	at, state := time.UnixMicro(int64(r.IntN(5000))), fmt.Sprint(r.IntN(100))
	var err error
	what := []string{"settle", "settle", "postpone", "park", "amend"}[r.IntN(5)]
	switch what {
	case "settle":
		err = tx.Settle(c)
	case "postpone":
		err = tx.Postpone(c, at, []byte(state))
	case "park":
		err = tx.Park(c, at, []byte(state))
	default:
		err = tx.Amend(c, []byte(state))
	}
	if errors.Is(err, storage.ErrLost) {
		return note{fmt.Sprint("lost ", c.ID, " ", c.Lease), "lost"}
	}
	return note{fmt.Sprint(what, " ", c.ID, " ", c.Lease, " ", state, " ", string(c.State)), fmt.Sprint(err)}
}

func anything(tx storage.Tx, r *rand.Rand, name string) note {
	id, colour := fmt.Sprint("t", r.IntN(12)), string("rgb"[r.IntN(3)])
	switch r.IntN(8) {
	case 0, 1:
		return note{"put " + id + " " + colour, fmt.Sprint(storagetest.Things.Put(tx, doc{ID: id, Colour: colour}))}
	case 2:
		return note{"delete " + id, fmt.Sprint(storagetest.Things.Delete(tx, id))}
	case 3:
		d, ok, err := storagetest.Things.Get(tx, id)
		return note{"get " + id, fmt.Sprint(d.Colour, ok, err)}
	case 4:
		var ids []string
		q := storage.Query{Index: "colour", From: colour, Until: colour + "~"}
		for d, err := range storagetest.Things.Scan(tx, q) {
			ids = append(ids, fmt.Sprint(d.ID, err))
		}
		return note{"scan " + colour, fmt.Sprint(ids)}
	case 5:
		if r.IntN(4) == 0 {
			n, err := tx.PruneOnce(time.UnixMicro(6), 3)
			return note{"prune", fmt.Sprint(n, err)}
		}
		at := r.IntN(9)
		first, err := tx.Once(time.UnixMicro(int64(at)), id)
		return note{fmt.Sprint("once ", at, id), fmt.Sprint(first, err)}
	case 6:
		items, err := tx.Queued("", 1000)
		return note{"queued", fmt.Sprint(texts(items), err)}
	}
	err := tx.Enqueue(storage.Item{
		ID: name, Recipient: id[:2], Lane: colour, Due: time.UnixMicro(int64(r.IntN(2000))),
		Body: []byte(strings.Repeat(name, r.IntN(200))), State: []byte(name),
	})
	return note{"enqueue " + name, fmt.Sprint(err)}
}

func texts(items []storage.Item) []string {
	var ts []string
	for _, it := range items {
		if len(it.Body) > 0 && strings.Trim(string(it.Body), it.ID) != "" {
			ts = append(ts, "a wrong body")
		}
		ts = append(ts, it.ID+" "+string(it.State))
	}
	return ts
}

// model is a council, by plain means.
type model struct {
	Things map[string]string
	Once   map[string]bool
	Queue  []string // id and state
	ended  map[string]bool
	leases func(id string) []string
}

func newModel() *model {
	return &model{Things: map[string]string{}, Once: map[string]bool{}, ended: map[string]bool{}}
}

func (m *model) clone() *model {
	return &model{
		Things: maps.Clone(m.Things), Once: maps.Clone(m.Once), Queue: slices.Clone(m.Queue),
		ended: maps.Clone(m.ended), leases: m.leases,
	}
}

// play is what a call sees.
func (m *model) play(call string) string {
	w := append(strings.Fields(call), "", "", "")
	switch w[0] {
	case "lost":
		newer := func(lease string) bool { return len(lease) > len(w[2]) || len(lease) == len(w[2]) && lease > w[2] }
		if !m.ended[w[2]] && !slices.ContainsFunc(m.leases(w[1]), newer) {
			return "nobody else has had it"
		}
		return "lost"
	case "put":
		m.Things[w[1]] = w[2]
	case "delete":
		delete(m.Things, w[1])
	case "get":
		colour, ok := m.Things[w[1]]
		return fmt.Sprint(colour, ok, error(nil))
	case "scan":
		var ids []string
		for _, id := range slices.Sorted(maps.Keys(m.Things)) {
			if m.Things[id] == w[1] {
				ids = append(ids, fmt.Sprint(id, error(nil)))
			}
		}
		return fmt.Sprint(ids)
	case "once":
		first := !m.Once[w[1]]
		m.Once[w[1]] = true
		return fmt.Sprint(first, error(nil))
	case "prune":
		n := 0
		for _, k := range slices.Sorted(maps.Keys(m.Once)) {
			if k < "6" && n < 3 {
				delete(m.Once, k)
				n++
			}
		}
		return fmt.Sprint(n, error(nil))
	case "queued":
		return fmt.Sprint(m.Queue, error(nil))
	case "enqueue":
		m.Queue = append(m.Queue, w[1]+" "+w[1])
	default:
		return m.act(w[0], w[1], w[2], w[3], w[4])
	}
	return fmt.Sprint(error(nil))
}

// act settles, postpones, parks or amends an item that was claimed in state was.
func (m *model) act(what, id, lease, state, was string) string {
	i := slices.IndexFunc(m.Queue, func(q string) bool {
		return was == "" && strings.HasPrefix(q, id+" ") || q == id+" "+was
	})
	if i < 0 || m.ended[lease] {
		return "no such item under that lease"
	}
	m.ended[lease] = what != "amend"
	if what == "settle" {
		m.Queue = slices.Delete(m.Queue, i, i+1)
	} else {
		m.Queue[i] = id + " " + state
	}
	return fmt.Sprint(error(nil))
}

func (h *history) judge() {
	// Those that were not kept saw what the next that was kept found.
	slices.SortStableFunc(h.turn, func(a, b *turn) int {
		switch {
		case a.number != b.number:
			return int(a.number) - int(b.number)
		case a.kept == b.kept:
			return 0
		case a.kept:
			return 1
		}
		return -1
	})
	councils := map[string]*model{"c0": newModel(), "c1": newModel()}
	for name, m := range councils {
		m.leases = func(id string) []string { return h.leases[name+id] }
	}
	last := map[string]uint64{}
	kept := map[string]int64{} // the latest beginning of those before
	for _, u := range h.turn {
		m := councils[u.council]
		if !u.kept && u.number > last[u.council]+1 {
			continue // in the commit that failed
		}
		now := m.clone()
		for _, n := range u.notes {
			if want := now.play(n.call); n.saw != want {
				h.t.Fatalf("%s, turn %d, kept %v: %q saw %q, want %q", u.council, u.number, u.kept, n.call, n.saw, want)
			}
		}
		if !u.kept {
			continue
		}
		if u.number != last[u.council]+1 {
			h.t.Fatalf("%s: turn %d follows %d", u.council, u.number, last[u.council])
		}
		if u.done < kept[u.council] {
			h.t.Errorf("%s: turn %d was answered before one in front of it began", u.council, u.number)
		}
		kept[u.council] = max(kept[u.council], u.begun)
		last[u.council], councils[u.council] = u.number, now
	}
	h.disk(councils, last)
}

// disk compares the file with what was acknowledged.
func (h *history) disk(councils map[string]*model, last map[string]uint64) {
	ctx := context.WithoutCancel(h.t.Context())
	s := open(h.t, h.path, Options{NoSync: true})
	if got, want := waiting(h.t, h.s), waiting(h.t, s); !slices.Equal(got, want) {
		h.t.Errorf("the schedule has %v, the file %v", got, want)
	}
	for name, want := range councils {
		got := newModel()
		err := s.View(ctx, name, func(tx storage.Tx) error {
			for d, err := range storagetest.Things.Scan(tx, storage.Query{}) {
				if err != nil {
					return err
				}
				got.Things[d.ID] = d.Colour
			}
			items, err := tx.Queued("", 10_000)
			got.Queue = texts(items)
			a := tx.(storage.Archiver)
			return errors.Join(err, a.OnceKeys(func(at time.Time, key string) (bool, error) {
				got.Once[fmt.Sprint(at.UnixMicro(), key)] = true
				return true, nil
			}), a.Sequences(func(_ string, n uint64) (bool, error) {
				if n != last[name] {
					h.t.Errorf("%s: turn %d is on disk, %d was acknowledged", name, n, last[name])
				}
				return true, nil
			}))
		})
		a, errA := json.Marshal(got)
		b, errB := json.Marshal(want)
		if err := errors.Join(err, errA, errB); err != nil || len(want.Queue)+len(got.Queue) > 0 && string(a) != string(b) {
			h.t.Errorf("%s on disk: %s\nacknowledged: %s\n%v", name, a, b, err)
		}
	}
	if err := errors.Join(s.Check(ctx), s.Close()); err != nil {
		h.t.Error(err)
	}
}

// waiting is what the schedule knows, all but the leases.
func waiting(t *testing.T, s *Store) []string {
	var all []string
	for k, e := range s.schedule.byID {
		if e.touched != 0 {
			t.Errorf("%s is kept from being claimed", e.id)
		}
		place := slices.Index(s.schedule.lines[e.line()], e)
		all = append(all, fmt.Sprint(k, e.seq, " ", e.due, e.parked, place))
	}
	slices.Sort(all)
	return all
}
