package chaos

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/webhook"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && broken[os.Args[1]] != nil {
		if err := serveBroken(os.Args[1], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	var err error
	if scratch, err = os.MkdirTemp("", "chaos"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(scratch); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}))
}

// broken are programs that do one thing wrong: what the comparison is worth is
// seen by what it says of them. This test runs itself as these programs.
var broken = map[string]func(*app.Options){
	"answers-first": func(o *app.Options) {
		o.Join = func(h app.House) (app.Parts, error) {
			p, err := app.JoinCouncils(h)
			p.Turner = answersFirst{p.Turner}
			return p, err
		}
	},
	"forgets-keys": func(o *app.Options) {
		client := line.NewHTTPClient()
		client.Transport = otherKeys{client.Transport}
		o.HTTPClient = client
	},
}

// answersFirst lets the door answer 200 and commits afterwards.
type answersFirst struct{ webhook.Turner }

// Turn implements webhook.Turner.
func (a answersFirst) Turn(_ context.Context, council string, ev dialogue.Event) error {
	go func() {
		time.Sleep(30 * time.Millisecond)
		ctx, cancel := context.WithTimeout(context.Background(), webhook.TurnTimeout)
		defer cancel()
		if err := a.Turner.Turn(ctx, council, ev); err != nil {
			slog.Error("a turn behind its answer failed", "error", err)
		}
	}()
	return nil
}

// otherKeys makes a new retry key for each try.
type otherKeys struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (k otherKeys) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("X-Line-Retry-Key") != "" {
		r = r.Clone(r.Context())
		r.Header.Set("X-Line-Retry-Key", outbox.Random{}.RetryKey())
	}
	return k.RoundTripper.RoundTrip(r)
}

func serveBroken(how, file string) error {
	c, err := config.Load(file)
	if err != nil {
		return err
	}
	o := app.Options{Log: app.NewLogger(c.Log, os.Stderr)}
	broken[how](&o)
	a, err := app.New(c, o)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := a.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
