package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Webhook counts what happens at the door.
type Webhook struct {
	answers, malformed, passed, shed, turns, apologies *prometheus.CounterVec
	took                                               *prometheus.HistogramVec
}

// turnBuckets are dense below the deadline of 1.5 s.
var turnBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 1.5, 2, 5}

func newWebhook(r prometheus.Registerer) *Webhook {
	return &Webhook{
		answers:   counter(r, "webhook_answers_total", "Answers to LINE by HTTP status; council is empty for an unknown path.", "council", "status"),
		malformed: counter(r, "webhook_malformed_events_total", "Events of signed bodies that could not be read.", "council"),
		passed:    counter(r, "webhook_passed_events_total", "Events that were not acted on, and why.", "council", "why"),
		shed:      counter(r, "webhook_shed_total", "Bodies turned away because too many turns were running.", "council"),
		turns:     counter(r, "turns_total", "Turns of talk by kind of event and outcome.", "council", "kind", "outcome"),
		apologies: counter(r, "apologies_total", "Direct replies with the telephone number after a turn that could not be stored.", "council", "outcome"),
		took:      histogram(r, "turn_seconds", "From the beginning of a turn to its commit or failure.", turnBuckets, "kind"),
	}
}

// WebhookAnswered counts an answer.
func (w *Webhook) WebhookAnswered(council string, status int) {
	w.answers.WithLabelValues(council, strconv.Itoa(status)).Inc()
}

// WebhookMalformed counts events that could not be read.
func (w *Webhook) WebhookMalformed(council string, events int) {
	w.malformed.WithLabelValues(council).Add(float64(events))
}

// WebhookPassed counts an event that was not acted on.
func (w *Webhook) WebhookPassed(council, why string) { w.passed.WithLabelValues(council, why).Inc() }

// WebhookShed counts a body that was turned away.
func (w *Webhook) WebhookShed(council string) { w.shed.WithLabelValues(council).Inc() }

// WebhookTurn counts a turn and how long it took.
func (w *Webhook) WebhookTurn(council, kind, outcome string, took time.Duration) {
	w.turns.WithLabelValues(council, kind, outcome).Inc()
	w.took.WithLabelValues(kind).Observe(took.Seconds())
}

// WebhookApology counts a direct reply.
func (w *Webhook) WebhookApology(council, outcome string) {
	w.apologies.WithLabelValues(council, outcome).Inc()
}
