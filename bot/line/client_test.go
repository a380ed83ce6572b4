package line_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
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

func TestErrors(t *testing.T) {
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name    string
		answer  http.HandlerFunc
		class   line.Class
		after   time.Duration
		reason  string
		onReply line.Class // where it differs
	}{
		{"server failed", says(500, `{"message":"Internal server error"}`), line.Ambiguous, 0, "server", line.Ambiguous},
		{"bad gateway", says(502, `<html>`), line.Ambiguous, 0, "server", line.Ambiguous},
		{"unavailable, with a time", says(503, ``, "Retry-After", "7"), line.Ambiguous, 7 * time.Second, "server", line.Ambiguous},
		{"rate", says(429, `{"message":"The API rate limit has been exceeded. Try again later."}`), line.RateLimited, 0, "too many", line.RateLimited},
		{"rate, with a time", says(429, `{"message":"The API rate limit has been exceeded. Try again later."}`, "Retry-After", "3"), line.RateLimited, 3 * time.Second, "too many", line.RateLimited},
		{"rate, with a date", says(429, `{"message":"x"}`, "Retry-After", now.Add(90*time.Second).Format(http.TimeFormat), "Date", now.Format(http.TimeFormat)), line.RateLimited, 90 * time.Second, "too many", line.RateLimited},
		{"rate, with a past date", says(429, `{"message":"x"}`, "Retry-After", now.Add(-time.Hour).Format(http.TimeFormat), "Date", now.Format(http.TimeFormat)), line.RateLimited, 0, "too many", line.RateLimited},
		{"rate, with nonsense", says(429, `{"message":"x"}`, "Retry-After", "soon"), line.RateLimited, 0, "too many", line.RateLimited},
		{"rate, with for ever", says(429, `{"message":"x"}`, "Retry-After", "99999999"), line.RateLimited, 24 * time.Hour, "too many", line.RateLimited},
		{"quota", says(429, `{"message":"You have reached your monthly limit."}`), line.QuotaOut, 0, "month", line.QuotaOut},
		{"reply token", says(400, `{"message":"Invalid reply token"}`), line.Permanent, 0, "refused", line.InvalidReplyToken},
		{"body", says(400, `{"message":"The request body has 2 error(s)","details":[{"message":"ひみつの文","property":"messages[0].text"},{"property":"ひみつの文"}]}`), line.Permanent, 0, "refused: messages[0].text", line.Permanent},
		{"recipient", says(400, `{"message":"Failed to send messages"}`), line.Permanent, 0, "recipient", line.Permanent},
		{"token", says(401, `{"message":"Authentication failed due to the following reason: invalid token"}`), line.Unauthorized, 0, "token", line.Unauthorized},
		{"plan", says(403, `{"message":"Access to this API is not available for your account"}`), line.Unauthorized, 0, "account", line.Unauthorized},
		{"not found", says(404, `{"message":"Not found"}`), line.NotFound, 0, "no such", line.NotFound},
		{"gone", says(410, `{"message":"The content is gone"}`), line.NotFound, 0, "taken back", line.NotFound},
		{"too large", says(413, `{"message":"x"}`), line.Permanent, 0, "2 MB", line.Permanent},
		{"conflict without proof", says(409, `{"message":"Conflict"}`), line.Permanent, 0, "refused", line.Permanent},
		{"a sign-in page", says(403, `<html>ひみつの文`, "X-Line-Request-Id", ""), line.Ambiguous, 0, "not LINE's", line.Ambiguous},
		{"a redirect", says(302, ``, "Location", "https://example.com/login"), line.Ambiguous, 0, "not LINE's", line.Ambiguous},
		{"a proxy's password", says(407, ``), line.Ambiguous, 0, "not LINE's", line.Ambiguous},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			c := s.client(t, func(o *line.Options) { o.Clock = clock.NewManual(now) })
			check := func(op string, class line.Class, err error) {
				t.Helper()
				var e *line.Error
				if !errors.As(err, &e) {
					t.Fatalf("%s: got %v", op, err)
				}
				if e.Class != class || e.RetryAfter != tt.after || e.NotSent || class == tt.class && !strings.Contains(e.Reason, tt.reason) {
					t.Errorf("%s: got %+v", op, *e)
				}
				quiet(t, err)
			}
			_, err := c.Push(t.Context(), user, retryKey, json.RawMessage(frozen))
			check("push", tt.class, err)
			_, err = c.Reply(t.Context(), "rt-secret", json.RawMessage(frozen))
			check("reply", tt.onReply, err)
			_, err = c.Profile(t.Context(), user)
			check("profile", tt.class, err)
			if n := len(s.requests()); n != 3 {
				t.Errorf("%d requests for 3 calls: nothing may be tried again unasked", n)
			}
		})
	}
}

// quiet fails when an error tells what it must not.
func quiet(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range []string{token, "ひみつ", "rt-secret", user, group, retryKey, "http://", "127.0.0.1"} {
			if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, secret) {
				t.Errorf("the error tells %q: %s", secret, text)
			}
		}
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

func TestNoAnswer(t *testing.T) {
	t.Run("connection broken after the request", func(t *testing.T) {
		s := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		_, err := s.client(t).Reply(t.Context(), "rt-secret", json.RawMessage(frozen))
		var e *line.Error
		if !errors.As(err, &e) || e.Class != line.Ambiguous || e.NotSent {
			t.Errorf("got %#v", err)
		}
		quiet(t, err)
		if n := len(s.requests()); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		s := serve(t, says(200, `{}`))
		c := s.client(t)
		s.Close()
		_, err := c.Reply(t.Context(), "rt-secret", json.RawMessage(frozen))
		var e *line.Error
		if !errors.As(err, &e) || e.Class != line.Ambiguous || !e.NotSent {
			t.Errorf("got %#v", err)
		}
		quiet(t, err)
	})
	hang := func(t *testing.T) (*server, func()) {
		free := make(chan struct{})
		s := serve(t, func(http.ResponseWriter, *http.Request) { <-free })
		return s, sync.OnceFunc(func() { close(free) })
	}
	t.Run("own time limit", func(t *testing.T) {
		s, free := hang(t)
		defer free()
		_, err := s.client(t, func(o *line.Options) { o.Timeout = 30 * time.Millisecond }).Push(t.Context(), user, retryKey, json.RawMessage(frozen))
		var e *line.Error
		if !errors.As(err, &e) || e.Class != line.Ambiguous || e.NotSent || !strings.Contains(e.Reason, "in time") {
			t.Errorf("got %#v", err)
		}
		quiet(t, err)
	})
	t.Run("caller's deadline, on a typed call", func(t *testing.T) {
		s, free := hang(t)
		defer free()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, err := s.client(t).Profile(ctx, user)
		if !is(err, line.Ambiguous) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %#v", err)
		}
		quiet(t, err)
	})
	t.Run("caller gives up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		free := make(chan struct{})
		s := serve(t, func(http.ResponseWriter, *http.Request) { cancel(); <-free })
		defer close(free)
		_, err := s.client(t).Reply(ctx, "rt-secret", json.RawMessage(frozen))
		var e *line.Error
		if !errors.As(err, &e) || !errors.Is(err, context.Canceled) || e.NotSent {
			t.Errorf("got %#v", err)
		}
		quiet(t, err)
	})
	t.Run("given up before", func(t *testing.T) {
		s := serve(t, says(200, sentOne))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.client(t).Reply(ctx, "rt", json.RawMessage(frozen))
		var e *line.Error
		if !errors.As(err, &e) || !e.NotSent || !errors.Is(err, context.Canceled) || len(s.requests()) != 0 {
			t.Errorf("got %#v", err)
		}
	})
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

func TestFacts(t *testing.T) {
	ctx := t.Context()
	tests := []struct {
		name, method, path, answer, body string
		call                             func(c *line.Client) (any, error)
		want                             any
	}{
		{"profile", "GET", "/v2/bot/profile/" + user, `{"displayName":"山田","userId":"` + user + `","language":"ja","pictureUrl":"x"}`, "",
			func(c *line.Client) (any, error) { return c.Profile(ctx, user) }, line.Profile{UserID: user, Name: "山田", Language: "ja"}},
		{"member", "GET", "/v2/bot/group/" + group + "/member/" + user, `{"displayName":"山田","userId":"` + user + `"}`, "",
			func(c *line.Client) (any, error) { return c.GroupMember(ctx, group, user) }, line.Profile{UserID: user, Name: "山田"}},
		{"summary", "GET", "/v2/bot/group/" + group + "/summary", `{"groupId":"` + group + `","groupName":"事務局"}`, "",
			func(c *line.Client) (any, error) { return c.GroupSummary(ctx, group) }, line.Group{ID: group, Name: "事務局"}},
		{"count", "GET", "/v2/bot/group/" + group + "/members/count", `{"count":3}`, "",
			func(c *line.Client) (any, error) { return c.GroupCount(ctx, group) }, 3},
		{"leave", "POST", "/v2/bot/group/" + group + "/leave", `{}`, "",
			func(c *line.Client) (any, error) { return nil, c.LeaveGroup(ctx, group) }, nil},
		{"bot", "GET", "/v2/bot/info", `{"userId":"` + bot + `","basicId":"@216abcde","displayName":"見守り","chatMode":"bot","markAsReadMode":"auto"}`, "",
			func(c *line.Client) (any, error) { return c.BotInfo(ctx) }, line.BotInfo{UserID: bot, BasicID: "@216abcde", Name: "見守り", ChatMode: "bot", MarkAsReadMode: "auto"}},
		{"quota", "GET", "/v2/bot/message/quota", `{"type":"limited","value":5000}`, "",
			func(c *line.Client) (any, error) { return c.Quota(ctx) }, line.Quota{Limited: true, Value: 5000}},
		{"no quota", "GET", "/v2/bot/message/quota", `{"type":"none"}`, "",
			func(c *line.Client) (any, error) { return c.Quota(ctx) }, line.Quota{}},
		{"consumption", "GET", "/v2/bot/message/quota/consumption", `{"totalUsage":500}`, "",
			func(c *line.Client) (any, error) { return c.Consumption(ctx) }, int64(500)},
		{"endpoint", "GET", "/v2/bot/channel/webhook/endpoint", `{"endpoint":"https://example.com/webhook/a","active":true}`, "",
			func(c *line.Client) (any, error) { return c.WebhookEndpoint(ctx) }, line.Webhook{Endpoint: "https://example.com/webhook/a", Active: true}},
		{"test", "POST", "/v2/bot/channel/webhook/test", `{"success":false,"timestamp":"2026-01-02T03:04:05Z","statusCode":401,"reason":"ERROR_STATUS_CODE","detail":"401"}`, "{}\n",
			func(c *line.Client) (any, error) { return c.TestWebhook(ctx, "") },
			line.WebhookTest{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Status: 401, Reason: "ERROR_STATUS_CODE", Detail: "401"}},
		{"loading", "POST", "/v2/bot/chat/loading/start", `{}`, `{"chatId":"` + user + `","loadingSeconds":10}` + "\n",
			func(c *line.Client) (any, error) { return nil, c.StartLoading(ctx, user, 6*time.Second) }, nil},
		{"loading, longest", "POST", "/v2/bot/chat/loading/start", `{}`, `{"chatId":"` + user + `","loadingSeconds":60}` + "\n",
			func(c *line.Client) (any, error) { return nil, c.StartLoading(ctx, user, time.Hour) }, nil},
		{"read", "POST", "/v2/bot/chat/markAsRead", `{}`, `{"markAsReadToken":"30yhdy232"}` + "\n",
			func(c *line.Client) (any, error) { return nil, c.MarkAsRead(ctx, "30yhdy232") }, nil},
		{"validate", "POST", "/v2/bot/message/validate/push", `{}`, `{"messages":` + frozen + `}`,
			func(c *line.Client) (any, error) { return nil, c.Validate(ctx, "push", json.RawMessage(frozen)) }, nil},
		{"content", "GET", "/v2/bot/message/354718705033693859/content", "\x89PNG", "",
			func(c *line.Client) (any, error) { return c.Content(ctx, "354718705033693859") }, line.Content{Type: "application/json", Data: []byte("\x89PNG")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, says(200, tt.answer))
			got, err := tt.call(s.client(t))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %+v, %v", got, err)
			}
			r := s.requests()[0]
			if r.method != tt.method || r.path != tt.path || r.body != tt.body {
				t.Errorf("asked %s %s %q", r.method, r.path, r.body)
			}
			if _, ok := r.header["X-Line-Retry-Key"]; ok {
				t.Error("a retry key where LINE refuses one")
			}
			if r.header.Get("Authorization") != "Bearer "+token {
				t.Error("no token")
			}
		})
	}
}

func TestContent(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		class  line.Class
	}{
		{"being prepared", says(202, ``), line.NotReady},
		{"taken back", says(410, `{"message":"The content is gone"}`), line.NotFound},
		{"unknown", says(404, `{"message":"not found"}`), line.NotFound},
		{"over the limit", says(200, strings.Repeat("x", 101)), line.Ambiguous},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, tt.answer).client(t, func(o *line.Options) { o.ContentLimit = 100 })
			if got, err := c.Content(t.Context(), "1"); !is(err, tt.class) || got.Data != nil {
				t.Errorf("got %v", err)
			}
		})
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
