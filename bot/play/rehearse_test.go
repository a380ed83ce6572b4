package play_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	phones "mimamori.example/mimamori/bot/line/emulator/page"
	"mimamori.example/mimamori/bot/play"
)

// wholeDemo makes the tests' binary a demo that says where its data are, and
// then waits to be killed.
const wholeDemo = "whole-demo"

// The tests' own binary is the program's as well, as the demo's is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == wholeDemo {
		r, err := play.NewRehearsal(context.Background(), play.RehearsalOptions{})
		if err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString(r.Data() + "\n")
		select {}
	}
	if len(os.Args) > 1 && os.Args[1] == play.DemoProgram {
		if err := play.Program(context.Background(), os.Stdin, os.Stdout, os.Stderr); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func day(month time.Month, d int) time.Time {
	return time.Date(2026, month, d, 0, 0, 0, 0, config.Tokyo)
}

// scene is a rehearsal and what a test does with it.
type scene struct {
	*play.Rehearsal
	t   *testing.T
	ctx context.Context
	// ids, as Phones gives them
	sato, group, takahashi string
	yamada                 string
	changes                *atomic.Int64
}

// rehearse puts the program on, on a Tuesday unless o says otherwise: the test
// must not depend on the day on which it runs.
func rehearse(t *testing.T, o play.RehearsalOptions) *scene {
	t.Helper()
	if o.Day.IsZero() {
		o.Day = day(12, 1)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	began := time.Now()
	r, err := play.NewRehearsal(ctx, o)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(began))
	t.Cleanup(func() {
		defer cancel()
		if err := r.Close(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("close: %v", err)
		}
		if r.Start(context.WithoutCancel(ctx)) == nil || r.Running() {
			t.Error("it is started after its end")
		}
		if _, err := os.Stat(r.Data()); !os.IsNotExist(err) {
			t.Errorf("data are left behind: %v", err)
		}
	})
	s := &scene{Rehearsal: r, t: t, ctx: ctx, changes: &atomic.Int64{}}
	r.Changed(func() { s.changes.Add(1) })
	for _, p := range r.Phones() {
		switch {
		case p.Group:
			s.group, s.yamada = p.ID, p.Speakers[0].ID
		case p.Name == "佐藤":
			s.sato = p.ID
		case p.Name == "高橋":
			s.takahashi = p.ID
		}
	}
	return s
}

// act waits until the program has answered, unless it does not run.
func (s *scene) act(h *emulator.Handle, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	if status, err := h.Status(s.ctx); s.Running() && (status != 200 || err != nil) {
		s.t.Fatalf("the program answers %d: %v", status, err)
	}
	// What hangs is not waited for.
	resting, cancel := context.WithTimeout(s.ctx, time.Second)
	defer cancel()
	if err := s.Rest(resting); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		s.t.Fatal(err)
	}
}

func (s *scene) scan() {
	s.t.Helper()
	link, err := s.Line.Open(s.Cards()[0].Link)
	if err != nil {
		s.t.Fatal(err)
	}
	s.act(s.Line.Say(s.sato, "", link.Text))
}

func (s *scene) tap(label string) {
	s.t.Helper()
	s.act(s.Line.Tap(s.sato, "", "", label))
}

// shows waits for a message of the account's in a talk.
func (s *scene) shows(phone string, is func(emulator.Message) bool) {
	s.t.Helper()
	var seen []emulator.Message
	err := s.Line.Await(s.ctx, func() bool {
		seen = s.talk(phone)
		return slices.ContainsFunc(seen, func(m emulator.Message) bool { return m.From == s.Bot.UserID() && is(m) })
	})
	if err != nil {
		var all strings.Builder
		for _, m := range seen {
			all.WriteString(m.Text + "\n")
		}
		s.t.Fatalf("what was waited for does not come: %v\n%s", err, &all)
	}
}

func (s *scene) talk(phone string) []emulator.Message {
	s.t.Helper()
	ms, err := s.Line.Group(phone)
	if phone != s.group {
		ms, err = s.Line.Talk(phone, "")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return ms
}

// cards counts those of the cases in the group.
func (s *scene) cards() int {
	n := 0
	for _, m := range s.talk(s.group) {
		if hasButton(m, "担当する") {
			n++
		}
	}
	return n
}

func (s *scene) member() {
	s.t.Helper()
	s.scan()
	s.tap("同意して登録する")
	s.shows(s.sato, says("登録しました"))
}

// draft is a report up to the button that sends it.
func (s *scene) draft() {
	s.t.Helper()
	s.scan()
	s.tap("業者がその場にいる")
	s.tap("屋根・外壁などの点検商法")
	s.shows(s.sato, func(m emulator.Message) bool { return hasButton(m, "送信する") })
}

func (s *scene) moveTo(id string) {
	s.t.Helper()
	i := slices.IndexFunc(s.Moments(), func(m phones.Moment) bool { return m.ID == id })
	if i < 0 {
		s.t.Fatalf("there is no moment %q", id)
	}
	at := s.Moments()[i].At
	if err := s.MoveTo(s.ctx, at); err != nil {
		s.t.Fatal(err)
	}
	if late := s.Now().Sub(at); late < 0 || late > time.Minute {
		s.t.Fatalf("it is %v, not %v", s.Now(), at)
	}
}

func hasButton(m emulator.Message, label string) bool {
	return slices.ContainsFunc(m.Buttons, func(b emulator.Button) bool { return b.Label == label })
}

func says(words string) func(emulator.Message) bool {
	return func(m emulator.Message) bool { return strings.Contains(m.Text, words) }
}
