// Package play puts the whole program on a stage beside an emulated LINE
// platform: members, clerks and residents act, and what reaches each of them
// is read back. There are two stages. World has the program in this process and
// a clock that stands still: the scenarios in testdata run on it, which read
// like a play, and so does the demo in the terminal. Rehearsal has it in a
// process of its own, which can be killed, and a clock that runs and can be
// moved on: it is what the demo's page shows. The program itself is the one
// that serves: it is spoken to over HTTP only.
package play

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"regexp"
	"sync"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// Options set the stage.
type Options struct {
	Clock   clock.Clock
	Log     *slog.Logger
	Dir     string                                           // for the store's file
	Change  func(*config.Config)                             // before the program is made
	Store   func(ctx context.Context) (storage.Store, error) // opens one that is there, instead of a new file in Dir
	Discard func(ctx context.Context) error                  // throws the store away, when it is no file
	NoRates bool
}

// World is the program and the platform.
type World struct {
	Line    *emulator.Emulator
	Bot     *emulator.Channel
	Config  *config.Config
	Council *config.Council
	App     *app.App

	o      Options
	server *emulator.Server
	mail   *postbox
	cards  map[string]string // number → code
	marks  ascending
}

// New starts both. What it has begun is ended again when it fails.
func New(ctx context.Context, o Options) (w *World, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	w = &World{o: o, mail: &postbox{}, cards: map[string]string{}}
	w.Line = emulator.New(emulator.Options{Clock: o.Clock, Log: o.Log, NoRateLimits: o.NoRates})
	if w.server, err = w.Line.Serve(ctx, "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, w.Line.Close())
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close(context.WithoutCancel(ctx)))
		}
	}()
	if w.Bot, err = w.Line.AddChannel(emulator.ChannelOptions{Name: "みまもり見本市", BasicID: "@mimamori",
		Redelivery: emulator.Redelivery{On: true}}); err != nil {
		return w, fmt.Errorf("play: %w", err)
	}
	w.Config = Council(w.Bot, w.server.URL())
	w.Config.Storage.Path = filepath.Join(o.Dir, "mimamori.db")
	w.Config.Control = filepath.Join(o.Dir, "mimamori.sock")
	if o.Change != nil {
		o.Change(w.Config)
	}
	if err = w.Config.Validate(); err != nil {
		return w, fmt.Errorf("play: %w", err)
	}
	w.Council = &w.Config.Councils[0]
	if o.Store == nil {
		if err = app.InitStore(ctx, w.Config.Storage); err != nil {
			return w, fmt.Errorf("play: %w", err)
		}
	}
	return w, w.Start(ctx)
}

// Start starts the program, again after Stop.
func (w *World) Start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	options := app.Options{Clock: w.o.Clock, Log: w.o.Log, Listener: l, Mailer: w.mail}
	if w.o.Store != nil {
		if options.Store, err = w.o.Store(ctx); err != nil {
			return errors.Join(fmt.Errorf("play: %w", err), l.Close())
		}
	}
	if w.App, err = app.New(w.Config, options); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	if err := w.App.Start(ctx); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	return w.Bot.SetWebhook("http://" + w.App.Addr() + w.Council.WebhookPath())
}

// Stop stops the program; the platform goes on.
func (w *World) Stop(ctx context.Context) error {
	if w.App == nil {
		return nil
	}
	err := w.App.Stop(ctx)
	w.App = nil
	return err
}

// Close ends the program and the platform.
func (w *World) Close(ctx context.Context) error {
	err := w.Stop(ctx)
	err = errors.Join(err, w.Line.Close())
	return errors.Join(err, w.server.Shutdown(ctx))
}

// Settle waits until nothing is on its way at the clock's time.
func (w *World) Settle(ctx context.Context) error {
	for calls := -1; ; {
		if err := w.Line.Settle(ctx); err != nil {
			return err
		}
		if w.App != nil {
			if err := w.App.Idle(ctx); err != nil {
				return err
			}
		}
		n := len(w.Line.Sends()) + len(w.Line.Webhooks())
		if n == calls {
			return nil
		}
		calls = n
	}
}

var codeLine = regexp.MustCompile(`[A-Z2-7]{26}`)

// Do runs one of the program's commands and returns what it prints.
func (w *World) Do(ctx context.Context, name string, args ...string) (string, error) {
	var out bytes.Buffer
	err := w.App.Do(ctx, name, append([]string{w.Council.ID}, args...), &out)
	return out.String(), err
}

// Issue makes a card for a member of an organisation.
func (w *World) Issue(ctx context.Context, organisation, number string) error {
	out, err := w.Do(ctx, "card issue", organisation, number)
	w.cards[number] = codeLine.FindString(out)
	return err
}

// CardText is what LINE fills in when a card's code is scanned.
func (w *World) CardText(number string) (string, error) {
	code, ok := w.cards[number]
	if !ok {
		return "", fmt.Errorf("play: no card %q", number)
	}
	link, err := w.Line.Open(app.CardLink(w.Council.LINE.BasicID, "構成員証", code))
	return link.Text, err
}

// SetupCode makes a code that lets a group become the secretariat.
func (w *World) SetupCode(ctx context.Context) (string, error) {
	out, err := w.Do(ctx, "setup-code")
	return codeLine.FindString(out), err
}

// Letter is an e-mail of the second channel.
type Letter struct{ To, Subject, Body string }

// postbox keeps the letters instead of sending them.
type postbox struct {
	mu      sync.Mutex
	letters []Letter
}

// Mail implements outbox.Mailer.
func (p *postbox) Mail(_ context.Context, _, to, _ string, l outbox.Letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letters = append(p.letters, Letter{To: to, Subject: l.Subject, Body: l.Body})
	return nil
}

// Letters are the e-mails so far.
func (w *World) Letters() []Letter {
	w.mail.mu.Lock()
	defer w.mail.mu.Unlock()
	return append([]Letter(nil), w.mail.letters...)
}
