package outbox

import (
	"sync"
	"time"
)

// gates keeps, per council and endpoint, how long LINE has asked to be left
// alone: one delivery that was told so speaks for all. (Our own rate is kept by
// the sender.)
type gates struct {
	mu   sync.Mutex
	shut map[gateKey]gate
}

// gate is a time that nothing is sent in.
type gate struct{ from, until time.Time }

type gateKey struct {
	council string
	move    move
}

func newGates() *gates { return &gates{shut: map[gateKey]gate{}} }

// closed tells until when the endpoint takes nothing; the zero time if it is
// open at now. A clock that has gone back behind the closing opens it.
func (g *gates) closed(council string, m move, now time.Time) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	shut := g.shut[gateKey{council, m}]
	if now.Before(shut.from) || !shut.until.After(now) {
		return time.Time{}
	}
	return shut.until
}

// close keeps an endpoint shut for a while from now on, at most for longestWait.
func (g *gates) close(council string, m move, now time.Time, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := gateKey{council, m}
	shut, until := g.shut[key], now.Add(min(wait, longestWait))
	if now.Before(shut.from) || until.After(shut.until) {
		g.shut[key] = gate{now, until}
	}
}
