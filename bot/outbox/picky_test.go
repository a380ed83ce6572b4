package outbox_test

import (
	"context"
	"encoding/json"
	"sync"

	"mimamori.example/mimamori/bot/outbox"
)

// picky is a script that fails by content; what it refuses is not kept.
type picky struct {
	*script
	mu     sync.Mutex
	refuse func(messages string) error
}

func (p *picky) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *picky) judge(ms json.RawMessage) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refuse(string(ms))
}

func (p *picky) Push(ctx context.Context, council, to, key string, ms json.RawMessage) (outbox.Sent, error) {
	if err := p.judge(ms); err != nil {
		return outbox.Sent{}, err
	}
	return p.script.Push(ctx, council, to, key, ms)
}

func (p *picky) Reply(ctx context.Context, council, token string, ms json.RawMessage) (outbox.Sent, error) {
	if err := p.judge(ms); err != nil {
		return outbox.Sent{}, err
	}
	return p.script.Reply(ctx, council, token, ms)
}

func (p *picky) Multicast(ctx context.Context, council string, to []string, key string, ms json.RawMessage) (outbox.Sent, error) {
	if err := p.judge(ms); err != nil {
		return outbox.Sent{}, err
	}
	return p.script.Multicast(ctx, council, to, key, ms)
}
