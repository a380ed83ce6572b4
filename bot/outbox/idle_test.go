package outbox

import (
	"context"
	"errors"
	"testing"
)

// Who no longer waits for rest is forgotten: while something fails nobody is
// ever told, and they would grow in number.
func TestIdleGivenUp(t *testing.T) {
	o := &Outbox{asked: make(chan struct{}, 1)}
	for name, take := range map[string]bool{"while it rests": false, "during a pass": true} {
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- o.Idle(ctx) }()
		<-o.asked
		var taken []*idler
		if take {
			taken = o.idlers()
		}
		cancel()
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		o.requeue(taken)
		if n := len(o.idlers()); n > 0 {
			t.Errorf("%s: %d are still waited for", name, n)
		}
	}
}
