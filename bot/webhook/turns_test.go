package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/storage"
)

// Events of one chat keep their order, whatever lies between them.
func TestOrderWithinAChat(t *testing.T) {
	d := newDoor(t)
	var events []string
	for i := range 40 {
		events = append(events,
			text(fmt.Sprintf("a%02d", i), user(alice), "あ"),
			text(fmt.Sprintf("b%02d", i), user(bob), "い"),
			text(fmt.Sprintf("g%02d", i), inGroup(alice), "う"))
	}
	if got := d.post(t, body(events...)); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	order := map[string][]string{}
	for _, id := range d.turns.ids() {
		order[id[:1]] = append(order[id[:1]], id)
	}
	for chat, ids := range order {
		if len(ids) != 40 || !slices.IsSorted(ids) {
			t.Errorf("chat %s: %v", chat, ids)
		}
	}
}

// Chats do not wait for each other: each turn here waits for the other's.
func TestChatsSideBySide(t *testing.T) {
	d := newDoor(t)
	met := make(chan struct{})
	d.turns.do = func(ctx context.Context, ev dialogue.Event) error {
		select {
		case met <- struct{}{}:
		case <-met:
		case <-ctx.Done():
			return ctx.Err()
		}
		return nil
	}
	if got := d.post(t, body(text("a", user(alice), "あ"), text("b", user(bob), "い"))); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
}

// 200 only when every turn has committed.
func TestOneFailureFailsTheBody(t *testing.T) {
	for name, fail := range map[string]error{
		TurnBusy: fmt.Errorf("turn: %w", storage.ErrBusy), TurnClosed: storage.ErrClosed,
		TurnFailed: errors.New("disk"), TurnLate: context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor(t)
			d.turns.do = func(_ context.Context, ev dialogue.Event) error {
				if ev.ID == "b1" {
					return fail
				}
				return nil
			}
			got := d.post(t, body(text("a1", user(alice), "あ"), text("b1", user(bob), "い"),
				text("a2", user(alice), "あ"), text("b2", user(bob), "い")))
			if got != http.StatusServiceUnavailable {
				t.Errorf("status %d", got)
			}
			d.settle(t)
			ids := d.turns.ids()
			slices.Sort(ids)
			want := []string{"a1", "a2", "b1"}
			if name == TurnLate { // in doubt, and so tried once more
				want = append(want, "b1")
			}
			// b2 is not begun: LINE delivers both again, in order.
			if !slices.Equal(ids, want) {
				t.Errorf("turns %v", ids)
			}
			if d.counts.get("turn/said/"+name) != 1 || d.counts.get("turn/said/"+TurnCommitted) != 2 {
				t.Errorf("counted %v", d.counts.n)
			}
			if len(d.failure) != 1 || !errors.Is(d.failure[0], fail) {
				t.Errorf("readiness was told %v", d.failure)
			}
			if got := d.apologies(); !slices.Equal(got, []string{"r-b1"}) {
				t.Errorf("apologies %v", got)
			}
		})
	}
}

// A fault of the program in one event does not lose those behind it, nor the
// process.
func TestPanicIsContained(t *testing.T) {
	for name, fault := range map[string]func() error{
		"outside the transaction": func() error { panic("田中") },
		"inside it":               func() error { return storage.Protect(func() error { panic("田中") }) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor(t)
			d.turns.do = func(_ context.Context, ev dialogue.Event) error {
				if ev.ID == "a1" {
					return fault()
				}
				return nil
			}
			if got := d.post(t, body(text("a1", user(alice), "あ"), text("a2", user(alice), "い"))); got != http.StatusServiceUnavailable {
				t.Errorf("status %d", got)
			}
			if ids := d.turns.ids(); !slices.Equal(ids, []string{"a1", "a2"}) {
				t.Errorf("turns %v", ids)
			}
			if len(d.failure) != 0 {
				t.Error("the store is blamed for a panic")
			}
			if logged := d.log.String(); !strings.Contains(logged, "turns_test.go") || strings.Contains(logged, "田中") {
				t.Errorf("logged without its place, or with its value:\n%s", logged)
			}
		})
	}
}

// What the program cannot deal with is delivered once: its neighbours go on, the
// store is not blamed, and what happened is counted and logged without a word of
// what was said.
func TestGivenUpIsNotRepeated(t *testing.T) {
	for name, cause := range map[string]error{
		"error": fmt.Errorf("turn: %w", quoting("田中")),
		"panic": storage.Protect(func() error { panic("田中") }),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor(t)
			d.turns.do = func(_ context.Context, ev dialogue.Event) error {
				if ev.ID == "a1" {
					return &dialogue.GivenUp{Cause: cause}
				}
				return nil
			}
			if got := d.post(t, body(text("a1", user(alice), "あ"), text("a2", user(alice), "い"), text("b1", user(bob), "う"))); got != http.StatusOK {
				t.Errorf("status %d", got)
			}
			d.settle(t)
			ids := d.turns.ids()
			slices.Sort(ids)
			if !slices.Equal(ids, []string{"a1", "a2", "b1"}) {
				t.Errorf("turns %v", ids)
			}
			if len(d.failure) != 0 || len(d.apologies()) != 0 {
				t.Errorf("readiness was told %v, apologies %v", d.failure, d.apologies())
			}
			if d.counts.get("turn/said/"+TurnGivenUp) != 1 {
				t.Errorf("counted %v", d.counts.n)
			}
			if logged := d.log.String(); !strings.Contains(logged, "GivenUp") || strings.Contains(logged, "田中") {
				t.Errorf("logged without its types, or with its words:\n%s", logged)
			}
		})
	}
}

// A turn that is late answers 503 at the deadline; what runs on touches
// nothing of the answer's, keeps its slot and ends by itself.
func TestLateTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, func(o *Options) { o.MaxTurns = 1 })
		release := make(chan struct{})
		d.turns.do = func(context.Context, dialogue.Event) error {
			<-release // deaf to its context
			return nil
		}
		began := time.Now()
		if got := d.post(t, body(text("a1", user(alice), "あ"), text("a2", user(alice), "い"))); got != http.StatusServiceUnavailable {
			t.Errorf("status %d", got)
		}
		if took := time.Since(began); took != TurnTimeout {
			t.Errorf("answered after %v, want %v", took, TurnTimeout)
		}
		if got := d.post(t, body(text("b1", user(bob), "う"))); got != http.StatusServiceUnavailable || d.counts.get("shed") != 1 {
			t.Errorf("the late turn's slot was given away: %d %v", got, d.counts.n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait: %v", err)
		}
		close(release)
		d.settle(t)
		// a2 is never begun, because its answer has gone out already.
		if ids := d.turns.ids(); !slices.Equal(ids, []string{"a1"}) {
			t.Errorf("turns %v", ids)
		}
		if got := d.post(t, body(text("b1", user(bob), "う"))); got != http.StatusOK {
			t.Errorf("afterwards: status %d", got)
		}
	})
}

// The store gives up at the deadline by itself.
func TestTurnHearsTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.turns.do = func(ctx context.Context, _ dialogue.Event) error {
			<-ctx.Done()
			return fmt.Errorf("storage: %w", ctx.Err())
		}
		if got := d.post(t, body(text("a1", user(alice), "あ"))); got != http.StatusServiceUnavailable {
			t.Errorf("status %d", got)
		}
		d.settle(t)
		if d.counts.get("turn/said/"+TurnLate) != 1 {
			t.Errorf("counted %v", d.counts.n)
		}
	})
}

// LINE hanging up does not end a turn.
func TestHangingUpDoesNotEndATurn(t *testing.T) {
	d := newDoor(t)
	var ended atomic.Bool
	ctx, hangUp := context.WithCancel(t.Context())
	d.turns.do = func(ctx context.Context, _ dialogue.Event) error {
		hangUp()
		ended.Store(ctx.Err() != nil)
		return nil
	}
	lanes := [][]dialogue.Event{{{ID: "a1", User: alice, Kind: dialogue.Said}}}
	if !d.work(ctx, "minato", lanes) || ended.Load() {
		t.Error("the turn ended with the connection")
	}
}

// The door sheds when all slots are taken, and tells who wrote.
func TestShedding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, func(o *Options) { o.MaxTurns = 3 })
		release := make(chan struct{})
		d.turns.do = func(_ context.Context, ev dialogue.Event) error {
			if ev.ID == "slow" {
				<-release
			}
			return nil
		}
		answered := make(chan int, 2)
		for range 2 {
			go func() { answered <- d.post(t, body(text("slow", user(alice), "あ"))) }()
		}
		synctest.Wait()
		// One slot is free: a body of two chats is turned away as a whole …
		if got := d.post(t, body(text("x", user(alice), "い"), text("y", user(bob), "い"))); got != http.StatusServiceUnavailable {
			t.Errorf("two chats: status %d", got)
		}
		// … and leaves the slot to a body of one.
		if got := d.post(t, body(text("z", user(bob), "い"))); got != http.StatusOK {
			t.Errorf("one chat: status %d", got)
		}
		close(release)
		for range 2 {
			if got := <-answered; got != http.StatusOK {
				t.Errorf("slow: status %d", got)
			}
		}
		d.settle(t)
		if d.counts.get("shed") != 1 {
			t.Errorf("counted %v", d.counts.n)
		}
		sorry := d.apologies()
		slices.Sort(sorry)
		if !slices.Equal(sorry, []string{"r-x", "r-y"}) {
			t.Errorf("apologies %v", sorry)
		}
		if len(d.failure) != 0 {
			t.Error("readiness falls because of shedding")
		}
	})
}

// A body of many chats takes few slots and is worked off.
func TestManyChatsInOneBody(t *testing.T) {
	d := newDoor(t, func(o *Options) { o.MaxTurns = maxLanes })
	var now, most atomic.Int32
	d.turns.do = func(context.Context, dialogue.Event) error {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		now.Add(-1)
		return nil
	}
	var events []string
	for i := range 500 {
		events = append(events, text(fmt.Sprint("e", i), user(fmt.Sprintf("U%032x", i)), "あ"))
	}
	if got := d.post(t, body(events...)); got != http.StatusOK || len(d.turns.ids()) != 500 {
		t.Errorf("status %d, %d turns", got, len(d.turns.ids()))
	}
	if most.Load() > maxLanes {
		t.Errorf("%d turns at once", most.Load())
	}
}

func TestErrorTypes(t *testing.T) {
	got := errorTypes(fmt.Errorf("a: %w", quoting("田中")))
	if got != "*fmt.wrapError < webhook.quoting" || strings.Contains(got, "田中") {
		t.Errorf("%q", got)
	}
}
