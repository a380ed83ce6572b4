package app

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/schedule"
	"mimamori.example/mimamori/storage"
)

// newID makes unguessable ids of 26 characters, 130 bits.
func newID(random io.Reader) func() string {
	return func() string {
		var raw [17]byte
		if _, err := io.ReadFull(random, raw[:]); err != nil {
			panic(fmt.Errorf("app: no randomness: %w", err)) // the system's source does not fail
		}
		return base32.StdEncoding.EncodeToString(raw[:])[:26]
	}
}

// names asks LINE about people in groups.
type names struct{ channels outbox.Channels }

// Name implements dialogue.Names.
func (n names) Name(ctx context.Context, council, group, user string) string {
	p, err := n.channels[council].GroupMember(ctx, group, user)
	if err != nil {
		return ""
	}
	return p.Name
}

// Count implements dialogue.Names.
func (n names) Count(ctx context.Context, council, group string) int {
	count, err := n.channels.GroupCount(ctx, council, group)
	if err != nil {
		return -1
	}
	return count
}

// hooks tells casework what became of deliveries.
type hooks struct{ desks map[string]*casework.Desk }

// Delivered implements outbox.Hooks.
func (h hooks) Delivered(tx storage.Tx, d outbox.Delivery, sent []message.Sent, now time.Time) ([]message.Outgoing, error) {
	return h.work(tx, now, func(w *casework.Work) error { return w.Delivered(d, sent) })
}

// Failed implements outbox.Hooks.
func (h hooks) Failed(tx storage.Tx, d outbox.Delivery, why outbox.Reason, now time.Time) ([]message.Outgoing, error) {
	if d.To.Kind == message.ToMany {
		return h.noticeFailed(tx, d, why, now)
	}
	return h.work(tx, now, func(w *casework.Work) error { return w.Undelivered(d, why) })
}

// MayRead implements outbox.Audience.
func (h hooks) MayRead(tx storage.Tx, group string, people int, now time.Time) (may bool, out []message.Outgoing, err error) {
	out, err = h.work(tx, now, func(w *casework.Work) (err error) {
		may, err = w.MayRead(group, people)
		return err
	})
	return may && err == nil, out, err
}

// noticeFailed tells the group that residents did not get their notice: once,
// however many pages of it fail.
func (h hooks) noticeFailed(tx storage.Tx, d outbox.Delivery, why outbox.Reason, now time.Time) ([]message.Outgoing, error) {
	if !why.Final() && why != outbox.QuotaOut {
		return nil, nil
	}
	job, ok, err := schedule.JobOf(tx, d.About.Ref)
	if err != nil {
		return nil, err
	}
	at := d.Created
	if ok {
		at = job.Planned // the same for all pages
	}
	if first, err := tx.Once(at, "notice failed "+d.About.Ref); err != nil || !first {
		return nil, err
	}
	return h.work(tx, now, func(w *casework.Work) error { return w.Alarm("notice.given_up") })
}

func (h hooks) work(tx storage.Tx, now time.Time, do func(*casework.Work) error) ([]message.Outgoing, error) {
	desk, ok := h.desks[tx.Council()]
	if !ok {
		return nil, nil // a council that the configuration no longer has
	}
	w := desk.Work(tx, now)
	if err := do(w); err != nil {
		return nil, err
	}
	return w.Out()
}

// writeOrganisations puts the configuration's organisations into the store.
// Those added by command stay.
func writeOrganisations(ctx context.Context, h House, desks map[string]*casework.Desk) error {
	for i := range h.Config.Councils {
		c := &h.Config.Councils[i]
		err := h.Store.Update(ctx, c.ID, func(tx storage.Tx) error {
			w := desks[c.ID].Work(tx, h.Clock.Now())
			for _, o := range c.Organisations {
				if err := w.PutOrganisation(council.Organisation{ID: o.ID, Name: o.Name, Trade: o.Trade, Status: council.Status(o.Status)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("council %s: organisations: %w", c.ID, err)
		}
	}
	return nil
}
