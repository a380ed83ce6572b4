package play

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator/page"
)

// opening is when a rehearsal begins: an hour after the office has opened, on
// its next working day from now.
func opening(o *config.Office, now time.Time) time.Time {
	opens := o.NextOpening(now)
	if opens.IsZero() { // an office that never opens; the configuration forbids it
		return now
	}
	at := opens.Add(time.Hour)
	if morning := config.At(9, 30).On(opens); morning.After(at) {
		at = morning // who is open all night starts at a decent hour too
	}
	if !o.Open(at) {
		at = opens.Add(time.Minute)
	}
	return at
}

// evening is the next 20:00 of a working day at which the office is closed;
// zero where it is open in the evening.
func evening(o *config.Office, now time.Time) time.Time {
	for day := range 14 {
		d := now.In(config.Tokyo).AddDate(0, 0, day)
		if at := config.At(20, 0).On(d); at.After(now) && o.WorkingDay(d) && !o.Open(at) {
			return at
		}
	}
	return time.Time{}
}

// Now implements page.Backstage.
func (r *Rehearsal) Now() time.Time { return r.clock.Now().In(config.Tokyo) }

// Moments implements page.Backstage. Those that never come for this council
// are left out.
func (r *Rehearsal) Moments() []page.Moment {
	now := r.Now()
	unsent := r.council.Escalation.Unsent
	all := []page.Moment{
		{ID: "soon", Label: inWords(unsent) + "後（送り忘れのお知らせ）", English: "when who forgot to send is reminded", At: now.Add(unsent)},
		{ID: "hour", Label: "1時間後", English: "in an hour", At: now.Add(time.Hour)},
		{ID: "evening", Label: "夜8時（開庁時間の外）", English: "the evening, after hours", At: evening(&r.council.Office, now)},
	}
	if opens := r.council.Office.NextOpening(now); !opens.IsZero() {
		all = append(all, page.Moment{ID: "morning", Label: "次の開庁（朝のまとめ）", English: "the next opening, with the morning's digest", At: opens.Add(time.Minute)})
	}
	if r.council.Notices.Enabled && !r.council.Drill {
		if at := r.council.Schedule().Next(now); !at.IsZero() {
			all = append(all, page.Moment{ID: "notice", Label: "次の月のお知らせ", English: "the next monthly notice", At: at.Add(time.Minute)})
		}
	}
	all = slices.DeleteFunc(all, func(m page.Moment) bool { return m.At.IsZero() })
	slices.SortStableFunc(all, func(a, b page.Moment) int { return a.At.Compare(b.At) })
	return all
}

func inWords(d time.Duration) string {
	if d >= time.Hour && d%time.Hour == 0 {
		return fmt.Sprintf("%d時間", int(d.Hours()))
	}
	return fmt.Sprintf("%d分", int(d.Minutes()))
}

const (
	// mostSteps is into how many steps a move is cut, so that what is due on the
	// way happens close to its time; finest is the shortest of them.
	mostSteps = 200
	finest    = 15 * time.Second
	// patience is how long a whole move may wait, in real time, for what does
	// not come to rest: LINE may have been told to answer nothing.
	patience = 3 * time.Second
	// glance is what a step waits once that is used up.
	glance = 5 * time.Millisecond
)

// MoveTo implements page.Backstage. While the program is not running there is
// nothing that could happen on the way: the clock moves at once, and the
// platform delivers again once, not in vain at every step.
func (r *Rehearsal) MoveTo(ctx context.Context, t time.Time) error {
	r.moving.Lock()
	defer r.moving.Unlock()
	way := t.Sub(r.clock.Now())
	if way < 0 {
		return errors.New("play: the clock is not moved back")
	}
	step, left := max(way/mostSteps, finest), patience
	for {
		begun := time.Now()
		settling, cancel := context.WithTimeout(ctx, max(left, glance))
		err := r.settle(settling)
		cancel()
		if ctx.Err() != nil {
			return fmt.Errorf("play: move the clock: %w", ctx.Err())
		}
		if err != nil { // not at rest; the time that was waited is gone
			left -= time.Since(begun)
		}
		way := t.Sub(r.clock.Now())
		if way <= 0 {
			return nil
		}
		if r.Running() {
			way = min(way, step)
		}
		r.clock.MoveAhead(r.clock.Ahead() + way)
		// A program that has just died is moved when it starts.
		if _, err := r.ask(ctx, order{Do: doAhead, Ahead: r.clock.Ahead()}); err != nil && !errors.Is(err, errDead) {
			return fmt.Errorf("play: move the clock: %w", err)
		}
		r.tell()
	}
}

// settle waits until nothing is on its way at the clock's time.
func (r *Rehearsal) settle(ctx context.Context) error {
	for calls := int64(-1); ; {
		if err := r.Line.Settle(ctx); err != nil {
			return err
		}
		within := glance
		if deadline, ok := ctx.Deadline(); ok {
			within = time.Until(deadline)
		}
		switch w, err := r.ask(ctx, order{Do: doIdle, Within: within}); {
		case errors.Is(err, errDead):
		case err != nil:
			return err
		case w.Busy:
			return context.DeadlineExceeded
		}
		n := r.calls()
		if n == calls {
			return nil
		}
		calls = n
	}
}

// calls counts what platform and program have said to each other.
func (r *Rehearsal) calls() int64 {
	var last int64
	if sends := r.Line.Sends(); len(sends) > 0 {
		last = sends[len(sends)-1].Seq
	}
	if hooks := r.Line.Webhooks(); len(hooks) > 0 {
		last = max(last, hooks[len(hooks)-1].Seq)
	}
	return last
}

// holidays are Japan's public holidays on weekdays, as the Cabinet Office has
// published them: the made-up town is closed on them, so that nobody wonders.
var holidays = []config.Date{
	"2026-11-23",
	"2027-01-01", "2027-01-11", "2027-02-11", "2027-02-23", "2027-03-22", "2027-04-29", "2027-05-03", "2027-05-04", "2027-05-05",
	"2027-07-19", "2027-08-11", "2027-09-20", "2027-09-23", "2027-10-11", "2027-11-03", "2027-11-23",
}
