package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"mimamori.example/mimamori/storage"
)

// How what is paused comes back after an outage. Every success wakes a few, so
// that they come back as fast as LINE takes them and no faster.
const (
	wokenFirst = 8
	wokenMore  = 2
	// wakeEvery keeps a delivery that fails by itself, while all others go out,
	// from being tried after each of them.
	wakeEvery = 15 * time.Second
)

// outages keeps, per council, whether something has failed since what is paused
// was woken: by a reply, or by a push, which wakes what waits for the quota too.
type outages struct {
	mu sync.Mutex
	of map[outageKey]*outage
}

type outageKey struct {
	council string
	push    bool
}

type outage struct {
	failed bool // something may be paused that was not woken yet
	more   bool // more is paused than was woken at once
	woken  time.Time
}

func newOutages() *outages { return &outages{of: map[outageKey]*outage{}} }

// get is a council's; at first something from before may be paused.
func (o *outages) get(k outageKey) *outage {
	if o.of[k] == nil {
		o.of[k] = &outage{failed: true}
	}
	return o.of[k]
}

func (o *outages) failed(council string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, push := range []bool{false, true} {
		o.get(outageKey{council, push}).failed = true
	}
}

// wakes tells how many paused deliveries a success is to wake.
func (o *outages) wakes(k outageKey, now time.Time) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	x := o.get(k)
	since := now.Sub(x.woken)
	switch {
	case x.more:
		return wokenMore
	case x.failed && (x.woken.IsZero() || since >= wakeEvery || since < 0):
		x.failed, x.woken = false, now
		return wokenFirst
	}
	return 0
}

func (o *outages) woken(k outageKey, all bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.get(k).more = !all
}

// wakeAfter notes how a call has ended. After a success what failed before need
// not sit out its pause: LINE is back, or the connection is. What waits for the
// month's quota is woken by a push only, for a reply costs none.
func (o *Outbox) wakeAfter(ctx context.Context, council string, m move, delivered bool) {
	if m == moveMail {
		return // another server's
	}
	if !delivered {
		o.outages.failed(council)
		return
	}
	now := o.o.Clock.Now()
	k := outageKey{council, m == movePush || m == moveMany}
	n := o.outages.wakes(k, now)
	if n == 0 {
		return
	}
	until := now.Add(parkedPause)
	if k.push {
		until = now.Add(furthest)
	}
	ctx, cancel := context.WithTimeout(ctx, o.o.CommitTimeout)
	defer cancel()
	woken, err := o.o.Store.Hasten(ctx, council, now, until, n)
	if err != nil {
		if !errors.Is(err, storage.ErrClosed) {
			o.trouble("hasten", council, err)
		}
		return // they wait for their time
	}
	o.outages.woken(k, woken < n)
}
