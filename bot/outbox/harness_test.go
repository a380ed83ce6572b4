package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is a Tuesday noon in Japan.
var start = time.Date(2026, 7, 14, 3, 0, 0, 0, time.UTC)

const town = "town"

// plainRenderer writes texts as a JSON array of strings.
type plainRenderer struct{}

func (plainRenderer) Render(ms []message.Message) (json.RawMessage, error) {
	var all []string
	for _, m := range ms {
		t, ok := m.(message.Text)
		if !ok {
			return nil, errors.New("only texts here")
		}
		all = append(all, t.Body)
	}
	return json.Marshal(all)
}

// counter names things in order.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) ID() string { return c.next("d") }

func (c *counter) RetryKey() string { return c.next("k") }

func (c *counter) next(prefix string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return fmt.Sprintf("%s%d", prefix, c.n)
}

// hooks writes down what it is told, in the transaction, and answers as asked.
type hooks struct {
	mu     sync.Mutex
	answer func(d outbox.Delivery, event string) ([]message.Outgoing, error)
}

var heard = storage.NewKind("heard", func(h *hearing) string { return h.ID })

type hearing struct {
	ID     string
	Events []string
}

func (h *hooks) note(tx storage.Tx, d outbox.Delivery, event string) ([]message.Outgoing, error) {
	doc, _, err := heard.Get(tx, d.ID)
	if err != nil {
		return nil, err
	}
	doc.ID = d.ID
	doc.Events = append(doc.Events, event)
	if err := heard.Put(tx, doc); err != nil {
		return nil, err
	}
	h.mu.Lock()
	answer := h.answer
	h.mu.Unlock()
	if answer == nil {
		return nil, nil
	}
	return answer(d, event)
}

func (h *hooks) set(answer func(d outbox.Delivery, event string) ([]message.Outgoing, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
}

func (h *hooks) Delivered(tx storage.Tx, d outbox.Delivery, sent []message.Sent, _ time.Time) ([]message.Outgoing, error) {
	return h.note(tx, d, fmt.Sprintf("delivered %d", len(sent)))
}

func (h *hooks) Failed(tx storage.Tx, d outbox.Delivery, why outbox.Reason, _ time.Time) ([]message.Outgoing, error) {
	return h.note(tx, d, string(why))
}

// tally is an Observer that counts.
type tally struct {
	mu sync.Mutex
	n  map[string]int

	polled chan struct{} // LINE's figures were asked for
}

func (t *tally) add(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = map[string]int{}
	}
	t.n[what] += n
}

func (t *tally) get(what string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n[what]
}

func (t *tally) Settled(_, how, outcome string, _ time.Duration) { t.add(how+" "+outcome, 1) }
func (t *tally) Failed(_, _, class string)                       { t.add("failed "+class, 1) }
func (t *tally) Reported(_ string, why outbox.Reason)            { t.add("reported "+string(why), 1) }
func (t *tally) MaybeTwice(string)                               { t.add("maybe_twice", 1) }
func (t *tally) TakenAsSent(string)                              { t.add("taken_as_sent", 1) }
func (t *tally) QuotaLeft(_ string, left int) {
	t.add("left", left-t.get("left"))
	t.polled <- struct{}{}
}

func (t *tally) Trouble(what string) {
	t.add("trouble "+what, 1)
	if what == "quota" {
		t.polled <- struct{}{}
	}
}

// house is a council with an outbox on a real store.
type house struct {
	t     *testing.T
	path  string
	store storage.Store
	clock *clock.Manual
	ids   *counter
	post  *outbox.Post
	hooks *hooks
	tally *tally

	options outbox.Options
	out     *outbox.Outbox
	stop    context.CancelFunc
	done    chan error
}

func open(t *testing.T, path string) storage.Store {
	t.Helper()
	s, err := bolt.Open(path, append(outbox.Definitions(), heard.Definition()), bolt.Options{Create: true, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newHouse(t *testing.T, sender outbox.Sender, change ...func(*outbox.Options)) *house {
	t.Helper()
	h := &house{t: t, path: filepath.Join(t.TempDir(), "db"), clock: clock.NewManual(start), ids: &counter{}, hooks: &hooks{}, tally: &tally{polled: make(chan struct{}, 100)}}
	h.store = open(t, h.path)
	h.post = outbox.NewPost(plainRenderer{}, h.ids)
	h.options = outbox.Options{
		Sender: sender, Post: h.post, Hooks: h.hooks, Clock: h.clock, Observer: h.tally,
		Jitter: func() float64 { return 0 },
	}
	for _, f := range change {
		f(&h.options)
	}
	t.Cleanup(func() {
		h.halt()
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// run starts the outbox.
func (h *house) run() {
	h.t.Helper()
	h.runOn(h.store)
}

// runOn starts it on what stands before the store.
func (h *house) runOn(s storage.Store) {
	h.t.Helper()
	h.options.Store = s
	h.out = outbox.New(h.options)
	ctx, cancel := context.WithCancel(h.t.Context())
	h.stop, h.done = cancel, make(chan error, 1)
	go func() { h.done <- h.out.Run(ctx) }()
}

// halt stops it as the program does; a no-op when it does not run.
func (h *house) halt() {
	if h.stop == nil {
		return
	}
	h.stop()
	if err := <-h.done; err != nil && !errors.Is(err, storage.ErrClosed) {
		h.t.Error("Run:", err)
	}
	h.stop = nil
}

// reopen closes and opens the store, as a restart does. Leases of the former
// run are over, whatever had been under way.
func (h *house) reopen() {
	h.t.Helper()
	if err := h.store.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.store = open(h.t, h.path)
}

// idle waits until nothing is due and nothing on its way.
func (h *house) idle() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	if err := h.out.Idle(ctx); err != nil {
		h.t.Fatal("outbox does not come to rest:", err)
	}
}

func (h *house) advance(d time.Duration) {
	h.t.Helper()
	h.clock.Advance(d)
	h.idle()
}

func (h *house) update(fn func(tx storage.Tx) error) {
	h.t.Helper()
	if err := h.store.Update(h.t.Context(), town, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) put(out ...message.Outgoing) {
	h.t.Helper()
	h.update(func(tx storage.Tx) error { return h.post.Put(tx, h.clock.Now(), out...) })
}

// events is what the hooks heard of a delivery.
func (h *house) events(id string) []string {
	h.t.Helper()
	var doc hearing
	h.update(func(tx storage.Tx) (err error) { doc, _, err = heard.Get(tx, id); return err })
	return doc.Events
}

func (h *house) settled(id string) (outbox.Settled, bool) {
	h.t.Helper()
	var s outbox.Settled
	var ok bool
	h.update(func(tx storage.Tx) (err error) { s, ok, err = outbox.Outcome(tx, id); return err })
	return s, ok
}

func (h *house) waiting() int {
	h.t.Helper()
	var items []storage.Item
	h.update(func(tx storage.Tx) (err error) { items, err = tx.Queued("", 10000); return err })
	return len(items)
}

func to(id string) message.Recipient { return message.Recipient{Kind: message.ToUser, ID: id} }

func text(recipient, body string) message.Outgoing {
	return message.Outgoing{To: to(recipient), Messages: []message.Message{message.Text{Body: body}}}
}

// reply is text with a token received just now.
func (h *house) reply(recipient, body, token string) message.Outgoing {
	o := text(recipient, body)
	o.Reply = &message.ReplyToken{Token: token, Expires: h.clock.Now().Add(50 * time.Second)}
	return o
}

// script is a Sender that answers as written, call by call, and keeps what was
// called. Beyond its end every call succeeds.
type script struct {
	mu      sync.Mutex
	answers []error
	calls   []string
	during  func(call string) // runs before the answer
}

func (s *script) next(call string) (outbox.Sent, error) {
	s.mu.Lock()
	s.calls = append(s.calls, call)
	var err error
	if len(s.answers) > 0 {
		err, s.answers = s.answers[0], s.answers[1:]
	}
	during := s.during
	s.mu.Unlock()
	if during != nil {
		during(call)
	}
	if errors.Is(err, errAccepted) {
		return outbox.Sent{Accepted: true}, nil
	}
	if err != nil {
		return outbox.Sent{}, err
	}
	return outbox.Sent{Messages: []message.Sent{{ID: "m", QuoteToken: "q"}}}, nil
}

func (s *script) Reply(_ context.Context, _, token string, ms json.RawMessage) (outbox.Sent, error) {
	return s.next("reply " + token + " " + string(ms))
}

func (s *script) Push(_ context.Context, _, to, key string, ms json.RawMessage) (outbox.Sent, error) {
	return s.next("push " + to + " " + key + " " + string(ms))
}

func (s *script) Multicast(_ context.Context, _ string, to []string, key string, ms json.RawMessage) (outbox.Sent, error) {
	return s.next(fmt.Sprintf("multicast %d %s %s", len(to), key, ms))
}

func (s *script) Leave(_ context.Context, _, group string) error {
	_, err := s.next("leave " + group)
	return err
}

func (s *script) Mail(_ context.Context, _, to, id string, l outbox.Letter) error {
	_, err := s.next("mail " + to + " " + id + " " + l.Subject)
	return err
}

func (s *script) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}

// The answers of a script.
var (
	errAccepted = errors.New("409")
	doubt       = &outbox.SendError{Class: outbox.Ambiguous}
	badToken    = &outbox.SendError{Class: outbox.InvalidReplyToken}
	rejected    = &outbox.SendError{Class: outbox.Rejected}
	badQuote    = &outbox.SendError{Class: outbox.InvalidQuote}
	noQuota     = &outbox.SendError{Class: outbox.NoQuota}
	badChannel  = &outbox.SendError{Class: outbox.Unauthorized}
	unsent      = &outbox.SendError{Class: outbox.Unsent}
)

func limited(after time.Duration) error {
	return &outbox.SendError{Class: outbox.RateLimited, RetryAfter: after}
}
