package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"mimamori.example/mimamori/bot/dialogue"
)

var errDisk = errors.New("disk")

func failing(context.Context, dialogue.Event) error { return errDisk }

// One event is apologised for once, however often it is delivered.
func TestOneApologyPerEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.turns.do = failing
		for range 3 {
			d.post(t, body(text("e1", user(alice), "あ")))
			d.settle(t)
			time.Sleep(2 * apologySpacing)
		}
		if got := d.apologies(); !slices.Equal(got, []string{"r-e1"}) {
			t.Errorf("apologies %v", got)
		}
	})
}

// While nothing goes out, somebody in danger must not wait for an answer: the
// report is stored, and the member hears to telephone. Groups are not told at
// every word.
func TestHeldIsSaid(t *testing.T) {
	held := true
	d := newDoor(t, func(o *Options) { o.Held = func() bool { return held } })
	for i, from := range []string{user(alice), inGroup(bob)} {
		if got := d.post(t, body(text(fmt.Sprint("e", i), from, "あ"))); got != 200 {
			t.Errorf("status %d", got)
		}
	}
	d.settle(t)
	held = false
	d.post(t, body(text("e3", user(bob), "あ")))
	d.settle(t)
	if got := d.apologies(); !slices.Equal(got, []string{"r-e0"}) {
		t.Errorf("apologies %v", got)
	}
}

// Who taps five times is told once a minute; another person at once.
func TestApologiesPerChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.turns.do = failing
		for i := range 3 {
			d.post(t, body(text(fmt.Sprint("a", i), user(alice), "あ")))
		}
		d.post(t, body(text("b", user(bob), "あ")))
		d.post(t, body(text("g", inGroup(bob), "あ")))
		time.Sleep(apologySpacing)
		d.post(t, body(text("a9", user(alice), "あ")))
		d.settle(t)
		got := d.apologies()
		slices.Sort(got)
		if !slices.Equal(got, []string{"r-a0", "r-a9", "r-b", "r-g"}) {
			t.Errorf("apologies %v", got)
		}
	})
}

// What carries no reply token cannot be answered; the next that does is.
func TestApologyTakesTheFirstToken(t *testing.T) {
	d := newDoor(t)
	d.turns.do = failing
	d.post(t, body(event("e1", "unfollow", user(alice), ""), text("e2", user(alice), "あ"), text("e3", user(alice), "い")))
	d.settle(t)
	if got := d.apologies(); !slices.Equal(got, []string{"r-e2"}) {
		t.Errorf("apologies %v", got)
	}
}

// Apologies do not pile up while LINE is slow, and each has an end.
func TestApologiesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, func(o *Options) {
			o.Apology = func(ctx context.Context, _, _ string, _ bool) error {
				<-ctx.Done()
				return ctx.Err()
			}
		})
		d.turns.do = failing
		for i := range maxApologies + 3 {
			d.post(t, body(text(fmt.Sprint("e", i), user(fmt.Sprintf("U%032x", i)), "あ")))
		}
		began := time.Now()
		d.settle(t)
		if took := time.Since(began); took > apologyTimeout {
			t.Errorf("ended after %v", took)
		}
		if d.counts.get("apology/"+ApologySkipped) != 3 || d.counts.get("apology/"+ApologyFailed) != maxApologies {
			t.Errorf("counted %v", d.counts.n)
		}
	})
}

func TestWithoutApology(t *testing.T) {
	d := newDoor(t, func(o *Options) { o.Apology = nil })
	d.turns.do = failing
	if got := d.post(t, body(text("e1", user(alice), "あ"))); got != 503 {
		t.Errorf("status %d", got)
	}
}

// What is remembered stays bounded while the store is down for long.
func TestApologyMemoryIsBounded(t *testing.T) {
	d := newDoor(t)
	now := d.o.Clock.Now()
	for i := range rememberApologies + 10 {
		d.sorry.events[fmt.Sprint(i)] = struct{}{}
		d.sorry.chats[fmt.Sprint(i)] = now
	}
	if !d.sorry.first("minato", dialogue.Event{ID: "e1", User: alice}) {
		t.Error("not answered")
	}
	if len(d.sorry.events) != 1 || len(d.sorry.chats) != 1 {
		t.Errorf("%d events and %d chats are remembered", len(d.sorry.events), len(d.sorry.chats))
	}
}

// A turn that was given up may have been kept, and will then be answered. It
// is taken once more, which its deduplication key makes harmless; only when
// that fails too somebody is told that it has not arrived. The second try must
// not use the reply token: an apology may follow and take it.
func TestDoubtIsClearedUpFirst(t *testing.T) {
	for name, c := range map[string]struct {
		second error
		want   []string
	}{
		"kept after all": {nil, nil},
		"failing":        {errDisk, []string{"r-e1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDoor(t)
				d.turns.do = func(ctx context.Context, ev dialogue.Event) error {
					if ev.ReplyToken == "" {
						return c.second
					}
					<-ctx.Done()
					return fmt.Errorf("outcome unknown: %w", ctx.Err())
				}
				if got := d.post(t, body(text("e1", user(alice), "あ"))); got != 503 {
					t.Errorf("status %d", got)
				}
				d.settle(t)
				if got := d.apologies(); !slices.Equal(got, c.want) {
					t.Errorf("apologies %v, want %v", got, c.want)
				}
				if got := d.turns.ids(); !slices.Equal(got, []string{"e1", "e1"}) {
					t.Errorf("turns %v", got)
				}
			})
		})
	}
}
