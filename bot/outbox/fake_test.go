package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
)

// platform is LINE as far as an outbox can see it: tokens good for one reply
// within a minute, retry keys good for a day. It lies outside of what crashes.
type platform struct {
	mu     sync.Mutex
	clock  *clock.Manual
	random *rand.Rand
	faults int                  // in a hundred calls
	issued map[string]time.Time // tokens
	used   map[string]bool
	keys   map[string]time.Time
	inbox  []string // marks, as they arrived
	full   bool     // the month's quota
	life   *life
	calls  int
}

// life is one run of the program. When it ends its calls still reach LINE or
// do not, but their answers reach nobody.
type life struct {
	mu   sync.Mutex
	dead bool
}

func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
}

func (l *life) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

func newPlatform(c *clock.Manual, r *rand.Rand) *platform {
	return &platform{clock: c, random: r, issued: map[string]time.Time{}, used: map[string]bool{}, keys: map[string]time.Time{}, life: &life{}}
}

func (p *platform) with(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *platform) chance(percent int) bool { return p.random.IntN(100) < percent }

// handle runs one call: accept tells the error of a call that arrives.
func (p *platform) handle(ms json.RawMessage, accept func() error) (outbox.Sent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.life.over() {
		return outbox.Sent{}, doubt
	}
	if p.chance(p.faults) {
		switch p.random.IntN(4) {
		case 0:
			return outbox.Sent{}, doubt // lost on the way
		case 1:
			return outbox.Sent{}, unsent
		case 2:
			return outbox.Sent{}, limited(time.Duration(p.random.IntN(5)) * time.Second)
		}
		if accept() == nil { // the answer is lost
			p.deliver(ms)
		}
		return outbox.Sent{}, doubt
	}
	if err := accept(); errors.Is(err, errAccepted) {
		return outbox.Sent{Accepted: true}, nil
	} else if err != nil {
		return outbox.Sent{}, err
	}
	p.deliver(ms)
	return outbox.Sent{Messages: []message.Sent{{ID: "m"}}}, nil
}

func (p *platform) deliver(ms json.RawMessage) {
	var marks []string
	if err := json.Unmarshal(ms, &marks); err != nil {
		panic(err)
	}
	p.inbox = append(p.inbox, marks...)
}

func (p *platform) Reply(_ context.Context, _, token string, ms json.RawMessage) (outbox.Sent, error) {
	return p.handle(ms, func() error {
		at, ok := p.issued[token]
		if !ok || p.used[token] || p.clock.Now().Sub(at) >= time.Minute {
			return badToken
		}
		p.used[token] = true
		return nil
	})
}

func (p *platform) Push(_ context.Context, _, _, key string, ms json.RawMessage) (outbox.Sent, error) {
	return p.handle(ms, func() error { return p.keyed(key) })
}

func (p *platform) keyed(key string) error {
	if p.full {
		return noQuota
	}
	if at, ok := p.keys[key]; ok && p.clock.Now().Sub(at) < 24*time.Hour {
		return errAccepted
	}
	p.keys[key] = p.clock.Now()
	return nil
}

func (p *platform) Multicast(ctx context.Context, council string, _ []string, key string, ms json.RawMessage) (outbox.Sent, error) {
	return p.Push(ctx, council, "", key, ms)
}

func (p *platform) Leave(context.Context, string, string) error { return rejected }
