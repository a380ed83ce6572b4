package shifted_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/clock/shifted"
)

var _ clock.Clock = (*shifted.Clock)(nil)

// received tells whether a channel has received, once all else is still.
func received(ch <-chan time.Time) bool {
	synctest.Wait()
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestRunsAheadOfTheMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := shifted.New(3 * time.Hour)
		if got := time.Until(c.Now()); got != 3*time.Hour {
			t.Fatalf("ahead by %v", got)
		}
		before := c.Now()
		time.Sleep(time.Minute)
		if got := c.Now().Sub(before); got != time.Minute {
			t.Errorf("a minute took %v", got)
		}
	})
}

func TestWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := shifted.New(0)
		began := c.Now()
		past, soon, later, last := c.After(0), c.After(time.Minute), c.After(time.Hour), c.After(24*time.Hour)
		if !received(past) {
			t.Error("what is due at once was not received")
		}
		time.Sleep(time.Minute)
		if !received(soon) || received(later) {
			t.Error("after a minute of the machine's: only the first is due")
		}
		c.MoveAhead(30 * time.Minute)
		if received(later) {
			t.Error("woken half an hour too soon")
		}
		time.Sleep(28 * time.Minute)
		if received(later) {
			t.Error("woken a minute too soon")
		}
		time.Sleep(time.Minute)
		if !received(later) {
			t.Error("an hour has passed, half of it by hand")
		}
		c.MoveAhead(30 * 24 * time.Hour)
		select {
		case at := <-last:
			if got := at.Sub(began); got != 30*24*time.Hour+30*time.Minute {
				t.Errorf("woken at %v", got)
			}
		default:
			t.Error("a month's move woke nobody")
		}
	})
}

func TestNeverGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := shifted.New(time.Hour)
		waits := c.After(time.Minute)
		before := c.Now()
		c.MoveAhead(time.Minute)
		c.MoveAhead(-time.Hour)
		if !c.Now().Equal(before) || c.Ahead() != time.Hour {
			t.Errorf("went back to %v", c.Now())
		}
		if received(waits) {
			t.Error("woke somebody without having moved")
		}
		time.Sleep(time.Minute)
		if !received(waits) {
			t.Error("no longer wakes")
		}
	})
}

// A move and the machine's own timer may come at the same moment: each waiter
// is woken once.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := shifted.New(0)
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				for range 20 {
					<-c.After(time.Duration(i+1) * time.Second)
				}
			})
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Second)
				c.MoveAhead(c.Ahead() + time.Second)
			})
		}
		all.Wait()
		if got := c.Ahead(); got != 50*time.Second {
			t.Errorf("ahead by %v after 50 moves one after the other", got)
		}
	})
}
