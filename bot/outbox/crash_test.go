package outbox_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// mortal is a store whose process ends at the nth transaction: before it is
// kept, or after and before anybody hears.
type mortal struct {
	storage.Store
	mu   sync.Mutex
	left int
	kept bool
	life *life
}

func (m *mortal) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	m.mu.Lock()
	m.left--
	now := m.left == 0
	m.mu.Unlock()
	if m.life.over() {
		return storage.ErrClosed
	}
	if !now {
		return m.Store.Update(ctx, council, fn)
	}
	defer m.life.end()
	if m.kept {
		if err := m.Store.Update(ctx, council, fn); err != nil {
			return err
		}
	}
	return storage.ErrClosed
}

func (m *mortal) Claim(ctx context.Context, r storage.ClaimRequest) ([]storage.Claim, error) {
	if m.life.over() {
		return nil, storage.ErrClosed
	}
	return m.Store.Claim(ctx, r)
}

// A process that dies, at every place where it can, and comes back sooner or
// later. A reply's transactions are: 1 "tried", 2 settled; a push's: 1 settled.
func TestCrash(t *testing.T) {
	const soon, late = 5 * time.Second, 55 * time.Second
	cases := []struct {
		name    string
		push    bool
		at      int // the transaction; 0: the process dies as it calls, before LINE hears
		kept    bool
		back    time.Duration
		outcome string
		how     string
		twice   bool // counted as maybe_twice
		arrives int
	}{
		{"before tried is kept", false, 1, false, soon, "sent", "reply", false, 1},
		{"before tried is kept, back late", false, 1, false, late, "sent", "push", false, 1},
		{"between tried and the reply", false, 1, true, soon, "sent", "reply", false, 1},
		{"between tried and the reply, back late", false, 1, true, late, "sent", "push", true, 1},
		{"as it calls", false, 0, false, soon, "sent", "reply", false, 1},
		{"as it calls, back late", false, 0, false, late, "sent", "push", true, 1},
		{"between the reply and its settling", false, 2, false, soon, "taken_as_sent", "reply", false, 1},
		{"between the reply and its settling, back late", false, 2, false, late, "sent", "push", true, 2},
		{"after the settling", false, 2, true, soon, "sent", "reply", false, 1},
		{"after the settling, back late", false, 2, true, late, "sent", "reply", false, 1},
		{"between a push and its settling", true, 1, false, soon, "sent", "push", false, 1},
		{"between a push and its settling, back late", true, 1, false, 23 * time.Hour, "sent", "push", false, 1},
		{"after a push is settled", true, 1, true, late, "sent", "push", false, 1},
		{"as it pushes", true, 0, false, soon, "sent", "push", false, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, nil)
			p := newPlatform(h.clock, rand.New(rand.NewPCG(1, 1)))
			h.options.Sender = p
			if c.push {
				h.put(text("u1", "hello"))
			} else {
				p.issued["tok"] = h.clock.Now()
				h.put(h.reply("u1", "hello", "tok"))
			}
			h.dieAt(p, c.at, c.kept)
			h.reopen()
			h.clock.Advance(c.back)
			p.with(func() { p.life = &life{} })
			h.options.Sender = p
			h.run()
			h.idle()
			got, _ := h.settled("d1")
			if got.Outcome != c.outcome || got.How != c.how || got.MaybeTwice != c.twice {
				t.Errorf("settled as %q by %q, maybe twice %v; want %q by %q, %v", got.Outcome, got.How, got.MaybeTwice, c.outcome, c.how, c.twice)
			}
			if n := len(p.inbox); n != c.arrives {
				t.Errorf("arrived %d times, want %d", n, c.arrives)
			}
			if events := h.events("d1"); len(events) != 1 || events[0][:9] != "delivered" {
				t.Errorf("the hooks heard %q", events)
			}
			if n := h.waiting(); n != 0 {
				t.Errorf("%d still wait", n)
			}
		})
	}
}

// dieAt runs the outbox until its process dies at the transaction, or as it
// calls.
func (h *house) dieAt(p *platform, at int, kept bool) {
	h.t.Helper()
	inner := h.store
	o := h.options
	o.Store = &mortal{Store: inner, left: at, kept: kept, life: p.life}
	if at == 0 {
		o.Sender = &dying{platform: p}
	}
	out := outbox.New(o)
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	if err := out.Run(ctx); err == nil {
		h.t.Fatal("the process did not die")
	}
}

// dying is a platform that the process does not live to reach.
type dying struct{ *platform }

func (d *dying) Reply(context.Context, string, string, json.RawMessage) (outbox.Sent, error) {
	d.life.end()
	return outbox.Sent{}, doubt
}

func (d *dying) Push(context.Context, string, string, string, json.RawMessage) (outbox.Sent, error) {
	d.life.end()
	return outbox.Sent{}, doubt
}

// An outcome that the store did not confirm is found out again: by the lease,
// which is gone if it had been kept, or by the next attempt.
func TestUnknownCommit(t *testing.T) {
	for _, kept := range []bool{false, true} {
		h := newHouse(t, nil)
		p := newPlatform(h.clock, rand.New(rand.NewPCG(1, 1)))
		h.options.Sender = p
		h.put(text("u1", "hello"))
		f := &forgetful{Store: h.store, failing: 100, kept: kept}
		h.runOn(f)
		h.idle()
		f.set(0)
		h.advance(31 * time.Second) // the lease
		if !slices.Equal(p.inbox, []string{"hello"}) {
			t.Errorf("kept %v: arrived %q", kept, p.inbox)
		}
		if got := h.events("d1"); len(got) != 1 {
			t.Errorf("kept %v: the hooks heard %q", kept, got)
		}
	}
}

// forgetful does not say what became of a transaction.
type forgetful struct {
	storage.Store
	mu      sync.Mutex
	failing int
	kept    bool
}

func (f *forgetful) set(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failing = n
}

func (f *forgetful) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	f.mu.Lock()
	fails := f.failing > 0
	f.failing--
	f.mu.Unlock()
	if !fails {
		return f.Store.Update(ctx, council, fn)
	}
	if f.kept {
		if err := f.Store.Update(ctx, council, fn); err != nil {
			return err
		}
	}
	return errUnknown
}
