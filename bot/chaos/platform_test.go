package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// Places where a kill can be made to happen.
const (
	beforeReply   = "before a reply reaches LINE"
	afterReply    = "after a reply was accepted"
	beforePush    = "before a push reaches LINE"
	afterPush     = "after a push was accepted"
	duringWebhook = "during a webhook"
	afterWebhook  = "after a webhook was answered 200"
)

var places = []string{beforeReply, afterReply, beforePush, afterPush, duringWebhook, afterWebhook}

// trap calls a function once when a place is passed.
type trap struct {
	mu    sync.Mutex
	where string
	skip  int // how often the place is passed before
	do    func()
}

func (t *trap) set(where string, do func()) { t.setBehind(where, 0, do) }

// setBehind lets the place be passed some times first.
func (t *trap) setBehind(where string, skip int, do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.where, t.skip, t.do = where, skip, do
}

// take returns what is to be done at a place, and forgets it.
func (t *trap) take(where string) func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.where != where {
		return nil
	}
	if t.skip--; t.skip >= 0 {
		return nil
	}
	t.where = ""
	return t.do
}

// platform is the emulated LINE, outside the killed process.
type platform struct {
	line    *emulator.Emulator
	bot     *emulator.Channel
	server  *httptest.Server
	trap    trap
	post    post
	expired expired
	doubles doubles

	connections connections
}

// connections counts those of the program. When it is dead and none is left,
// all that it has sent has been dealt with.
type connections struct {
	mu   sync.Mutex
	open int
	none chan struct{} // closed when open falls to 0; nil while nobody waits
}

func (c *connections) note(_ net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s {
	case http.StateNew:
		c.open++
	case http.StateClosed, http.StateHijacked:
		c.open--
	}
	if c.open == 0 && c.none != nil {
		close(c.none)
		c.none = nil
	}
}

func (c *connections) ended() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.none == nil {
		c.none = make(chan struct{})
	}
	none := c.none
	if c.open == 0 {
		close(c.none)
		c.none = nil
	}
	return none
}

// doubles are messages that LINE accepted as a reply, after which the program
// died and must send them again, not knowing. People are not surprised by them;
// whether they were counted is looked at in the end.
type doubles struct {
	mu     sync.Mutex
	keys   map[string]bool     // retry keys of such deliveries; false once pushed
	coming map[string][]string // by user or group: messages, as JSON
}

func (d *doubles) expect(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.keys[key]; !known {
		d.keys[key] = true
	}
}

// pushed is told of a push before LINE hears of it.
func (d *doubles) pushed(key string, body []byte) {
	var push struct {
		To       string
		Messages []json.RawMessage
	}
	if json.Unmarshal(body, &push) != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.keys[key] {
		return
	}
	d.keys[key] = false // LINE takes a key once
	for _, m := range push.Messages {
		d.coming[push.To] = append(d.coming[push.To], string(m))
	}
}

// is tells of a new message in a talk whether it is one.
func (d *doubles) is(talk string, m emulator.Message) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := slices.Index(d.coming[talk], string(m.JSON))
	if m.Via != "push" || at < 0 {
		return false
	}
	d.coming[talk] = slices.Delete(d.coming[talk], at, at+1)
	return true
}

// expired are reply tokens whose minute is over.
type expired struct{ tokens sync.Map }

func (e *expired) add(token string) { e.tokens.Store(token, true) }

// has tells whether a reply is with such a token.
func (e *expired) has(body []byte) bool {
	var reply struct {
		Token string `json:"replyToken"`
	}
	if json.Unmarshal(body, &reply) != nil {
		return false
	}
	_, over := e.tokens.Load(reply.Token)
	return over
}

// post knows which events the program has answered 200, and their own time.
type post struct {
	mu      sync.Mutex
	events  map[string]time.Time
	answers int           // of any status
	changed chan struct{} // closed and replaced at each change
}

// heard: a webhook was answered, well or badly.
func (p *post) heard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers++
	close(p.changed)
	p.changed = make(chan struct{})
}

// more waits until there are more answers than n; false when ctx has ended before.
func (p *post) more(ctx context.Context, n int) bool {
	for {
		now, changed := p.count()
		if now > n {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// count is how many webhooks were answered, and is closed when that changes.
func (p *post) count() (int, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers, p.changed
}

func (p *post) note(body []byte) {
	var b struct {
		Events []struct {
			ID        string `json:"webhookEventId"`
			Timestamp int64  `json:"timestamp"`
		} `json:"events"`
	}
	if json.Unmarshal(body, &b) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range b.Events {
		p.events[e.ID] = time.UnixMilli(e.Timestamp)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *post) answered() map[string]time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.events)
}

// await waits until an event was answered 200; false when ctx has ended before.
func (p *post) await(ctx context.Context, event string) bool {
	for {
		p.mu.Lock()
		_, done := p.events[event]
		changed := p.changed
		p.mu.Unlock()
		if done || event == "" {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{post: post{events: map[string]time.Time{}, changed: make(chan struct{})},
		doubles: doubles{keys: map[string]bool{}, coming: map[string][]string{}}}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	p.line = emulator.New(emulator.Options{NoRateLimits: true, KeepLog: 1 << 20,
		Client: &http.Client{Transport: &courier{Transport: transport, trap: &p.trap, post: &p.post}}})
	p.server = httptest.NewUnstartedServer(p)
	p.server.Config.ConnState = p.connections.note
	p.server.Start()
	t.Cleanup(func() {
		if err := p.line.Close(); err != nil {
			t.Error(err)
		}
		p.server.Close()
	})
	var err error
	// As many redeliveries as it takes: an event that is never answered 200 says
	// nothing about the program.
	p.bot, err = p.line.AddChannel(emulator.ChannelOptions{Name: "Mimamori", BasicID: "@mimamori",
		Redelivery: emulator.Redelivery{On: true, Count: 1 << 20, Interval: 100 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ServeHTTP passes calls of the API on to the emulator.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	before, after := "", ""
	switch {
	case r.URL.Path == momentPath: // the program says where it is
		if do := p.trap.take(r.FormValue("moment")); do != nil {
			do()
			panic(http.ErrAbortHandler)
		}
		return
	case strings.HasSuffix(r.URL.Path, replyPath):
		before, after = beforeReply, afterReply
	case strings.HasSuffix(r.URL.Path, pushPath):
		before, after = beforePush, afterPush
	default:
		p.line.ServeHTTP(w, r)
		return
	}
	if do := p.trap.take(before); do != nil {
		do()
		panic(http.ErrAbortHandler)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the program is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.doubles.pushed(r.Header.Get(retryKey), body)
	if p.expired.has(body) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"message":"Invalid reply token"}`) // to a program that may be gone
	} else {
		p.line.ServeHTTP(w, r)
	}
	if do := p.trap.take(after); do != nil {
		do() // small answers are still in the server's buffer
	}
}

// courier carries webhooks.
type courier struct {
	*http.Transport
	trap *trap
	post *post
}

// RoundTrip implements http.RoundTripper.
func (c *courier) RoundTrip(r *http.Request) (*http.Response, error) {
	if do := c.trap.take(duringWebhook); do != nil {
		over := make(chan struct{})
		defer func() { <-over }()
		go func() {
			defer close(over)
			time.Sleep(rand.N(12 * time.Millisecond))
			do()
		}()
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	res, err := c.Transport.RoundTrip(r)
	if err == nil && res.StatusCode == http.StatusOK {
		// A kill comes first: whoever waits for the note goes on with the program.
		if do := c.trap.take(afterWebhook); do != nil {
			do()
		}
		c.post.note(text)
	}
	if err == nil {
		c.post.heard()
	}
	return res, err
}
