package outbox

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// Audience knows who may read what.
type Audience interface {
	// MayRead tells whether everybody in the group may read a delivery's full
	// form. people is how many LINE has just counted there, the bot not counted;
	// negative when it did not say in time. It runs inside the transaction that
	// puts the choice on record, may run more than once, and what it returns goes
	// into the queue in the same transaction. After an error the form is bare.
	MayRead(tx storage.Tx, group string, people int, now time.Time) (bool, []message.Outgoing, error)
}

// Some deliveries to a group have two forms, because somebody may be in it whom
// nobody knows: the event of the joining can be lost. So LINE is asked for the
// number of people before every attempt, and what is chosen is on record before
// the call. Each form has a retry key of its own: within a form attempts are
// byte-identical. A delivery that was tried in full goes on as bare when the
// group has changed meanwhile, and may then be there twice, which is counted;
// from bare it never goes back: its case has it shown in full later.

// chooses tells whether the next attempt needs a choice of form.
func (w *work) chooses() bool { return w.d.Bare != nil && w.d.State.Form != message.FormBare }

// messages and key are those of the chosen form, without what is quoted when
// LINE has refused that: other bytes need another key.
func (w *work) messages() json.RawMessage {
	raw := w.d.Messages
	if w.d.State.Form == message.FormBare {
		raw = w.d.Bare
	}
	if w.d.State.Unquoted {
		raw = line.Unquoted(raw)
	}
	return raw
}

func (w *work) key() string {
	key := w.d.RetryKey
	if w.d.State.Form == message.FormBare {
		key = w.d.BareKey
	}
	if w.d.State.Unquoted {
		key = uuid.NewSHA1(uuid.NameSpaceOID, []byte(key)).String()
	}
	return key
}

// record commits what must be known after a crash before the next call is made:
// that it is tried, and in which form.
func (o *Outbox) record(ctx context.Context, w *work, now time.Time) error {
	switch {
	case w.chooses():
		return o.chooseForm(ctx, w, now)
	case !w.needsMark(now):
		return nil
	}
	if err := o.update(ctx, w.claim.Council, w.mark()); err != nil {
		return err
	}
	w.marked = true
	return nil
}

func (o *Outbox) chooseForm(ctx context.Context, w *work, now time.Time) error {
	people := o.people(ctx, w.claim.Council, w.d.To.ID)
	mark := w.needsMark(now)
	// A transaction that was given up may still run beside its repetition: what
	// any of them found is enough for bare.
	var bare atomic.Bool
	err := o.withHooks(ctx, w, func(tx storage.Tx, hooks bool) error {
		full := false
		if hooks && o.o.Audience != nil {
			may, out, err := o.o.Audience.MayRead(tx, w.d.To.ID, people, now)
			if err := o.follow(tx, now)(out, err); err != nil {
				return err
			}
			full = may
		}
		d := w.d
		d.State = stateIn(w.d.State, full, mark)
		if !full {
			bare.Store(true)
		}
		return amend(w.claim, d)(tx)
	})
	if err != nil {
		return err
	}
	w.d.State = stateIn(w.d.State, !bare.Load(), mark)
	w.doubt = w.doubt || w.d.State.Tried && !mark
	w.marked = w.marked || w.d.State.Tried
	return nil
}

// stateIn is a state before an attempt in the form that was chosen. What was
// tried in full under the other key may be there already.
func stateIn(s message.DeliveryState, full, mark bool) message.DeliveryState {
	switched := !full && s.Form == message.FormFull && s.Attempts > 0
	s.Form = message.FormBare
	if full {
		s.Form = message.FormFull
	}
	s.Tried = s.Tried || mark || switched
	return s
}

// people asks LINE how many are in a group; negative when it does not say.
func (o *Outbox) people(ctx context.Context, council, group string) int {
	if o.o.GroupCount == nil {
		return -1
	}
	ctx, cancel := context.WithTimeout(ctx, o.o.CountTimeout)
	defer cancel()
	n, err := o.o.GroupCount(ctx, council, group)
	if err != nil || n < 0 {
		o.trouble("group_count", council, err)
		return -1
	}
	o.groups.note(council, group, n, o.o.Clock.Now())
	return n
}
