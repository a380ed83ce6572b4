package webhook

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/metrics"
)

// idle takes every turn at once.
type idle struct{}

func (idle) Turn(context.Context, string, dialogue.Event) error { return nil }

// blank is an answer that nobody reads.
type blank struct{ header http.Header }

func (w blank) Header() http.Header         { return w.header }
func (w blank) Write(p []byte) (int, error) { return len(p), nil }
func (w blank) WriteHeader(int)             {}

// BenchmarkHandler is what the door adds to a turn: everything but the server
// before it and the turn behind it.
func BenchmarkHandler(b *testing.B) {
	h, err := New(Options{
		Councils: []Council{{ID: "minato", Secret: secret, BotUserID: bot}},
		Turner:   idle{}, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
		Observer: metrics.New("test").Webhook,
	})
	if err != nil {
		b.Fatal(err)
	}
	mux := chi.NewRouter()
	h.Register(mux)
	for name, in := range map[string]string{
		"text":     body(text("e1", user(alice), "段ボールが山積みです")),
		"postback": body(event("e2", "postback", user(alice), `,"replyToken":"r","postback":{"data":"f:0123456789abcdef:12:about_to_pay"}`)),
		"five chats": body(text("a1", user(alice), "あ"), text("b1", user(bob), "い"), text("g1", inGroup(bob), "う"),
			text("a2", user(alice), "え"), text("b2", user(bob), "お")),
	} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/webhook/minato", http.NoBody)
			r.ContentLength = int64(len(in))
			r.Header.Set("X-Line-Signature", sign(secret, in))
			read := bytes.NewReader(nil)
			r.Body = io.NopCloser(read)
			b.ReportAllocs()
			for b.Loop() {
				read.Reset([]byte(in))
				mux.ServeHTTP(blank{http.Header{}}, r)
			}
		})
	}
}
