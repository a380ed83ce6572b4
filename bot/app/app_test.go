package app

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
	"mimamori.example/mimamori/storage/postgres/postgrestest"
)

// A text comes in, is kept, and its answer goes out as a reply; delivered
// again, it does nothing.
func TestThroughTheWholeFrame(t *testing.T) {
	t.Run("bolt", func(t *testing.T) { throughTheWholeFrame(t, newFrame(t)) })
	t.Run("postgres", func(t *testing.T) {
		dsn := postgrestest.Schema(t)
		throughTheWholeFrame(t, newFrame(t, func(c *config.Config, _ *Options) {
			c.Storage = config.Storage{Engine: config.Postgres, DSN: config.NewSecret(dsn)}
			if err := InitStore(t.Context(), c.Storage); err != nil {
				t.Fatal(err)
			}
		}))
	})
}

func throughTheWholeFrame(t *testing.T, f *frame) {
	t.Helper()
	f.start(t)
	for range 2 {
		if got := f.say(t, "e1", "こんにちは"); got != 200 {
			t.Fatalf("status %d", got)
		}
	}
	<-f.line.got
	if err := f.Outbox().Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.line.sent(); !slices.Equal(got, []string{"/v2/bot/message/reply"}) {
		t.Errorf("LINE was asked %v", got)
	}
	_, page := f.get(t, "/metrics")
	for _, want := range []string{
		`mimamori_turns_total{council="minato",kind="said",outcome="committed"} 2`,
		`mimamori_deliveries_total{how="reply",lane="casework",outcome="sent"} 1`,
		`mimamori_webhook_answers_total{council="minato",status="200"} 2`,
		`mimamori_build_info{`, "mimamori_ready 1", "mimamori_store_writable 1", "mimamori_store_held 0",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

// Stop ends everything, frees the address and the file, and may be repeated.
func TestStop(t *testing.T) {
	f := newFrame(t)
	if err := f.Stop(t.Context()); err != nil {
		t.Errorf("before the start: %v", err)
	}
	f = newFrame(t)
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	addr := f.Addr()
	if err := f.Start(t.Context()); err == nil {
		t.Error("started twice")
	}
	for range 2 {
		if err := f.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if !refused(t, addr) {
		t.Error("the address is still served")
	}
	again, err := bolt.Open(f.config.Storage.Path, Definitions(), bolt.Options{})
	if err != nil {
		t.Fatalf("the file is still held: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Start(t.Context()); err == nil {
		t.Error("started after the end")
	}
}

// Whatever fails on the way, nothing is left behind.
func TestRollBack(t *testing.T) {
	boom := errors.New("boom")
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for name, c := range map[string]struct {
		change func(*testing.T, *config.Config, *Options)
		want   error
	}{
		"the address is taken": {change: func(_ *testing.T, c *config.Config, _ *Options) { c.Listen = taken.Addr().String() }},
		"the store is held": {func(t *testing.T, c *config.Config, _ *Options) {
			s, err := bolt.Open(c.Storage.Path, Definitions(), bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
		}, storage.ErrHeld},
		"the engine is unknown": {change: func(_ *testing.T, c *config.Config, _ *Options) { c.Storage.Engine = "paper" }},
		"a channel is wrong":    {change: func(_ *testing.T, c *config.Config, _ *Options) { c.Councils[0].LINE.Token = config.Secret{} }},
		"joining fails": {func(_ *testing.T, _ *config.Config, o *Options) {
			o.Join = func(House) (Parts, error) { return Parts{}, boom }
		}, boom},
		"preparing fails": {func(_ *testing.T, _ *config.Config, o *Options) {
			join := o.Join
			o.Join = func(h House) (Parts, error) {
				p, err := join(h)
				p.Prepare = func(context.Context) error { return boom }
				return p, err
			}
		}, boom},
		"a part is missing": {change: func(_ *testing.T, _ *config.Config, o *Options) {
			o.Join = func(House) (Parts, error) { return Parts{Hooks: noHooks{}}, nil }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var path, addr string
			f := newFrame(t, func(cfg *config.Config, o *Options) {
				l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				o.Listener, addr, path = l, l.Addr().String(), cfg.Storage.Path
				c.change(t, cfg, o)
				if cfg.Listen == taken.Addr().String() {
					o.Listener = nil
					_ = l.Close()
				}
			})
			err := f.Start(t.Context())
			if err == nil {
				t.Fatal("started")
			}
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if !refused(t, addr) {
				t.Error("the address is still bound")
			}
			if errors.Is(err, storage.ErrHeld) {
				return
			}
			s, err := bolt.Open(path, Definitions(), bolt.Options{})
			if err != nil {
				t.Fatalf("the file is still held: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Run ends well with its context, and with the failure of a part.
func TestRun(t *testing.T) {
	f := newFrame(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	eventually(t, "started", func() bool { return strings.Contains(f.log.String(), `"started"`) })
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}

	boom := errors.New("boom")
	f = newFrame(t, func(_ *config.Config, o *Options) {
		join := o.Join
		o.Join = func(h House) (Parts, error) {
			p, err := join(h)
			p.Background = map[string]func(context.Context) error{
				"calendar": func(context.Context) error { return boom },
				"idle":     func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			}
			return p, err
		}
	})
	if err := f.Run(t.Context()); !errors.Is(err, boom) || !strings.Contains(err.Error(), "calendar") {
		t.Errorf("Run: %v", err)
	}
}

// A turn that is in when the program stops is finished and answered, and its
// delivery goes out now or after the next start: nothing accepted is lost.
func TestStopFinishesTurns(t *testing.T) {
	f := newFrame(t)
	inside, goOn := make(chan struct{}), make(chan struct{})
	f.echo.fail = func() error { close(inside); <-goOn; return nil }
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	request := signed(t, f.Addr(), "e1", "こんにちは")
	status := make(chan int, 1)
	go func() {
		resp, err := f.http.Do(request)
		if err != nil {
			status <- 0
			return
		}
		_ = resp.Body.Close()
		status <- resp.StatusCode
	}()
	<-inside
	stopped := make(chan error, 1)
	go func() { stopped <- f.Stop(context.WithoutCancel(t.Context())) }()
	eventually(t, "stopping", func() bool { return len(f.health.faults()) > 0 })
	close(goOn)
	if got := <-status; got != 200 {
		t.Errorf("status %d", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if len(f.line.sent()) == 1 {
		return
	}
	store, err := bolt.Open(f.config.Storage.Path, Definitions(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	var waiting []storage.Item
	err = store.View(t.Context(), "minato", func(tx storage.Tx) (err error) {
		waiting, err = tx.Queued("", 10)
		return err
	})
	if err != nil || len(waiting) != 1 {
		t.Errorf("neither sent nor waiting: %d, %v", len(waiting), err)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(nil, Options{}); err == nil {
		t.Error("no configuration")
	}
	if _, err := New(config.New(), Options{}); err == nil {
		t.Error("no councils")
	}
}

func TestAllowance(t *testing.T) {
	f := newFrame(t, func(c *config.Config, _ *Options) {
		c.Councils[0].Quota = config.Quota{Monthly: 200, Reserve: 20}
	})
	if got := f.allowance("minato"); got != (outbox.Allowance{Monthly: 200, Reserve: 20}) {
		t.Errorf("%+v", got)
	}
	if got := f.allowance("nowhere"); got != (outbox.Allowance{}) {
		t.Errorf("%+v", got)
	}
}
