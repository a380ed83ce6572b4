package outbox

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Calls a second that LINE allows per channel and endpoint, a little below the
// limits of its reference (2,000 and, for multicast, 200).
const (
	ratePerSecond = 1900
	rateMulticast = 180
)

// gates keeps, per council and endpoint, how long LINE has asked to be left
// alone, and the rate of our own calls. Other processes of the same channel are
// not seen here; LINE's 429 tells about them.
type gates struct {
	mu    sync.Mutex
	gates map[gateKey]*gate
}

type gateKey struct {
	council string
	move    move
}

type gate struct {
	until time.Time
	rate  *rate.Limiter
}

func newGates() *gates { return &gates{gates: map[gateKey]*gate{}} }

func (g *gates) of(council string, m move) *gate {
	key := gateKey{council, m}
	if x := g.gates[key]; x != nil {
		return x
	}
	n := ratePerSecond
	if m == moveMany {
		n = rateMulticast
	}
	x := &gate{rate: rate.NewLimiter(rate.Limit(n), n)}
	g.gates[key] = x
	return x
}

// closed tells until when the endpoint takes nothing. While it is open the
// call that follows is counted.
func (g *gates) closed(council string, m move, now time.Time) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	x := g.of(council, m)
	if x.until.After(now) {
		return x.until
	}
	if m == moveMail {
		return time.Time{}
	}
	r := x.rate.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return now.Add(wait)
	}
	return time.Time{}
}

// close keeps an endpoint shut until the given time.
func (g *gates) close(council string, m move, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if x := g.of(council, m); until.After(x.until) {
		x.until = until
	}
}
