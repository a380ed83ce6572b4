package outbox_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"mimamori.example/mimamori/storage"
)

// meeting is a store on which the first transactions of two councils wait for
// each other. Those of the village are then not kept, as often as it fails.
type meeting struct {
	storage.Store
	mu       sync.Mutex
	failing  int
	seen     map[string]int // transactions, by council
	together chan struct{}  // closed once both are there
}

func (m *meeting) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	m.mu.Lock()
	m.seen[council]++
	if len(m.seen) == 2 && m.seen[council] == 1 {
		close(m.together)
	}
	fails := council == "village" && m.failing > 0
	if fails {
		m.failing--
	}
	m.mu.Unlock()
	select {
	case <-m.together:
	case <-ctx.Done():
		return ctx.Err()
	}
	if fails {
		return errUnknown
	}
	return m.Store.Update(ctx, council, fn)
}

// The replies of several councils are marked at once, so that their marks can
// share a commit; one council's that fail cost the other nothing, and are made
// again before the call.
func TestCouncilsAreMarkedTogether(t *testing.T) {
	for _, failing := range []int{0, 1} {
		s := &script{}
		h := newHouse(t, s)
		h.put(h.reply("u1", "here", "a"), h.reply("u2", "here too", "b"))
		there := h.reply("u1", "there", "c")
		if err := h.store.Update(t.Context(), "village", func(tx storage.Tx) error { return h.post.Put(tx, h.clock.Now(), there) }); err != nil {
			t.Fatal(err)
		}
		m := &meeting{Store: h.store, failing: failing, seen: map[string]int{}, together: make(chan struct{})}
		h.runOn(m)
		h.idle()
		calls := s.said()
		slices.Sort(calls)
		if want := []string{`reply a ["here"]`, `reply b ["here too"]`, `reply c ["there"]`}; !slices.Equal(calls, want) {
			t.Errorf("calls %q, want %q", calls, want)
		}
		h.halt()
		// One for all marks of a council, one to settle each reply.
		if here, there := m.seen[town], m.seen["village"]; here != 3 || there != 2+failing {
			t.Errorf("%d transactions here and %d there, want 3 and %d", here, there, 2+failing)
		}
	}
}
