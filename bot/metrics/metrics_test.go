package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"mimamori.example/mimamori/bot/metrics"
	"mimamori.example/mimamori/bot/schedule"
	"mimamori.example/mimamori/bot/webhook"
)

var (
	_ webhook.Observer  = (*metrics.Webhook)(nil)
	_ schedule.Observer = (*metrics.Schedule)(nil)
)

var noon = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)

// busy gives every number a value.
func busy() *metrics.Metrics {
	m := metrics.New("v1")
	m.Webhook.WebhookAnswered("minato", 200)
	m.Webhook.WebhookAnswered("", 401)
	m.Webhook.WebhookMalformed("minato", 2)
	m.Webhook.WebhookPassed("minato", webhook.PassedOld)
	m.Webhook.WebhookShed("minato")
	m.Webhook.WebhookTurn("minato", "said", webhook.TurnCommitted, 4*time.Millisecond)
	m.Webhook.WebhookApology("minato", webhook.ApologySent)
	m.Outbox.Settled("casework", "reply", "sent", 80*time.Millisecond)
	m.Outbox.Settled("casework", "push", "refused", time.Hour)
	m.Outbox.Failed("casework", "push", "ambiguous")
	m.Outbox.Reported("casework", "stuck")
	m.Outbox.MaybeTwice("casework")
	m.Outbox.TakenAsSent("casework")
	m.Outbox.QuotaLeft("minato", 180)
	m.Outbox.Trouble("claim")
	m.Schedule.Tick("minato", "notice", "begun", noon)
	m.Schedule.Trouble("step")
	m.Health.Ready(true)
	m.Health.Store(true, false)
	m.Health.Queue(map[string]int{"casework": 3}, 1, map[string]time.Time{"casework": noon}, noon.Add(90*time.Second))
	return m
}

func TestNumbers(t *testing.T) {
	const want = `
# HELP mimamori_deliveries_total Deliveries that are done, by lane, last call and outcome.
# TYPE mimamori_deliveries_total counter
mimamori_deliveries_total{how="push",lane="casework",outcome="refused"} 1
mimamori_deliveries_total{how="reply",lane="casework",outcome="sent"} 1
# HELP mimamori_oldest_undelivered_seconds Age of the oldest waiting delivery; 0 when none waits.
# TYPE mimamori_oldest_undelivered_seconds gauge
mimamori_oldest_undelivered_seconds{lane="casework"} 90
# HELP mimamori_quota_left Messages left of the council's month, where a limit is known.
# TYPE mimamori_quota_left gauge
mimamori_quota_left{council="minato"} 180
# HELP mimamori_ready 1 while /readyz answers 200.
# TYPE mimamori_ready gauge
mimamori_ready 1
# HELP mimamori_store_held 1 while nothing may go out after a restore or copy.
# TYPE mimamori_store_held gauge
mimamori_store_held 0
# HELP mimamori_last_tick_timestamp_seconds The job's last planned time that has come, as Unix time.
# TYPE mimamori_last_tick_timestamp_seconds gauge
mimamori_last_tick_timestamp_seconds{council="minato",job="notice"} 1.7750124e+09
# HELP mimamori_turns_total Turns of talk by kind of event and outcome.
# TYPE mimamori_turns_total counter
mimamori_turns_total{council="minato",kind="said",outcome="committed"} 1
# HELP mimamori_webhook_answers_total Answers to LINE by HTTP status; council is empty for an unknown path.
# TYPE mimamori_webhook_answers_total counter
mimamori_webhook_answers_total{council="",status="401"} 1
mimamori_webhook_answers_total{council="minato",status="200"} 1
# HELP mimamori_webhook_malformed_events_total Events of signed bodies that could not be read.
# TYPE mimamori_webhook_malformed_events_total counter
mimamori_webhook_malformed_events_total{council="minato"} 2
`
	err := testutil.GatherAndCompare(busy().Gather(), strings.NewReader(want),
		"mimamori_deliveries_total", "mimamori_oldest_undelivered_seconds", "mimamori_quota_left", "mimamori_ready",
		"mimamori_store_held", "mimamori_last_tick_timestamp_seconds", "mimamori_turns_total",
		"mimamori_webhook_answers_total", "mimamori_webhook_malformed_events_total")
	if err != nil {
		t.Error(err)
	}
}

// Every number is served, and a refusal's time is not a delay.
func TestHandler(t *testing.T) {
	w := httptest.NewRecorder()
	busy().Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	page := w.Body.String()
	for _, want := range []string{
		"mimamori_build_info{", "mimamori_webhook_passed_events_total{", "mimamori_webhook_shed_total{",
		"mimamori_turn_seconds_bucket{", "mimamori_apologies_total{", `mimamori_delivery_delay_seconds_count{lane="casework"} 1`,
		"mimamori_delivery_failures_total{", "mimamori_deliveries_reported_total{", "mimamori_maybe_twice_total{",
		"mimamori_taken_as_sent_total{", "mimamori_outbox_trouble_total{", "mimamori_ticks_total{",
		"mimamori_schedule_trouble_total{", "mimamori_store_writable 1", "mimamori_deliveries_parked 1",
		`mimamori_deliveries_waiting{lane="casework"} 3`, "go_goroutines", "process_start_time_seconds",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not served", want)
		}
	}
}

// A lane that has emptied shows nothing, rather than its last age for ever.
func TestQueueForgetsEmptyLanes(t *testing.T) {
	m := busy()
	m.Health.Queue(nil, 0, nil, noon)
	if n, err := testutil.GatherAndCount(m.Gather(), "mimamori_oldest_undelivered_seconds", "mimamori_deliveries_waiting"); err != nil || n != 0 {
		t.Errorf("%d lanes, %v", n, err)
	}
}

// Names and units follow Prometheus' conventions.
func TestConventions(t *testing.T) {
	problems, err := testutil.GatherAndLint(busy().Gather())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "mimamori_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// Two programs in one process do not share numbers.
func TestApart(t *testing.T) {
	busy()
	if n, err := testutil.GatherAndCount(metrics.New("v2").Gather(), "mimamori_turns_total"); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
}
