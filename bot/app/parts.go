package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/metrics"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/webhook"
	"mimamori.example/mimamori/storage"
)

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
		switch {
		case a.serving && errors.Is(err, storage.ErrUnwritable):
			s = unopened{err} // serve without it, for a while
		case err != nil:
			err = fmt.Errorf("app: open the store: %w", err)
			if a.serving && (errors.Is(err, storage.ErrAbsent) || errors.Is(err, storage.ErrDamaged)) {
				err = errors.Join(err, a.tellRefusal(ctx, err))
			}
			return err
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
	return a.prepare(ctx)
}

func (a *App) prepare(ctx context.Context) error {
	if a.parts.Prepare == nil || a.store.Err() != nil {
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
		Config: a.config, Store: a.store, Post: newPost(a.o.IDs),
		Channels: channels, Clock: a.o.Clock, Log: a.log, Rand: a.o.Rand, Calendar: a.metrics.Schedule,
	})
	if err != nil {
		return err
	}
	a.commands = programCommands(a.parts).with(a.parts.Commands)
	return nil
}

func (a *App) makeMailer() (err error) {
	if a.mailer = a.o.Mailer; a.mailer == nil {
		a.mailer, err = newMailer(a.config.Mail, a.o.Roots, a.o.Clock)
	}
	return err
}

func (a *App) makeOutbox(context.Context) error {
	if err := a.makeMailer(); err != nil {
		return err
	}
	a.outbox = outbox.New(outbox.Options{
		Store: a.store, Post: newPost(a.o.IDs), Sender: a.channels, Mailer: a.mailer,
		Hooks: a.parts.Hooks, Clock: a.o.Clock, Log: a.log, Observer: outboxMetrics{a.metrics.Outbox},
		Allowance: a.allowance, Quota: a.channels, Councils: a.councils,
		GroupCount: a.channels.GroupCount, Audience: a.parts.Audience,
	})
	return nil
}

// newPost freezes messages, and lets what waits go along with replies.
func newPost(names outbox.Source) *outbox.Post {
	p := outbox.NewPost(line.Renderer{}, names)
	p.Stale = casework.Stale
	return p
}

func (a *App) councils() []string { return ids(a.config) }

// ids are the councils', in the configuration's order.
func ids(c *config.Config) []string {
	all := make([]string, len(c.Councils))
	for i := range c.Councils {
		all[i] = c.Councils[i].ID
	}
	return all
}

func (a *App) allowance(council string) outbox.Allowance {
	c, ok := a.config.Council(council)
	if !ok {
		return outbox.Allowance{}
	}
	return outbox.Allowance{Monthly: c.Quota.Monthly, Reserve: c.Quota.Reserve}
}

func (a *App) makeDoor(context.Context) error {
	sorry, err := newSorry(a.channels, a.councils(), a.parts.Sorry)
	if err != nil {
		return err
	}
	o := webhook.Options{
		Turner: a.parts.Turner, Clock: a.o.Clock, Log: a.log, Observer: a.metrics.Webhook,
		Apology: sorry.say, StoreFailed: a.storeFailed, Held: a.health.isHeld,
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
	a.run("letters about the store", a.writeLetters)
	a.run("health", a.watch)
	if a.store.Err() == nil {
		a.runAll()
	}
	a.undo.push("turns", a.door.Wait)
	return nil
}

// runAll starts what needs the store.
func (a *App) runAll() {
	a.run("nightly examination", a.examine)
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
		err := part(ctx)
		if errors.Is(err, storage.ErrClosed) && a.store.Err() != nil {
			return // watch goes on without the store
		}
		if err != nil && ctx.Err() == nil {
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

// outboxMetrics fits the numbers to the outbox's observer.
type outboxMetrics struct{ *metrics.Outbox }

// Reported implements outbox.Observer.
func (m outboxMetrics) Reported(lane string, why outbox.Reason) {
	m.Outbox.Reported(lane, string(why))
}

var _ outbox.Observer = outboxMetrics{}
