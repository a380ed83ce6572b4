package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"mimamori.example/mimamori/storage"
)

// pool is the workers of some lanes. Up to twice as many deliveries as there
// are workers are claimed, so that claims and marks come in batches.
type pool struct {
	lanes   []string
	workers int
	room    int // how many may be claimed at once

	ready   chan *work
	marking sync.WaitGroup // batches that are being marked
	out     int            // claimed and not yet done; under Outbox.mu
}

func newPool(workers int, lanes ...string) *pool {
	return &pool{lanes: lanes, workers: workers, room: 2 * workers}
}

func (p *pool) begin() { p.ready = make(chan *work, p.room) }

// maxClaim bounds one claim: its marks are one transaction.
const maxClaim = 64

// dispatch claims what is due and hands it to the workers until ctx ends.
func (o *Outbox) dispatch(ctx, calls context.Context) error {
	wake := o.o.Store.Wake()
	for {
		idle := o.idlers()
		quiet := o.quiet()
		n, err := o.pass(ctx, calls)
		o.noted(err)
		switch {
		case ctx.Err() != nil:
			o.requeue(idle)
			return ctx.Err()
		case errors.Is(err, storage.ErrClosed):
			o.requeue(idle)
			return err
		case err != nil:
			o.trouble("claim", "", err)
			o.requeue(idle)
		case n > 0:
			o.requeue(idle)
			continue
		case quiet:
			for _, w := range idle {
				close(w.done)
			}
		default:
			o.requeue(idle)
		}
		o.rest(ctx, wake, err)
	}
}

// pass claims once for every pool that has room worth a claim.
func (o *Outbox) pass(ctx, calls context.Context) (claimed int, err error) {
	for _, p := range o.pools {
		room := o.roomIn(p)
		if room == 0 {
			continue
		}
		now := o.o.Clock.Now()
		claims, err := o.o.Store.Claim(ctx, storage.ClaimRequest{
			Lanes: p.lanes, Now: now, Lease: o.o.Lease, Max: min(room, maxClaim),
			Furthest: furthest,
		})
		if err != nil {
			return claimed, err
		}
		if len(claims) == 0 {
			continue
		}
		claimed += len(claims)
		o.started(p, len(claims))
		p.marking.Go(func() { o.begin(calls, p, claims, now.Add(o.o.Lease)) })
	}
	return claimed, nil
}

// begin reads the claims of a batch, commits per council that the replies among
// them are about to be tried, and hands them to the workers.
func (o *Outbox) begin(ctx context.Context, p *pool, claims []storage.Claim, until time.Time) {
	now := o.o.Clock.Now()
	marks := map[string][]*work{}
	var all []*work
	for _, c := range claims {
		w, err := open(c, now, until)
		if err != nil {
			o.discard(ctx, c, err)
			o.finished(p)
			continue
		}
		all = append(all, w)
		if w.needsMark(now) && !w.chooses() { // that takes a question to LINE, for which the others need not wait
			marks[c.Council] = append(marks[c.Council], w)
		}
	}
	var marking sync.WaitGroup // at once: all councils share a commit
	for council, ws := range marks {
		marking.Go(func() {
			if o.markAll(ctx, council, ws) != nil {
				return // each is marked by itself before its call
			}
			for _, w := range ws {
				w.marked = true
			}
		})
	}
	marking.Wait()
	for _, w := range all {
		p.ready <- w // room for all that are claimed
	}
}

func (o *Outbox) markAll(ctx context.Context, council string, ws []*work) error {
	ctx, cancel := context.WithTimeout(ctx, o.o.CommitTimeout)
	defer cancel()
	marks := make([]func(storage.Tx) error, len(ws))
	for i, w := range ws {
		marks[i] = w.mark()
	}
	return o.o.Store.Update(ctx, council, func(tx storage.Tx) error {
		for _, mark := range marks {
			if err := mark(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// discard takes an item out of the queue whose body nobody can read. It never
// happens to what Post has written.
func (o *Outbox) discard(ctx context.Context, c storage.Claim, why error) {
	o.trouble("item", c.Council, why)
	s := Settled{ID: c.ID, Lane: c.Lane, How: none, Outcome: "unreadable", Hash: hashOf(c.Body), Created: c.Enqueued, At: o.o.Clock.Now()}
	err := o.update(ctx, c.Council, func(tx storage.Tx) error {
		if err := tx.Settle(c); err != nil {
			return err
		}
		return settledKind.Put(tx, s)
	})
	if err != nil {
		o.trouble("commit", c.Council, err)
	}
}

// serve is one worker. Once ctx has ended it gives back what it finds.
func (o *Outbox) serve(ctx, calls context.Context, p *pool) {
	for w := range p.ready {
		var err error
		if ctx.Err() != nil {
			err = o.handBack(calls, w, o.o.Clock.Now())
		} else {
			err = o.deliver(calls, w)
		}
		if err != nil && !errors.Is(err, storage.ErrLost) {
			o.trouble("commit", w.claim.Council, err)
		}
		o.finished(p)
	}
}

// restAtMost keeps Health fresh; restAfter is the pause after a failure, and
// where something is due that only a busy pool, or a held store, could take.
const (
	restAtMost = 5 * time.Second
	restAfter  = time.Second
)

// rest waits until there may be something to claim.
func (o *Outbox) rest(ctx context.Context, wake <-chan struct{}, failure error) {
	wait := restAfter
	if failure == nil {
		switch due, any, err := o.o.Store.NextDue(ctx); {
		case err != nil:
			o.noted(err)
		case !any:
			wait = restAtMost
		default:
			if d := due.Sub(o.o.Clock.Now()); d > 0 {
				wait = min(d, restAtMost)
			}
		}
	}
	select {
	case <-ctx.Done():
	case <-wake:
	case <-o.freed:
	case <-o.asked:
	case <-o.o.Clock.After(wait):
	}
}

// roomIn is how many more a pool may claim: none while it is better to wait
// for a larger batch.
func (o *Outbox) roomIn(p *pool) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	room := p.room - p.out
	if room < max(1, p.room/4) {
		return 0
	}
	return room
}

func (o *Outbox) started(p *pool, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p.out += n
	o.inflight += n
}

func (o *Outbox) finished(p *pool) {
	o.mu.Lock()
	p.out--
	o.inflight--
	o.mu.Unlock()
	signal(o.freed)
}

func (o *Outbox) quiet() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.inflight == 0
}

// idlers takes over those who have asked before the pass that is to begin.
func (o *Outbox) idlers() []*idler {
	o.mu.Lock()
	defer o.mu.Unlock()
	idle := o.waiting
	o.waiting = nil
	return idle
}

// requeue lets them wait on, but for who has gone meanwhile.
func (o *Outbox) requeue(idle []*idler) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, w := range idle {
		if !w.gone {
			o.waiting = append(o.waiting, w)
		}
	}
}

func (o *Outbox) noted(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lastErr = err
	if err == nil {
		o.lastPass = o.o.Clock.Now()
	}
}
