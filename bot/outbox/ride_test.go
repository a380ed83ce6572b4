package outbox_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// What waits for the month's quota goes along with the next reply, as far as one
// call holds; what somebody else waits for does not, nor what is not true now.
func TestWhatWaitsForTheQuotaRidesOnAReply(t *testing.T) {
	s := &script{}
	h := newHouse(t, s)
	var full atomic.Bool
	full.Store(true)
	h.options.Sender = &picky{script: s, refuse: func(ms string) error {
		if full.Load() && ms[2:3] == "p" { // pushes
			return noQuota
		}
		return nil
	}}
	h.options.Post.Stale = func(_ storage.Tx, d outbox.Delivery) (bool, error) { return string(d.Messages) == `["p stale"]`, nil }
	h.put(text("u1", "p stale"))
	for _, body := range []string{"p1", "p2", "p3", "p4", "p5"} {
		h.put(text("u1", body))
	}
	h.put(text("u2", "p7"))
	h.run()
	h.idle()
	full.Store(false)
	h.put(h.reply("u1", "r", "tok"))
	h.idle()
	said := s.said()
	if len(said) == 0 || said[0] != `reply tok ["p1","p2","p3","p4","r"]` {
		t.Fatalf("said %q", said)
	}
	if got, _ := h.settled("d3"); got.Outcome != "ridden" || got.With == "" {
		t.Errorf("settled %+v", got)
	}
	if slices.ContainsFunc(said[1:], func(c string) bool { return c == `reply tok ["p7"]` }) {
		t.Errorf("said %q", said)
	}
}

// That the quota is out is known from LINE's refusal to the next that it takes.
func TestOutOfQuotaIsKnown(t *testing.T) {
	s := &script{answers: []error{noQuota}}
	h := newHouse(t, s)
	known := func() (out bool) {
		h.update(func(tx storage.Tx) (err error) { out, err = outbox.OutOfQuota(tx, h.clock.Now()); return err })
		return out
	}
	if known() {
		t.Error("known before anything was refused")
	}
	h.put(text("u1", "hello"))
	h.run()
	h.idle()
	if !known() {
		t.Error("not known after a refusal")
	}
	h.put(h.reply("u2", "reply", "tok"))
	h.idle()
	if !known() {
		t.Error("forgotten after a reply, which costs nothing")
	}
	h.put(text("u3", "push"))
	h.idle()
	if known() {
		t.Error("still known after a push was taken")
	}
}
