package webhook

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/line"
)

// What bad input gets, line by line.
func TestAnswers(t *testing.T) {
	one := body(text("e1", user(alice), "こんにちは"))
	large := `{"destination":"` + bot + `","events":[],"x":"` + strings.Repeat("x", MaxBody) + `"}`
	full := large[:MaxBody-len(`"}`)] + `"}`
	broken := one[:len(one)-1]
	misdirected := strings.Replace(one, bot, alice, 1)
	for _, c := range []struct {
		name, path, body, signature string
		status                      int
		turns                       int
		count                       string
	}{
		{"one event", "/webhook/minato", one, sign(secret, one), 200, 1, "minato/200"},
		{"no events", "/webhook/minato", body(), sign(secret, body()), 200, 0, "minato/200"},
		{"LINE's check vector", "/webhook/minato",
			`{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}`,
			"GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=", 200, 0, "minato/200"},
		{"no signature", "/webhook/minato", one, "", 401, 0, "minato/401"},
		{"wrong signature", "/webhook/minato", one, sign("other", one), 401, 0, "minato/401"},
		{"signature that is no base64", "/webhook/minato", one, "***", 401, 0, "minato/401"},
		{"another council's signature", "/webhook/yama", one, sign(secret, one), 401, 0, "yama/401"},
		{"unknown council", "/webhook/nowhere", one, sign(secret, one), 401, 0, "/401"},
		{"unknown council, broken body", "/webhook/nowhere", broken, sign(secret, broken), 401, 0, "/401"},
		{"broken body, wrong signature", "/webhook/minato", broken, "", 401, 0, "minato/401"},
		{"broken body", "/webhook/minato", broken, sign(secret, broken), 400, 0, "minato/400"},
		{"empty body", "/webhook/minato", "", sign(secret, ""), 400, 0, "minato/400"},
		{"a byte changed", "/webhook/minato", strings.Replace(one, "こ", "そ", 1), sign(secret, one), 401, 0, "minato/401"},
		{"too large", "/webhook/minato", large, sign(secret, large), 413, 0, "minato/413"},
		{"too large for nobody", "/webhook/nowhere", large, "", 413, 0, "/413"},
		{"just not too large", "/webhook/minato", full, sign(secret, full), 200, 0, "minato/200"},
		{"for another bot", "/webhook/minato", misdirected, sign(secret, misdirected), 400, 0, "minato/400"},
		{"bot not known yet", "/webhook/yama", misdirected, sign(strings.Repeat("b", 32), misdirected), 200, 1, "yama/200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDoor(t)
			got := d.send(t, c.path, c.body, c.signature)
			if got.Code != c.status {
				t.Errorf("status %d, want %d", got.Code, c.status)
			}
			if n := len(d.turns.ids()); n != c.turns {
				t.Errorf("%d turns, want %d", n, c.turns)
			}
			if d.counts.get(c.count) != 1 {
				t.Errorf("not counted as %s: %v", c.count, d.counts.n)
			}
		})
	}
}

// The answers to an unknown council and to a wrong signature are one and the
// same, header for header.
func TestUnknownCouncilLooksLikeWrongSignature(t *testing.T) {
	d := newDoor(t)
	a := d.send(t, "/webhook/minato", body(), "")
	b := d.send(t, "/webhook/nowhere", body(), "")
	if a.Body.String() != b.Body.String() || len(a.Header()) != len(b.Header()) {
		t.Errorf("%q %v\n%q %v", a.Body, a.Header(), b.Body, b.Header())
	}
}

func TestOtherMethodsAndPaths(t *testing.T) {
	d := newDoor(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/webhook/minato", 405},
		{http.MethodPut, "/webhook/minato", 405},
		{http.MethodPost, "/webhook/", 404},
		{http.MethodPost, "/webhook/minato/more", 404},
		{http.MethodPost, "/webhook/..%2fminato", 401},
	} {
		w := httptest.NewRecorder()
		d.mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(body())))
		if w.Code != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.status)
		}
	}
}

// A body whose length is not announced is stopped at the cap as well.
func TestChunkedBodyIsCapped(t *testing.T) {
	d := newDoor(t)
	server := httptest.NewServer(d.mux)
	defer server.Close()
	in := io.LimitReader(endless{}, 8*MaxBody)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/webhook/minato", struct{ io.Reader }{in})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	}
	server.Client().CloseIdleConnections()
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// Whoever sends without a signature cannot fill the memory: beyond the budget
// the door sheds, and the budget comes back.
func TestReadingIsBounded(t *testing.T) {
	d := newDoor(t)
	d.reading.Store(maxReading)
	if got := d.post(t, body()); got != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", got)
	}
	d.reading.Store(0)
	if got := d.post(t, body()); got != http.StatusOK {
		t.Errorf("status %d, want 200", got)
	}
	if left := d.reading.Load(); left != 0 {
		t.Errorf("%d bytes of the budget are lost", left)
	}
}

func TestBodyThatBreaksOff(t *testing.T) {
	d := newDoor(t)
	in := io.MultiReader(strings.NewReader(body()[:10]), brokenOff{})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhook/minato", in)
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || d.reading.Load() != 0 {
		t.Errorf("status %d, %d bytes still counted", w.Code, d.reading.Load())
	}
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestSetBotUserID(t *testing.T) {
	d := newDoor(t)
	d.SetBotUserID("minato", alice)
	d.SetBotUserID("nowhere", alice)
	if got := d.post(t, body()); got != http.StatusBadRequest {
		t.Errorf("status %d, want 400", got)
	}
}

// One malformed event does not lose its neighbours, and new types are
// answered 200.
func TestNeighboursOfMalformedEvents(t *testing.T) {
	d := newDoor(t)
	got := d.post(t, body(
		text("e1", user(alice), "一"),
		`17`,
		`{"type":"message","timestamp":"soon"}`,
		event("e2", "somethingNew", user(alice), `,"new":{"a":1}`),
		text("e3", user("U../../richmenu"), "二"),
		text("e4", user(alice), "三"),
	))
	if got != http.StatusOK {
		t.Errorf("status %d", got)
	}
	if ids := d.turns.ids(); !slices.Equal(ids, []string{"e1", "e4"}) {
		t.Errorf("turns %v", ids)
	}
	if d.counts.get("malformed") != 3 || d.counts.get("passed/type") != 1 {
		t.Errorf("counted %v", d.counts.n)
	}
}

func TestNewRefuses(t *testing.T) {
	good := Options{Turner: &turns{}, Clock: clock.System{}}
	for name, change := range map[string]func(*Options){
		"no turner":      func(o *Options) { o.Turner = nil },
		"no clock":       func(o *Options) { o.Clock = nil },
		"no secret":      func(o *Options) { o.Councils = []Council{{ID: "a"}} },
		"no id":          func(o *Options) { o.Councils = []Council{{Secret: "a"}} },
		"the same twice": func(o *Options) { o.Councils = []Council{{ID: "a", Secret: "a"}, {ID: "a", Secret: "b"}} },
	} {
		o := good
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	h, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	if h.o.Log == nil || h.o.Observer == nil || h.o.MaxTurns != DefaultMaxTurns {
		t.Error("defaults are missing")
	}
}

// What was said, by whom, and the tokens appear in no log line, whatever goes
// wrong.
func TestNothingPersonalIsLogged(t *testing.T) {
	const words = "田中さんの電話は090-1234-5678"
	e := body(text("e1", inGroup(alice), words), event("e2", "postback", user(bob), `,"replyToken":"r-e2","postback":{"data":"f:tapped"}`))
	d := newDoor(t, func(o *Options) {
		o.Apology = func(_ context.Context, _, token string, _ bool) error { return quoting(token) }
	})
	d.turns.do = func(_ context.Context, ev dialogue.Event) error {
		if ev.Kind == dialogue.Tapped {
			panic(ev.Data + ev.User)
		}
		return quoting(ev.Text + ev.User + ev.ReplyToken)
	}
	if got := d.post(t, e); got != http.StatusServiceUnavailable {
		t.Errorf("status %d", got)
	}
	broken := e[:len(e)-2]
	d.post(t, broken)
	d.post(t, strings.Replace(e, bot, bob, 1))
	d.send(t, "/webhook/"+alice, e, sign("x", e))
	d.settle(t)
	logged := d.log.String()
	if !strings.Contains(logged, "a turn failed") || !strings.Contains(logged, "a turn panicked") {
		t.Fatalf("the failures themselves are not logged:\n%s", logged)
	}
	for _, never := range []string{words, "田中", "090-1234", alice, bob, group, bot, "r-e1", "r-e2", "q-e1", "e1\"", "f:tapped", secret, sign(secret, e)} {
		if strings.Contains(logged, never) {
			t.Errorf("%q is logged:\n%s", never, logged)
		}
	}
}

// quoting is an error that quotes what it must not.
type quoting string

func (q quoting) Error() string { return string(q) }

// For a council that does not exist the same work is done, so that the time of
// the answer does not tell which councils there are: the whole body is read and
// its signature computed, with a secret as long as a real one.
func TestUnknownCouncilDoesTheWork(t *testing.T) {
	d := newDoor(t)
	type work struct {
		secret, body int
		signature    string
	}
	var done []work
	d.verify = func(secret string, body []byte, signature string) bool {
		done = append(done, work{len(secret), len(body), signature})
		return line.VerifySignature(secret, body, signature)
	}
	large := strings.Repeat("x", MaxBody)
	for _, path := range []string{"/webhook/minato", "/webhook/nowhere"} {
		d.send(t, path, large, sign("wrong", "x"))
	}
	want := work{len(secret), MaxBody, sign("wrong", "x")}
	if !slices.Equal(done, []work{want, want}) {
		t.Errorf("the work for a known and for an unknown council is %v, want %v twice", done, want)
	}
}
