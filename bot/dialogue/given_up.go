package dialogue

import (
	"context"
	"errors"
	"fmt"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// GivenUp is what Turn returns of an event that the program itself could not deal
// with, and would not the next time either. Nothing that it asked for was done;
// it is recorded as seen, and whoever wrote has been answered that it failed. It
// must not be delivered again: those behind it would wait for ever.
type GivenUp struct{ Cause error }

// Error says nothing of the cause, whose text might quote what was said.
func (e *GivenUp) Error() string { return "dialogue: an event was given up" }

// Unwrap returns the cause.
func (e *GivenUp) Unwrap() error { return e.Cause }

// fault is an error of the program, as opposed to one of the store.
type fault struct{ error }

// Unwrap returns what is wrong.
func (f fault) Unwrap() error { return f.error }

// guard does something in a transaction and tells apart who has failed. What the
// store answers, except that it was asked for what no store has, comes back as it
// is; all else, a panic too, as a fault.
func guard(tx storage.Tx, do func(storage.Tx) error) error {
	w := &watched{tx: tx}
	err := storage.Protect(func() error { return do(w) })
	if err != nil && !w.failed && !w.inside {
		return fault{err}
	}
	return err
}

// giveUp records an event as seen that failed for a fault of the program, and
// answers whoever wrote, where an answer is expected. An answer that fails too is
// left out: the record is what matters.
func (t *Talks) giveUp(ctx context.Context, council string, ev Event, cause error) error {
	for _, answered := range []bool{true, false} {
		err := t.store.Update(ctx, council, func(tx storage.Tx) error {
			return guard(tx, func(tx storage.Tx) error {
				if first, err := tx.Once(ev.At, "event "+ev.ID); err != nil || !first || !answered {
					return err
				}
				return t.saySorry(tx, council, ev)
			})
		})
		if f, ok := errors.AsType[fault](err); ok {
			cause = fmt.Errorf("%w; and then %w", cause, f)
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	return &GivenUp{cause}
}

// saySorry answers an event that was given up. In a group only where that costs
// nothing: anybody there could make it repeat itself.
func (t *Talks) saySorry(tx storage.Tx, council string, ev Event) error {
	if ev.Room || ev.Kind != Said && ev.Kind != Tapped && ev.Kind != SentOther {
		return nil
	}
	now := t.clock.Now()
	w := t.councils[council].Desk.Work(tx, now)
	switch {
	case ev.Group != "" && ev.ReplyToken != "":
		w.ToGroup(ev.Group, message.About{Kind: casework.AboutTalk}, casework.RefNothing,
			message.Text{Body: w.Catalog.Text("group.given_up")})
	case ev.Group == "" && ev.User != "":
		w.Plain(ev.User, message.Text{Body: w.Catalog.Text("replies.given_up", "電話", w.Telephone)})
	}
	out, err := w.Out()
	if err != nil {
		return err
	}
	return t.post.Put(tx, now, answered(ev, out)...)
}
