package emulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// Handle is what came of an action of a person.
type Handle struct {
	// Event is the webhookEventId, empty when the action sends no webhook.
	Event string
	// Message is the id of the message that the action put into the talk, if any.
	Message string
	// Open is the URI that a tapped button opens, Copy the text it copies.
	Open, Copy string

	done   chan struct{}
	status int
	err    error
}

// ErrNoWebhook is the outcome of an event whose channel has no webhook set, or
// has it switched off.
var ErrNoWebhook = errors.New("emulator: the channel has no active webhook")

// finished is a handle with nothing to wait for.
func finished() *Handle {
	h := &Handle{done: make(chan struct{})}
	close(h.done)
	return h
}

// Status waits for the first delivery of the action's webhook and returns the
// HTTP status that the bot answered. It is 0 with no error for an action
// without a webhook, and 0 with an error when there was no answer.
func (h *Handle) Status(ctx context.Context) (int, error) {
	select {
	case <-h.done:
		return h.status, h.err
	default:
	}
	select {
	case <-h.done:
		return h.status, h.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// delivery is one body on its way, perhaps for the second time.
type delivery struct {
	c       *Channel
	lane    string
	events  []*event
	handles []*Handle
	attempt int
	at      time.Time // when it is due, while it is pending
}

// Lanes that belong to no talk.
const (
	batchLane    = "batch"    // what was held
	injectedLane = "injected" // events of a test's making
)

// chat is the user or group that the delivery is about; empty when it is not
// about one.
func (d *delivery) chat() string {
	if d.lane == batchLane || d.lane == injectedLane {
		return ""
	}
	return d.lane
}

// lane keeps the events of one talk in order.
type lane struct{ queue []*delivery }

// Hold keeps events back from now on, until Release.
func (c *Channel) Hold() {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.holding = true
	c.e.poke("channel", "")
}

// Release sends what was held: batch puts all events into one body, reverse
// turns their order round. Without batch they go out one by one, each when the
// one before it was answered.
func (c *Channel) Release(batch, reverse bool) {
	e := c.e
	e.mu.Lock()
	defer e.mu.Unlock()
	held := c.held
	c.held, c.holding = nil, false
	e.poke("channel", "")
	if len(held) == 0 {
		return
	}
	if reverse {
		slices.Reverse(held)
	}
	if batch {
		all := &delivery{c: c, lane: batchLane}
		for _, d := range held {
			all.events = append(all.events, d.events...)
			all.handles = append(all.handles, d.handles...)
		}
		held = []*delivery{all}
	}
	for _, d := range held {
		d.lane = batchLane
		e.launch(d)
	}
}

// enqueue sends an event on its way. The caller holds mu.
func (e *Emulator) enqueue(c *Channel, chat string, ev *event) *Handle {
	h := &Handle{Event: ev.WebhookEventID, done: make(chan struct{})}
	if ev.Message != nil {
		h.Message = ev.Message.ID
	}
	d := &delivery{c: c, lane: chat, events: []*event{ev}, handles: []*Handle{h}}
	if c.o.Webhook == "" || !c.active {
		h.finish(0, ErrNoWebhook)
		e.poke("delivery", chat)
		return h
	}
	e.befall(d)
	return h
}

func (h *Handle) finish(status int, err error) {
	select {
	case <-h.done: // a redelivery: the first attempt counts
	default:
		h.status, h.err = status, err
		close(h.done)
	}
}

// later launches d when the clock has moved on by wait.
func (e *Emulator) later(d *delivery, wait time.Duration) {
	if e.ctx.Err() != nil {
		d.finish(0, ErrClosed)
		return
	}
	d.at = e.clock.Now().Add(wait)
	due := e.clock.After(wait)
	e.pending[d] = struct{}{}
	e.spawn(func() {
		select {
		case <-due:
		case <-e.ctx.Done():
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.pending, d)
		e.launch(d)
		e.poke("delivery", d.chat())
	})
}

func (d *delivery) finish(status int, err error) {
	for _, h := range d.handles {
		h.finish(status, err)
	}
}

func (e *Emulator) spawn(f func()) {
	e.workers.Add(1)
	go func() {
		defer e.workers.Done()
		f()
	}()
}

// launch delivers d after whatever its lane still holds. The caller holds mu.
func (e *Emulator) launch(d *delivery) {
	if e.ctx.Err() != nil {
		d.finish(0, ErrClosed)
		return
	}
	e.inflight++
	c := d.c
	if c.o.Unordered {
		e.spawn(func() { e.deliver(d) })
		return
	}
	l := c.lanes[d.lane]
	if l != nil {
		l.queue = append(l.queue, d)
		return
	}
	l = &lane{queue: []*delivery{d}}
	c.lanes[d.lane] = l
	e.spawn(func() {
		for {
			e.mu.Lock()
			if len(l.queue) == 0 {
				delete(c.lanes, d.lane)
				e.mu.Unlock()
				return
			}
			next := l.queue[0]
			l.queue = l.queue[1:]
			e.mu.Unlock()
			e.deliver(next)
		}
	})
}

// deliver makes one attempt and settles it.
func (e *Emulator) deliver(d *delivery) {
	e.mu.Lock()
	c := d.c
	now := e.clock.Now()
	target, secret := c.o.Webhook, c.o.Secret
	ids := make([]string, 0, len(d.events))
	for _, ev := range d.events {
		ev.DeliveryContext.IsRedelivery = d.attempt > 0
		ids = append(ids, ev.WebhookEventID)
		ev.reply.live(now)
	}
	body := envelope(c.o.UserID, d.events)
	limit := c.o.Timeout
	e.mu.Unlock()

	began := time.Now()
	signature := sign(secret, body)
	status, answer, err := e.post(target, body, signature, limit)
	took := time.Since(began)

	e.mu.Lock()
	defer e.mu.Unlock()
	e.inflight--
	w := Webhook{
		Time: now, Channel: c.o.ID, URL: target, Body: body, Signature: signature, Status: status,
		Attempt: d.attempt + 1, Events: ids, Took: took, Answer: answer,
	}
	if err != nil {
		w.Error = err.Error()
	}
	e.logWebhook(w, d.chat())
	if d.attempt < c.o.Redelivery.Count && c.o.Redelivery.On && (status < 200 || status > 299) && e.ctx.Err() == nil {
		again := *d
		again.attempt++
		e.later(&again, c.o.Redelivery.Interval)
	}
	d.finish(status, err)
}

// post sends one body; status 0 comes with an error.
func (e *Emulator) post(target string, body []byte, signature string, limit time.Duration) (int, string, error) {
	if target == "" {
		return 0, "", ErrNoWebhook
	}
	ctx, cancel := context.WithTimeout(e.ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return 0, "", fmt.Errorf("emulator: webhook request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "LineBotWebhook/2.0")
	req.Header.Set("X-Line-Signature", signature)
	res, err := e.client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("emulator: webhook: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return 0, "", fmt.Errorf("emulator: webhook answer: %w", err)
	}
	return res.StatusCode, string(answer), nil
}
