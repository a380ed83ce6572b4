package app

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
)

// sick is a store that can be made to fail.
type sick struct {
	storage.Store
	update, stopped atomic.Pointer[error]
	due             atomic.Pointer[time.Time]
}

func newSick(t *testing.T) *sick {
	t.Helper()
	s, err := bolt.Open(t.TempDir()+"/s.db", Definitions(), bolt.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	return &sick{Store: s}
}

func (s *sick) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	if err := s.update.Load(); err != nil {
		return *err
	}
	return s.Store.Update(ctx, council, fn)
}

func (s *sick) Err() error {
	if err := s.stopped.Load(); err != nil {
		return *err
	}
	return s.Store.Err()
}

func (s *sick) NextDue(ctx context.Context) (time.Time, bool, error) {
	if due := s.due.Load(); due != nil {
		return *due, true, nil
	}
	return s.Store.NextDue(ctx)
}

func TestHealthy(t *testing.T) {
	f := newFrame(t)
	f.start(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, text := f.get(t, path); status != 200 {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

// A failing store takes readiness away at once and answers 503 with one
// apology; when it works again so does everything.
func TestStoreFails(t *testing.T) {
	s := newSick(t)
	f := newFrame(t, func(_ *config.Config, o *Options) { o.Store = s })
	f.start(t)
	broken := errors.New("disk full")
	s.update.Store(&broken)
	if got := f.say(t, "e1", "こんにちは"); got != 503 {
		t.Errorf("status %d", got)
	}
	if status, text := f.get(t, "/readyz"); status != 503 || !strings.Contains(text, "store") {
		t.Errorf("readyz: %d %s", status, text)
	}
	if status, _ := f.get(t, "/healthz"); status != 200 {
		t.Errorf("healthz: %d", status)
	}
	<-f.line.got
	if got := f.line.sent(); len(got) != 1 || got[0] != "/v2/bot/message/reply" {
		t.Errorf("LINE was asked %v", got)
	}
	s.update.Store(nil)
	f.lookNow <- struct{}{}
	eventually(t, "ready again", func() bool { status, _ := f.get(t, "/readyz"); return status == 200 })
	if got := f.say(t, "e1", "こんにちは"); got != 200 {
		t.Errorf("delivered again: status %d", got)
	}
	if strings.Contains(f.log.String(), "こんにちは") || strings.Contains(f.log.String(), alice) {
		t.Errorf("logged:\n%s", f.log)
	}
}

// A store that has stopped writing ends the program with an error, after a while.
func TestStoreStops(t *testing.T) {
	s, hands := newSick(t), clock.NewManual(time.Now())
	f := newFrame(t, func(_ *config.Config, o *Options) { o.Store, o.Clock = s, hands })
	done := make(chan error, 1)
	go func() { done <- f.Run(t.Context()) }()
	eventually(t, "started", func() bool { return strings.Contains(f.log.String(), `"started"`) })
	stopped := errors.New("commit failed")
	s.stopped.Store(&stopped)
	f.storeFailed(stopped)
	eventually(t, "without the store", func() bool { return strings.Contains(f.log.String(), "the store has stopped writing") })
	eventually(t, "the ten minutes run", func() bool { hands.Advance(unkeptFor); return len(done) > 0 })
	if err := <-done; !errors.Is(err, stopped) {
		t.Errorf("Run: %v", err)
	}
}

func TestHeldStore(t *testing.T) {
	f := newFrame(t)
	f.start(t)
	if err := f.Store().Hold(t.Context(), "restored"); err != nil {
		t.Fatal(err)
	}
	f.look(t.Context())
	if status, text := f.get(t, "/readyz"); status != 503 || !strings.Contains(text, "restored") {
		t.Errorf("readyz: %d %s", status, text)
	}
	// What somebody says is kept, and answered past the outbox: telephone.
	if status := f.say(t, "e2", "たすけて"); status != 200 {
		t.Errorf("status %d", status)
	}
	<-f.line.got
	if got := f.line.sent(); len(got) != 1 || !strings.Contains(f.line.bodies[0], "電話") {
		t.Errorf("LINE was asked %v", got)
	}
	if err := f.Do(t.Context(), "release", nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	eventually(t, "released", func() bool { return !f.health.isHeld() })
	if status, text := f.get(t, "/readyz"); status != 200 {
		t.Errorf("readyz: %d %s", status, text)
	}
}

// What lies in the queue although it could go out shows, and so does an outbox
// that does not look.
func TestOutboxStands(t *testing.T) {
	s := newSick(t)
	c := clock.NewManual(time.Now())
	f := newFrame(t, func(_ *config.Config, o *Options) { o.Store, o.Clock = s, c })
	f.start(t)
	if err := f.Outbox().Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := c.Now()
	due := now.Add(-outboxBehind - time.Second)
	s.due.Store(&due)
	if err := f.outboxMoves(t.Context(), now, false); err == nil || !strings.Contains(err.Error(), "due") {
		t.Errorf("something is due for long: %v", err)
	}
	if err := f.outboxMoves(t.Context(), now, true); err != nil {
		t.Errorf("held: %v", err)
	}
	s.due.Store(nil)
	if err := f.outboxMoves(t.Context(), now.Add(outboxIdle+time.Second), false); err == nil || !strings.Contains(err.Error(), "looked") {
		t.Errorf("it does not look: %v", err)
	}
	if err := f.outboxMoves(t.Context(), now, false); err != nil {
		t.Errorf("all is well: %v", err)
	}
}

// The numbers are for this machine, and a proxy on it is not this machine.
func TestMetricsAreLocal(t *testing.T) {
	f := newFrame(t)
	f.start(t)
	if status, _ := f.get(t, "/metrics"); status != 200 {
		t.Errorf("directly: %d", status)
	}
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"} {
		if status, _ := f.get(t, "/metrics", header, "127.0.0.1"); status != 404 {
			t.Errorf("with %s: %d", header, status)
		}
	}
}

func TestOtherPages(t *testing.T) {
	f := newFrame(t)
	f.start(t)
	for _, path := range []string{"/", "/debug/pprof/", "/webhook", "/webhook/minato/x"} {
		if status, _ := f.get(t, path); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// The bot's user id is learnt from LINE, and a webhook for another refused.
func TestLearnsBots(t *testing.T) {
	f := newFrame(t)
	f.start(t)
	// "bot ids" ends by itself once it knows all.
	eventually(t, "learnt", func() bool {
		status, _ := f.do(t, resigned(t, f.Addr(), strings.Replace(emptyBody, bot, alice, 1)))
		return status == 400
	})
	if status, _ := f.do(t, resigned(t, f.Addr(), emptyBody)); status != 200 {
		t.Errorf("status %d", status)
	}
}

// A jump of the machine's clock is logged, counted and shown, and takes no
// readiness away.
func TestClockStepIsShown(t *testing.T) {
	f := newFrame(t)
	f.start(t)
	f.clockStepped(clock.Step{By: -9 * time.Hour, What: clock.StepBelieved})
	if status, text := f.get(t, "/readyz"); status != 200 || !strings.Contains(text, "set by -9h0m0s: it is believed") {
		t.Errorf("/readyz: %d %s", status, text)
	}
	if _, text := f.get(t, "/metrics"); !strings.Contains(text, `mimamori_clock_steps_total{state="believed"} 1`) {
		t.Error("the metrics do not count it")
	}
}
