package app

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret = "8c570fa6dd201bb328f1c1eac23a96d8"
	bot    = "U8e742f61d673b39c7fff3cecb7536ef0"
	alice  = "Uaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

// platform is as much of LINE as the frame needs: it takes replies and pushes
// and tells who the bot is.
type platform struct {
	*httptest.Server

	mu     sync.Mutex
	paths  []string
	bodies []string
	got    chan struct{} // a message came in
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{got: make(chan struct{}, 100)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("X-Line-Request-Id", "r1")
		w.Header().Set("Content-Type", "application/json")
		var reply string
		switch {
		case r.URL.Path == "/v2/bot/info":
			reply = `{"userId":"` + bot + `","basicId":"@123abcde","displayName":"x","chatMode":"bot","markAsReadMode":"auto"}`
		case strings.HasSuffix(r.URL.Path, "/quota"):
			reply = `{"type":"limited","value":200}`
		case strings.HasSuffix(r.URL.Path, "/quota/consumption"):
			reply = `{"totalUsage":3}`
		default:
			p.mu.Lock()
			p.paths, p.bodies = append(p.paths, r.URL.Path), append(p.bodies, string(body))
			p.mu.Unlock()
			p.got <- struct{}{}
			reply = `{"sentMessages":[{"id":"1","quoteToken":"q"}]}`
		}
		_, _ = io.WriteString(w, reply)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *platform) sent() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.paths...)
}

// echo answers every text with itself, as dialogue would: one transaction, a
// deduplication key, a delivery.
type echo struct {
	store storage.Store
	post  *outbox.Post
	fail  func() error
}

func (e *echo) Turn(ctx context.Context, council string, ev dialogue.Event) error {
	if e.fail != nil {
		if err := e.fail(); err != nil {
			return err
		}
	}
	return e.store.Update(ctx, council, func(tx storage.Tx) error {
		first, err := tx.Once(ev.At, ev.ID)
		if err != nil || !first {
			return err
		}
		return e.post.Put(tx, ev.Received, message.Outgoing{
			To: message.Recipient{Kind: message.ToUser, ID: ev.User}, Messages: []message.Message{message.Text{Body: ev.Text}},
			Reply: &message.ReplyToken{Token: ev.ReplyToken, Expires: ev.Received.Add(50 * time.Second)},
		})
	})
}

type noHooks struct{}

func (noHooks) Delivered(storage.Tx, outbox.Delivery, []message.Sent, time.Time) ([]message.Outgoing, error) {
	return nil, nil
}
func (noHooks) Failed(storage.Tx, outbox.Delivery, outbox.Reason, time.Time) ([]message.Outgoing, error) {
	return nil, nil
}

// frame is a program around echo, on bbolt, with its own LINE.
type frame struct {
	*App
	line *platform
	echo *echo
	log  *logged
	http *http.Client
}

func newFrame(t *testing.T, change ...func(*config.Config, *Options)) *frame {
	t.Helper()
	f := &frame{line: newPlatform(t), echo: &echo{}, log: &logged{}}
	transport := &http.Transport{}
	f.http = &http.Client{Transport: transport}
	toLINE := &http.Transport{}
	t.Cleanup(func() { transport.CloseIdleConnections(); toLINE.CloseIdleConnections() })
	c := testConfig(t, f.line.URL)
	o := Options{
		Version: "test", Log: slog.New(slog.NewJSONHandler(f.log, nil)), HTTPClient: &http.Client{Transport: toLINE},
		Join: func(h House) (Parts, error) {
			f.echo.store, f.echo.post = h.Store, h.Post
			return Parts{Turner: f.echo, Hooks: noHooks{}, Sorry: func(string, bool) []message.Message {
				return []message.Message{message.Text{Body: "電話"}}
			}}, nil
		},
	}
	for _, f := range change {
		f(c, &o)
	}
	a, err := New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	f.App = a
	return f
}

func testConfig(t *testing.T, endpoint string) *config.Config {
	t.Helper()
	c := config.New()
	c.Listen = "127.0.0.1:0"
	c.Control = filepath.Join(t.TempDir(), "s")
	c.Storage.Path = filepath.Join(t.TempDir(), "mimamori.db")
	council := config.NewCouncil("minato")
	council.LINE = config.LINE{
		Secret: config.NewSecret(secret), Token: config.NewSecret("token"), Endpoint: endpoint, DataEndpoint: endpoint,
	}
	c.Councils = []config.Council{council}
	if err := InitStore(t.Context(), c.Storage); err != nil {
		t.Fatal(err)
	}
	return c
}

// start runs the frame until the test's end.
func (f *frame) start(t *testing.T) {
	t.Helper()
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), StopTimeout)
		defer cancel()
		if err := f.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

func (f *frame) get(t *testing.T, path string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+f.Addr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return f.do(t, r)
}

func (f *frame) do(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	resp, err := f.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// say sends a signed text of alice's.
func (f *frame) say(t *testing.T, id, words string) int {
	t.Helper()
	status, _ := f.do(t, signed(t, f.Addr(), id, words))
	return status
}

// born is the time of every event here: the same when it is delivered again.
var born = time.Now()

func signed(t *testing.T, addr, id, words string) *http.Request {
	t.Helper()
	text, err := json.Marshal(words)
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"destination":%q,"events":[{"type":"message","mode":"active","timestamp":%d,`+
		`"source":{"type":"user","userId":%q},"webhookEventId":%q,"deliveryContext":{"isRedelivery":false},`+
		`"replyToken":"r-%s","message":{"type":"text","id":"5","quoteToken":"q","text":%s}}]}`,
		bot, born.UnixMilli(), alice, id, id, text)
	return resigned(t, addr, body)
}

// logged keeps what was logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// eventually waits for a condition that another goroutine brings about and
// cannot announce.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("not within 10 s: %s", what)
		case <-tick.C:
		}
	}
}

func refused(t *testing.T, addr string) bool {
	t.Helper()
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return true
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	return false
}

const emptyBody = `{"destination":"` + bot + `","events":[]}`

func resigned(t *testing.T, addr, body string) *http.Request {
	t.Helper()
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/webhook/minato", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-line-signature", base64.StdEncoding.EncodeToString(m.Sum(nil)))
	return r
}
