package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Health holds what the last look at the store has shown.
type Health struct {
	ready, writable, held prometheus.Gauge
	parked                prometheus.Gauge
	waiting, oldest       *prometheus.GaugeVec
	steps                 *prometheus.CounterVec
}

func newHealth(r prometheus.Registerer) *Health {
	one := func(name, help string) prometheus.Gauge { return gauge(r, name, help).WithLabelValues() }
	return &Health{
		ready:    one("ready", "1 while /readyz answers 200."),
		writable: one("store_writable", "1 while the last trial write has succeeded."),
		held:     one("store_held", "1 while nothing may go out after a restore or copy."),
		steps:    counter(r, "clock_steps_total", "Jumps of the machine's clock: seen, and then believed, or gone again.", "state"),
		parked:   one("deliveries_parked", "Deliveries that have been let pass by those behind them."),
		waiting:  gauge(r, "deliveries_waiting", "Deliveries that wait, parked ones included.", "lane"),
		oldest:   gauge(r, "oldest_undelivered_seconds", "Age of the oldest waiting delivery; 0 when none waits.", "lane"),
	}
}

// Ready tells whether the program takes events.
func (h *Health) Ready(ok bool) { set(h.ready, ok) }

// Store tells whether the store can write, and whether it is held.
func (h *Health) Store(writable, held bool) {
	set(h.writable, writable)
	set(h.held, held)
}

// ClockStep counts a jump of the machine's clock; state as in clock.StepState.
func (h *Health) ClockStep(state string) { h.steps.WithLabelValues(state).Inc() }

// Queue tells what waits, per lane. A lane that is not named has nothing.
func (h *Health) Queue(waiting map[string]int, parked int, oldest map[string]time.Time, now time.Time) {
	h.waiting.Reset()
	h.oldest.Reset()
	for lane, n := range waiting {
		h.waiting.WithLabelValues(lane).Set(float64(n))
	}
	for lane, at := range oldest {
		h.oldest.WithLabelValues(lane).Set(max(0, now.Sub(at).Seconds()))
	}
	h.parked.Set(float64(parked))
}

func set(g prometheus.Gauge, ok bool) {
	if ok {
		g.Set(1)
		return
	}
	g.Set(0)
}
