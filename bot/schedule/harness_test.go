package schedule_test

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
	"mimamori.example/mimamori/bot/schedule"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const town = "town"

// tokyo is a time in Japan.
func tokyo(y int, m time.Month, d, hour, minute int) time.Time {
	return time.Date(y, m, d, hour, minute, 0, 0, schedule.Tokyo)
}

// house is a council with a calendar on a real store.
type house struct {
	t       *testing.T
	path    string
	store   storage.Store
	clock   *clock.Manual
	post    *outbox.Post
	entries []schedule.Entry
	due     schedule.DueStep
	runs    []*run
}

// run is one running process's schedule.
type run struct {
	*schedule.Schedule
	stop context.CancelFunc
	done chan error
}

type numbers struct {
	mu sync.Mutex
	n  int
}

func (c *numbers) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return fmt.Sprint("d", c.n)
}

func (c *numbers) RetryKey() string { return c.ID() }

// renderer writes what kind of message it is and its words.
type renderer struct{}

func (renderer) Render(ms []message.Message) (json.RawMessage, error) { return json.Marshal(ms) }

// teller is Hooks that write to the group.
type teller struct{}

func (teller) tell(what string) ([]message.Outgoing, error) {
	return []message.Outgoing{{To: message.Recipient{Kind: message.ToGroup, ID: "group"}, Messages: []message.Message{message.Text{Body: what}}}}, nil
}

func (t teller) Skipped(_ storage.Tx, job string, planned []time.Time, _ time.Time) ([]message.Outgoing, error) {
	what := "skipped " + job
	for _, p := range planned {
		what += " " + p.Format("01-02 15:04")
	}
	return t.tell(what)
}

func (t teller) Ended(_ storage.Tx, j schedule.Job, _ time.Time) ([]message.Outgoing, error) {
	return t.tell(fmt.Sprint(j.State, " ", j.Name, " ", j.Count))
}

func newHouse(t *testing.T, at time.Time) *house {
	h := &house{t: t, path: filepath.Join(t.TempDir(), "db"), clock: clock.NewManual(at), post: outbox.NewPost(renderer{}, &numbers{})}
	h.store = h.open()
	t.Cleanup(func() {
		h.halt()
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) open() storage.Store {
	h.t.Helper()
	s, err := bolt.Open(h.path, append(schedule.Definitions(), residents.Definition()), bolt.Options{Create: true, NoSync: true})
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// begin starts one more process on the store, or on what stands before it.
func (h *house) begin(store storage.Store) *run {
	s := schedule.New(schedule.Options{
		Store: store, Clock: h.clock, Councils: func() []string { return []string{town} },
		Entries: func(string) []schedule.Entry { return h.entries },
		Due:     h.due, Hooks: teller{}, Post: h.post,
	})
	ctx, cancel := context.WithCancel(h.t.Context())
	r := &run{s, cancel, make(chan error, 1)}
	go func() { r.done <- s.Run(ctx) }()
	h.runs = append(h.runs, r)
	return r
}

// halt stops all processes.
func (h *house) halt() {
	for _, r := range h.runs {
		r.stop()
		if err := <-r.done; err != nil && !errors.Is(err, storage.ErrClosed) {
			h.t.Error("Run:", err)
		}
	}
	h.runs = nil
}

func (h *house) reopen() {
	h.t.Helper()
	h.halt()
	if err := h.store.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.store = h.open()
}

// idle waits until every process is at rest.
func (h *house) idle() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	for _, r := range h.runs {
		if err := r.Idle(ctx); err != nil {
			h.t.Fatal("does not come to rest:", err)
		}
	}
}

func (h *house) set(t time.Time) {
	h.t.Helper()
	h.clock.Set(t)
	h.idle()
}

func (h *house) update(fn func(tx storage.Tx) error) {
	h.t.Helper()
	if err := h.store.Update(h.t.Context(), town, fn); err != nil {
		h.t.Fatal(err)
	}
}

// ticks lists "planned state" in order.
func (h *house) ticks() []string {
	h.t.Helper()
	var all []schedule.Tick
	h.update(func(tx storage.Tx) (err error) { all, err = schedule.Ticks(tx, 1000); return err })
	said := make([]string, len(all))
	for i, t := range all {
		said[len(all)-1-i] = t.Planned.In(schedule.Tokyo).Format("01-02 15:04") + " " + t.State
	}
	return said
}

// queued is everything in the outbox, as deliveries.
func (h *house) queued() []outbox.Delivery {
	h.t.Helper()
	var items []storage.Item
	h.update(func(tx storage.Tx) (err error) { items, err = tx.Queued("", 10000); return err })
	all := make([]outbox.Delivery, len(items))
	for i, it := range items {
		var err error
		if all[i], err = outbox.ReadItem(it); err != nil {
			h.t.Fatal(err)
		}
	}
	return all
}

// told is what the group has been told.
func (h *house) told() []string {
	h.t.Helper()
	var all []string
	for _, d := range h.queued() {
		if d.To.Kind != message.ToGroup {
			continue
		}
		var ms []message.Text
		if err := json.Unmarshal(d.Messages, &ms); err != nil {
			h.t.Fatal(err)
		}
		all = append(all, ms[0].Body)
	}
	return all
}

// resident receives notices.
type resident struct{ ID string }

var residents = storage.NewKind("resident", func(r *resident) string { return r.ID })

func (h *house) settle(n int) {
	for from := 0; from < n; from += 500 {
		h.update(func(tx storage.Tx) error {
			for i := from; i < min(n, from+500); i++ {
				if err := residents.Put(tx, resident{fmt.Sprintf("U%05d", i)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func pageOfResidents(tx storage.Tx, after string, limit int) (ids []string, next string, done bool, err error) {
	q := storage.Query{Limit: limit}
	if after != "" {
		q.After = storage.Position{Value: after, ID: after}
	}
	for r, err := range residents.Scan(tx, q) {
		if err != nil {
			return nil, "", false, err
		}
		ids, next = append(ids, r.ID), r.ID
	}
	return ids, next, len(ids) < limit, nil
}

// once is work of a single step.
type once struct{ err *error }

func (once) Begin(storage.Tx, time.Time, time.Time) (json.RawMessage, bool, error) {
	return nil, true, nil
}

func (o once) Step(_ storage.Tx, j *schedule.Job, _ time.Time) (bool, error) {
	if o.err != nil && *o.err != nil {
		return false, *o.err
	}
	j.Count++
	return true, nil
}

func rule(t *testing.T, spec string) schedule.Rule {
	t.Helper()
	r, err := schedule.Cron(spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
