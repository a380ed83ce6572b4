package outbox_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/message"
)

// The clock is set back while something is paused: it is tried again at once,
// not when the clock has come as far again.
func TestClockSetBack(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []error
	}{
		{"paused", repeat(doubt, 7)},
		{"told to wait", []error{limited(30 * time.Minute)}},
		{"without quota", []error{noQuota}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &script{answers: c.answers}
			h := newHouse(t, s)
			h.put(text("u1", "hello"))
			h.run()
			h.idle()
			for range 6 {
				h.advance(20 * time.Second)
			}
			h.clock.Step(-9 * time.Hour)
			for range 12 {
				h.advance(5 * time.Second)
			}
			if _, done := h.settled("d1"); !done {
				t.Errorf("not sent a minute after the step: %q", s.said())
			}
		})
	}
}

// A delivery of a clock that was ahead has its day from when that is noticed,
// and its reply token is trusted no more.
func TestMadeByAClockAhead(t *testing.T) {
	s := &script{answers: repeat(doubt, 5000)}
	h := newHouse(t, s)
	h.clock.Step(9 * time.Hour)
	h.put(h.reply("u1", "hello", "tok"))
	h.run()
	h.idle()
	h.clock.Step(-9 * time.Hour)
	for range 24*60 - 12 {
		h.advance(time.Minute)
	}
	if got := h.events("d1"); !slices.Equal(got, []string{"stuck"}) {
		t.Errorf("events %q within a day", got)
	}
	for range 10 {
		h.advance(time.Minute)
	}
	if got := h.events("d1"); !slices.Equal(got, []string{"stuck", "expired"}) {
		t.Errorf("events %q after a day", got)
	}
	for i, call := range s.said() {
		if want := aPush; i > 0 && call != want {
			t.Fatalf("call %d is %q, want %q", i, call, want)
		}
	}
}

// Whatever the clock does, everything goes out within minutes of LINE's return,
// once.
func TestClockBackAndForth(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 5))
		h := newHouse(t, nil)
		p := newPlatform(h.clock, rand.New(rand.NewPCG(seed, 6)))
		h.options.Sender = p
		p.faults = 50
		h.run()
		n := 0
		for range 60 {
			for range r.IntN(3) {
				o := text("u"+string(rune('0'+r.IntN(3))), "mark"+string(rune('A'+n)))
				o.Lane = message.LaneCasework
				h.put(o)
				n++
			}
			h.advance(time.Duration(r.IntN(60)) * time.Second)
			if r.IntN(5) == 0 {
				h.clock.Step(time.Duration(r.IntN(20)-10) * time.Hour)
				h.idle()
			}
		}
		p.with(func() { p.faults = 0 })
		for range 60 {
			h.advance(10 * time.Second)
		}
		if left := h.waiting(); left > 0 {
			t.Errorf("seed %d: %d wait ten minutes after the last fault", seed, left)
		}
	}
}
