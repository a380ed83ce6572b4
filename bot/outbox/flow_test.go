package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// gate is a script whose calls wait until they are let through.
type gate struct {
	*script
	entered chan string   // what has been called
	open    chan struct{} // closed: everybody may pass
	blocks  func(ms string) bool
}

func newGate(blocks func(ms string) bool) *gate {
	return &gate{&script{}, make(chan string, 1000), make(chan struct{}), blocks}
}

func (g *gate) hold(ctx context.Context, ms json.RawMessage) error {
	if !g.blocks(string(ms)) {
		return nil
	}
	g.entered <- string(ms)
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) Push(ctx context.Context, council, to, key string, ms json.RawMessage) (outbox.Sent, error) {
	if err := g.hold(ctx, ms); err != nil {
		return outbox.Sent{}, err
	}
	return g.script.Push(ctx, council, to, key, ms)
}

func (g *gate) Multicast(ctx context.Context, council string, to []string, key string, ms json.RawMessage) (outbox.Sent, error) {
	if err := g.hold(ctx, ms); err != nil {
		return outbox.Sent{}, err
	}
	return g.script.Multicast(ctx, council, to, key, ms)
}

func (g *gate) wait(t *testing.T) string {
	t.Helper()
	select {
	case ms := <-g.entered:
		return ms
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is called")
		return ""
	}
}

// Notices that LINE is slow with leave casework its own workers, and one slow
// recipient leaves the others theirs.
func TestNobodyWaitsForOthers(t *testing.T) {
	g := newGate(func(ms string) bool { return ms == `["notice"]` || ms == `["slow"]` })
	h := newHouse(t, g)
	for i := range 20 {
		h.put(page(fmt.Sprint("p", i), 3))
	}
	h.put(text("u1", "slow"))
	h.put(text("u1", "behind"))
	h.run()
	for range 5 {
		g.wait(t)
	}
	delivered := make(chan struct{})
	h.hooks.set(func(d outbox.Delivery, event string) ([]message.Outgoing, error) {
		if d.To.ID == "u2" {
			close(delivered)
		}
		return nil, nil
	})
	h.put(text("u2", "quick"))
	select {
	case <-delivered:
	case <-time.After(20 * time.Second):
		t.Fatal("casework waits for notices, or for another recipient")
	}
	if got := g.said(); !slices.Equal(got, []string{`push u2 k46 ["quick"]`}) {
		t.Errorf("calls %q", got)
	}
	close(g.open)
	h.idle()
	if n := h.waiting(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

// Stopping lets the call under way finish and be settled, and gives back what
// was claimed and not begun; nothing is sent twice or lost.
func TestGracefulStop(t *testing.T) {
	g := newGate(func(string) bool { return true })
	h := newHouse(t, g, func(o *outbox.Options) { o.Casework = 2 })
	for i := range 10 {
		h.put(text(fmt.Sprint("u", i), "x"))
	}
	h.run()
	g.wait(t)
	g.wait(t)
	h.stop()
	select {
	case err := <-h.done:
		t.Fatal("it stops in the middle of a call: ", err)
	default:
	}
	close(g.open)
	h.halt()
	if got := len(g.said()); got != 2 {
		t.Errorf("%d calls were finished, want the 2 under way", got)
	}
	if n := h.waiting(); n != 8 {
		t.Errorf("%d wait, want 8", n)
	}
	// The clock has not moved: what was given back can be claimed at once.
	h.run()
	h.idle()
	calls := g.said()
	slices.Sort(calls)
	if len(calls) != 10 || len(slices.Compact(calls)) != 10 {
		t.Errorf("calls %q", calls)
	}
}

// A call that does not end is broken off in the end, and is in doubt.
func TestStopIsBounded(t *testing.T) {
	g := newGate(func(string) bool { return true })
	h := newHouse(t, g, func(o *outbox.Options) { o.StopTimeout = 20 * time.Millisecond })
	h.put(text("u1", "x"))
	h.run()
	g.wait(t)
	h.halt()
	close(g.open)
	h.clock.Advance(31 * time.Second)
	h.run()
	h.idle()
	if got := g.said(); !slices.Equal(got, []string{`push u1 k2 ["x"]`}) {
		t.Errorf("calls %q", got)
	}
}

func TestCallTimeout(t *testing.T) {
	g := newGate(func(string) bool { return true })
	h := newHouse(t, g, func(o *outbox.Options) { o.CallTimeout = 20 * time.Millisecond })
	h.put(text("u1", "x"))
	h.run()
	h.idle()
	close(g.open)
	h.advance(time.Second)
	if got := g.said(); len(got) != 1 || h.tally.get("failed ambiguous") != 1 {
		t.Errorf("calls %q, %d in doubt", got, h.tally.get("failed ambiguous"))
	}
}

// What a hook wants said is in the queue when the outcome is on record.
func TestHooksSpeak(t *testing.T) {
	s := &script{answers: []error{rejected}}
	h := newHouse(t, s)
	h.hooks.set(func(d outbox.Delivery, event string) ([]message.Outgoing, error) {
		if event == "refused" {
			return []message.Outgoing{text("group", "not delivered")}, nil
		}
		return nil, nil
	})
	h.put(text("u1", "hello"))
	h.run()
	h.idle()
	if got := s.said(); len(got) != 2 || got[1] != `push group k4 ["not delivered"]` {
		t.Errorf("calls %q", got)
	}
}

// A hook that fails does not keep the outcome from being recorded, nor what is
// behind it from going out.
func TestHooksFail(t *testing.T) {
	for name, answer := range map[string]func() ([]message.Outgoing, error){
		"an error":       func() ([]message.Outgoing, error) { return nil, errors.New("no such case") },
		"nothing to say": func() ([]message.Outgoing, error) { return []message.Outgoing{{To: to("u9")}}, nil },
		"a panic":        func() ([]message.Outgoing, error) { panic("a word of somebody's") },
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{}
			h := newHouse(t, s)
			h.hooks.set(func(d outbox.Delivery, _ string) ([]message.Outgoing, error) {
				if d.ID == "d1" {
					return answer()
				}
				return nil, nil
			})
			h.put(text("u1", "first"))
			h.put(text("u1", "second"))
			h.run()
			h.idle()
			if got := s.said(); len(got) != 2 {
				t.Errorf("calls %q", got)
			}
			first, _ := h.settled("d1")
			second, _ := h.settled("d3")
			if !first.HookFailed || second.HookFailed || first.Outcome != "sent" {
				t.Errorf("settled %+v and %+v", first, second)
			}
			if got := h.events("d1"); len(got) != 0 {
				t.Errorf("what the hook did is kept: %q", got)
			}
			if h.tally.get("trouble hook") != 1 {
				t.Error("nobody is told")
			}
		})
	}
}

func TestHeldStoreSendsNothing(t *testing.T) {
	s := &script{}
	h := newHouse(t, s)
	if err := h.store.Hold(t.Context(), "restored"); err != nil {
		t.Fatal(err)
	}
	h.put(text("u1", "hello"))
	h.run()
	h.advance(time.Hour)
	if got := s.said(); len(got) != 0 {
		t.Errorf("calls %q", got)
	}
	if err := h.store.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.idle()
	if got := s.said(); len(got) != 1 {
		t.Errorf("calls %q after the release", got)
	}
}

// One rate limit speaks for all that goes by the same endpoint of the council,
// and for nothing else.
func TestRateLimitClosesOneEndpoint(t *testing.T) {
	s := &script{answers: []error{limited(30 * time.Second)}}
	h := newHouse(t, s)
	h.put(text("u1", "first"))
	h.run()
	h.idle()
	h.put(text("u2", "held back"))
	h.put(h.reply("u3", "reply", "tok"))
	other := text("u4", "other council")
	if err := h.store.Update(t.Context(), "village", func(tx storage.Tx) error { return h.post.Put(tx, h.clock.Now(), other) }); err != nil {
		t.Fatal(err)
	}
	h.idle()
	calls := s.said()
	slices.Sort(calls)
	want := []string{`push u1 k2 ["first"]`, `push u4 k8 ["other council"]`, `reply tok ["reply"]`}
	if !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
	h.advance(30 * time.Second)
	if got := len(s.said()); got != 5 {
		t.Errorf("%d calls after the pause", got)
	}
}

// An item that is no delivery does not stop what is behind it.
func TestUnreadableItem(t *testing.T) {
	s := &script{}
	h := newHouse(t, s)
	h.update(func(tx storage.Tx) error {
		return tx.Enqueue(storage.Item{ID: "x", Recipient: "u1", Lane: message.LaneCasework, Due: start, Enqueued: start, Body: []byte("{")})
	})
	h.put(text("u1", "hello"))
	h.run()
	h.idle()
	if got := s.said(); len(got) != 1 {
		t.Errorf("calls %q", got)
	}
	if got, _ := h.settled("x"); got.Outcome != "unreadable" {
		t.Errorf("settled %+v", got)
	}
}

func TestLeave(t *testing.T) {
	s := &script{}
	h := newHouse(t, s)
	bye := text("g1", "bye")
	bye.To.Kind = message.ToGroup
	h.hooks.set(func(d outbox.Delivery, event string) ([]message.Outgoing, error) {
		if d.To.Kind == message.ToGroup {
			return []message.Outgoing{{To: message.Recipient{Kind: message.ToLeave, ID: "g1"}}}, nil
		}
		return nil, nil
	})
	h.put(bye)
	h.run()
	h.idle()
	if got := s.said(); !slices.Equal(got, []string{`push g1 k2 ["bye"]`, "leave g1"}) {
		t.Errorf("calls %q", got)
	}
	if got, _ := h.settled("d3"); got.Outcome != "sent" || got.How != "leave" {
		t.Errorf("settled %+v", got)
	}
}

// Many deliveries in many lines all go out once and each line in order.
func TestThroughputKeepsOrder(t *testing.T) {
	g := &platformLog{script: &script{}}
	h := newHouse(t, g)
	const lines, each = 50, 20
	h.run()
	for n := range each {
		h.update(func(tx storage.Tx) error {
			for l := range lines {
				if err := h.post.Put(tx, h.clock.Now(), text(fmt.Sprint("u", l), fmt.Sprint(n))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	h.idle()
	g.mu.Lock()
	defer g.mu.Unlock()
	for l := range lines {
		var want []string
		for n := range each {
			want = append(want, fmt.Sprintf(`["%d"]`, n))
		}
		if got := g.to[fmt.Sprint("u", l)]; !slices.Equal(got, want) {
			t.Errorf("line %d: %q", l, got)
		}
	}
}

// platformLog keeps what each recipient got.
type platformLog struct {
	*script
	mu sync.Mutex
	to map[string][]string
}

func (p *platformLog) Push(_ context.Context, _, to, _ string, ms json.RawMessage) (outbox.Sent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to == nil {
		p.to = map[string][]string{}
	}
	p.to[to] = append(p.to[to], string(ms))
	return outbox.Sent{}, nil
}

func TestHealth(t *testing.T) {
	h := newHouse(t, &script{})
	h.run()
	h.idle()
	if last, err := h.out.Health(); err != nil || !last.Equal(start) {
		t.Errorf("health %v, %v", last, err)
	}
	h.advance(time.Minute)
	if last, err := h.out.Health(); err != nil || !last.Equal(start.Add(time.Minute)) {
		t.Errorf("health %v, %v after a minute", last, err)
	}
}

func TestRunEndsWithTheStore(t *testing.T) {
	h := newHouse(t, &script{})
	store := &mortal{Store: h.store, life: &life{}}
	h.runOn(store)
	h.idle()
	store.life.end()
	ctx, cancel := context.WithCancel(t.Context())
	asking := make(chan error, 1)
	go func() { asking <- h.out.Idle(ctx) }() // lets it look now
	if err := <-h.done; !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
	cancel()
	if err := <-asking; err == nil {
		t.Error("at rest without a store")
	}
	h.stop()
	h.stop = nil
}

// stubborn is a store whose first claims fail.
type stubborn struct {
	storage.Store
	mu       sync.Mutex
	failures int
}

func (s *stubborn) Claim(ctx context.Context, r storage.ClaimRequest) ([]storage.Claim, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures > 0 {
		s.failures--
		return nil, errors.New("not now")
	}
	return s.Store.Claim(ctx, r)
}

// Claims that fail for a while, the clock standing still, do not keep who waits
// for rest waiting for ever.
func TestClaimFailsAWhile(t *testing.T) {
	h := newHouse(t, &script{})
	h.put(text("U1", "hello"))
	h.runOn(&stubborn{Store: h.store, failures: 3})
	h.idle()
	if n := h.waiting(); n != 0 {
		t.Errorf("at rest with %d waiting", n)
	}
}
