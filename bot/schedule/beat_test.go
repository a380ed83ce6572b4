package schedule

import (
	"context"
	"errors"
	"testing"

	"mimamori.example/mimamori/bot/clock"
)

// Who no longer waits for rest is forgotten: while something fails nobody is
// ever told, and they would grow in number.
func TestIdleGivenUp(t *testing.T) {
	b := newBeat(clock.System{}, nil)
	for name, take := range map[string]bool{"while it rests": false, "during a pass": true} {
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- b.idle(ctx) }()
		<-b.asked
		var taken []*idler
		if take {
			taken = b.take()
		}
		cancel()
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		b.put(taken)
		if n := len(b.take()); n > 0 {
			t.Errorf("%s: %d are still waited for", name, n)
		}
	}
}
