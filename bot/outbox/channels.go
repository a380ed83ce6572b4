package outbox

import (
	"context"
	"encoding/json"
	"errors"

	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/message"
)

// Channels is the Sender, QuotaSource and counter of groups on LINE itself: a
// client per council.
type Channels map[string]*line.Client

var errNoChannel = errors.New("the council has no LINE channel")

// Reply implements Sender.
func (c Channels) Reply(ctx context.Context, council, token string, messages json.RawMessage) (Sent, error) {
	return send(c, council, func(l *line.Client) (line.Sent, error) { return l.Reply(ctx, token, messages) })
}

// Push implements Sender.
func (c Channels) Push(ctx context.Context, council, to, retryKey string, messages json.RawMessage) (Sent, error) {
	return send(c, council, func(l *line.Client) (line.Sent, error) { return l.Push(ctx, to, retryKey, messages) })
}

// Multicast implements Sender.
func (c Channels) Multicast(ctx context.Context, council string, to []string, retryKey string, messages json.RawMessage) (Sent, error) {
	return send(c, council, func(l *line.Client) (line.Sent, error) { return l.Multicast(ctx, to, retryKey, messages) })
}

// Leave implements Sender. A group that LINE does not find has been left.
func (c Channels) Leave(ctx context.Context, council, group string) error {
	_, err := send(c, council, func(l *line.Client) (line.Sent, error) {
		err := l.LeaveGroup(ctx, group)
		if class, ok := line.ClassOf(err); ok && class == line.NotFound {
			err = nil
		}
		return line.Sent{}, err
	})
	return err
}

// Quota implements QuotaSource.
func (c Channels) Quota(ctx context.Context, council string) (limit int, limited bool, err error) {
	l, ok := c[council]
	if !ok {
		return 0, false, errNoChannel
	}
	q, err := l.Quota(ctx)
	return int(q.Value), q.Limited, err
}

// Consumption implements QuotaSource.
func (c Channels) Consumption(ctx context.Context, council string) (int, error) {
	l, ok := c[council]
	if !ok {
		return 0, errNoChannel
	}
	used, err := l.Consumption(ctx)
	return int(used), err
}

// GroupCount is how many people are in a group, the bot not counted.
func (c Channels) GroupCount(ctx context.Context, council, group string) (int, error) {
	l, ok := c[council]
	if !ok {
		return 0, errNoChannel
	}
	return l.GroupCount(ctx, group)
}

func send(c Channels, council string, call func(*line.Client) (line.Sent, error)) (Sent, error) {
	l, ok := c[council]
	if !ok {
		// It may be back in the configuration tomorrow; until then the rules for
		// what is stuck speak up.
		return Sent{}, &SendError{Class: Unauthorized, Err: errNoChannel}
	}
	got, err := call(l)
	if err != nil {
		return Sent{}, translate(err)
	}
	sent := Sent{Accepted: got.Accepted}
	for _, m := range got.Messages {
		sent.Messages = append(sent.Messages, message.Sent{ID: m.ID, QuoteToken: m.QuoteToken})
	}
	return sent, nil
}

// translate says in this package's classes what package line has found.
func translate(err error) error {
	e, ok := errors.AsType[*line.Error](err)
	if !ok {
		return err
	}
	out := &SendError{Class: Rejected, RetryAfter: e.RetryAfter, Err: err}
	switch e.Class {
	case line.Ambiguous:
		out.Class = Ambiguous
		if e.NotSent {
			out.Class = Unsent
		}
	case line.RateLimited:
		out.Class = RateLimited
	case line.QuotaOut:
		out.Class = NoQuota
	case line.InvalidReplyToken:
		out.Class = InvalidReplyToken
	case line.InvalidQuote:
		out.Class = InvalidQuote
	case line.Unauthorized:
		out.Class = Unauthorized
	}
	return out
}
