package play_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
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

// words is a writer whose reader waits for each write.
type words chan string

func (w words) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

// A program that dies by itself is seen to be dead, and its last words are
// told. Those of one that was killed are not.
func TestDiesByItself(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said := make(words, 10)
	s := rehearse(t, play.RehearsalOptions{Stderr: said,
		Program: []string{"sh", "-c", `echo its last words >&2; exec "$0" "$1"`, self, play.DemoProgram}})
	if err := errors.Join(s.Kill(), s.Start(s.ctx)); err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{}, 100)
	s.Changed(func() {
		select {
		case told <- struct{}{}:
		default:
		}
	})
	if err := s.Process().Signal(syscall.SIGKILL); err != nil {
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
	if got, want := <-said, "play: the program has ended by itself: signal: killed\nits last words\n"; got != want {
		t.Errorf("%q instead of %q", got, want)
	}
	if err := s.Start(s.ctx); err != nil {
		t.Fatal(err)
	}
	s.scan()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if len(said) > 0 {
		t.Errorf("of one that was killed: %q", <-said)
	}
}

// When the demo is gone without a word, its program goes as well, and the data
// with it.
func TestDemoIsGone(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	s.member()
	ended := make(chan struct{}, 100)
	s.Changed(func() {
		if !s.Running() {
			ended <- struct{}{}
		}
	})
	if err := s.HangUp(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-s.ctx.Done():
		t.Fatal("the program outlives the demo")
	}
	if _, err := os.Stat(s.Data()); !os.IsNotExist(err) {
		t.Errorf("the data are left behind: %v", err)
	}
}

// The same with a demo that kill -9 ends.
func TestDemoIsKilled(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	demo := exec.CommandContext(ctx, self, wholeDemo)
	demo.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	out, err := demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	folder, err := bufio.NewReader(out).ReadString('\n')
	if folder = strings.TrimSpace(folder); err != nil || folder == "" {
		t.Fatalf("no demo: %q %v", folder, err)
	}
	if _, err := os.Stat(folder); err != nil {
		t.Error(err)
	}
	if err := demo.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := demo.Wait(); err == nil {
		t.Error("it has ended in order")
	}
	again := time.NewTicker(10 * time.Millisecond) // nobody tells of the end of a process that is not ours
	defer again.Stop()
	for {
		if _, err := os.Stat(folder); os.IsNotExist(err) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatal("the data are left behind")
		}
	}
}

// The end does not wait for a program that is about to start and never does.
func TestClosedWhileItStarts(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := play.NewRehearsal(ctx, play.RehearsalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Kill(); err != nil {
		t.Error(err)
	}
	r.SetProgram("sh", "-c", "exec cat >/dev/null") // listens, and never serves
	started := make(chan error, 1)
	go func() { started <- r.Start(ctx) }()
	for !r.Busy() {
		runtime.Gosched()
	}
	began := time.Now()
	if err := r.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := <-started; err == nil {
		t.Error("it has started")
	}
	if took := time.Since(began); took > play.StartWithin/2 {
		t.Errorf("the end took %v", took)
	}
}

// The data go before the end waits for anybody: whoever does not want to wait,
// and ends the demo at once, leaves nothing behind either.
func TestDataGoFirst(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	asked, letGo, answered := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s.Line.Mount(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-letGo
	}))
	transport := &http.Transport{}
	go func() {
		defer close(answered)
		req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.URL()+"/", nil)
		if err != nil {
			t.Error(err)
			return
		}
		if res, err := (&http.Client{Transport: transport}).Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-asked
	closed := make(chan error, 1)
	go func() { closed <- s.Close(s.ctx) }()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for left := true; left; {
		select {
		case err := <-closed:
			t.Fatalf("the end has waited for nobody: %v", err)
		case <-s.ctx.Done():
			t.Fatal("the data are still there")
		case <-again.C:
		}
		_, err := os.Stat(s.Data())
		left = !os.IsNotExist(err)
	}
	close(letGo)
	<-answered
	transport.CloseIdleConnections()
	if err := <-closed; err != nil {
		t.Error(err)
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
