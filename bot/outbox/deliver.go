package outbox

import (
	"context"
	"encoding/json"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// work is one claimed delivery on its way.
type work struct {
	claim storage.Claim
	until time.Time // the lease's end
	d     Delivery
	// doubt: an earlier reply, or letter, may have gone out. It is what
	// State.Tried was when the claim was made, and what calls have shown since;
	// State.Tried itself is set ahead of the call.
	doubt  bool
	marked bool // the queue says Tried
	risked bool // the queue says Doubted for the sake of the push under way
	pledge int  // of the month's quota, taken for a notice until it is counted
}

// open reads a claim. A body that is none of ours can never be delivered.
func open(c storage.Claim, now, until time.Time) (*work, error) {
	d, err := ReadItem(c.Item)
	if err != nil {
		return nil, err
	}
	rebase(&d, now)
	w := &work{claim: c, until: until, d: d}
	w.doubt, w.marked = w.d.State.Tried, w.d.State.Tried
	return w, nil
}

// needsMark tells whether "tried" must be committed before the next call.
func (w *work) needsMark(now time.Time) bool {
	return !w.marked && endpoint(&w.d, now).unkeyed() && now.Before(born(&w.d).Add(lifetime))
}

// mark records that the call is about to be tried.
func (w *work) mark() func(storage.Tx) error {
	d := w.d
	d.State.Tried = true
	return amend(w.claim, d)
}

// amend is a transaction that replaces a delivery's state. It is written
// before: the transaction may still run when its caller has gone on.
func amend(c storage.Claim, d Delivery) func(storage.Tx) error {
	state, err := WriteState(d.State)
	return func(tx storage.Tx) error {
		if err != nil {
			return err
		}
		return tx.Amend(c, state)
	}
}

// deliver carries one claimed delivery through: call, judge, settle. Errors are
// those of the store; the claim then comes back when its lease ends.
func (o *Outbox) deliver(ctx context.Context, w *work) error {
	council := w.claim.Council
	defer func() { o.give(council, w.pledge) }()
	for {
		now := o.o.Clock.Now()
		if w.until.Sub(now) < o.o.CallTimeout {
			return o.handBack(ctx, w, now)
		}
		m, due := choose(&w.d, now, func(m move) time.Time { return o.gates.closed(council, m, now) })
		switch m {
		case moveExpire:
			return o.settle(ctx, w, verdict{outcome: outcome{reason: Expired, how: none}})
		case moveStuck:
			w.d.State.Stuck = true
			return o.postpone(ctx, w, outcome{reason: Stuck, park: true, due: now})
		case moveWait:
			return o.postpone(ctx, w, outcome{due: due, park: w.claim.Parked, yields: true})
		}
		if o.stale(ctx, w, now) {
			return o.settle(ctx, w, verdict{outcome: outcome{reason: Stale, how: none}})
		}
		if err := o.record(ctx, w, now); err != nil {
			return err
		}
		if err := o.risk(ctx, w, m); err != nil {
			return err
		}
		out, err := o.attempt(ctx, w, m)
		if err != nil {
			return err
		}
		if !out.again {
			if err := o.conclude(ctx, w, out); err != nil {
				return err
			}
			o.wakeAfter(ctx, council, m, out.delivered)
			return nil
		}
		// The reply token was no good from the start, or the quote token: that is
		// put on record, so that a restart does not take it for a reply that went
		// out, or use the wrong key.
		if err := o.update(ctx, council, amend(w.claim, w.d)); err != nil {
			return err
		}
		w.marked = w.d.State.Tried
	}
}

// freshFor is how long what has not failed is not asked whether it is still true.
const freshFor = 2 * time.Second

// stale tells whether a delivery that has failed, or has waited, is no longer
// true. In doubt it goes out.
func (o *Outbox) stale(ctx context.Context, w *work, now time.Time) bool {
	waited := w.d.State.Attempts > 0 || now.Sub(w.d.Created).Abs() > freshFor
	if o.o.Post.Stale == nil || !waited || w.d.To.Kind != message.ToUser {
		return false
	}
	stale := false
	err := o.o.Store.View(ctx, w.claim.Council, func(tx storage.Tx) (err error) {
		stale, err = o.o.Post.Stale(tx, w.d)
		return err
	})
	return err == nil && stale
}

// risk commits, before another push of what may ride on a reply, that it may be
// taken: if the outcome is lost it must not ride, for its key would not be used.
func (o *Outbox) risk(ctx context.Context, w *work, m move) error {
	if m != movePush || !w.d.State.QuotaOut || w.d.State.Doubted {
		return nil
	}
	w.d.State.Doubted = true
	if err := o.update(ctx, w.claim.Council, amend(w.claim, w.d)); err != nil {
		return err
	}
	w.risked = true
	return nil
}

// maybeTaken tells whether an earlier attempt of a push may have been taken whose
// outcome was lost: by another life of the program, or with a lease.
func (o *Outbox) maybeTaken(w *work) bool {
	return !w.d.State.QuotaOut && (w.d.Created.Before(o.begun) || w.claim.Attempts > w.d.State.Attempts+1)
}

// verdict is an outcome with LINE's answer and what it costs.
type verdict struct {
	outcome
	sent  []message.Sent
	count int
}

// attempt makes one call and judges its result.
func (o *Outbox) attempt(ctx context.Context, w *work, m move) (verdict, error) {
	council, n := w.claim.Council, 0
	if m == movePush || m == moveMany {
		n = o.recipients(ctx, council, w.d.To)
	}
	if w.d.Lane == message.LaneNotice && n > 0 && w.pledge == 0 {
		now := o.o.Clock.Now()
		room, err := o.take(ctx, council, now, n)
		switch {
		case err != nil:
			return verdict{}, err
		case room == roomUnsure:
			return verdict{outcome: outcome{due: limit(&w.d, now, now.Add(firstPause), m), park: w.claim.Parked}}, nil
		case room == roomNone:
			return verdict{outcome: withoutQuota(&w.d, now, o.o.Jitter())}, nil
		}
		w.pledge = n
	}
	sent, err := o.call(ctx, w, m)
	if err == nil {
		return verdict{accepted(m, w.doubt), sent.Messages, n}, nil
	}
	now := o.o.Clock.Now()
	e := classify(err)
	if e.Class == RateLimited {
		o.gates.close(council, m, now, max(e.RetryAfter, firstPause))
	}
	if e.Class == NoQuota && o.maybeTaken(w) {
		w.d.State.Doubted = true
	}
	out := failed(&w.d, m, e, now, w.doubt, w.claim.Parked, o.o.Jitter())
	w.doubt = w.d.State.Tried
	if w.risked && e.Class != Ambiguous { // it was not taken
		w.d.State.Doubted, w.risked = false, false
	}
	if !out.delivered {
		o.o.Observer.Failed(w.d.Lane, m.String(), e.Class.String())
	}
	return verdict{outcome: out}, nil
}

func (o *Outbox) call(ctx context.Context, w *work, m move) (Sent, error) {
	ctx, cancel := context.WithTimeout(ctx, o.o.CallTimeout)
	defer cancel()
	d, council := &w.d, w.claim.Council
	switch m {
	case moveReply:
		return o.o.Sender.Reply(ctx, council, d.Reply.Token, w.messages())
	case moveMany:
		return o.o.Sender.Multicast(ctx, council, d.To.IDs, d.RetryKey, d.Messages)
	case moveMail:
		return Sent{}, o.mail(ctx, w)
	case moveLeave:
		return Sent{}, o.o.Sender.Leave(ctx, council, d.To.ID)
	}
	return o.o.Sender.Push(ctx, council, d.To.ID, w.key(), w.messages())
}

func (o *Outbox) mail(ctx context.Context, w *work) error {
	if o.o.Mailer == nil {
		return &SendError{Class: Rejected, Err: errNoMailer}
	}
	var l Letter
	if err := json.Unmarshal(w.d.Messages, &l); err != nil {
		return &SendError{Class: Rejected, Err: errNoLetter}
	}
	return o.o.Mailer.Mail(ctx, w.claim.Council, w.d.To.ID, w.d.RetryKey, l)
}
