package council_test

import (
	"encoding/json"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/council"
)

var tenOClock = time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)

// Three cards in ten minutes, and then again three; in a day no more than nine.
func TestBurstCards(t *testing.T) {
	var b council.Burst
	for i, want := range []struct {
		after time.Duration
		cards int // of five tried at that time
	}{{0, 3}, {9 * time.Minute, 0}, {10 * time.Minute, 3}, {20 * time.Minute, 3}, {30 * time.Minute, 0}, {24*time.Hour - 1, 0}, {24 * time.Hour, 3}} {
		got := 0
		for range 5 {
			if b.Card(tenOClock.Add(want.after)) {
				got++
			}
		}
		if got != want.cards {
			t.Errorf("step %d, after %v: %d cards, want %d", i, want.after, got, want.cards)
		}
	}
}

// What is told by itself is bounded in ten minutes and in a day, and never
// overtakes what waits.
func TestBurstTells(t *testing.T) {
	var b council.Burst
	told := func(after time.Duration) (n int) {
		for b.Tell(tenOClock.Add(after)) {
			n++
		}
		return n
	}
	for _, want := range []struct {
		after time.Duration
		told  int
	}{{0, 8}, {10 * time.Minute, 4}, {20 * time.Minute, 0}, {25 * time.Hour, 8}} {
		if got := told(want.after); got != want.told {
			t.Errorf("after %v: %d told, want %d", want.after, got, want.told)
		}
	}
	var waiting council.Burst
	waiting.Wait("26-0001", tenOClock)
	if waiting.Tell(tenOClock) {
		t.Error("something was told before what waits")
	}
	if !waiting.Card(tenOClock) {
		t.Error("a new case had no card because words wait")
	}
}

// The first of what gathers is shown at once, the next soon, later ones less
// often: in the first hour not more than ten minutes apart, and over a whole
// day so seldom that a month's messages last.
func TestBurstGrows(t *testing.T) {
	var b council.Burst
	now, shown := tenOClock, []time.Duration(nil)
	for now.Before(tenOClock.Add(24 * time.Hour)) {
		b.Share("26-0001", now)
		if !b.Next.After(now) {
			shown = append(shown, now.Sub(tenOClock))
			b.Pending, b.Shared, b.Next = nil, append(b.Shared, now), time.Time{}
			b.Rest(now)
		}
		now = now.Add(10 * time.Second)
	}
	for i, at := range shown {
		if i == 0 && at != 0 {
			t.Errorf("the first was shown after %v", at)
		}
		if i > 0 && shown[i-1] < 50*time.Minute && at-shown[i-1] > 10*time.Minute {
			t.Errorf("%v after the beginning nothing was shown for %v", shown[i-1], at-shown[i-1])
		}
	}
	if n := len(shown); n < 10 || n > 24 {
		t.Errorf("it was shown %d times in a day", n)
	}
	if len(b.Cases) != 1 {
		t.Errorf("the same case stands there %d times", len(b.Cases))
	}
}

// What nobody needs to know any more is looked at once, and is then over.
func TestBurstEnds(t *testing.T) {
	var b council.Burst
	b.Card(tenOClock)
	b.Mail(tenOClock.Add(time.Hour))
	if b.Over() {
		t.Error("it is over at once")
	}
	if want := tenOClock.Add(25 * time.Hour); !b.Due.Equal(want) {
		t.Errorf("looked at again at %v, want %v", b.Due, want)
	}
	b.Rest(b.Due)
	if !b.Over() {
		t.Errorf("not over: %+v", b)
	}
	b.Write(council.Letter{Key: "k", Case: "26-0001"}, tenOClock)
	if b.Over() || !b.Waits() || b.Mail(tenOClock) {
		t.Error("a letter that waits is forgotten, or overtaken")
	}
	if raw, err := json.Marshal(council.Burst{}); err != nil || string(raw) != `{"Member":""}` {
		t.Errorf("an empty one is stored as %s, %v", raw, err)
	}
}
