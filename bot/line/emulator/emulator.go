// Package emulator is a LINE platform in one process: an HTTP server that
// answers the Messaging API, and people who talk to the bots through it.
//
// It enforces what LINE's reference documents: token lives, retry keys, rate
// and monthly limits, sizes, counts and error bodies. What could not be
// confirmed there says so in a comment; of two readings the stricter one is
// taken, so that a program that passes here is not surprised outside.
//
//	line := emulator.New(emulator.Options{Clock: clock})
//	server := httptest.NewServer(line)
//	bot, err := line.AddChannel(emulator.ChannelOptions{Name: "Mimamori", Webhook: url})
//	hana := line.AddUser("Hana")
//	h, err := line.Friend(hana, bot.UserID())
//	status, err := h.Status(ctx) // what the bot answered to the follow event
//	err = line.Settle(ctx)       // no webhook is on its way any more
//	messages, err := line.Talk(hana, bot.UserID())
//
// People are moved by the methods of Emulator, or from another process through
// the JSON API below /_emulator/ (see control.go).
package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/clock"
)

// Options are what an emulator is made of. The zero value works.
type Options struct {
	// Clock tells event times and runs out tokens, retry keys, quotas and rate
	// limits; nil is the machine's clock. Time-outs of HTTP calls are real time.
	Clock clock.Clock
	// Log receives one line per call, without its content; nil discards them.
	Log *slog.Logger
	// Rand makes ids and tokens; nil is crypto/rand.
	Rand io.Reader
	// Client delivers webhooks; nil is a client of the emulator's own.
	Client *http.Client
	// NoRateLimits switches the rate limits off (not the monthly one), for load
	// tests and for a clock that stands still.
	NoRateLimits bool
	// KeepLog is how many calls Sends and Webhooks remember, 10,000 when zero.
	KeepLog int
}

// Emulator is the platform: channels, people, groups and their talks. It is an
// http.Handler for api.line.me, api-data.line.me and its own control API, and
// is safe for use by many goroutines.
type Emulator struct {
	clock   clock.Clock
	log     *slog.Logger
	client  *http.Client
	rand    io.Reader
	routes  []route
	noRates bool
	keep    int

	// ctx ends with Close; workers are the goroutines it ends.
	ctx     context.Context
	stop    context.CancelFunc
	workers sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at each change
	inflight int
	pending  map[*delivery]struct{}
	channels []*Channel
	users    map[string]*user
	groups   map[string]*group
	order    []string // users and groups, as added
	replies  map[string]*replyToken
	quotes   map[string]quotable // by quote token
	reads    map[string]readMark // mark-as-read token
	entries  map[string]*entry   // every message by id
	faults   []*Fault
	sends    []Send
	hooks    []Webhook
	subs     map[*subscriber]struct{}
	mounted  http.Handler // a page, for what is no API's
	seq      int64        // of the logs
	message  int64        // last message id
	fault    int64
	prune    int // how many reply tokens may pile up before old ones are dropped
}

// New makes an emulator without channels or people. Close ends what it runs.
func New(o Options) *Emulator {
	e := &Emulator{
		clock: o.Clock, log: o.Log, client: o.Client, rand: o.Rand, noRates: o.NoRateLimits, keep: o.KeepLog,
		changed: make(chan struct{}), pending: map[*delivery]struct{}{},
		users: map[string]*user{}, groups: map[string]*group{}, replies: map[string]*replyToken{},
		quotes: map[string]quotable{}, reads: map[string]readMark{}, entries: map[string]*entry{},
		subs: map[*subscriber]struct{}{}, message: 461230966842064896,
	}
	if e.clock == nil {
		e.clock = clock.System{}
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.rand == nil {
		e.rand = rand.Reader
	}
	if e.keep == 0 {
		e.keep = 10_000
	}
	if e.client == nil {
		e.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second}}
	}
	// LINE does not follow redirects; a copy, because the client is the caller's.
	c := *e.client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	e.client = &c
	e.ctx, e.stop = context.WithCancel(context.Background())
	e.routes, e.prune = e.table(), e.keep
	return e
}

// Close stops deliveries and releases calls that a fault keeps waiting.
func (e *Emulator) Close() error {
	e.mu.Lock()
	e.stop() // below mu: nothing is spawned after it
	e.mu.Unlock()
	e.workers.Wait()
	e.client.CloseIdleConnections()
	return nil
}

// ErrClosed is the outcome of a webhook that Close prevented.
var ErrClosed = errors.New("emulator: closed")

// poke tells waiters and subscribers that something changed in a talk (a user
// or group id; empty when it is not about one). The caller holds mu.
func (e *Emulator) poke(kind, chat string) {
	close(e.changed)
	e.changed = make(chan struct{})
	for s := range e.subs {
		s.put(Change{Kind: kind, Chat: chat})
	}
}

// Await returns nil once ok says true; ok is asked again after every change. It
// replaces sleeping in tests. The error is the context's.
func (e *Emulator) Await(ctx context.Context, ok func() bool) error {
	for {
		e.mu.Lock()
		again := e.changed
		e.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-again:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Settle waits until no webhook is under way and none that is due by the clock
// waits. Deliveries held, delayed or waiting for their redelivery do not count
// before their time. The error is the context's.
func (e *Emulator) Settle(ctx context.Context) error {
	return e.Await(ctx, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		now := e.clock.Now()
		for d := range e.pending {
			if !d.at.After(now) {
				return false
			}
		}
		return e.inflight == 0
	})
}

// Drain waits as Settle does, and for delayed deliveries and redeliveries too;
// with a clock that nobody moves it may wait for ever.
func (e *Emulator) Drain(ctx context.Context) error {
	return e.Await(ctx, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.inflight == 0 && len(e.pending) == 0
	})
}

// Change says where something happened.
type Change struct {
	// Kind is "talk" (what a talk shows), "read" (marks in it), "people" (friends,
	// blocks, members, names, rich menus), "send" and "webhook" (the logs), "fault"
	// (faults and mischief), "channel" (a channel's settings and counts), "clock"
	// or "delivery" (a webhook that was lost, could not go out or is due now). An
	// empty Kind means that changes were lost: read everything again.
	Kind string `json:"kind"`
	// Chat is the user (of a 1:1 talk) or group concerned, if one is.
	Chat string `json:"chat,omitempty"`
}

type subscriber struct{ ch chan Change }

// put never waits: a reader that is too slow is told to read all again.
func (s *subscriber) put(c Change) {
	for {
		select {
		case s.ch <- c:
			return
		default:
		}
		select {
		case <-s.ch:
			c = Change{}
		default:
		}
	}
}

// Subscribe returns a channel of changes and a function that ends it. The
// channel is never closed; changes that a slow reader missed arrive as one
// Change without a kind.
func (e *Emulator) Subscribe() (<-chan Change, func()) {
	s := &subscriber{ch: make(chan Change, 256)}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.subs[s] = struct{}{}
	return s.ch, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.subs, s)
	}
}
