package chaos

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/webhook"
	"mimamori.example/mimamori/storage"
)

// sound is the name of the program that has no fault.
const sound = "sound"

// faults are the five ways in which such a program is most likely to be wrong.
// Each is put into the real program from outside, where its parts are joined:
// what the comparison is worth is seen by what it says of them. They are in this
// test's own process only; nothing that is built holds them.
var faults = map[string]func(*app.Options){
	// LINE hears 200, and then the turn is committed, or is not.
	"200 before the commit": func(o *app.Options) {
		o.Join = func(h app.House) (app.Parts, error) {
			p, err := app.JoinCouncils(h)
			p.Turner = answersFirst{p.Turner}
			return p, err
		}
	},
	// An event that LINE delivers again is taken for a new one.
	"no deduplication key": func(o *app.Options) {
		o.Store = altered{o.Store, func(tx storage.Tx) storage.Tx { return forgetsEvents{tx} }}
	},
	// LINE cannot tell a second attempt from a second message.
	"a new retry key at each attempt": func(o *app.Options) {
		o.HTTPClient.Transport = otherKeys{o.HTTPClient.Transport}
	},
	// After a restart nobody knows that a reply may have gone out.
	"tried is not committed first": func(o *app.Options) {
		o.Store = altered{o.Store, func(tx storage.Tx) storage.Tx { return forgetsTrying{tx} }}
	},
	// A delivery leaves the queue, and then LINE is called.
	"settled before accepted": func(o *app.Options) {
		s := &settlesFirst{Store: o.Store, RoundTripper: o.HTTPClient.Transport, later: map[string]func(){}}
		o.Store, o.HTTPClient.Transport = s, s
	},
}

// programs are the names of all that this test can run itself as.
func programs() map[string]func(*app.Options) {
	all := maps.Clone(faults)
	all[sound] = func(*app.Options) {}
	return all
}

// answersFirst lets the door answer while the turn is still to be done.
type answersFirst struct{ webhook.Turner }

// Turn implements webhook.Turner.
func (a answersFirst) Turn(_ context.Context, council string, ev dialogue.Event) error {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), webhook.TurnTimeout)
		defer cancel()
		if err := a.Turner.Turn(ctx, council, ev); err != nil {
			slog.Error("a turn behind its answer failed", "error", err)
		}
	}()
	return nil
}

// altered is a store whose transactions are not what they seem.
type altered struct {
	storage.Store
	tx func(storage.Tx) storage.Tx
}

// Update implements storage.Store.
func (a altered) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	return a.Store.Update(ctx, council, func(tx storage.Tx) error { return fn(a.tx(tx)) })
}

// forgetsEvents takes every event for a new one.
type forgetsEvents struct{ storage.Tx }

// Once implements storage.Tx.
func (f forgetsEvents) Once(at time.Time, key string) (bool, error) {
	first, err := f.Tx.Once(at, key)
	return first || strings.HasPrefix(key, eventKey), err
}

// forgetsTrying does not keep that a call is about to be tried.
type forgetsTrying struct{ storage.Tx }

// Amend implements storage.Tx.
func (f forgetsTrying) Amend(c storage.Claim, state []byte) error {
	var s message.DeliveryState
	if len(state) > 0 {
		if err := json.Unmarshal(state, &s); err != nil {
			return err
		}
	}
	s.Tried = false
	state, err := outbox.WriteState(s)
	if err != nil {
		return err
	}
	return f.Tx.Amend(c, state)
}

// otherKeys makes a new retry key for each try.
type otherKeys struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (k otherKeys) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get(retryKey) != "" {
		r = r.Clone(r.Context())
		r.Header.Set(retryKey, outbox.Random{}.RetryKey())
	}
	return k.RoundTripper.RoundTrip(r)
}

// settlesFirst tells the outbox that LINE has accepted what LINE has not seen,
// and calls when that is on record.
type settlesFirst struct {
	storage.Store
	http.RoundTripper

	mu    sync.Mutex
	later map[string]func() // calls to be made, by their bodies
}

// RoundTrip implements http.RoundTripper.
func (s *settlesFirst) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, replyPath) && !strings.HasSuffix(r.URL.Path, pushPath) {
		return s.RoundTripper.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	call := r.Clone(context.WithoutCancel(r.Context()))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.later[string(body)] = func() {
		call.Body = io.NopCloser(strings.NewReader(string(body)))
		res, err := s.RoundTripper.RoundTrip(call)
		if err == nil {
			err = res.Body.Close()
		}
		if err != nil {
			slog.Error("a call behind its record failed", "error", err)
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"sentMessages":[]}`)), Request: r}, nil
}

// Update implements storage.Store.
func (s *settlesFirst) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	settles := make(chan []string, 1)
	err := s.Store.Update(ctx, council, func(tx storage.Tx) error {
		seen := &seesSettling{Tx: tx}
		err := fn(seen)
		select { // the last run of fn is the one that counts
		case <-settles:
		default:
		}
		settles <- seen.messages
		return err
	})
	if err != nil {
		return err
	}
	for _, messages := range <-settles {
		s.call(messages)
	}
	return nil
}

// call makes the call with these messages.
func (s *settlesFirst) call(messages string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for body, call := range s.later {
		if strings.HasSuffix(body, messages+"}") {
			delete(s.later, body)
			go call()
		}
	}
}

// seesSettling notes which deliveries leave the queue.
type seesSettling struct {
	storage.Tx
	messages []string
}

// Settle implements storage.Tx.
func (s *seesSettling) Settle(c storage.Claim) error {
	d, err := outbox.ReadItem(c.Item)
	if err != nil {
		return err
	}
	s.messages = append(s.messages, string(d.Messages))
	return s.Tx.Settle(c)
}
