package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/dialogue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret = "8c570fa6dd201bb328f1c1eac23a96d8"
	bot    = "U8e742f61d673b39c7fff3cecb7536ef0"
	alice  = "Uaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	bob    = "Ubbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	group  = "Ccccccccccccccccccccccccccccccccc"
	room   = "Rdddddddddddddddddddddddddddddddd"
)

// turns is a Turner that keeps what it was given; do decides how each ends.
type turns struct {
	do func(ctx context.Context, ev dialogue.Event) error

	mu    sync.Mutex
	given []dialogue.Event
}

func (t *turns) Turn(ctx context.Context, _ string, ev dialogue.Event) error {
	t.mu.Lock()
	t.given = append(t.given, ev)
	t.mu.Unlock()
	if t.do == nil {
		return nil
	}
	return t.do(ctx, ev)
}

func (t *turns) ids() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := []string{}
	for _, ev := range t.given {
		ids = append(ids, ev.ID)
	}
	return ids
}

// counts is an Observer that keeps every count under one name.
type counts struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counts) add(name string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[name] += n
}

func (c *counts) get(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[name]
}

func (c *counts) WebhookAnswered(council string, status int) {
	c.add(fmt.Sprintf("%s/%d", council, status), 1)
}
func (c *counts) WebhookMalformed(_ string, n int) { c.add("malformed", n) }
func (c *counts) WebhookPassed(_, why string)      { c.add("passed/"+why, 1) }
func (c *counts) WebhookShed(string)               { c.add("shed", 1) }
func (c *counts) WebhookApology(_, outcome string) { c.add("apology/"+outcome, 1) }
func (c *counts) WebhookTurn(_, kind, outcome string, _ time.Duration) {
	c.add("turn/"+kind+"/"+outcome, 1)
}

// door is a handler behind a router, with everything it tells kept.
type door struct {
	*Handler
	turns  *turns
	counts *counts
	log    *bytes.Buffer
	mux    http.Handler

	mu         sync.Mutex
	apologised []string
	failure    []error
}

func newDoor(t testing.TB, change ...func(*Options)) *door {
	t.Helper()
	d := &door{turns: &turns{}, counts: &counts{n: map[string]int{}}, log: &bytes.Buffer{}}
	o := Options{
		Councils: []Council{
			{ID: "minato", Secret: secret, BotUserID: bot},
			{ID: "yama", Secret: strings.Repeat("b", 32)},
		},
		Turner: d.turns, Clock: clock.System{}, Observer: d.counts,
		Log: slog.New(slog.NewJSONHandler(&synced{w: d.log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Apology: func(_ context.Context, _, token string, _ bool) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.apologised = append(d.apologised, token)
			return nil
		},
		StoreFailed: func(err error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.failure = append(d.failure, err)
		},
	}
	for _, f := range change {
		f(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r := chi.NewRouter()
	h.Register(r)
	d.Handler, d.mux = h, r
	return d
}

type synced struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (s *synced) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// post sends a signed body to minato.
func (d *door) post(t testing.TB, body string) int {
	t.Helper()
	return d.send(t, "/webhook/minato", body, sign(secret, body)).Code
}

func (d *door) send(t testing.TB, path, body, signature string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	if signature != "" {
		r.Header.Set("x-line-signature", signature)
	}
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	return w
}

// settle waits for turns and apologies that run on behind the answer.
func (d *door) settle(t testing.TB) {
	t.Helper()
	if err := d.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (d *door) apologies() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string{}, d.apologised...)
}

func sign(secret, body string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// body is a webhook body to bot of these events.
func body(events ...string) string {
	return `{"destination":"` + bot + `","events":[` + strings.Join(events, ",") + `]}`
}

// user and inGroup are sources.
func user(id string) string { return `{"type":"user","userId":"` + id + `"}` }
func inGroup(by string) string {
	return `{"type":"group","groupId":"` + group + `","userId":"` + by + `"}`
}

// event is one event of now; rest begins with a comma, or is empty.
func event(id, kind, source, rest string) string {
	return eventAt(time.Now(), id, kind, source, rest)
}

func eventAt(at time.Time, id, kind, source, rest string) string {
	return fmt.Sprintf(`{"type":%q,"mode":"active","timestamp":%d,"source":%s,"webhookEventId":%q,`+
		`"deliveryContext":{"isRedelivery":false}%s}`, kind, at.UnixMilli(), source, id, rest)
}

// text is a text message with the reply token r-<id>.
func text(id, source, words string) string {
	return event(id, "message", source, fmt.Sprintf(
		`,"replyToken":"r-%s","message":{"type":"text","id":"1%s","quoteToken":"q-%s","text":%q}`, id, "23", id, words))
}
