package app

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/control"
	"mimamori.example/mimamori/bot/metrics"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/webhook"
	"mimamori.example/mimamori/storage"
)

// StopTimeout is how long Run lets the parts end: turns take 1.5 s, apologies
// 5 s, calls of the outbox 15 s.
const StopTimeout = 25 * time.Second

// Options are what the program is made of besides its configuration. The zero
// value is good.
type Options struct {
	Version    string
	Clock      clock.Clock   // default: the system's, without short errors
	Log        *slog.Logger  // default: none
	Rand       io.Reader     // default: crypto/rand
	IDs        outbox.Source // of deliveries; default: random
	HTTPClient *http.Client  // to LINE; default: line.NewHTTPClient
	// Roots vouch for the mail server; default: the system's.
	Roots *x509.CertPool
	// Listener is used instead of binding Config.Listen, and is closed by Stop.
	Listener net.Listener
	// Mailer is used instead of the mail server of the configuration.
	Mailer outbox.Mailer
	// Join makes the councils' own work; default: the real one. Tests of the
	// frame put their own here.
	Join func(House) (Parts, error)
	// Store is used instead of opening one, and is closed by Stop.
	Store storage.Store
}

// App is one program: several councils on one store.
type App struct {
	config  *config.Config
	o       Options
	log     *slog.Logger
	metrics *metrics.Metrics

	// made by Start
	base     context.Context
	listener net.Listener
	socket   *control.Server // nil without a control socket
	store    storage.Store
	channels outbox.Channels
	parts    Parts
	commands Commands
	door     *webhook.Handler
	outbox   *outbox.Outbox
	health   health
	lookNow  chan struct{}
	serving  bool // Start, not a command alone
	mailer   outbox.Mailer
	troubles chan Trouble // for the second channel
	undo     cleanup

	fatal chan error // capacity 1: the first part that failed

	mu    sync.Mutex
	state state
}

type state int

const (
	made state = iota
	started
	stopped
)

// New takes a configuration that config.Load has accepted. It opens nothing.
func New(c *config.Config, o Options) (*App, error) {
	if c == nil || len(c.Councils) == 0 {
		return nil, errors.New("app: a configuration with at least one council is required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.IDs == nil {
		o.IDs = outbox.Random{}
	}
	if o.Join == nil {
		o.Join = JoinCouncils
	}
	a := &App{
		config: c, o: o, log: o.Log, metrics: metrics.New(o.Version),
		lookNow: make(chan struct{}, 1), troubles: make(chan Trouble, 1), fatal: make(chan error, 1),
	}
	if a.o.Clock == nil {
		a.o.Clock = clock.NewSteady(a.clockStepped)
	}
	return a, nil
}

// Start binds the sockets, opens the store and starts every part. When it
// fails nothing is left behind. ctx bounds the start only.
func (a *App) Start(ctx context.Context) (err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state != made {
		return errors.New("app: started already")
	}
	a.state, a.serving = started, true
	defer func() {
		if err == nil {
			return
		}
		a.state = stopped
		undone, cancel := context.WithTimeout(context.WithoutCancel(ctx), StopTimeout)
		defer cancel()
		err = errors.Join(err, a.undo.run(undone))
	}()
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.base = base
	a.undo.push("everything", func(context.Context) error { cancel(); return nil })
	for _, f := range []func(context.Context) error{
		a.bind, a.bindControl, a.open, a.join, a.makeOutbox, a.makeDoor, a.startParts, a.serve, a.serveControl,
	} {
		if err := f(ctx); err != nil {
			return err
		}
	}
	a.log.InfoContext(ctx, "started", "address", a.Addr(), "version", a.o.Version,
		"engine", a.config.Storage.Engine, "count", len(a.config.Councils))
	return nil
}

// fail ends Run with the first failure.
func (a *App) fail(err error) {
	select {
	case a.fatal <- err:
	default:
	}
}

// Fatal receives the failure of a part without which the program is of no use.
// Whoever uses Start and Stop instead of Run stops then.
func (a *App) Fatal() <-chan error { return a.fatal }

// Stop ends every part, the last one first, and returns what went wrong. What
// has not ended when ctx does is left behind. A second Stop does nothing.
func (a *App) Stop(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state = stopped
	return a.undo.run(ctx)
}

// Run starts, waits for ctx or for a failure, and stops. It returns nil when
// ctx ended it and everything ended well.
func (a *App) Run(ctx context.Context) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
	var failed error
	select {
	case <-ctx.Done():
		a.log.InfoContext(ctx, "stopping")
	case failed = <-a.fatal:
		a.log.ErrorContext(ctx, "a part has failed; stopping", "error", failed)
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), StopTimeout)
	defer cancel()
	return errors.Join(failed, a.Stop(ending))
}

// Addr is where the program listens, host:port, once started.
func (a *App) Addr() string { return a.listener.Addr().String() }

// Idle waits until nothing is left to do at the clock's time: what a test, or
// the demo, waits for before it moves the clock. It needs a running program.
func (a *App) Idle(ctx context.Context) error {
	for range 2 { // what is delivered may make something due, and the other way
		if err := a.outbox.Idle(ctx); err != nil {
			return err
		}
		if a.parts.Idle == nil {
			continue
		}
		if err := a.parts.Idle(ctx); err != nil {
			return err
		}
	}
	return a.outbox.Idle(ctx)
}

// Outbox is the running outbox, for those who wait until it is idle.
func (a *App) Outbox() *outbox.Outbox { return a.outbox }

// Store is the open store, for those who look into it while the program runs.
func (a *App) Store() storage.Store { return a.store }
