package app

import (
	"context"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/schedule"
	"mimamori.example/mimamori/bot/webhook"
	"mimamori.example/mimamori/storage"
)

const (
	jobNotice       = "notice"
	jobHousekeeping = "housekeeping"

	// dueEvery bounds how late a reminder is noticed that a turn has set while
	// the loop was waiting for a later one. The shortest wait is minutes.
	dueEvery = 20 * time.Second
)

// newSchedule makes the calendar and the loop over what is due.
func newSchedule(h House, desks map[string]*casework.Desk) *schedule.Schedule {
	return schedule.New(schedule.Options{
		Store: h.Store, Clock: h.Clock, Log: h.Log, Post: h.Post, Observer: h.Calendar,
		Councils: func() []string { return ids(h.Config) },
		Entries:  func(id string) []schedule.Entry { return entries(h, id, desks[id]) },
		Due: func(ctx context.Context, id string, now time.Time) (time.Time, error) {
			return due(ctx, h, id, desks[id], now)
		},
		Hooks: calendarHooks{desks},
	})
}

func entries(h House, id string, desk *casework.Desk) []schedule.Entry {
	c, ok := h.Config.Council(id)
	if !ok {
		return nil
	}
	all := []schedule.Entry{{
		Job: jobHousekeeping, Rule: nightly{}, Window: 24 * time.Hour, Quiet: true,
		Work: schedule.Housekeeping(outbox.PruneSettled, casework.PruneQuotes, casework.PruneDrafts),
	}}
	if !c.Notices.Enabled || c.Drill { // residents take no part in exercises
		return all
	}
	return append(all, schedule.Entry{
		Job: jobNotice, Rule: c.Schedule(), Window: c.Notices.CatchUp,
		Work: schedule.Notices{
			Notice: func(planned time.Time) (message.Notice, bool) {
				month := planned.In(config.Tokyo).Month()
				title, body, _ := c.Notices.Text(month)
				return desk.Notice(month, title, body)
			},
			Residents: casework.Residents,
			Post:      h.Post,
		},
	})
}

// nightly is the housekeeping's hour, when nobody writes.
type nightly struct{}

// Next is the next 3:20 in Tokyo.
func (nightly) Next(t time.Time) time.Time {
	at := config.At(3, 20).On(t.In(config.Tokyo))
	if !at.After(t) {
		at = config.At(3, 20).On(t.In(config.Tokyo).AddDate(0, 0, 1))
	}
	return at
}

// due does one step of what is due in a council. It looks first, so that an
// idle council costs no write.
func due(ctx context.Context, h House, id string, desk *casework.Desk, now time.Time) (time.Time, error) {
	var next time.Time
	err := h.Store.View(ctx, id, func(tx storage.Tx) (err error) {
		next, err = desk.Work(tx, now).NextDue()
		return err
	})
	if err != nil {
		return next, err
	}
	if next.IsZero() || next.After(now) {
		return soonest(next, now.Add(dueEvery)), nil
	}
	err = h.Store.Update(ctx, id, func(tx storage.Tx) error {
		w := desk.Work(tx, now)
		at, err := w.Due()
		if err != nil {
			return err
		}
		next = at
		out, err := w.Out()
		if err != nil {
			return err
		}
		return h.Post.Put(tx, now, out...)
	})
	if err != nil { // the transaction may still be running and set next
		return time.Time{}, err
	}
	return soonest(next, now.Add(dueEvery)), nil
}

func soonest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// calendarHooks tells the group what the calendar could not do.
type calendarHooks struct{ desks map[string]*casework.Desk }

// Skipped implements schedule.Hooks.
func (c calendarHooks) Skipped(tx storage.Tx, job string, planned []time.Time, now time.Time) ([]message.Outgoing, error) {
	desk, ok := c.desks[tx.Council()]
	if !ok || job != jobNotice {
		return nil, nil
	}
	w := desk.Work(tx, now)
	if err := w.Skipped(planned); err != nil {
		return nil, err
	}
	return w.Out()
}

// Ended implements schedule.Hooks.
func (c calendarHooks) Ended(tx storage.Tx, j schedule.Job, now time.Time) ([]message.Outgoing, error) {
	desk, ok := c.desks[tx.Council()]
	if !ok || j.Name != jobNotice || j.State == schedule.Done {
		return nil, nil
	}
	w := desk.Work(tx, now)
	if err := w.Alarm("notice.given_up"); err != nil {
		return nil, err
	}
	return w.Out()
}

// watchful looks at what is due after a turn in a group: such turns set what is
// due at once, like showing a new group the open cases.
type watchful struct {
	webhook.Turner
	wake func()
}

// Turn implements webhook.Turner.
func (t watchful) Turn(ctx context.Context, council string, ev dialogue.Event) error {
	err := t.Turner.Turn(ctx, council, ev)
	if err == nil && ev.Group != "" {
		t.wake()
	}
	return err
}
