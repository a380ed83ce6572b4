package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// letterbox keeps letters, or fails.
type letterbox struct {
	mu      sync.Mutex
	fail    error
	tries   int
	letters []string
}

func (p *letterbox) Mail(_ context.Context, council, to, _ string, l outbox.Letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	if p.fail != nil {
		return p.fail
	}
	p.letters = append(p.letters, council+" "+to+" "+l.Body)
	return nil
}

func (p *letterbox) got() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.letters, "\n")
}

// without runs a frame whose second channel is mails. end stops it, or waits
// for its own end.
func without(t *testing.T, mails *letterbox, hands *clock.Manual, change ...func(*config.Config, *Options)) (f *frame, done chan error) {
	t.Helper()
	f = newFrame(t, append([]func(*config.Config, *Options){func(c *config.Config, o *Options) {
		c.Councils[0].MailTo = []string{"desk@example.jp"}
		o.Mailer, o.Clock = mails, hands
		join := o.Join
		o.Join = func(h House) (Parts, error) {
			p, err := join(h)
			p.Letter = func(_ string, what Trouble) outbox.Letter { return outbox.Letter{Subject: "x", Body: string(what)} }
			return p, err
		}
	}}, change...)...)
	done = make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { defer close(over); done <- f.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-over })
	eventually(t, "started", func() bool { return strings.Contains(f.log.String(), `"started"`) })
	return f, done
}

func (f *frame) notReady(t *testing.T, why string) {
	t.Helper()
	if status, text := f.get(t, "/readyz"); status != 503 || !strings.Contains(text, why) {
		t.Errorf("readyz: %d %s", status, text)
	}
}

// On a full disk writing stops; for ten minutes whoever writes is told directly
// to telephone, and the second channel hears once; then the program ends. The
// next start is the same, but for the letter: that comes once an hour.
func TestFullDisk(t *testing.T) {
	mails, hands := &letterbox{}, clock.NewManual(time.Date(2026, 12, 1, 10, 0, 0, 0, config.Tokyo))
	full := fmt.Errorf("%w: no space left on device", storage.ErrUnwritable)
	socket := filepath.Join(t.TempDir(), "s")
	for start, letters := range []int{1, 1, 1, 1, 1, 1, 2} { // ten minutes each
		f, done := without(t, mails, hands, func(c *config.Config, o *Options) {
			c.Control = socket
			if start > 0 {
				o.Store = unopened{full}
				return
			}
			s := newSick(t)
			s.stopped.Store(&full)
			s.update.Store(&full)
			o.Store = s
		})
		f.lookNow <- struct{}{}
		eventually(t, "without the store", func() bool { return strings.Contains(f.log.String(), "the store has stopped writing") })
		for minute := range 10 {
			if minute%5 == 0 {
				if got := f.say(t, fmt.Sprint("e", minute), "たすけて"); got != 503 {
					t.Errorf("status %d", got)
				}
				<-f.line.got
			}
			f.notReady(t, "stopped writing")
			if len(done) > 0 {
				t.Fatalf("ended after %d minutes: %v", minute, <-done)
			}
			hands.Advance(time.Minute - time.Second)
		}
		if got := f.line.sent(); len(got) != 2 || got[0] != "/v2/bot/message/reply" {
			t.Errorf("LINE was asked %v", got)
		}
		eventually(t, "the letter", func() bool { return strings.Count(mails.got(), "minato desk@example.jp full") >= letters })
		eventually(t, "the end", func() bool { hands.Advance(10 * time.Second); return len(done) > 0 })
		if err := <-done; !errors.Is(err, storage.ErrUnwritable) {
			t.Errorf("Run: %v", err)
		}
		if n := strings.Count(mails.got(), "full"); n != letters {
			t.Errorf("start %d: %d letters, want %d", start, n, letters)
		}
	}
}

// A letter that does not go out is tried again.
func TestLetterAboutTheStoreIsTriedAgain(t *testing.T) {
	mails, hands := &letterbox{fail: errors.New("no route")}, clock.NewManual(time.Now())
	f, _ := without(t, mails, hands, func(_ *config.Config, o *Options) { o.Store = unopened{storage.ErrUnwritable} })
	f.lookNow <- struct{}{}
	tries := func(n int) func() bool {
		return func() bool { mails.mu.Lock(); defer mails.mu.Unlock(); return mails.tries >= n }
	}
	eventually(t, "tried", tries(1))
	eventually(t, "tried again", func() bool { hands.Advance(letterAgain); return tries(2)() })
	mails.mu.Lock()
	mails.fail = nil
	mails.mu.Unlock()
	eventually(t, "sent", func() bool { hands.Advance(letterAgain / 2); return mails.got() != "" })
}

// A file that is deleted while the program runs is noticed; readiness stays
// down, the second channel hears once, and what the file held can still be
// saved: the process stays.
func TestStoreFileIsDeleted(t *testing.T) {
	mails, hands := &letterbox{}, clock.NewManual(time.Now())
	f, done := without(t, mails, hands)
	if got := f.say(t, "e1", "こんにちは"); got != 200 {
		t.Fatalf("status %d", got)
	}
	<-f.line.got
	whole, err := os.ReadFile(f.config.Storage.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(f.config.Storage.Path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "noticed", func() bool { hands.Advance(probeEvery); return mails.got() != "" })
	f.notReady(t, "stopped writing")
	if got := f.say(t, "e2", "たすけて"); got != 503 {
		t.Errorf("status %d", got)
	}
	<-f.line.got
	// What is put in its place does not count: it is not what was open.
	if err := os.WriteFile(f.config.Storage.Path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 30 {
		hands.Advance(time.Minute)
	}
	f.notReady(t, "stopped writing")
	if mails.got() != "minato desk@example.jp gone" || len(done) > 0 {
		t.Errorf("letters %q, ended %d", mails.got(), len(done))
	}
	if err := f.Do(t.Context(), "backup", []string{filepath.Join(t.TempDir(), "b")}, io.Discard); err != nil {
		t.Errorf("backup of what is still open: %v", err)
	}
}

// The whole file is read each night.
func TestNightlyExamination(t *testing.T) {
	mails, hands := &letterbox{}, clock.NewManual(time.Date(2026, 12, 1, 22, 0, 0, 0, config.Tokyo))
	f, _ := without(t, mails, hands)
	examined := func() int { return strings.Count(f.log.String(), "the whole store was read") }
	eventually(t, "examined", func() bool { hands.Advance(time.Hour); return examined() > 0 })
	if hour := hands.Now().In(config.Tokyo).Hour(); hour < 3 {
		t.Errorf("examined at %d", hour)
	}
	f.look(t.Context())
	if status, text := f.get(t, "/readyz"); status != 200 {
		t.Errorf("readyz: %d %s", status, text)
	}
	// No turn ever meets this page.
	err := f.Store().Update(t.Context(), "minato", func(tx storage.Tx) error {
		return tx.PutDoc("probe", "never read", []byte(`{"mark":"`+strings.Repeat("#", 3000)+`"}`), nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	spoilText(t, f.config.Storage.Path, `{"mark":"###`)
	eventually(t, "found", func() bool { hands.Advance(time.Hour); return mails.got() != "" })
	if mails.got() != "minato desk@example.jp damaged" {
		t.Errorf("letters %q", mails.got())
	}
	f.notReady(t, "stopped writing")
}

// spoilText changes the first letter of a text in a file, wherever it stands.
func spoilText(t *testing.T, path, text string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for at := 0; ; found++ {
		i := strings.Index(string(b[at:]), text)
		if i < 0 {
			break
		}
		at += i + 1
		if _, err := f.WriteAt([]byte("#"), int64(at-1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil || found == 0 {
		t.Fatalf("found %d times, %v", found, err)
	}
}

// A store that does not write for a minute, without having stopped, is told of
// as well: a database that is away.
func TestUnwritableForAMinute(t *testing.T) {
	s, mails, hands := newSick(t), &letterbox{}, clock.NewManual(time.Now())
	f, done := without(t, mails, hands, func(_ *config.Config, o *Options) { o.Store = s })
	away := errors.New("connection refused")
	s.update.Store(&away)
	eventually(t, "told", func() bool { hands.Advance(probeEvery); return mails.got() != "" })
	f.notReady(t, "last write failed")
	s.update.Store(nil)
	eventually(t, "ready again", func() bool {
		hands.Advance(probeEvery)
		status, _ := f.get(t, "/readyz")
		return status == 200
	})
	if mails.got() != "minato desk@example.jp unwritable" || len(done) > 0 {
		t.Errorf("letters %q, ended %d", mails.got(), len(done))
	}
	hands.Advance(letterEvery)
	s.update.Store(&away) // months later, say
	eventually(t, "told again", func() bool { hands.Advance(probeEvery); return strings.Count(mails.got(), "unwritable") == 2 })
}

// A start that is refused is told to the second channel, once an hour: systemd
// starts it again every few seconds.
func TestRefusedStartIsTold(t *testing.T) {
	mails, hands := &letterbox{}, clock.NewManual(time.Date(2026, 12, 1, 10, 0, 0, 0, config.Tokyo))
	socket := filepath.Join(t.TempDir(), "s")
	for start, letters := range []int{1, 1, 1, 2, 2, 2} { // half an hour apart
		f := newFrame(t, func(c *config.Config, o *Options) {
			c.Councils[0].MailTo = []string{"desk@example.jp"}
			c.Control = socket
			o.Mailer, o.Clock, o.Join = mails, hands, nil
			if err := os.Truncate(c.Storage.Path, int64(start%2)); err != nil {
				t.Fatal(err)
			}
		})
		if err := f.Start(t.Context()); !errors.Is(err, storage.ErrDamaged) {
			t.Errorf("started: %v", err)
		}
		if n := strings.Count(mails.got(), "minato desk@example.jp 「"); n != letters || !strings.Contains(mails.got(), "窓口が動いていません") {
			t.Errorf("start %d: %d letters, want %d:\n%s", start, n, letters, mails.got())
		}
		hands.Advance(25 * time.Minute)
	}
}
