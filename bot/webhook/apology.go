package webhook

import (
	"context"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/dialogue"
)

const (
	maxApologies      = 8 // at once
	apologyTimeout    = 5 * time.Second
	apologySpacing    = time.Minute // per chat: who taps five times is told once
	rememberApologies = 10_000      // events and chats, in memory only
)

// apologies answers directly what could not be stored: at most once per
// event, once a minute per chat, a few at a time. It goes past the outbox,
// which needs the store that has just failed.
type apologies struct {
	o       Options
	running *running
	slots   chan struct{}

	mu     sync.Mutex
	events map[string]struct{}
	chats  map[string]time.Time
}

func newApologies(o Options, running *running) *apologies {
	return &apologies{
		o: o, running: running, slots: make(chan struct{}, maxApologies),
		events: make(map[string]struct{}), chats: make(map[string]time.Time),
	}
}

// say answers the first of a chat's events that can be answered. It does not
// block.
func (a *apologies) say(council string, events []dialogue.Event) {
	if a.o.Apology == nil {
		return
	}
	for _, ev := range events {
		if ev.ReplyToken == "" || ev.Kind == dialogue.Edited {
			continue
		}
		if a.first(council, ev) {
			a.send(council, ev)
		}
		return
	}
}

// first tells whether an event is to be answered, and remembers it. When the
// memory is full it begins anew: an apology too many does less harm than
// memory that grows while the store is down.
func (a *apologies) first(council string, ev dialogue.Event) bool {
	now := a.o.Clock.Now()
	where := council + "\x00" + chat(ev)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, said := a.events[ev.ID]; said {
		return false
	}
	if last, said := a.chats[where]; said && now.Sub(last) < apologySpacing {
		return false
	}
	if len(a.events) >= rememberApologies {
		clear(a.events)
	}
	if len(a.chats) >= rememberApologies {
		clear(a.chats)
	}
	a.events[ev.ID] = struct{}{}
	a.chats[where] = now
	return true
}

func (a *apologies) send(council string, ev dialogue.Event) {
	select {
	case a.slots <- struct{}{}:
	default:
		a.o.Observer.WebhookApology(council, ApologySkipped)
		return
	}
	a.running.Go(func() {
		defer func() { <-a.slots }()
		ctx, cancel := context.WithTimeout(context.Background(), apologyTimeout)
		defer cancel()
		outcome := ApologySent
		if err := a.o.Apology(ctx, council, ev.ReplyToken, ev.Group != ""); err != nil {
			outcome = ApologyFailed
		}
		a.o.Observer.WebhookApology(council, outcome)
	})
}
