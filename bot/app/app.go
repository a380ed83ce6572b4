package app

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line"
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
	Clock      clock.Clock   // default: the system's
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
	store    storage.Store
	channels outbox.Channels
	parts    Parts
	commands Commands
	door     *webhook.Handler
	outbox   *outbox.Outbox
	health   health
	lookNow  chan struct{}
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
	if o.Clock == nil {
		o.Clock = clock.System{}
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
		o.Join = joinCouncils
	}
	return &App{
		config: c, o: o, log: o.Log, metrics: metrics.New(o.Version),
		lookNow: make(chan struct{}, 1), fatal: make(chan error, 1),
	}, nil
}

// Start binds the sockets, opens the store and starts every part. When it
// fails nothing is left behind. ctx bounds the start only.
func (a *App) Start(ctx context.Context) (err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state != made {
		return errors.New("app: started already")
	}
	a.state = started
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
		a.bind, a.open, a.join, a.makeOutbox, a.makeDoor, a.startParts, a.serve,
	} {
		if err := f(ctx); err != nil {
			return err
		}
	}
	a.log.InfoContext(ctx, "started", "address", a.Addr(), "version", a.o.Version,
		"engine", a.config.Storage.Engine, "count", len(a.config.Councils))
	return nil
}

// bind takes the sockets, so that a second program fails before it has done
// anything. Connections wait until serve.
func (a *App) bind(ctx context.Context) error {
	a.listener = a.o.Listener
	if a.listener == nil {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.Listen)
		if err != nil {
			return fmt.Errorf("app: listen: %w", err)
		}
		a.listener = l
	}
	a.undo.push("listener", func(context.Context) error {
		// The server closes it too, once it serves.
		if err := a.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

func (a *App) open(ctx context.Context) error {
	a.store = a.o.Store
	if a.store == nil {
		s, err := OpenStore(ctx, a.config.Storage, a.log)
		if err != nil {
			return fmt.Errorf("app: open the store: %w", err)
		}
		a.store = s
	}
	a.undo.push("store", func(context.Context) error { return a.store.Close() })
	return nil
}

func (a *App) join(ctx context.Context) error {
	if err := a.joinParts(ctx); err != nil {
		return err
	}
	if a.parts.Prepare == nil {
		return nil
	}
	if err := a.parts.Prepare(ctx); err != nil {
		return fmt.Errorf("app: prepare: %w", err)
	}
	return nil
}

// joinParts makes the councils' own work; nothing of it runs yet.
func (a *App) joinParts(context.Context) error {
	channels, err := NewChannels(a.config.Councils, a.o.HTTPClient, a.o.Clock)
	if err != nil {
		return err
	}
	a.channels = channels
	a.parts, err = a.o.Join(House{
		Config: a.config, Store: a.store, Post: outbox.NewPost(line.Renderer{}, a.o.IDs),
		Channels: channels, Clock: a.o.Clock, Log: a.log, Rand: a.o.Rand, Calendar: a.metrics.Schedule,
	})
	if err != nil {
		return err
	}
	a.commands = programCommands().with(a.parts.Commands)
	return nil
}

func (a *App) makeOutbox(context.Context) error {
	mailer, err := newMailer(a.config.Mail, a.o.Roots, a.o.Clock)
	if err != nil {
		return err
	}
	if a.o.Mailer != nil {
		mailer = a.o.Mailer
	}
	a.outbox = outbox.New(outbox.Options{
		Store: a.store, Post: outbox.NewPost(line.Renderer{}, a.o.IDs), Sender: a.channels, Mailer: mailer,
		Hooks: a.parts.Hooks, Clock: a.o.Clock, Log: a.log, Observer: outboxMetrics{a.metrics.Outbox},
		Allowance: a.allowance, Quota: a.channels, Councils: a.councils,
		GroupCount: a.channels.GroupCount,
	})
	return nil
}

// councils are the ids, in the configuration's order.
func (a *App) councils() []string {
	ids := make([]string, len(a.config.Councils))
	for i := range a.config.Councils {
		ids[i] = a.config.Councils[i].ID
	}
	return ids
}

func (a *App) allowance(council string) outbox.Allowance {
	c, ok := a.config.Council(council)
	if !ok {
		return outbox.Allowance{}
	}
	return outbox.Allowance{Monthly: c.Quota.Monthly, Reserve: c.Quota.Reserved(c.Quota.Monthly)}
}

func (a *App) makeDoor(context.Context) error {
	sorry, err := newSorry(a.channels, a.councils(), a.parts.Sorry)
	if err != nil {
		return err
	}
	o := webhook.Options{
		Turner: a.parts.Turner, Clock: a.o.Clock, Log: a.log, Observer: a.metrics.Webhook,
		Apology: sorry.say, StoreFailed: a.storeFailed,
	}
	for i := range a.config.Councils {
		c := &a.config.Councils[i]
		o.Councils = append(o.Councils, webhook.Council{
			ID: c.ID, Secret: c.LINE.Secret.Reveal(), BotUserID: c.LINE.BotUserID,
		})
	}
	if a.door, err = webhook.New(o); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	return nil
}

// startParts starts what runs by itself. What comes last ends first.
func (a *App) startParts(ctx context.Context) error {
	a.look(ctx)
	a.run("health", a.watch)
	a.run("outbox", func(ctx context.Context) error { return a.outbox.Run(ctx) })
	names := make([]string, 0, len(a.parts.Background))
	for name := range a.parts.Background {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		a.run(name, a.parts.Background[name])
	}
	a.run("bot ids", a.learnBots)
	a.undo.push("turns", a.door.Wait)
	return nil
}

// serve lets requests in. Stopping lets those that are in finish, while
// readiness tells the outside to send no more.
func (a *App) serve(context.Context) error {
	server := a.newServer()
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("app: serve: %w", err))
		}
	}()
	a.undo.push("server", func(ctx context.Context) error {
		a.health.mu.Lock()
		a.health.stopping = true
		a.health.mu.Unlock()
		err := server.Shutdown(ctx)
		if err != nil {
			err = errors.Join(err, server.Close())
		}
		<-over
		return err
	})
	return nil
}

// run starts a part and, for the end, cancels it and waits for it.
func (a *App) run(name string, part func(context.Context) error) {
	ctx, cancel := context.WithCancel(a.base)
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := part(ctx); err != nil && ctx.Err() == nil {
			a.fail(fmt.Errorf("app: %s: %w", name, err))
		}
	}()
	a.undo.push(name, func(ctx context.Context) error {
		cancel()
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
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

// outboxMetrics fits the numbers to the outbox's observer.
type outboxMetrics struct{ *metrics.Outbox }

// Reported implements outbox.Observer.
func (m outboxMetrics) Reported(lane string, why outbox.Reason) {
	m.Outbox.Reported(lane, string(why))
}

var _ outbox.Observer = outboxMetrics{}
