package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Schedule counts the calendar's ticks.
type Schedule struct {
	ticks, trouble *prometheus.CounterVec
	last           *prometheus.GaugeVec
}

func newSchedule(r prometheus.Registerer) *Schedule {
	return &Schedule{
		ticks:   counter(r, "ticks_total", "Ticks of the calendar by job and what became of them.", "council", "job", "state"),
		last:    gauge(r, "last_tick_timestamp_seconds", "The job's last planned time that has come, as Unix time.", "council", "job"),
		trouble: counter(r, "schedule_trouble_total", "Failures of the calendar itself, to be tried again.", "what"),
	}
}

// Tick counts a planned time that has come.
func (s *Schedule) Tick(council, job, state string, planned time.Time) {
	s.ticks.WithLabelValues(council, job, state).Inc()
	s.last.WithLabelValues(council, job).Set(float64(planned.UnixMilli()) / 1000)
}

// Trouble counts a failure of the calendar itself.
func (s *Schedule) Trouble(what string) { s.trouble.WithLabelValues(what).Inc() }
