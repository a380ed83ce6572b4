package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Outbox counts what goes out.
type Outbox struct {
	settled, failed, reported, maybeTwice, taken, trouble *prometheus.CounterVec
	delay                                                 *prometheus.HistogramVec
	quota                                                 *prometheus.GaugeVec
}

// delayBuckets run from a quick reply to the day after which nothing is sent.
var delayBuckets = []float64{.05, .1, .25, .5, 1, 2.5, 5, 15, 60, 120, 600, 3600, 6 * 3600, 24 * 3600}

func newOutbox(r prometheus.Registerer) *Outbox {
	return &Outbox{
		settled:    counter(r, "deliveries_total", "Deliveries that are done, by lane, last call and outcome.", "lane", "how", "outcome"),
		delay:      histogram(r, "delivery_delay_seconds", "From when a delivery could first go out to its acceptance.", delayBuckets, "lane"),
		failed:     counter(r, "delivery_failures_total", "Failed attempts by lane, call and class of error.", "lane", "how", "class"),
		reported:   counter(r, "deliveries_reported_total", "Deliveries reported as stuck or without quota, and tried on.", "lane", "reason"),
		maybeTwice: counter(r, "maybe_twice_total", "Deliveries that may have gone out twice, after doubt that could not be cleared up.", "lane"),
		taken:      counter(r, "taken_as_sent_total", "Replies whose used token tells that they had gone out.", "lane"),
		quota:      gauge(r, "quota_left", "Messages left of the council's month, where a limit is known.", "council"),
		trouble:    counter(r, "outbox_trouble_total", "Failures of the outbox itself.", "what"),
	}
}

// Settled counts a delivery that is done. The delay is measured of those that
// were accepted: a refusal's time says nothing about how fast LINE hears us.
func (o *Outbox) Settled(lane, how, outcome string, delay time.Duration) {
	o.settled.WithLabelValues(lane, how, outcome).Inc()
	if outcome == "sent" || outcome == "taken_as_sent" {
		o.delay.WithLabelValues(lane).Observe(delay.Seconds())
	}
}

// Failed counts an attempt that will be made again.
func (o *Outbox) Failed(lane, how, class string) { o.failed.WithLabelValues(lane, how, class).Inc() }

// Reported counts a delivery that was reported and is tried on.
func (o *Outbox) Reported(lane, reason string) { o.reported.WithLabelValues(lane, reason).Inc() }

// MaybeTwice counts a delivery that may have gone out twice.
func (o *Outbox) MaybeTwice(lane string) { o.maybeTwice.WithLabelValues(lane).Inc() }

// TakenAsSent counts a reply whose token had been used.
func (o *Outbox) TakenAsSent(lane string) { o.taken.WithLabelValues(lane).Inc() }

// QuotaLeft sets what is left of a council's month.
func (o *Outbox) QuotaLeft(council string, left int) {
	o.quota.WithLabelValues(council).Set(float64(left))
}

// Trouble counts a failure of the outbox itself.
func (o *Outbox) Trouble(what string) { o.trouble.WithLabelValues(what).Inc() }
