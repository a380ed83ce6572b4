package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/schedule"
	"mimamori.example/mimamori/storage"
)

func TestTicks(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 10, 9, 0))
	h.entries = []schedule.Entry{{Job: "daily", Rule: rule(t, "0 10 * * *"), Window: 26 * time.Hour, Work: once{}}}
	h.begin(h.store)
	h.idle()
	if got := h.ticks(); len(got) != 0 {
		t.Errorf("before the first: %q; what came before the job was known is none of its", got)
	}
	h.set(tokyo(2026, 7, 10, 9, 59))
	h.set(tokyo(2026, 7, 10, 10, 0))
	h.idle()
	if got := h.ticks(); !slices.Equal(got, []string{"07-10 10:00 started"}) {
		t.Errorf("at its time: %q", got)
	}
	h.halt()
	h.set(tokyo(2026, 7, 14, 11, 0)) // down over four of them
	h.begin(h.store)
	h.idle()
	want := []string{"07-10 10:00 started", "07-11 10:00 skipped", "07-12 10:00 skipped", "07-13 10:00 started", "07-14 10:00 started"}
	if got := h.ticks(); !slices.Equal(got, want) {
		t.Errorf("after coming back: %q", got)
	}
	told := []string{"done daily 1", "skipped daily 07-11 10:00 07-12 10:00", "done daily 1", "done daily 1"}
	if got := h.told(); !slices.Equal(got, told) {
		t.Errorf("the group heard %q", got)
	}
}

func TestWindowEndsExactly(t *testing.T) {
	for late, want := range map[time.Duration]string{72 * time.Hour: "started", 72*time.Hour + time.Second: "skipped"} {
		h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
		h.entries = []schedule.Entry{{Job: "notice", Rule: rule(t, "0 10 15 * *"), Window: 72 * time.Hour, Work: once{}}}
		h.begin(h.store)
		h.idle()
		h.halt()
		h.set(tokyo(2026, 7, 15, 10, 0).Add(late))
		h.begin(h.store)
		h.idle()
		if got := h.ticks(); !slices.Equal(got, []string{"07-15 10:00 " + want}) {
			t.Errorf("%v late: %q", late, got)
		}
	}
}

func TestChangedRule(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
	h.entries = []schedule.Entry{{Job: "notice", Rule: rule(t, "0 10 20 * *"), Window: 72 * time.Hour, Work: once{}}}
	h.begin(h.store)
	h.idle()
	h.set(tokyo(2026, 7, 12, 0, 0))
	h.halt()
	h.entries[0].Rule = rule(t, "0 10 11 * *") // in July that day is over
	h.begin(h.store)
	h.idle()
	h.set(tokyo(2026, 8, 1, 0, 0))
	if got := h.ticks(); len(got) != 0 {
		t.Errorf("%q: a new rule does not reach back, and the old one is gone", got)
	}
	h.set(tokyo(2026, 8, 11, 10, 0))
	if got := h.ticks(); !slices.Equal(got, []string{"08-11 10:00 started"}) {
		t.Errorf("%q", got)
	}
}

func TestQuietSkips(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
	h.entries = []schedule.Entry{{Job: "prune", Rule: rule(t, "30 3 * * *"), Window: time.Hour, Work: once{}, Quiet: true}}
	h.begin(h.store)
	h.idle()
	h.halt()
	h.set(tokyo(2027, 7, 1, 0, 0)) // a year, in transactions of some ticks each
	h.begin(h.store)
	h.idle()
	h.set(tokyo(2027, 7, 1, 0, 10)) // so long an outage is believed when it has stood
	got := h.ticks()
	if len(got) != 365 || !strings.HasSuffix(got[364], "skipped") {
		t.Errorf("%d ticks, the last %q", len(got), got[len(got)-1])
	}
	if told := h.told(); len(told) != 0 {
		t.Errorf("the group heard %q", told)
	}
}

// A restored store begins held. What came before its release is done: by the
// original, or by nobody; jobs under way do not go on.
func TestRestoredStore(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
	h.settle(1)
	failing := errors.New("not now")
	h.entries = []schedule.Entry{
		{Job: "notice", Rule: rule(t, "0 10 15 * *"), Window: 72 * time.Hour, Work: once{}},
		{Job: "going", Rule: rule(t, "0 10 2 * *"), Window: 72 * time.Hour, Work: once{&failing}},
	}
	var reminded sync.Map
	h.due = func(_ context.Context, council string, now time.Time) (time.Time, error) {
		reminded.Store(council, now)
		return time.Time{}, nil
	}
	r := h.begin(h.store)
	h.idle()
	h.clock.Set(tokyo(2026, 7, 2, 10, 0))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := r.Idle(ctx); err == nil {
		t.Error("at rest while a step fails")
	}
	h.halt()
	if err := h.store.Hold(t.Context(), "restored"); err != nil {
		t.Fatal(err)
	}
	reminded.Clear()
	h.clock.Set(tokyo(2026, 7, 15, 11, 0))
	h.begin(h.store)
	h.idle()
	if _, ok := reminded.Load(town); ok {
		t.Error("what is due is looked at while the store is held")
	}
	if err := h.store.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	failing = nil
	h.idle()
	if _, ok := reminded.Load(town); !ok {
		t.Error("what is due is not looked at after the release")
	}
	h.set(tokyo(2026, 8, 15, 10, 0))
	want := []string{"07-02 10:00 started", "07-15 10:00 restored", "08-02 10:00 skipped", "08-15 10:00 started"}
	if got := h.ticks(); !slices.Equal(got, want) {
		t.Errorf("ticks %q", got)
	}
	if got := h.told(); !slices.Equal(got, []string{"done notice 1", "skipped going 08-02 10:00"}) &&
		!slices.Equal(got, []string{"skipped going 08-02 10:00", "done notice 1"}) {
		t.Errorf("the group heard %q", got)
	}
}

// dying is a store whose process dies at the nth commit: before it, or after it
// and before anybody hears.
type dying struct {
	storage.Store
	mu    sync.Mutex
	after int
	kept  bool
}

func (d *dying) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	d.mu.Lock()
	d.after--
	now, dead := d.after == 0, d.after < 0
	d.mu.Unlock()
	if dead || now && !d.kept {
		return storage.ErrClosed
	}
	if err := d.Store.Update(ctx, council, fn); err != nil {
		return err
	}
	if now {
		return storage.ErrClosed
	}
	return nil
}

// restOrDie waits until the process is at rest, or has died.
func (r *run) restOrDie(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	idle := make(chan error, 1)
	go func() { idle <- r.Idle(ctx) }()
	select {
	case err := <-idle:
		if err != nil {
			t.Fatal(err)
		}
	case err := <-r.done:
		r.done <- err
		cancel()
		if asked := <-idle; err == nil {
			t.Error("it ended without a cause; asked for rest: ", asked)
		}
	}
}

func notices(h *house) schedule.Notices {
	return schedule.Notices{
		Notice: func(planned time.Time) (message.Notice, bool) {
			return message.Notice{Heading: fmt.Sprint(int(planned.Month()))}, true
		},
		Residents: pageOfResidents, Post: h.post,
	}
}

// Wherever the process dies, and although two more work beside it: every
// resident is in exactly one page of the notice.
func TestNoticeExactlyOnceAcrossRestarts(t *testing.T) {
	const people = 1750
	for after := 1; after <= 8; after++ {
		for _, kept := range []bool{false, true} {
			t.Run(fmt.Sprintf("death at commit %d, kept %v", after, kept), func(t *testing.T) {
				h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
				h.settle(people)
				h.entries = []schedule.Entry{{Job: "notice", Rule: rule(t, "0 10 15 * *"), Window: 72 * time.Hour, Work: notices(h)}}
				h.begin(h.store)
				h.idle()
				h.halt()
				h.clock.Set(tokyo(2026, 7, 15, 10, 0))
				h.begin(&dying{Store: h.store, after: after, kept: kept}).restOrDie(t)
				h.reopen()
				h.begin(h.store)
				h.begin(h.store)
				h.set(tokyo(2026, 7, 15, 10, 5))
				h.checkNotice(people, "7")
			})
		}
	}
}

func (h *house) checkNotice(people int, month string) {
	h.t.Helper()
	times := map[string]int{}
	pages := 0
	for _, d := range h.queued() {
		if d.To.Kind != message.ToMany {
			continue
		}
		pages++
		if len(d.To.IDs) > 500 || d.Lane != message.LaneNotice || d.About.Kind != schedule.AboutNotice {
			h.t.Errorf("a page of %d in lane %q about %+v", len(d.To.IDs), d.Lane, d.About)
		}
		if want := `"Heading":"` + month + `"`; !strings.Contains(string(d.Messages), want) {
			h.t.Errorf("the notice is %s, want %s", d.Messages, want)
		}
		for _, id := range d.To.IDs {
			times[id]++
		}
	}
	for id, n := range times {
		if n != 1 {
			h.t.Errorf("%s is told %d times", id, n)
		}
	}
	if len(times) != people || pages != (people+499)/500 {
		h.t.Errorf("%d of %d people in %d pages", len(times), people, pages)
	}
	if got, want := h.told(), []string{fmt.Sprint("done notice ", people)}; !slices.Equal(got, want) {
		h.t.Errorf("the group heard %q, want %q", got, want)
	}
}

// Several processes on one store: one tick each, and the steps are shared.
func TestManyProcesses(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
	h.settle(3000)
	h.entries = []schedule.Entry{{Job: "notice", Rule: rule(t, "0 10 15 * *"), Window: time.Hour, Work: notices(h)}}
	for range 4 {
		h.begin(h.store)
	}
	h.idle()
	h.set(tokyo(2026, 7, 15, 10, 0))
	h.checkNotice(3000, "7")
	if got := h.ticks(); len(got) != 1 {
		t.Errorf("ticks %q", got)
	}
}

// The month is Japan's: in Greenwich it is still December.
func TestNoticeOfJapansMonth(t *testing.T) {
	h := newHouse(t, tokyo(2025, 12, 31, 0, 0))
	h.settle(1)
	h.entries = []schedule.Entry{{Job: "notice", Rule: rule(t, "0 8 1 * *"), Window: time.Hour, Work: notices(h)}}
	h.begin(h.store)
	h.idle()
	h.set(tokyo(2026, 1, 1, 8, 0))
	h.checkNotice(1, "1")
}

func TestNoNotice(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
	n := notices(h)
	n.Notice = func(time.Time) (message.Notice, bool) { return message.Notice{}, false }
	h.entries = []schedule.Entry{{Job: "notice", Rule: rule(t, "0 10 15 * *"), Window: time.Hour, Work: n}}
	h.begin(h.store)
	h.idle()
	h.set(tokyo(2026, 7, 15, 10, 0))
	if got := h.ticks(); !slices.Equal(got, []string{"07-15 10:00 empty"}) {
		t.Errorf("%q", got)
	}
	if got := h.queued(); len(got) != 0 {
		t.Errorf("%d deliveries", len(got))
	}
}

// The text is fixed when the tick comes, whatever the configuration says later.
func TestNoticeKeepsItsText(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
	h.settle(700)
	n := notices(h)
	stop := true
	n.Residents = func(tx storage.Tx, after string, limit int) ([]string, string, bool, error) {
		if after != "" && stop {
			return nil, "", false, errors.New("not now")
		}
		return pageOfResidents(tx, after, limit)
	}
	h.entries = []schedule.Entry{{Job: "notice", Rule: rule(t, "0 10 15 * *"), Window: time.Hour, Work: n}}
	r := h.begin(h.store)
	h.idle()
	h.clock.Set(tokyo(2026, 7, 15, 10, 0))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := r.Idle(ctx); err == nil {
		t.Fatal("at rest while a step fails")
	}
	h.halt()
	stop = false
	n.Notice = func(time.Time) (message.Notice, bool) { return message.Notice{Heading: "other"}, true }
	h.entries[0].Work = n
	h.begin(h.store)
	h.idle()
	h.checkNotice(700, "7")
}

func TestGivenUp(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
	err := errors.New("never")
	h.entries = []schedule.Entry{{Job: "hopeless", Rule: rule(t, "0 10 15 * *"), Window: time.Hour, Work: once{&err}}}
	r := h.begin(h.store)
	h.idle()
	h.clock.Set(tokyo(2026, 7, 15, 10, 0))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := r.Idle(ctx); err == nil {
		t.Fatal("at rest while a step fails")
	}
	h.clock.Set(tokyo(2026, 7, 16, 10, 1))
	h.eventually(r)
	if got := h.told(); !slices.Equal(got, []string{"given_up hopeless 0"}) {
		t.Errorf("the group heard %q", got)
	}
}

// eventually is idle for what fails once more before it rests.
func (h *house) eventually(r *run) {
	h.t.Helper()
	for range 100 {
		ctx, cancel := context.WithTimeout(h.t.Context(), 50*time.Millisecond)
		err := r.Idle(ctx)
		cancel()
		if err == nil {
			return
		}
		h.clock.Advance(5 * time.Second)
	}
	h.t.Fatal("does not come to rest")
}

func TestHousekeeping(t *testing.T) {
	h := newHouse(t, tokyo(2026, 7, 1, 0, 0))
	const keys = 1200
	old := tokyo(2026, 6, 20, 0, 0)
	for from := 0; from < keys; from += 400 {
		h.update(func(tx storage.Tx) error {
			for i := range 400 {
				if _, err := tx.Once(old, fmt.Sprint(from+i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	h.update(func(tx storage.Tx) error { _, err := tx.Once(tokyo(2026, 6, 30, 0, 0), "young"); return err })
	called := 0
	work := schedule.Housekeeping(func(storage.Tx, time.Time, int) (int, error) { called++; return 0, nil })
	h.entries = []schedule.Entry{{Job: "prune", Rule: rule(t, "30 3 * * *"), Window: time.Hour, Work: work}}
	h.begin(h.store)
	h.idle()
	h.set(tokyo(2026, 7, 1, 3, 30))
	if got := h.told(); !slices.Equal(got, []string{fmt.Sprint("done prune ", keys)}) {
		t.Errorf("%q", got)
	}
	var first, young bool
	h.update(func(tx storage.Tx) (err error) {
		if first, err = tx.Once(old, "7"); err != nil {
			return err
		}
		young, err = tx.Once(tokyo(2026, 6, 30, 0, 0), "young")
		return err
	})
	if !first || young || called == 0 {
		t.Errorf("old key gone %v, young key gone %v, others called %d times", first, young, called)
	}
	h.set(tokyo(2027, 8, 10, 0, 0)) // one late tick
	h.set(tokyo(2027, 8, 10, 3, 30))
	if got := h.ticks(); len(got) != 401 || got[0] != "07-06 03:30 skipped" {
		t.Errorf("%d ticks are kept, from %q", len(got), got[:min(1, len(got))])
	}
}

// Random deaths and a random clock: every tick of the year is on record once,
// and each that began was worked off once.
func TestRandomYear(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 3))
		h := newHouse(t, tokyo(2026, 1, 1, 0, 0))
		h.entries = []schedule.Entry{{Job: "weekly", Rule: rule(t, "0 10 * * 2"), Window: 30 * time.Hour, Work: once{}}}
		h.begin(h.store)
		h.idle()
		for h.clock.Now().Before(tokyo(2027, 1, 1, 0, 0)) {
			if random.IntN(3) == 0 {
				h.halt()
				h.clock.Advance(time.Duration(random.IntN(100)) * time.Hour)
				h.begin(&dying{Store: h.store, after: 1 + random.IntN(3), kept: random.IntN(2) == 0}).restOrDie(t)
				h.reopen()
				h.begin(h.store)
			}
			h.clock.Advance(time.Duration(random.IntN(200)) * time.Hour)
			h.idle()
		}
		h.check(seed)
	}
}

func (h *house) check(seed uint64) {
	h.t.Helper()
	started := 0
	got := h.ticks()
	at := tokyo(2026, 1, 6, 10, 0)
	for _, tick := range got {
		if want := at.Format("01-02 15:04"); !strings.HasPrefix(tick, want) {
			h.t.Fatalf("seed %d: tick %q, want that of %s", seed, tick, want)
		}
		at = at.AddDate(0, 0, 7)
		if strings.HasSuffix(tick, "started") {
			started++
		}
	}
	if at.Before(h.clock.Now()) {
		h.t.Errorf("seed %d: the tick of %v is missing", seed, at)
	}
	done := 0
	for _, what := range h.told() {
		if what == "done weekly 1" {
			done++
		}
	}
	if done != started || started == 0 {
		h.t.Errorf("seed %d: %d ticks began, %d jobs were done", seed, started, done)
	}
}
