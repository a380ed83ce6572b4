package outbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// OutOfQuota tells whether the month's messages are known to be used up: LINE has
// refused one for it since the last that it took, or says so itself.
func OutOfQuota(tx storage.Tx, now time.Time) (bool, error) {
	u, err := usageOf(tx, now)
	return u.Out || u.Limit > 0 && u.Polled >= u.Limit, err
}

// noteNoQuota records that LINE has refused a message for the month's quota.
func noteNoQuota(tx storage.Tx, now time.Time) error {
	u, err := usageOf(tx, now)
	if err != nil || u.Out {
		return err
	}
	u.Out = true
	if err := usageKind.Put(tx, u); err != nil {
		return fmt.Errorf("outbox: quota: %w", err)
	}
	return nil
}

// ride lets what waits for the month's quota go along with a reply to the same
// recipient, which costs none: in front of it, as far as one call holds. Each
// goes as part of the new delivery, with its key and its fate.
func (p *Post) ride(tx storage.Tx, now time.Time, d *Delivery) error {
	own := parts(*d)
	if d.Reply == nil || d.Lane != message.LaneCasework || own >= maxMessages {
		return nil
	}
	room := maxMessages - own
	var riders []Delivery
	_, err := tx.Take(d.To.ID, d.Lane, room, func(it storage.Item) bool {
		r, err := ReadItem(it)
		if err != nil || !mayRide(r) || parts(r) > room {
			return false
		}
		if p.Stale != nil {
			if stale, err := p.Stale(tx, r); err != nil || stale {
				return false // it is not sent any more when it is claimed
			}
		}
		room -= parts(r)
		riders = append(riders, r)
		return true
	})
	if err != nil {
		return fmt.Errorf("outbox: take: %w", err)
	}
	for _, r := range riders {
		s := Settled{
			ID: r.ID, Lane: r.Lane, How: none, Outcome: outcomeRidden, With: d.ID, Hash: hashOf(r.Messages),
			Created: r.Created, At: now, Attempts: r.State.Attempts, RetryKey: r.RetryKey,
		}
		if err := settledKind.Put(tx, s); err != nil {
			return fmt.Errorf("outbox: settled: %w", err)
		}
	}
	if len(riders) > 0 {
		*d = p.together(append(riders, *d))
	}
	return nil
}

// outcomeRidden: it has become part of another delivery.
const outcomeRidden = "ridden"

// mayRide: only what LINE has certainly not taken.
func mayRide(d Delivery) bool {
	return d.State.QuotaOut && !d.State.Tried && !d.State.Doubted && !d.State.Unquoted
}

// parts is how many messages a delivery has.
func parts(d Delivery) int {
	n := 0
	for _, p := range d.Parts {
		n += p.Messages
	}
	return n
}

// together makes one delivery of several, the last of which is the new one.
func (p *Post) together(all []Delivery) Delivery {
	d := all[len(all)-1]
	var full, bare []json.RawMessage
	d.Parts, d.Refs = nil, nil
	two, refs := false, false
	for _, x := range all {
		full = append(full, x.Messages)
		if x.Bare != nil {
			two = true
			bare = append(bare, x.Bare)
		} else {
			bare = append(bare, x.Messages)
		}
		d.Parts = append(d.Parts, x.Parts...)
		d.Refs = append(d.Refs, padded(x.Refs, parts(x))...)
		refs = refs || len(x.Refs) > 0
		d.Urgent = d.Urgent || x.Urgent
	}
	d.About = d.Parts[0].About
	d.Messages = joined(full)
	if !refs {
		d.Refs = nil
	}
	if d.Bare = nil; two {
		d.Bare = joined(bare)
		if d.BareKey == "" {
			d.BareKey = p.ids.RetryKey()
		}
	}
	return d
}

// joined is one array of several rendered ones.
func joined(arrays []json.RawMessage) json.RawMessage {
	inner := make([][]byte, 0, len(arrays))
	for _, a := range arrays {
		a = bytes.TrimSpace(a)
		inner = append(inner, a[1:len(a)-1])
	}
	return append(append([]byte{'['}, bytes.Join(inner, []byte{','})...), ']')
}
