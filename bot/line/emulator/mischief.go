package emulator

import (
	"errors"
	"time"
)

// Mischief is what may happen to an event on its way to the bot. The zero value
// is nothing.
type Mischief struct {
	Duplicate bool `json:"duplicate,omitempty"` // delivered twice, unmarked, as LINE's reference warns
	// Delay holds it back, by the emulator's clock. Events that Hold keeps are not
	// delayed on top of that.
	Delay time.Duration `json:"delay,omitempty"`
	Lose  bool          `json:"lose,omitempty"` // never delivered
	// Spent makes its reply token dead from birth: a reply with it is answered
	// with 400 "Invalid reply token", as for one that has expired or been used.
	Spent bool `json:"spent,omitempty"`
	// Nameless leaves out of an event in a group who acted, came or left, as LINE
	// does for people who have not consented.
	Nameless bool `json:"nameless,omitempty"`
}

// and is both at once; the longer delay counts.
func (m Mischief) and(o Mischief) Mischief {
	return Mischief{
		Duplicate: m.Duplicate || o.Duplicate, Delay: max(m.Delay, o.Delay), Lose: m.Lose || o.Lose, Spent: m.Spent || o.Spent,
		Nameless: m.Nameless || o.Nameless,
	}
}

// without is m after what o names is taken away.
func (m Mischief) without(o Mischief) Mischief {
	left := Mischief{Duplicate: m.Duplicate && !o.Duplicate, Delay: m.Delay, Lose: m.Lose && !o.Lose, Spent: m.Spent && !o.Spent,
		Nameless: m.Nameless && !o.Nameless}
	if o.Delay != 0 {
		left.Delay = 0
	}
	return left
}

// Next lets mischief happen to the next n events, once per event and each on top
// of what Always says. Events that Hold keeps use up none.
func (c *Channel) Next(n int, m Mischief) {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	for range n {
		c.mischief = append(c.mischief, m)
	}
	c.e.poke("fault", "")
}

// Always switches mischief on for every event from now on, or off again. Only
// what m names is switched: Always(Mischief{Spent: true}, false) leaves
// duplicates on; a delay is switched off by any delay. Events already on their
// way stay as they are.
func (c *Channel) Always(m Mischief, on bool) {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	if on {
		c.always = c.always.and(m)
	} else {
		c.always = c.always.without(m)
	}
	c.e.poke("fault", "")
}

// Standing is what Always has switched on, the zero Mischief when nothing.
func (c *Channel) Standing() Mischief {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	return c.always
}

// befall sends a delivery of one event on its way through the mischief that is
// due to it. The caller holds mu.
func (e *Emulator) befall(d *delivery) {
	c, m := d.c, d.c.always
	if !c.holding && len(c.mischief) > 0 {
		m, c.mischief = m.and(c.mischief[0]), c.mischief[1:]
	}
	if reply := d.events[0].reply; m.Spent && reply != nil {
		reply.used = true
	}
	if m.Nameless {
		d.events[0].unname()
	}
	if m.Lose {
		d.finish(0, errors.New("emulator: webhook lost on purpose"))
		e.poke("delivery", d.chat())
		return
	}
	copies := []*delivery{d}
	if m.Duplicate {
		copies = append(copies, &delivery{c: c, lane: d.lane, events: d.events})
	}
	for _, d := range copies {
		switch {
		case c.holding:
			c.held = append(c.held, d)
		case m.Delay > 0:
			e.later(d, m.Delay)
		default:
			e.launch(d)
		}
	}
}
