package outbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// Allowance is what a council's plan gives, from its configuration.
type Allowance struct {
	Monthly int // messages a month; 0: not said, LINE's own figure is used
	Reserve int // percent of the figure that holds, kept for casework
}

// QuotaSource asks LINE. limited is false for a channel without a limit; used
// is approximate and late, says LINE's reference.
type QuotaSource interface {
	Quota(ctx context.Context, council string) (limit int, limited bool, err error)
	Consumption(ctx context.Context, council string) (used int, err error)
}

// usage is one month's consumption of a council, counted per recipient.
type usage struct {
	Month   string `json:"month"`   // as in 2026-07, Japan's
	Counted int    `json:"counted"` // by us
	// What LINE said, and what we had counted by then: the difference since is
	// ours. It also knows what others sent in the channel's name.
	Limit     int       `json:"limit,omitempty"` // 0: none, or not known
	Polled    int       `json:"polled"`
	AtPoll    int       `json:"at_poll"`
	PolledAt  time.Time `json:"polled_at,omitzero"`
	Unlimited bool      `json:"unlimited,omitempty"`
	Out       bool      `json:"out,omitempty"` // LINE has refused a message for it, and taken none since
}

var usageKind = storage.NewKind("quota_use", func(u *usage) string { return u.Month })

// used is the larger of what we know and what LINE knows.
func (u usage) used() int { return max(u.Counted, u.Polled+u.Counted-u.AtPoll) }

// limit is the month's, from the configuration or LINE, whichever is lower; 0
// when none is known.
func (u usage) limit(a Allowance) int {
	if u.Limit > 0 && (a.Monthly == 0 || u.Limit < a.Monthly) {
		return u.Limit
	}
	return a.Monthly
}

// left is what remains of the month; false when no limit is known.
func (u usage) left(a Allowance) (int, bool) {
	limit := u.limit(a)
	if limit == 0 {
		return 0, false
	}
	return max(0, limit-u.used()), true
}

// reserved is what notices may not use of the month; rounded up.
func (u usage) reserved(a Allowance) int { return (u.limit(a)*a.Reserve + 99) / 100 }

// Usage tells what the council has used of the month of now, counted per
// recipient, and LINE's limit (0: none known).
func Usage(tx storage.Tx, now time.Time) (used, limit int, err error) {
	u, err := usageOf(tx, now)
	return u.used(), u.Limit, err
}

func usageOf(tx storage.Tx, now time.Time) (usage, error) {
	month := monthOf(now)
	u, ok, err := usageKind.Get(tx, month)
	if err != nil {
		return u, fmt.Errorf("outbox: quota: %w", err)
	}
	if !ok {
		// Until LINE is asked again the new month is taken to be like the last.
		before, _, err := usageKind.Get(tx, monthOf(monthTurn(now).AddDate(0, -2, 0)))
		if err != nil {
			return u, fmt.Errorf("outbox: quota: %w", err)
		}
		u = usage{Month: month, Limit: before.Limit, Unlimited: before.Unlimited}
	}
	return u, nil
}

// count adds n recipients to the month.
func count(tx storage.Tx, now time.Time, n int) error {
	u, err := usageOf(tx, now)
	if err != nil {
		return err
	}
	u.Counted += n
	u.Out = false // it was taken
	if err := usageKind.Put(tx, u); err != nil {
		return fmt.Errorf("outbox: quota: %w", err)
	}
	return nil
}

// pledges are notices under way: recipients that are about to be counted.
type pledges struct {
	mu sync.Mutex
	of map[string]int
}

// room is what take has found.
type room int

const (
	roomEnough room = iota
	roomUnsure      // enough, unless notices under way need it
	roomNone
)

// take reserves n of the council's month for a notice, if the reserve for
// casework stays whole. Several processes may together overshoot by what each
// has under way.
func (o *Outbox) take(ctx context.Context, council string, now time.Time, n int) (room, error) {
	// What is under way is read before what is counted: a notice that is counted
	// in between is seen twice rather than not at all.
	others := o.pledge(council, n)
	var u usage
	err := o.o.Store.View(ctx, council, func(tx storage.Tx) (err error) {
		u, err = usageOf(tx, now)
		return err
	})
	a := o.allowance(council)
	left, known := u.left(a)
	reserved := u.reserved(a)
	switch {
	case err == nil && (!known || left-others-n >= reserved):
		return roomEnough, nil
	case err == nil && left-n >= reserved:
		o.give(council, n)
		return roomUnsure, nil
	}
	o.give(council, n)
	return roomNone, err
}

// pledge adds n to what is under way and tells what was before.
func (o *Outbox) pledge(council string, n int) (before int) {
	o.pledged.mu.Lock()
	defer o.pledged.mu.Unlock()
	before = o.pledged.of[council]
	o.pledged.of[council] += n
	return before
}

// give returns what take reserved, after the delivery is counted or has failed.
func (o *Outbox) give(council string, n int) {
	o.pledged.mu.Lock()
	defer o.pledged.mu.Unlock()
	o.pledged.of[council] -= n
}

func (o *Outbox) allowance(council string) Allowance {
	if o.o.Allowance == nil {
		return Allowance{}
	}
	return o.o.Allowance(council)
}

// recipients is how many messages a push counts for: one per person. A group's
// number is asked of LINE and kept for some hours; when LINE does not say, the
// last known number, or one, stands in until the next poll of the consumption.
func (o *Outbox) recipients(ctx context.Context, council string, to message.Recipient) int {
	switch to.Kind {
	case message.ToMany:
		return len(to.IDs)
	case message.ToUser:
		return 1
	case message.ToGroup:
		return o.groups.count(ctx, o, council, to.ID)
	}
	return 0
}

const groupCountKept = 6 * time.Hour

// groups keeps how many people are in a council's group.
type groups struct {
	mu    sync.Mutex
	known map[[2]string]groupCount
}

type groupCount struct {
	n  int
	at time.Time
}

func (g *groups) count(ctx context.Context, o *Outbox, council, group string) int {
	key := [2]string{council, group}
	now := o.o.Clock.Now()
	g.mu.Lock()
	last := g.known[key]
	g.mu.Unlock()
	if last.n > 0 && now.Sub(last.at) < groupCountKept {
		return last.n
	}
	if o.o.GroupCount != nil {
		ctx, cancel := context.WithTimeout(ctx, o.o.CallTimeout)
		defer cancel()
		n, err := o.o.GroupCount(ctx, council, group)
		if err != nil {
			o.trouble("group_count", council, err)
		} else {
			last.n = n
		}
	}
	return g.note(council, group, last.n, now)
}

// note keeps a number, of which the smallest is one.
func (g *groups) note(council, group string, n int, now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n = max(1, n)
	g.known[[2]string{council, group}] = groupCount{n, now}
	return n
}

// pollQuota asks LINE for every council's figures at once and then every hour.
func (o *Outbox) pollQuota(ctx context.Context) {
	for ctx.Err() == nil {
		again := o.o.Clock.Now().Add(quotaInterval - time.Duration(o.o.Jitter()*float64(quotaInterval)/6))
		for _, council := range o.o.Councils() {
			if err := o.poll(ctx, council); err != nil && ctx.Err() == nil {
				o.trouble("quota", council, err)
			}
		}
		select {
		case <-ctx.Done():
		case <-o.o.Clock.After(again.Sub(o.o.Clock.Now())):
		}
	}
}

func (o *Outbox) poll(ctx context.Context, council string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*o.o.CallTimeout)
	defer cancel()
	limit, limited, err := o.o.Quota.Quota(ctx, council)
	if err != nil {
		return err
	}
	used, err := o.o.Quota.Consumption(ctx, council)
	if err != nil {
		return err
	}
	if !limited {
		limit = 0
	}
	now := o.o.Clock.Now()
	var u usage
	err = o.o.Store.Update(ctx, council, func(tx storage.Tx) (err error) {
		if u, err = usageOf(tx, now); err != nil {
			return err
		}
		u.Limit, u.Unlimited, u.Polled, u.AtPoll, u.PolledAt = limit, !limited, used, u.Counted, now
		return usageKind.Put(tx, u)
	})
	if err != nil {
		return err
	}
	if left, known := u.left(o.allowance(council)); known {
		o.o.Observer.QuotaLeft(council, left)
	}
	return nil
}
