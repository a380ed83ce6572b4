package outbox

import (
	"sync"
	"time"
)

// gates keeps, per council and endpoint, how long LINE has asked to be left
// alone: one delivery that was told so speaks for all. (Our own rate is kept by
// the sender.)
type gates struct {
	mu    sync.Mutex
	until map[gateKey]time.Time
}

type gateKey struct {
	council string
	move    move
}

func newGates() *gates { return &gates{until: map[gateKey]time.Time{}} }

// closed tells until when the endpoint takes nothing; a time past if it is open.
func (g *gates) closed(council string, m move) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until[gateKey{council, m}]
}

// close keeps an endpoint shut until the given time.
func (g *gates) close(council string, m move, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if key := (gateKey{council, m}); until.After(g.until[key]) {
		g.until[key] = until
	}
}
