package outbox_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/message"
)

// urgent is a text that need not wait for what fails.
func urgent(who, body string) message.Outgoing {
	o := text(who, body)
	o.Urgent = true
	return o
}

// What goes out while the first of the recipient's lane fails: replies, and what
// is urgent, and nothing else before its two minutes are over.
func TestWhoPassesAPushThatFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		first  func(*house) message.Outgoing
		failed error // of the first
		next   func(*house) message.Outgoing
		passes bool
	}{
		{"a reply passes a push in doubt", push("first"), doubt, reply("next", "tok2"), true},
		{"a reply passes a push that waits for the rate", push("first"), limited(time.Minute), reply("next", "tok2"), true},
		{"a reply passes a push without quota", push("first"), noQuota, reply("next", "tok2"), true},
		{"a reply passes a push of a channel that is not let in", push("first"), badChannel, reply("next", "tok2"), true},
		{"a reply passes a reply that fails", reply("first", "tok1"), doubt, reply("next", "tok2"), true},
		{"what is urgent passes a push that fails", push("first"), doubt, func(*house) message.Outgoing { return urgent("g1", "next") }, true},
		{"a push does not pass a push", push("first"), doubt, push("next"), false},
		{"a push does not pass a reply that fails", reply("first", "tok1"), doubt, push("next"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &script{}
			h := newHouse(t, s)
			h.options.Sender = &picky{script: s, refuse: func(ms string) error {
				if ms == `["first"]` {
					return c.failed
				}
				return nil
			}}
			h.put(c.first(h))
			h.run()
			h.idle()
			h.put(c.next(h))
			h.idle()
			if got := len(s.said()) == 1; got != c.passes {
				t.Errorf("said %q, passes: %v", s.said(), c.passes)
			}
		})
	}
}

func push(body string) func(*house) message.Outgoing {
	return func(*house) message.Outgoing { return text("g1", body) }
}

func reply(body, token string) func(*house) message.Outgoing {
	return func(h *house) message.Outgoing { return h.reply("g1", body, token) }
}

// While nothing fails the order is that of the commits, whoever may pass.
func TestNobodyPassesWhatGoesOut(t *testing.T) {
	s := &script{}
	h := newHouse(t, s)
	h.put(text("g1", "1"))
	h.put(h.reply("g1", "2", "tok"))
	h.put(text("g1", "3"))
	h.put(urgent("g1", "4"))
	h.put(h.reply("g1", "5", "tok5"))
	h.run()
	h.idle()
	want := []string{`push g1 k2 ["1"]`, `reply tok ["2"]`, `push g1 k6 ["3"]`, `push g1 k8 ["4"]`, `reply tok5 ["5"]`}
	if got := s.said(); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
}

// After an outage nothing sits out its pause: the first that gets through wakes
// the rest, a few at first.
func TestFirstSuccessWakesWhatIsPaused(t *testing.T) {
	const many = 30
	s := &script{}
	h := newHouse(t, s)
	var down atomic.Bool
	down.Store(true)
	h.options.Sender = &picky{script: s, refuse: func(string) error {
		if down.Load() {
			return unsent
		}
		return nil
	}}
	h.options.Jitter = func() float64 { return 0 }
	for i := range many {
		h.put(text("u"+string(rune('A'+i)), "waits"))
	}
	h.run()
	h.idle()
	for range 20 { // every pause is five minutes long by now
		h.advance(time.Minute)
	}
	down.Store(false)
	h.put(h.reply("g1", "hello", "tok"))
	h.idle()
	if got := len(s.said()); got != many+1 {
		t.Errorf("%d of %d have gone out without the clock moving", got, many+1)
	}
}

// A reply does not wake what waits for the month's quota, which it says nothing
// of; a push does.
func TestWhatWaitsForTheQuotaIsWokenByAPush(t *testing.T) {
	s := &script{}
	h := newHouse(t, s)
	full := atomic.Bool{}
	full.Store(true)
	h.options.Sender = &picky{script: s, refuse: func(ms string) error {
		if full.Load() && ms != `["reply"]` {
			return noQuota
		}
		return nil
	}}
	h.put(text("u1", "waits"))
	h.run()
	h.idle()
	full.Store(false)
	h.put(h.reply("u2", "reply", "tok"))
	h.idle()
	if got := s.said(); len(got) != 1 {
		t.Fatalf("after a reply: %q", got)
	}
	h.advance(time.Minute)
	h.put(text("u3", "push"))
	h.idle()
	if got := s.said(); len(got) != 3 {
		t.Errorf("after a push: %q", got)
	}
}

// What fails by itself is not tried after each of the others' successes.
func TestWhatFailsByItselfIsNotHurried(t *testing.T) {
	s := &script{}
	h := newHouse(t, s)
	var tries atomic.Int32
	h.options.Sender = &picky{script: s, refuse: func(ms string) error {
		if ms == `["poison"]` {
			tries.Add(1)
			return doubt
		}
		return nil
	}}
	h.put(text("u1", "poison"))
	h.run()
	h.idle()
	for range 10 {
		h.advance(time.Minute)
	}
	before := tries.Load()
	for range 60 {
		h.put(text("u2", "well"))
		h.advance(time.Second)
	}
	if n := tries.Load() - before; n > 6 {
		t.Errorf("tried %d times in a minute", n)
	}
}

// What is urgent is tried at least every half minute, also when it is stuck.
func TestUrgentIsTriedOften(t *testing.T) {
	s := &script{answers: repeat(doubt, 1000)}
	h := newHouse(t, s)
	h.put(urgent("g1", "card"))
	h.run()
	h.idle()
	for range 60 {
		h.advance(10 * time.Second)
	}
	before := len(s.said())
	for range 3 {
		h.advance(10 * time.Second)
	}
	if len(s.said()) == before {
		t.Error("not tried for half a minute")
	}
}
