package schedule_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/schedule"
	"mimamori.example/mimamori/storage"
)

// begunIn counts the ticks of a day that were begun.
func begunIn(h *house, day string) int {
	n := 0
	var all []schedule.Tick
	h.update(func(tx storage.Tx) (err error) { all, err = schedule.Ticks(tx, 1000); return err })
	for _, t := range all {
		if t.Planned.In(schedule.Tokyo).Format("2006-01-02") == day && t.State == schedule.Started {
			n++
		}
	}
	return n
}

// The clock is wrong for a while, and right again: the month's notice goes out
// once, and the group hears of no other year's.
func TestWrongClockSkipsNoNotice(t *testing.T) {
	const years3 = (3*365 + 41) * 24 * time.Hour // not to another tick
	for _, c := range []struct {
		name    string
		before  time.Duration // before the tick, when the clock goes wrong
		by      time.Duration
		lasts   time.Duration
		restart bool
		quiet   bool // nobody hears of anything
	}{
		{"a minute of another year, a day before", 24 * time.Hour, years3, time.Minute, false, true},
		{"a minute of another year, as the tick comes", 30 * time.Second, years3, time.Minute, false, true},
		{"the same, of years ago", 30 * time.Second, -years3, time.Minute, false, true},
		{"a start with another year", 30 * time.Second, years3, time.Minute, true, true},
		{"a start with years ago", 30 * time.Second, -years3, time.Minute, true, true},
		{"an hour of another year, a day before", 24 * time.Hour, years3, time.Hour, false, false},
		{"an hour of another year, as the tick comes", 30 * time.Minute, years3, time.Hour, false, false},
		{"an hour of years ago, as the tick comes", 30 * time.Minute, -years3, time.Hour, true, true},
		{"an hour of next month, a day before", 24 * time.Hour, 30 * 24 * time.Hour, time.Hour, false, false},
		{"nine hours back, and forward again", time.Hour, -9 * time.Hour, time.Hour, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tick := tokyo(2026, 11, 15, 10, 0)
			h := newHouse(t, tick.AddDate(0, 0, -20))
			h.entries = []schedule.Entry{{Job: "notice", Rule: rule(t, "0 10 15 * *"), Window: 72 * time.Hour, Work: once{}}}
			h.begin(h.store)
			h.idle()
			h.set(tick.Add(-c.before))
			if c.restart {
				h.reopen()
			}
			h.clock.Step(c.by)
			if c.restart {
				h.begin(h.store)
			}
			for passed := time.Duration(0); passed < c.lasts; passed += c.lasts / 10 {
				h.idle()
				h.clock.Advance(c.lasts / 10)
			}
			h.idle()
			h.clock.Step(-c.by)
			h.idle()
			for range 24 {
				h.clock.Advance(5 * time.Minute)
				h.idle()
			}
			h.set(tick.AddDate(0, 0, 2))
			if n := begunIn(h, "2026-11-15"); n != 1 {
				t.Errorf("begun %d times: %q", n, h.ticks())
			}
			if got := h.told(); c.quiet && !slices.Equal(got, []string{"done notice 1"}) {
				t.Errorf("the group heard %q", got)
			}
			h.set(tick.AddDate(0, 1, 0))
			if n := begunIn(h, "2026-12-15"); n != 1 {
				t.Errorf("in the next month begun %d times: %q", n, h.ticks())
			}
		})
	}
}

// Whatever minutes of wrong clock a year has, every month has its notice, once.
func TestRandomMinutesOfWrongClock(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 3))
		h := newHouse(t, tokyo(2026, 1, 1, 0, 0))
		h.entries = []schedule.Entry{{Job: "notice", Rule: rule(t, "0 10 15 * *"), Window: 72 * time.Hour, Work: once{}}}
		h.begin(h.store)
		h.idle()
		for h.clock.Now().Before(tokyo(2026, 12, 31, 0, 0)) {
			h.clock.Advance(time.Duration(r.IntN(2*24*60)) * time.Minute)
			h.idle()
			if r.IntN(4) != 0 {
				continue
			}
			by := time.Duration(r.IntN(6*365)-3*365) * 24 * time.Hour
			if by.Abs() < 100*24*time.Hour {
				continue
			}
			h.clock.Step(by)
			h.idle()
			h.clock.Advance(time.Minute)
			h.idle()
			h.clock.Step(-by)
			h.idle()
		}
		var begun []string
		for _, tick := range h.ticks() {
			if strings.HasSuffix(tick, schedule.Started) {
				begun = append(begun, tick)
			}
		}
		if len(begun) != 12 {
			t.Errorf("seed %d: begun %q", seed, begun)
		}
	}
}
