package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/line/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is when every test begins: a Monday morning in Tokyo.
var start = time.Date(2026, 6, 1, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60))

// world is an emulator, one bot and a web server that receives its webhooks.
type world struct {
	t      *testing.T
	clock  *clock.Manual
	e      *emulator.Emulator
	api    *httptest.Server
	bot    *emulator.Channel
	client *http.Client

	mu     sync.Mutex
	bodies []body
	answer func(n int, w http.ResponseWriter, r *http.Request) // nil answers 200
}

// body is one webhook as the bot received it.
type body struct {
	Destination string  `json:"destination"`
	Events      []event `json:"events"`

	raw       []byte
	signature string
}

type event struct {
	Type            string         `json:"type"`
	Mode            string         `json:"mode"`
	Timestamp       int64          `json:"timestamp"`
	ID              string         `json:"webhookEventId"`
	ReplyToken      string         `json:"replyToken"`
	Source          map[string]any `json:"source"`
	Message         map[string]any `json:"message"`
	Postback        map[string]any `json:"postback"`
	Follow          map[string]any `json:"follow"`
	Joined          map[string]any `json:"joined"`
	Left            map[string]any `json:"left"`
	Unsend          map[string]any `json:"unsend"`
	DeliveryContext struct {
		IsRedelivery bool `json:"isRedelivery"`
	} `json:"deliveryContext"`
}

func newWorld(t *testing.T, o emulator.ChannelOptions, more ...emulator.Options) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(start)}
	opts := emulator.Options{}
	if len(more) > 0 {
		opts = more[0]
	}
	opts.Clock = w.clock
	w.e = emulator.New(opts)
	w.api = httptest.NewServer(w.e)
	w.client = w.api.Client()
	hook := httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(func() {
		if err := w.e.Close(); err != nil {
			t.Error(err)
		}
		w.api.Close()
		hook.Close()
	})
	if o.Webhook == "" {
		o.Webhook = hook.URL + "/webhook"
	}
	var err error
	if w.bot, err = w.e.AddChannel(o); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
	}
	b := body{raw: raw, signature: r.Header.Get("X-Line-Signature")}
	if err := json.Unmarshal(raw, &b); err != nil {
		w.t.Errorf("webhook %s: %v", raw, err)
	}
	if err := judgeWebhook(raw); err != nil {
		w.t.Errorf("webhook %s: %v", raw, err)
	}
	w.mu.Lock()
	w.bodies = append(w.bodies, b)
	n, answer := len(w.bodies), w.answer
	w.mu.Unlock()
	if answer != nil {
		answer(n, rw, r)
	}
}

// events are those received so far, in order.
func (w *world) events() []event {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []event
	for _, b := range w.bodies {
		out = append(out, b.Events...)
	}
	return out
}

func (w *world) received() []body {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]body(nil), w.bodies...)
}

// last settles and returns the newest event.
func (w *world) last() event {
	w.t.Helper()
	w.settle()
	all := w.events()
	if len(all) == 0 {
		w.t.Fatal("no event was received")
	}
	return all[len(all)-1]
}

func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	if err := w.e.Settle(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// must fails the test when an action of a person failed, or the bot did not
// answer 200.
func (w *world) must(h *emulator.Handle, err error) *emulator.Handle {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	if status, err := h.Status(w.t.Context()); err != nil || (h.Event != "" && status != 200) {
		w.t.Fatalf("webhook: %d, %v", status, err)
	}
	return h
}

type result struct {
	status  int
	body    map[string]any
	raw     []byte
	request string
	header  http.Header
}

// call makes an API call. body is JSON text or anything to encode.
func (w *world) call(method, path string, body any, headers ...string) result {
	w.t.Helper()
	r, err := w.try(method, path, body, headers...)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) try(method, path string, body any, headers ...string) (result, error) {
	w.t.Helper()
	var in []byte
	switch b := body.(type) {
	case nil:
	case string:
		in = []byte(b)
	case []byte:
		in = b
	default:
		var err error
		if in, err = json.Marshal(b); err != nil {
			w.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.api.URL+path, bytes.NewReader(in))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.bot.Token())
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := w.client.Do(req)
	if err != nil {
		return result{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return result{}, err
	}
	out := result{status: res.StatusCode, raw: raw, request: res.Header.Get("X-Line-Request-Id"), header: res.Header}
	if res.Header.Get("Content-Type") == "application/json" {
		if err := json.Unmarshal(raw, &out.body); err != nil {
			w.t.Fatalf("%s %s: %q: %v", method, path, raw, err)
		}
		if err := judgeCall(method, path, in, out.status, out.body); err != nil {
			w.t.Errorf("%s %s answered %d %s to %.300s: %v", method, path, out.status, raw, in, err)
		}
	}
	return out, nil
}

type obj = map[string]any

func text(s string) obj { return obj{"type": "text", "text": s} }

func (r result) message() string {
	s, ok := r.body["message"].(string)
	if !ok {
		return ""
	}
	return s
}
