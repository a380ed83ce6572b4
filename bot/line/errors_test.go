package line_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/line"
)

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
		{"quote", says(400, `{"message":"Invalid quoteToken"}`), line.InvalidQuote, 0, "quoted", line.InvalidQuote},
		{"quote in other words", says(400, `{"message":"The request body has 1 error(s)","details":[{"message":"x","property":"messages[0].quoteToken"}]}`), line.InvalidQuote, 0, "quoted", line.InvalidQuote},
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
