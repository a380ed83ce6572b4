package outbox

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// Options are what an Outbox works with. Store, Post, Sender, Hooks and Clock
// are needed; the rest has defaults.
type Options struct {
	Store  storage.Store
	Post   *Post
	Sender Sender
	Mailer Mailer // nil: letters are refused
	Hooks  Hooks
	Clock  clock.Clock
	Log    *slog.Logger // default: none
	// Observer counts; default: none.
	Observer Observer
	// Jitter is a random number in [0,1) that spreads retries. Default: random.
	Jitter func() float64

	// Allowance is a council's plan. Default: unlimited as far as we know.
	Allowance func(council string) Allowance
	// Quota and Councils together let LINE's own figures be asked now and then.
	Quota    QuotaSource
	Councils func() []string
	// GroupCount is how many people are in a group, the bot not counted: a push
	// to it counts for each. Default: one.
	GroupCount func(ctx context.Context, council, group string) (int, error)
	// Audience says in which form a delivery that has two goes out. Default: bare.
	Audience Audience

	// How many deliveries are on their way at once. Defaults 128, 4 and 2: a
	// worker mostly waits, for LINE and for commits that many of them share.
	Casework, Notices, Mails int

	// CallTimeout bounds one call, default 8 s. Lease is how long a claimed
	// delivery is ours, default 30 s: it must hold a wait for a free worker and
	// two calls, and leave time to try a reply's token again after a crash.
	CallTimeout, Lease time.Duration
	// CountTimeout is how long LINE may take to count a group before a delivery
	// of two forms, default 600 ms: a dangerous card waits for it.
	CountTimeout time.Duration
	// CommitTimeout bounds one transaction, default 5 s.
	CommitTimeout time.Duration
	// StopTimeout is how long calls under way may take after Run is told to
	// stop, default 15 s.
	StopTimeout time.Duration
}

// Outbox sends what waits in the queue. One Run at a time.
type Outbox struct {
	o       Options
	pools   []*pool
	gates   *gates
	outages *outages
	groups  *groups
	pledged *pledges

	freed chan struct{} // a worker is done
	asked chan struct{} // somebody waits in Idle

	begun time.Time // Run

	mu       sync.Mutex
	waiting  []*idler // Idle's
	inflight int
	lastPass time.Time
	lastErr  error
}

// New makes an Outbox. It panics when something needed is missing.
func New(o Options) *Outbox {
	if o.Store == nil || o.Post == nil || o.Sender == nil || o.Hooks == nil || o.Clock == nil {
		panic("outbox: Options lack Store, Post, Sender, Hooks or Clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = unseen{}
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64 // spreads retries, hides nothing
	}
	o.Casework, o.Notices, o.Mails = orDefault(o.Casework, 128), orDefault(o.Notices, 4), orDefault(o.Mails, 2)
	o.CallTimeout, o.Lease = orDefault(o.CallTimeout, 8*time.Second), orDefault(o.Lease, 30*time.Second)
	o.CommitTimeout, o.StopTimeout = orDefault(o.CommitTimeout, 5*time.Second), orDefault(o.StopTimeout, 15*time.Second)
	o.CountTimeout = orDefault(o.CountTimeout, 600*time.Millisecond)
	return &Outbox{
		o: o,
		// The order is the order of claiming.
		pools: []*pool{
			newPool(o.Casework, message.LaneCasework),
			newPool(o.Mails, message.LaneMail),
			newPool(o.Notices, message.LaneNotice),
		},
		gates:   newGates(),
		outages: newOutages(),
		groups:  &groups{known: map[[2]string]groupCount{}},
		pledged: &pledges{of: map[string]int{}},
		freed:   make(chan struct{}, 1),
		asked:   make(chan struct{}, 1),
	}
}

func orDefault[T int | time.Duration](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

// Run sends until ctx ends, then lets the calls under way finish and be
// settled, gives back what was claimed and not begun, and returns nil. It
// returns storage.ErrClosed when the store has stopped.
func (o *Outbox) Run(ctx context.Context) error {
	o.begun = o.o.Clock.Now()
	calls, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	// Like all bounds of calls this one is real time, whatever the clock says.
	defer context.AfterFunc(ctx, func() { time.AfterFunc(o.o.StopTimeout, abort) })()

	polling, stopPolling := context.WithCancel(ctx)
	var polls sync.WaitGroup
	if o.o.Quota != nil && o.o.Councils != nil {
		polls.Go(func() { o.pollQuota(polling) })
	}
	var workers sync.WaitGroup
	for _, p := range o.pools {
		p.begin()
		for range p.workers {
			workers.Go(func() { o.serve(ctx, calls, p) })
		}
	}
	err := o.dispatch(ctx, calls)
	for _, p := range o.pools {
		p.marking.Wait()
		close(p.ready)
	}
	workers.Wait()
	stopPolling()
	polls.Wait()
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// Idle waits until nothing is due at the clock's time and nothing is on its
// way: what a test, or the demo, waits for before it moves the clock. It needs
// a running Run and returns ctx's error when ctx ends first.
func (o *Outbox) Idle(ctx context.Context) error {
	w := &idler{done: make(chan struct{})}
	o.requeue([]*idler{w})
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		signal(o.asked)
		select {
		case <-w.done:
			return nil
		case <-ctx.Done():
			o.forget(w)
			return ctx.Err()
		case <-again.C:
		}
	}
}

// idler is somebody who waits in Idle.
type idler struct {
	done chan struct{}
	gone bool // waits no longer; under Outbox.mu
}

func (o *Outbox) forget(w *idler) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w.gone = true // a pass may hold it, and put it back
	o.waiting = slices.DeleteFunc(o.waiting, func(x *idler) bool { return x == w })
}

// askAgain is how often Idle asks while something fails, in real time: the
// clock may stand still until Idle returns, and with it the rest.
const askAgain = time.Second

// Health tells when the queue was last looked at without a failure, which
// happens at least every few seconds while Run runs, and the failure since.
func (o *Outbox) Health() (last time.Time, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lastPass, o.lastErr
}

// signal wakes whoever listens, without waiting and at most once ahead.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
