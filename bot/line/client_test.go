package line_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line"
)

const (
	token    = "secret-channel-token"
	retryKey = "123e4567-e89b-12d3-a456-426614174000"
	frozen   = `[{"type":"text","text":"ひみつの文 \u003cb\u003e"}]`
)

// heard is one request as the server saw it.
type heard struct {
	method, path string
	header       http.Header
	body         string
}

// server answers as told and remembers what it was asked.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []heard
	answer http.HandlerFunc
}

func serve(t *testing.T, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		s.mu.Lock()
		s.heard = append(s.heard, heard{r.Method, r.URL.EscapedPath(), r.Header.Clone(), string(body)})
		s.mu.Unlock()
		s.answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) requests() []heard {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]heard(nil), s.heard...)
}

func (s *server) client(t *testing.T, change ...func(*line.Options)) *line.Client {
	t.Helper()
	h := line.NewHTTPClient()
	t.Cleanup(h.CloseIdleConnections)
	o := line.Options{Token: token, Endpoint: s.URL, DataEndpoint: s.URL, HTTPClient: h}
	for _, f := range change {
		f(&o)
	}
	c, err := line.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Line-Request-Id", "req-1")
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // the client may have gone
	}
}

const sentOne = `{"sentMessages":[{"id":"461230966842064897","quoteToken":"IStG5h1Tz7b"}]}`

func TestSendBytes(t *testing.T) {
	s := serve(t, says(200, sentOne))
	c := s.client(t)
	want := line.Sent{Messages: []line.SentMessage{{ID: "461230966842064897", QuoteToken: "IStG5h1Tz7b"}}, RequestID: "req-1"}
	sends := []struct {
		name string
		send func() (line.Sent, error)
		path string
		body string
		key  []string
	}{
		{"reply", func() (line.Sent, error) {
			return c.Reply(t.Context(), `to"ken`, json.RawMessage(frozen))
		}, "/v2/bot/message/reply", `{"replyToken":"to\"ken","messages":` + frozen + `}`, nil},
		{"push", func() (line.Sent, error) {
			return c.Push(t.Context(), group, retryKey, json.RawMessage(frozen))
		}, "/v2/bot/message/push", `{"to":"` + group + `","messages":` + frozen + `}`, []string{retryKey}},
		{"multicast", func() (line.Sent, error) {
			return c.Multicast(t.Context(), []string{user2, user}, retryKey, json.RawMessage(frozen))
		}, "/v2/bot/message/multicast", `{"to":["` + user2 + `","` + user + `"],"messages":` + frozen + `}`, []string{retryKey}},
	}
	for i, tt := range sends {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.send()
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v, %v", got, err)
			}
			r := s.requests()[i]
			if r.method != http.MethodPost || r.path != tt.path || r.body != tt.body {
				t.Errorf("asked %s %s %s", r.method, r.path, r.body)
			}
			if got := r.header["X-Line-Retry-Key"]; !reflect.DeepEqual(got, tt.key) {
				t.Errorf("retry key header %q, want %q", got, tt.key)
			}
			if got := r.header.Get("Authorization"); got != "Bearer "+token {
				t.Errorf("authorization %q", got)
			}
			if got := r.header.Get("Content-Type"); got != "application/json; charset=UTF-8" {
				t.Errorf("content type %q", got)
			}
		})
	}
}

func TestRetriesAreByteIdentical(t *testing.T) {
	s := serve(t, says(500, `{"message":"Internal server error"}`))
	c := s.client(t)
	for range 3 {
		if _, err := c.Push(t.Context(), user, retryKey, json.RawMessage(frozen)); err == nil {
			t.Fatal("no error")
		}
	}
	rs := s.requests()
	if len(rs) != 3 {
		t.Fatalf("%d requests", len(rs))
	}
	for _, r := range rs[1:] {
		if r.body != rs[0].body || r.header.Get("X-Line-Retry-Key") != rs[0].header.Get("X-Line-Retry-Key") {
			t.Errorf("another request: %+v", r)
		}
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	s := serve(t, says(200, `{}`))
	c := s.client(t)
	raw := json.RawMessage(frozen)
	many := make([]string, line.MaxMulticast+1)
	for i := range many {
		many[i] = user
	}
	const walk = "U/../../richmenu/list"
	tries := map[string]func() error{
		"reply without token": func() error { _, err := c.Reply(t.Context(), "", raw); return err },
		"reply without list":  func() error { _, err := c.Reply(t.Context(), "rt", json.RawMessage(`{}`)); return err },
		"push to nobody":      func() error { _, err := c.Push(t.Context(), "", retryKey, raw); return err },
		"push that walks":     func() error { _, err := c.Push(t.Context(), walk, retryKey, raw); return err },
		"push without key":    func() error { _, err := c.Push(t.Context(), user, "", raw); return err },
		"push with a bad key": func() error { _, err := c.Push(t.Context(), user, retryKey[:35]+"z", raw); return err },
		"push too large": func() error {
			_, err := c.Push(t.Context(), user, retryKey, json.RawMessage("["+strings.Repeat(" ", 2e6)+"]"))
			return err
		},
		"multicast to none":     func() error { _, err := c.Multicast(t.Context(), nil, retryKey, raw); return err },
		"multicast to too many": func() error { _, err := c.Multicast(t.Context(), many, retryKey, raw); return err },
		"multicast to a group":  func() error { _, err := c.Multicast(t.Context(), []string{user, group}, retryKey, raw); return err },
		"validate what":         func() error { return c.Validate(t.Context(), "../push", raw) },
		"profile":               func() error { _, err := c.Profile(t.Context(), walk); return err },
		"profile of a group":    func() error { _, err := c.Profile(t.Context(), group); return err },
		"member":                func() error { _, err := c.GroupMember(t.Context(), group, walk); return err },
		"member of what":        func() error { _, err := c.GroupMember(t.Context(), room, user); return err },
		"summary":               func() error { _, err := c.GroupSummary(t.Context(), walk); return err },
		"count":                 func() error { _, err := c.GroupCount(t.Context(), walk); return err },
		"leave":                 func() error { return c.LeaveGroup(t.Context(), user) },
		"loading":               func() error { return c.StartLoading(t.Context(), group, time.Second) },
		"read":                  func() error { return c.MarkAsRead(t.Context(), "") },
		"content":               func() error { _, err := c.Content(t.Context(), "../1"); return err },
	}
	for name, try := range tries {
		t.Run(name, func(t *testing.T) {
			var e *line.Error
			if err := try(); !errors.As(err, &e) || !e.NotSent || e.Class != line.Permanent && e.Class != line.InvalidReplyToken {
				t.Errorf("got %v", err)
			}
		})
	}
	if rs := s.requests(); len(rs) != 0 {
		t.Errorf("%d requests went out: %+v", len(rs), rs)
	}
}

func TestAcceptedBefore(t *testing.T) {
	tests := []struct {
		name    string
		answer  http.HandlerFunc
		request string
		sent    int
	}{
		{"with ids", says(409, `{"message":"The retry key is already accepted","sentMessages":[{"id":"461230966842064897","quoteToken":"q"}]}`, "X-Line-Accepted-Request-Id", "req-0"), "req-0", 1},
		{"without ids", says(409, `{"message":"The retry key is already accepted"}`, "X-Line-Accepted-Request-Id", "req-0"), "req-0", 0},
		{"header only", says(409, ``, "X-Line-Accepted-Request-Id", "req-0"), "req-0", 0},
		{"message only", says(409, `{"message":"The retry key is already accepted"}`), "req-1", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, tt.answer).client(t)
			got, err := c.Push(t.Context(), user, retryKey, json.RawMessage(frozen))
			if err != nil || !got.Accepted || got.RequestID != tt.request || len(got.Messages) != tt.sent {
				t.Errorf("push: got %+v, %v", got, err)
			}
			got, err = c.Multicast(t.Context(), []string{user}, retryKey, json.RawMessage(frozen))
			if err != nil || !got.Accepted {
				t.Errorf("multicast: got %+v, %v", got, err)
			}
			if _, err = c.Reply(t.Context(), "rt", json.RawMessage(frozen)); err == nil {
				t.Error("a reply has no retry key and cannot have been accepted before")
			}
		})
	}
}

func TestSuccessThatCannotBeRead(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"not JSON":  says(200, `ok`),
		"cut short": says(200, `{"sentMessages":[`, "Content-Length", "400"),
		"too large": says(200, `{"x":"`+strings.Repeat("x", 1<<20)+`"}`),
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, answer).client(t)
			// Another try of a push brings the ids; a reply has gone out for good.
			if _, err := c.Push(t.Context(), user, retryKey, json.RawMessage(frozen)); !is(err, line.Ambiguous) {
				t.Errorf("push: got %v", err)
			}
			if sent, err := c.Reply(t.Context(), "rt", json.RawMessage(frozen)); err != nil || len(sent.Messages) != 0 || sent.RequestID != "req-1" {
				t.Errorf("reply: got %+v, %v", sent, err)
			}
			if _, err := c.BotInfo(t.Context()); !is(err, line.Ambiguous) {
				t.Errorf("bot info: got %v", err)
			}
		})
	}
	t.Run("ids as numbers", func(t *testing.T) {
		c := serve(t, says(200, `{"sentMessages":[{"id":461230966842064897}]}`)).client(t)
		sent, err := c.Push(t.Context(), user, retryKey, json.RawMessage(frozen))
		if err != nil || len(sent.Messages) != 1 || sent.Messages[0].ID != "461230966842064897" {
			t.Errorf("got %+v, %v", sent, err)
		}
	})
}

func is(err error, class line.Class) bool {
	got, ok := line.ClassOf(err)
	return ok && got == class
}

// TestContextsDoNotMix would fail with -race, or by calls that end each other,
// if one SDK client were given everybody's context.
func TestContextsDoNotMix(t *testing.T) {
	s := serve(t, says(200, `{"userId":"`+user+`","displayName":"n"}`))
	c := s.client(t)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			if i%2 == 0 {
				cancel()
			}
			defer cancel()
			if _, err := c.Profile(ctx, user); (err != nil) != (i%2 == 0) {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

func TestConnectionsAreReused(t *testing.T) {
	connections := map[string]bool{}
	var mu sync.Mutex
	s := serve(t, nil)
	n := 0
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		connections[r.RemoteAddr] = true
		n++
		status := []int{200, 400, 500, 409, 404}[n%5]
		mu.Unlock()
		says(status, `{"message":"x"}`)(w, r)
	}
	c := s.client(t)
	for range 10 {
		_, _ = c.Push(t.Context(), user, retryKey, json.RawMessage(frozen)) // any outcome will do
		_, _ = c.Profile(t.Context(), user)
	}
	if len(connections) != 1 {
		t.Errorf("%d connections for 20 calls in a row", len(connections))
	}
}

func TestRateLimits(t *testing.T) {
	s := serve(t, says(200, `{"success":true,"timestamp":"2026-01-01T00:00:00Z","statusCode":200}`))
	c := s.client(t)
	// Sixty an hour with a few at once: the sixth would wait a minute, which
	// this context does not have.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for i := range 5 {
		if _, err := c.TestWebhook(ctx, ""); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	_, err := c.TestWebhook(ctx, "")
	var e *line.Error
	if !errors.As(err, &e) || e.Class != line.RateLimited || !e.NotSent || len(s.requests()) != 5 {
		t.Errorf("got %v after %d requests", err, len(s.requests()))
	}
	// Another endpoint is counted apart.
	if err := c.Validate(ctx, "push", json.RawMessage(frozen)); err != nil {
		t.Error(err)
	}
}

func TestNewClient(t *testing.T) {
	for name, o := range map[string]line.Options{
		"no token":       {},
		"no scheme":      {Token: token, Endpoint: "api.line.me"},
		"another scheme": {Token: token, DataEndpoint: "ftp://x"},
		"with a login":   {Token: token, Endpoint: "https://user:" + token + "@x"},
		"no host":        {Token: token, Endpoint: "https://"},
	} {
		if _, err := line.NewClient(o); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := line.NewClient(line.Options{Token: token}); err != nil {
		t.Error(err)
	}
}
