package outbox_test

import (
	"context"
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

func (h *house) used() int {
	h.t.Helper()
	var used int
	h.update(func(tx storage.Tx) (err error) { used, _, err = outbox.Usage(tx, h.clock.Now()); return err })
	return used
}

func page(name string, n int) message.Outgoing {
	o := text(name, "notice")
	o.To = message.Recipient{Kind: message.ToMany, ID: name, IDs: make([]string, n)}
	for i := range n {
		o.To.IDs[i] = fmt.Sprint("u", i)
	}
	o.Lane = message.LaneNotice
	return o
}

func plan(monthly, percent int) func(*outbox.Options) {
	return func(o *outbox.Options) {
		o.Allowance = func(string) outbox.Allowance { return outbox.Allowance{Monthly: monthly, Reserve: percent} }
	}
}

// Pushes are counted by recipients, whatever they hold; replies cost nothing.
func TestCountedByRecipients(t *testing.T) {
	s := &script{answers: []error{nil, nil, nil, nil, rejected}}
	asked := 0
	h := newHouse(t, s, func(o *outbox.Options) {
		o.Casework, o.Notices = 1, 1
		o.GroupCount = func(_ context.Context, council, group string) (int, error) {
			asked++
			if council != town || group != "g1" {
				t.Errorf("asked about %s %s", council, group)
			}
			return 5, nil
		}
	})
	h.run()
	steps := []struct {
		out  message.Outgoing
		used int
	}{
		{text("u1", "x"), 1},
		{h.reply("u1", "x", "tok"), 1},
		{message.Outgoing{To: message.Recipient{Kind: message.ToGroup, ID: "g1"}, Messages: []message.Message{message.Text{Body: "1"}, message.Text{Body: "2"}}}, 6},
		{page("p1", 40), 46},
		{text("u2", "refused"), 46},
		{message.Outgoing{To: message.Recipient{Kind: message.ToGroup, ID: "g1"}, Messages: []message.Message{message.Text{Body: "1"}}}, 51},
	}
	for i, step := range steps {
		h.put(step.out)
		h.idle()
		if got := h.used(); got != step.used {
			t.Errorf("step %d: %d used, want %d", i, got, step.used)
		}
	}
	if asked != 1 {
		t.Errorf("LINE was asked for the group's number %d times", asked)
	}
	h.clock.Set(time.Date(2026, 7, 31, 15, 0, 0, 0, time.UTC))
	if got := h.used(); got != 0 {
		t.Errorf("%d used in the new month", got)
	}
}

// What is counted once is counted once, also when LINE says 409.
func TestCountedOnce(t *testing.T) {
	s := &script{answers: []error{doubt, doubt, errAccepted}}
	h := newHouse(t, s)
	h.put(text("u1", "x"))
	h.run()
	h.idle()
	h.advance(time.Second)
	h.advance(2 * time.Second)
	if got := h.used(); got != 1 {
		t.Errorf("%d used", got)
	}
}

// A notice goes out only while the reserve for casework stays whole, however
// many pages are under way at once; casework may use it all.
func TestReserve(t *testing.T) {
	s := &script{}
	h := newHouse(t, s, plan(1000, 10))
	for i := range 4 {
		h.put(page(fmt.Sprint("p", i), 300))
	}
	h.run()
	h.idle()
	for range 3 { // pages that came on top of each other look again
		h.advance(time.Second)
	}
	if got := h.used(); got != 900 {
		t.Errorf("%d used: three of four pages leave the reserve whole", got)
	}
	if got := h.tally.get("reported quota_out"); got != 1 {
		t.Errorf("reported %d times", got)
	}
	for i := range 150 {
		h.put(text(fmt.Sprint("u", i), "case"))
	}
	h.idle()
	if got := h.used(); got != 1050 {
		t.Errorf("%d used: casework goes on until LINE says no", got)
	}
	h.advance(5 * time.Hour)
	if got := h.tally.get("reported quota_out"); got != 1 {
		t.Errorf("reported %d times after some hours", got)
	}
	if got := h.waiting(); got != 1 {
		t.Errorf("%d wait", got)
	}
}

func TestReserveEndsWithTheMonth(t *testing.T) {
	s := &script{}
	h := newHouse(t, s, plan(100, 90))
	h.clock.Set(time.Date(2026, 7, 31, 14, 0, 0, 0, time.UTC)) // 23:00 in Japan
	h.put(page("p1", 10))
	h.put(page("p2", 10))
	h.run()
	h.idle()
	if got := len(s.said()); got != 1 {
		t.Errorf("%d pages in July", got)
	}
	h.advance(time.Hour)
	if got := len(s.said()); got != 2 {
		t.Errorf("%d pages when it is August in Japan", got)
	}
}

// meter is LINE's own figures.
type meter struct {
	mu      sync.Mutex
	limit   int
	limited bool
	used    int
	err     error
	asked   int
}

func (m *meter) Quota(context.Context, string) (int, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	return m.limit, m.limited, m.err
}

func (m *meter) Consumption(context.Context, string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used, m.err
}

func metered(m *meter) func(*outbox.Options) {
	return func(o *outbox.Options) {
		o.Quota, o.Councils = m, func() []string { return []string{town} }
	}
}

// polled waits until LINE's figures have been asked for once more.
func (h *house) polled() {
	h.t.Helper()
	select {
	case <-h.tally.polled:
	case <-time.After(20 * time.Second):
		h.t.Fatal("LINE was not asked")
	}
}

// LINE knows of what others send in the channel's name; we know of what it has
// not counted yet. The larger figure holds.
func TestLINEsFigures(t *testing.T) {
	m := &meter{limit: 200, limited: true, used: 150}
	h := newHouse(t, &script{}, plan(1000, 10), metered(m))
	h.run()
	h.polled()
	if got := h.tally.get("left"); got != 50 {
		t.Errorf("%d left, want 50: LINE's limit is the lower", got)
	}
	h.put(page("p1", 25))
	h.idle()
	h.clock.Advance(time.Minute) // or the second page would be due again when LINE is asked
	h.put(page("p2", 10))
	h.idle()
	if got := h.used(); got != 175 {
		t.Errorf("%d used: LINE's 150 and our 25", got)
	}
	if got := h.waiting(); got != 1 {
		t.Errorf("%d wait: the second page would take from the reserve", got)
	}
	m.mu.Lock()
	m.used = 10 // late, as LINE says it may be
	m.mu.Unlock()
	h.clock.Advance(time.Hour - time.Minute)
	h.polled()
	if got := h.used(); got != 25 {
		t.Errorf("%d used: ours is the larger", got)
	}
}

func TestLINEsFiguresFail(t *testing.T) {
	m := &meter{err: errors.New("not now")}
	h := newHouse(t, &script{}, metered(m))
	h.run()
	h.polled()
	h.put(page("p1", 25))
	h.idle()
	if got := h.used(); got != 25 {
		t.Errorf("%d used", got)
	}
}

func TestUnlimited(t *testing.T) {
	m := &meter{limit: 0, used: 5000}
	h := newHouse(t, &script{}, plan(6000, 0), metered(m))
	h.run()
	h.polled()
	if got := h.tally.get("left"); got != 1000 {
		t.Errorf("%d left of the configured limit", got)
	}
	h.put(page("p1", 500))
	h.idle()
	if got := h.events("d1"); !slices.Equal(got, []string{"delivered 1"}) {
		t.Errorf("events %q", got)
	}
}

// A group whose number is not told counts as it did before, at least as one.
func TestGroupCountFails(t *testing.T) {
	n, err := 7, error(nil)
	h := newHouse(t, &script{}, func(o *outbox.Options) {
		o.GroupCount = func(context.Context, string, string) (int, error) { return n, err }
	})
	group := func() message.Outgoing {
		o := text("g1", "x")
		o.To.Kind = message.ToGroup
		return o
	}
	h.run()
	h.put(group())
	h.idle()
	n, err = 0, errors.New("not now")
	h.clock.Advance(7 * time.Hour)
	h.put(group())
	h.idle()
	if got := h.used(); got != 14 {
		t.Errorf("%d used, want 14", got)
	}
}

// The reserve is a share of the limit that holds, also when only LINE knows it,
// and also in the first hour of a month, before LINE was asked again.
func TestReserveOfLINEsLimit(t *testing.T) {
	m := &meter{limit: 200, limited: true}
	h := newHouse(t, &script{}, plan(0, 20), metered(m))
	h.run()
	h.polled()
	h.put(page("p1", 160))
	h.idle()
	h.put(page("p2", 1))
	h.idle()
	if got := h.used(); got != 160 {
		t.Errorf("%d used: 40 of LINE's 200 are kept for casework", got)
	}
	m.mu.Lock()
	m.err = errors.New("not now")
	m.mu.Unlock()
	h.halt()
	h.clock.Set(time.Date(2026, 7, 31, 15, 0, 0, 0, time.UTC)) // the month turns in Japan
	h.put(page("p3", 170))
	h.run()
	h.idle()
	if got := h.used(); got > 160 {
		t.Errorf("%d used at the turn of the month: the reserve is gone", got)
	}
}
