package play_test

import (
	"syscall"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/play"
)

// kill -9 in the middle of a report: what was chosen is still there, and what
// was sent while the program was down arrives, once.
func TestKilledInAReport(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	s.member()
	s.draft()
	before := s.changes.Load()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if s.Running() || s.changes.Load() == before {
		t.Error("the end is not told")
	}
	if err := s.Kill(); err != nil {
		t.Errorf("killed twice: %v", err)
	}
	if _, err := s.Queue(s.ctx); err == nil {
		t.Error("a dead program tells its queue")
	}
	s.tap("送信する")
	if s.cards() != 0 {
		t.Fatal("a dead program has sent a card")
	}
	port := s.Line.Webhooks()[0].URL
	if err := s.Start(s.ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(s.ctx); err != nil || !s.Running() {
		t.Errorf("started twice: %v", err)
	}
	if err := s.MoveTo(s.ctx, s.Now().Add(10*time.Second)); err != nil { // LINE delivers again
		t.Fatal(err)
	}
	s.shows(s.group, says("屋根・外壁などの点検商法"))
	s.shows(s.sato, says("受け付けました"))
	if n := s.cards(); n != 1 {
		t.Errorf("%d cards", n)
	}
	for _, w := range s.Line.Webhooks() {
		if w.URL != port {
			t.Errorf("the program has moved from %s to %s", port, w.URL)
		}
	}
}

// What was accepted but could not be sent yet survives too.
func TestKilledBeforeItWasSent(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	s.member()
	s.draft()
	if _, err := s.Line.Break(emulator.Fault{Endpoint: "push", Kind: emulator.FailBefore}); err != nil {
		t.Fatal(err)
	}
	s.tap("送信する")
	q, err := s.Queue(s.ctx)
	if err != nil || q.Waiting != 1 {
		t.Errorf("queue: %+v %v", q, err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.MoveTo(s.ctx, s.Now().Add(time.Minute)); err != nil { // nobody is there
		t.Fatal(err)
	}
	s.Line.Mend("")
	if err := s.Start(s.ctx); err != nil {
		t.Fatal(err)
	}
	s.shows(s.group, says("屋根・外壁などの点検商法"))
	if n := s.cards(); n != 1 {
		t.Errorf("%d cards", n)
	}
}

// A program that dies by itself is seen to be dead.
func TestDiesByItself(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	for _, end := range []func() error{
		func() error { return s.Process().Signal(syscall.SIGKILL) },
		s.HangUp, // the demo has gone: none outlives it
	} {
		told := make(chan struct{}, 100)
		s.Changed(func() {
			select {
			case told <- struct{}{}:
			default:
			}
		})
		if err := end(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-told:
		case <-s.ctx.Done():
			t.Fatal("nobody says that it has died")
		}
		if s.Running() {
			t.Error("it still seems to run")
		}
		if err := s.Start(s.ctx); err != nil {
			t.Fatal(err)
		}
		s.scan()
	}
}

// The program may be killed and started while the clock is on its way.
func TestKilledOnTheWay(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	under, moved := make(chan struct{}, 1), make(chan error, 1)
	s.Changed(func() {
		select {
		case under <- struct{}{}:
		default:
		}
	})
	at := s.Now().Add(12 * time.Hour)
	go func() { moved <- s.MoveTo(s.ctx, at) }()
	<-under
	if err := s.Kill(); err != nil {
		t.Error(err)
	}
	if err := s.Start(s.ctx); err != nil {
		t.Error(err)
	}
	if err := <-moved; err != nil || s.Now().Before(at) {
		t.Errorf("moved to %v: %v", s.Now(), err)
	}
	s.member()
	s.draft()
	s.tap("送信する")
	s.shows(s.group, says(s.Now().Format("1月2日")))
}
