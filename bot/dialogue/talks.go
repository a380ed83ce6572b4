package dialogue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/storage"
)

// Post puts what is to be said into the outbox, inside the turn's transaction.
type Post interface {
	Put(tx storage.Tx, now time.Time, out ...message.Outgoing) error
}

// Names asks LINE about people in a group, before the transaction begins.
type Names interface {
	// Name of a person in a group; "" when LINE did not tell in time.
	Name(ctx context.Context, council, group, user string) string
	// Count of the people in a group without the bot; negative when LINE did
	// not tell in time.
	Count(ctx context.Context, council, group string) int
}

// Council is what a turn needs of one council.
type Council struct {
	Desk *casework.Desk
	// Report is the flow that a member of this organisation goes through.
	Report func(organisation string) *flows.Flow
}

// Talks takes turns of every council. It is safe for use by many goroutines.
type Talks struct {
	store    storage.Store
	post     Post
	names    Names
	clock    clock.Clock
	councils map[string]served
	patience time.Duration // askFor
	asks     *pauses
}

// served is a council with what its catalog calls things.
type served struct {
	Council
	words *vocabulary
}

// New makes Talks for the councils named by their ids.
func New(store storage.Store, post Post, names Names, c clock.Clock, councils map[string]Council) *Talks {
	t := &Talks{store: store, post: post, names: names, clock: c, councils: map[string]served{},
		patience: askFor, asks: &pauses{until: map[string]time.Time{}}}
	for id, of := range councils {
		t.councils[id] = served{of, newVocabulary(of.Desk.Catalog)}
	}
	return t
}

// replyTokenLife is how long a reply token is trusted after receipt. LINE keeps
// it a minute; ten seconds are left for the way there.
const replyTokenLife = 50 * time.Second

// Turn does all that an event asks for, in one transaction. An error means
// that the event is to be delivered again, unless it is a *GivenUp; when the
// outcome was unknown the event's id keeps the repetition from doing it twice.
func (t *Talks) Turn(ctx context.Context, council string, ev Event) error {
	c, ok := t.councils[council]
	if !ok {
		return fmt.Errorf("dialogue: council %q is not served", council)
	}
	err := t.take(ctx, council, c, ev)
	if f, ok := errors.AsType[fault](err); ok {
		return t.giveUp(ctx, council, ev, f)
	}
	return err
}

func (t *Talks) take(ctx context.Context, council string, c served, ev Event) error {
	var proto turn
	if err := storage.Protect(func() (err error) {
		proto, err = t.prepare(ctx, council, c, ev)
		return err
	}); err != nil {
		if _, panicked := errors.AsType[*storage.PanicError](err); panicked {
			return fault{err}
		}
		return err
	}
	return t.store.Update(ctx, council, func(tx storage.Tx) error {
		return guard(tx, func(tx storage.Tx) error {
			if first, err := tx.Once(ev.At, "event "+ev.ID); err != nil || !first {
				return err
			}
			now := t.clock.Now()
			turn := proto
			turn.Work = c.Desk.Work(tx, now)
			turn.Personal, turn.At = turn.personal, ev.At
			if err := turn.run(); err != nil {
				return err
			}
			out, err := turn.Out()
			if err != nil {
				return err
			}
			return t.post.Put(tx, now, answered(ev, out)...)
		})
	})
}

// prepare does what can be done before the transaction: inside it, all others
// would wait.
func (t *Talks) prepare(ctx context.Context, council string, c served, ev Event) (turn, error) {
	heard := hear(ev.Text)
	facts, err := t.ask(ctx, council, ev, heard.like, c.words.knowsAll(heard.text))
	personal := c.Desk.Personal
	if err == nil && heard.code == "" { // of which nothing is kept
		personal = readOnce(personal, ev)
	}
	return turn{ev: ev, heard: heard, words: c.words, council: c.Council, facts: facts, personal: personal}, err
}

// readOnce has the recogniser look at an event's words before the transaction:
// inside it, all others would wait.
func readOnce(personal func(string) bool, ev Event) func(string) bool {
	if ev.Kind != Said || ev.Text == "" {
		return personal
	}
	text := strings.TrimSpace(ev.Text)
	verdict := personal(text)
	return func(s string) bool {
		if s == text {
			return verdict
		}
		return personal(s)
	}
}

// answered gives the event's reply token to what is said where it happened.
func answered(ev Event, out []message.Outgoing) []message.Outgoing {
	if ev.ReplyToken == "" {
		return out
	}
	for i := range out {
		to := out[i].To
		if (ev.Group != "" && to.Kind == message.ToGroup && to.ID == ev.Group) ||
			(ev.Group == "" && to.Kind == message.ToUser && to.ID == ev.User) {
			out[i].Reply = &message.ReplyToken{Token: ev.ReplyToken, Expires: ev.Received.Add(replyTokenLife)}
		}
	}
	return out
}

// facts is what LINE had to be asked for.
type facts struct {
	names  map[string]string
	people int
}

// askFor is how long LINE may take: the whole turn must be over well before
// LINE gives up waiting.
const askFor = 600 * time.Millisecond

// ask gets the names and the number of people in a group where the turn needs
// them: also where what was said may be a code, or says that all are known. It
// changes nothing.
func (t *Talks) ask(ctx context.Context, council string, ev Event, coded, confirms bool) (facts, error) {
	f := facts{people: -1}
	if ev.Group == "" {
		return f, nil
	}
	f.names = map[string]string{}
	users, count := ev.People, coded || confirms || ev.Kind == Joined || ev.Kind == Left
	if ev.Kind == Said || ev.Kind == SentOther {
		known := false
		err := t.store.View(ctx, council, func(tx storage.Tx) (err error) {
			known, err = casework.KnownInGroup(tx, ev.User)
			return err
		})
		if err != nil {
			return f, err
		}
		if !known || coded {
			users = append(users, ev.User)
		}
		count = count || !known || ev.User == ""
	}
	if len(users) == 0 && !count || !t.asks.allowed(council, t.clock.Now()) {
		return f, nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.patience)
	defer cancel()
	told := false
	for _, u := range users {
		if u != "" && ev.Kind != Left {
			f.names[u] = casework.PersonName(t.names.Name(ctx, council, ev.Group, u))
			told = told || f.names[u] != ""
		}
	}
	if count && ctx.Err() == nil {
		f.people = t.names.Count(ctx, council, ev.Group)
		told = told || f.people >= 0
	}
	if !told && ctx.Err() != nil {
		t.asks.hold(council, t.clock.Now().Add(askPause))
	}
	return f, nil
}

// askPause is for how long LINE is not asked again after it has not answered in
// time: a body may hold many events, and all of them together must be dealt with
// before LINE gives up waiting.
const askPause = 10 * time.Second

// pauses are until when LINE is not asked, by council.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (p *pauses) hold(council string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until[council] = until
}

// allowed also says yes where the clock was set back by more than a pause.
func (p *pauses) allowed(council string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.until[council].Sub(now)
	return left <= 0 || left > askPause
}

// turn is one event being dealt with.
type turn struct {
	*casework.Work
	ev      Event
	heard   heard
	words   *vocabulary
	council Council
	facts   facts
	// personal is the recogniser, or one that has read the event's words before.
	personal func(string) bool
	about    ref          // what the quoted message was about; in the secretariat's group
	asked    records.Talk // where a member's talk stood before what was typed
}

func (t *turn) run() error {
	if t.ev.Kind == Said {
		// LINE promises no order: the words may come after their unsending.
		if gone, err := t.WasUnsent(t.ev.MessageID); err != nil || gone {
			return err
		}
	}
	switch {
	case t.ev.Room:
		return nil
	case t.ev.Group != "":
		return t.group()
	case t.ev.User != "":
		if err := t.alone(); err != nil {
			return err
		}
		return t.Gathered()
	}
	return nil // nobody to answer
}
