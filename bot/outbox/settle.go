package outbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// Hooks hear what became of a delivery, inside the transaction that puts it on
// record. What they return goes into the queue in the same transaction. They
// may run more than once for one outcome, of which one is kept. An error of
// theirs, or a panic, is a fault of the program: the outcome is then recorded without them.
//
// A letter that fails must not be answered with another letter.
type Hooks interface {
	// Delivered: LINE, or the mail server, has it. sent holds an id per message
	// to a person or group; it is empty for multicasts, letters and replies that
	// are taken as sent.
	Delivered(tx storage.Tx, d Delivery, sent []message.Sent, now time.Time) ([]message.Outgoing, error)
	// Failed: for good if why.Final, otherwise it is tried on.
	Failed(tx storage.Tx, d Delivery, why Reason, now time.Time) ([]message.Outgoing, error)
}

var (
	errNoMailer = errors.New("no mail server is configured")
	errNoLetter = errors.New("the delivery is not a letter")
)

// hookError marks what a hook, or the posting of its messages, has failed with.
type hookError struct{ err error }

func (e *hookError) Error() string { return "outbox: hook: " + e.err.Error() }
func (e *hookError) Unwrap() error { return e.err }

// conclude puts on record what an attempt came to.
func (o *Outbox) conclude(ctx context.Context, w *work, v verdict) error {
	if v.delivered || v.reason.Final() {
		return o.settle(ctx, w, v)
	}
	return o.postpone(ctx, w, v.outcome)
}

// settle takes a delivery out of the queue for good.
func (o *Outbox) settle(ctx context.Context, w *work, v verdict) error {
	now := o.o.Clock.Now()
	s := Settled{
		ID: w.d.ID, Lane: w.d.Lane, How: v.how, Outcome: outcomeSent, MaybeTwice: v.maybeTwice,
		Hash: hashOf(w.messages()), Created: w.d.Created, At: now, Attempts: w.d.State.Attempts, RetryKey: w.key(),
	}
	switch {
	case v.takenAsSent:
		s.Outcome = outcomeTaken
	case !v.delivered:
		s.Outcome = string(v.reason)
	}
	for _, m := range v.sent {
		s.MessageIDs = append(s.MessageIDs, m.ID)
	}
	err := o.withHooks(ctx, w, func(tx storage.Tx, hooks bool) error {
		if err := tx.Settle(w.claim); err != nil {
			return err
		}
		s := s
		s.HookFailed = !hooks
		if err := settledKind.Put(tx, s); err != nil {
			return err
		}
		if v.count > 0 {
			if err := count(tx, now, v.count); err != nil {
				return err
			}
		}
		if !hooks {
			return nil
		}
		if v.delivered {
			return o.follow(tx, now)(o.o.Hooks.Delivered(tx, w.d, v.sent, now))
		}
		return o.follow(tx, now)(o.o.Hooks.Failed(tx, w.d, v.reason, now))
	})
	if err != nil {
		return err
	}
	o.o.Observer.Settled(w.d.Lane, v.how, s.Outcome, now.Sub(w.d.Created))
	if v.maybeTwice {
		o.o.Observer.MaybeTwice(w.d.Lane)
	}
	if v.takenAsSent {
		o.o.Observer.TakenAsSent(w.d.Lane)
	}
	return nil
}

// postpone gives a delivery back to the queue, with its state as it is now and,
// where there is a reason, with what follows from it.
func (o *Outbox) postpone(ctx context.Context, w *work, out outcome) error {
	now := o.o.Clock.Now()
	state, err := WriteState(w.d.State)
	if err != nil {
		return err
	}
	err = o.withHooks(ctx, w, func(tx storage.Tx, hooks bool) error {
		give := tx.Postpone
		switch {
		case out.park || w.claim.Parked:
			give = tx.Park
		case out.yields:
			give = tx.Yield
		}
		if err := give(w.claim, out.due, state); err != nil {
			return err
		}
		if out.reason == QuotaOut && w.d.Lane == message.LaneCasework {
			if err := noteNoQuota(tx, now); err != nil {
				return err
			}
		}
		if !hooks || out.reason == "" {
			return nil
		}
		return o.follow(tx, now)(o.o.Hooks.Failed(tx, w.d, out.reason, now))
	})
	if err == nil && out.reason != "" {
		o.o.Observer.Reported(w.d.Lane, out.reason)
	}
	return err
}

// handBack returns a delivery that was claimed but not begun.
func (o *Outbox) handBack(ctx context.Context, w *work, now time.Time) error {
	return o.postpone(ctx, w, outcome{due: now})
}

// follow queues what a hook wants said.
func (o *Outbox) follow(tx storage.Tx, now time.Time) func([]message.Outgoing, error) error {
	return func(out []message.Outgoing, err error) error {
		if err == nil {
			err = o.o.Post.Put(tx, now, out...)
		}
		if err != nil {
			return &hookError{err}
		}
		return nil
	}
}

// withHooks runs fn with its hooks, and without them where they fail: an
// outcome that cannot be recorded would be found out again for ever, and stand
// in the way of all that its recipient is to hear.
func (o *Outbox) withHooks(ctx context.Context, w *work, fn func(tx storage.Tx, hooks bool) error) error {
	err := o.update(ctx, w.claim.Council, func(tx storage.Tx) error { return fn(tx, true) })
	if faultOfHook(err) && o.o.Store.Err() == nil && ctx.Err() == nil {
		o.trouble("hook", w.claim.Council, err)
		err = o.update(ctx, w.claim.Council, func(tx storage.Tx) error { return fn(tx, false) })
	}
	return err
}

// faultOfHook tells whether a transaction failed by a hook: its error, or its
// panic, which is more likely a hook's than ours.
func faultOfHook(err error) bool {
	if _, ok := errors.AsType[*hookError](err); ok {
		return true
	}
	_, ok := errors.AsType[*storage.PanicError](err)
	return ok
}

// commitTries bounds how often a transaction is tried at once. Trying again
// after an unknown outcome is safe: the lease is gone if it had been kept.
const commitTries = 3

func (o *Outbox) update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	var err error
	for range commitTries {
		try, cancel := context.WithTimeout(ctx, o.o.CommitTimeout)
		err = o.o.Store.Update(try, council, fn)
		cancel()
		if err == nil || errors.Is(err, storage.ErrLost) || errors.Is(err, storage.ErrClosed) || ctx.Err() != nil {
			break
		}
	}
	return err
}

// trouble counts and logs a failure of the outbox's own. Errors from below hold
// no content and no recipients.
func (o *Outbox) trouble(what, council string, err error) {
	o.o.Observer.Trouble(what)
	o.o.Log.Error("outbox: "+what, slog.String("council", council), slog.Any("error", err))
}
