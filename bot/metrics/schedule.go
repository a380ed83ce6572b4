package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Schedule counts the calendar's ticks.
type Schedule struct {
	ticks    *prometheus.CounterVec
	last     *prometheus.GaugeVec
	failures *prometheus.CounterVec
}

func newSchedule(r prometheus.Registerer) *Schedule {
	return &Schedule{
		ticks:    counter(r, "ticks_total", "Ticks of the calendar by job and outcome.", "council", "job", "outcome"),
		last:     gauge(r, "last_tick_timestamp_seconds", "When the job was last begun, as Unix time.", "council", "job"),
		failures: counter(r, "job_failures_total", "Steps of a job that failed and will be tried again.", "council", "job"),
	}
}

// Ticked counts a tick; at is when it was acted on.
func (s *Schedule) Ticked(council, job, outcome string, at time.Time) {
	s.ticks.WithLabelValues(council, job, outcome).Inc()
	s.last.WithLabelValues(council, job).Set(float64(at.UnixMilli()) / 1000)
}

// JobFailed counts a step that failed.
func (s *Schedule) JobFailed(council, job string) { s.failures.WithLabelValues(council, job).Inc() }
