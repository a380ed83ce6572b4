// Package metrics counts what the program does, for Prometheus.
//
// Every part has its own small observer, declared by that part; Webhook, Outbox,
// Schedule and Health are written to fit them and are joined to them in bot/app.
// Labels are a council's id and words from short fixed lists: never a person's
// or a case's id, never anything that was said.
package metrics

import (
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const namespace = "mimamori"

// Metrics is one program's numbers, on a registry of their own: several
// programs may run in one process, as in tests and in the demo.
type Metrics struct {
	Webhook  *Webhook
	Outbox   *Outbox
	Schedule *Schedule
	Health   *Health

	registry *prometheus.Registry
}

// New begins at zero. version is the program's.
func New(version string) *Metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info",
		Help: "Always 1; the labels say what runs."}, []string{"version", "go"})
	r.MustRegister(build)
	build.WithLabelValues(version, runtime.Version()).Set(1)
	return &Metrics{
		Webhook: newWebhook(r), Outbox: newOutbox(r), Schedule: newSchedule(r), Health: newHealth(r),
		registry: r,
	}
}

// Handler serves the numbers in Prometheus' text formats.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4,
	})
}

// Gather reads the numbers, for tests and for printing.
func (m *Metrics) Gather() prometheus.Gatherer { return m.registry }

func counter(r prometheus.Registerer, name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(c)
	return c
}

func gauge(r prometheus.Registerer, name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(g)
	return g
}

func histogram(r prometheus.Registerer, name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	r.MustRegister(h)
	return h
}
