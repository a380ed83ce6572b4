package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// Limits of one call, from LINE's reference of the Messaging API.
const (
	maxMessages = 5   // per reply, push or multicast
	maxMany     = 500 // recipients of a multicast
)

// ErrOutgoing: what an action wants said cannot become a delivery (no or too
// many messages, no recipient, an unknown lane). It is a fault of the program.
var ErrOutgoing = errors.New("outbox: cannot be delivered")

// Renderer makes LINE's array of 1 to 5 message objects. It is pure; it fails
// only for what breaks LINE's limits.
type Renderer interface {
	Render(ms []message.Message) (json.RawMessage, error)
}

// Source makes names that nothing else has.
type Source interface {
	ID() string       // of a delivery: unique within its council
	RetryKey() string // a UUID in the hyphenated form, as X-Line-Retry-Key wants it
}

// Post turns what is to be said into deliveries.
type Post struct {
	render Renderer
	ids    Source
	// Stale tells whether what a delivery says is no longer so; set before use.
	// Default: never.
	Stale func(tx storage.Tx, d Delivery) (bool, error)
}

// NewPost makes a Post. It keeps no state of its own.
func NewPost(r Renderer, ids Source) *Post { return &Post{render: r, ids: ids} }

// Put freezes what is to be said and puts it into the queue within tx. All that
// is for one recipient becomes one delivery: the messages in order, the first
// reply token among them. What differs in lane stays apart, and what one call
// cannot hold goes in a further one, whole and in order: the talk must not stop
// because seven people came into a group at once. A single Outgoing of more than
// five messages is ErrOutgoing.
func (p *Post) Put(tx storage.Tx, now time.Time, out ...message.Outgoing) error {
	for _, o := range merge(out) {
		d, err := p.freeze(o, now)
		if err != nil {
			return err
		}
		if err := p.ride(tx, now, &d); err != nil {
			return err
		}
		item, err := itemOf(d)
		if err != nil {
			return err
		}
		if err := tx.Enqueue(item); err != nil {
			return fmt.Errorf("outbox: enqueue: %w", err)
		}
	}
	return nil
}

// merged is one delivery to be: the first part's words about it and all parts.
type merged struct {
	message.Outgoing
	parts []message.Part
	bare  bool // a part differs in the bare form
}

func merge(out []message.Outgoing) []*merged {
	var all []*merged
	for _, o := range out {
		o = withLane(o)
		if o.Reply != nil && slices.ContainsFunc(all, func(m *merged) bool { return m.Reply != nil && m.Reply.Token == o.Reply.Token }) {
			o.Reply = nil // a token is good for one call
		}
		part := message.Part{About: o.About, Messages: len(o.Messages), Bare: o.Bare != nil}
		if o.Bare == nil {
			o.Bare = o.Messages
		}
		i := lastIndex(all, func(m *merged) bool { return together(m.Outgoing, o) })
		if i < 0 || len(all[i].Messages)+len(o.Messages) > maxMessages {
			o.Messages, o.Bare, o.Refs = slices.Clone(o.Messages), slices.Clone(o.Bare), padded(o.Refs, len(o.Messages))
			all = append(all, &merged{o, []message.Part{part}, part.Bare})
			continue
		}
		m := all[i]
		m.Messages, m.Bare, m.bare = append(m.Messages, o.Messages...), append(m.Bare, o.Bare...), m.bare || part.Bare
		m.Refs = append(m.Refs, padded(o.Refs, len(o.Messages))...)
		m.parts = append(m.parts, part)
		if m.Reply == nil {
			m.Reply = o.Reply
		}
		m.Urgent = m.Urgent || o.Urgent
	}
	return all
}

func lastIndex[T any](all []T, is func(T) bool) int {
	for i, x := range slices.Backward(all) {
		if is(x) {
			return i
		}
	}
	return -1
}

func withLane(o message.Outgoing) message.Outgoing {
	switch {
	case o.To.Kind == message.ToMail:
		o.Lane = message.LaneMail
	case o.Lane == "":
		o.Lane = message.LaneCasework
	}
	return o
}

// together tells whether two go in one call. Each page of many people and each
// letter stays by itself.
func together(a, b message.Outgoing) bool {
	return a.To.Kind == b.To.Kind && a.To.ID == b.To.ID && a.Lane == b.Lane &&
		a.To.Kind != message.ToMany && a.To.Kind != message.ToMail
}

// padded gives every message its ref.
func padded(refs []string, n int) []string {
	all := make([]string, n)
	copy(all, refs)
	return all
}

func (p *Post) freeze(o *merged, now time.Time) (Delivery, error) {
	if err := fits(o); err != nil {
		return Delivery{}, fmt.Errorf("%w: %w", ErrOutgoing, err)
	}
	var raw json.RawMessage
	var err error
	switch o.To.Kind {
	case message.ToMail:
		raw, err = json.Marshal(letterOf(o.Messages))
	case message.ToLeave:
		raw = json.RawMessage("[]")
	default:
		raw, err = p.render.Render(o.Messages)
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("outbox: render: %w", err)
	}
	d := Delivery{
		ID: p.ids.ID(), To: o.To, Lane: o.Lane, Messages: raw, About: o.About, Parts: o.parts,
		RetryKey: p.ids.RetryKey(), Created: now, Urgent: o.Urgent,
	}
	if o.bare {
		if d.Bare, err = p.render.Render(o.Bare); err != nil {
			return Delivery{}, fmt.Errorf("outbox: render: %w", err)
		}
		d.BareKey = p.ids.RetryKey()
	}
	if slices.ContainsFunc(o.Refs, func(ref string) bool { return ref != "" }) {
		d.Refs = o.Refs
	}
	if talk := o.To.Kind == message.ToUser || o.To.Kind == message.ToGroup; talk && o.Reply != nil && o.Reply.Token != "" {
		d.Reply = o.Reply
	}
	return d, nil
}

// fits says what is wrong in words that hold nothing of the content.
func fits(o *merged) error {
	switch {
	case o.To.Kind == message.ToLeave && len(o.Messages) > 0:
		return errors.New("messages for nobody")
	case o.To.Kind != message.ToLeave && len(o.Messages) == 0:
		return errors.New("no messages")
	case len(o.Messages) > maxMessages:
		return fmt.Errorf("%d messages to one recipient at once, at most %d", len(o.Messages), maxMessages)
	case len(o.Bare) != len(o.Messages):
		return errors.New("the bare form has another number of messages")
	case o.bare && o.To.Kind != message.ToGroup:
		return errors.New("a bare form outside of a group")
	case o.To.ID == "":
		return errors.New("no recipient")
	}
	switch o.To.Kind {
	case message.ToUser, message.ToGroup, message.ToMail, message.ToLeave:
	case message.ToMany:
		if n := len(o.To.IDs); n == 0 || n > maxMany {
			return fmt.Errorf("a page of %d people, it takes 1 to %d", n, maxMany)
		}
	default:
		return errors.New("unknown kind of recipient")
	}
	switch o.Lane {
	case message.LaneCasework, message.LaneNotice, message.LaneMail:
		return nil
	}
	return errors.New("unknown lane")
}

// itemOf wraps a delivery for the queue.
func itemOf(d Delivery) (storage.Item, error) {
	body, err := WriteBody(d)
	if err != nil {
		return storage.Item{}, err
	}
	return storage.Item{
		ID: d.ID, Recipient: d.To.ID, Lane: d.Lane, Due: d.Created, Enqueued: d.Created, Body: body,
		Passes: d.Reply != nil || d.Urgent,
	}, nil
}
