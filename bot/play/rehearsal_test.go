package play_test

import (
	"context"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/play"
)

// The tests' own binary is the program's as well, as the demo's is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == play.DemoProgram {
		if err := play.Program(context.Background(), os.Stdin, os.Stdout, os.Stderr); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// rehearse puts the program on. ctx ends with the test, and before its patience
// does.
func rehearse(t *testing.T, o play.RehearsalOptions) (context.Context, *play.Rehearsal) {
	t.Helper()
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
	})
	return ctx, r
}

// The tour can be walked by its own words, twice, and ends.
func TestTour(t *testing.T) {
	ctx, r := rehearse(t, play.RehearsalOptions{})
	for range 2 {
		steps := r.Tour()
		for _, s := range steps {
			if s.Say == "" || s.English == "" || s.Phone == "" {
				t.Errorf("step %s is not described: %+v", s.ID, s)
			}
			if s.Done == nil {
				continue
			}
			if s.Done(r.Line) {
				t.Fatalf("step %s is done before it was taken", s.ID)
			}
			var h *emulator.Handle
			var err error
			user, chat := s.Phone, ""
			for _, p := range r.Phones() {
				if p.ID == s.Phone && p.Group {
					user, chat = p.Speakers[0].ID, p.ID
				}
			}
			if s.Label == "" {
				link, opened := r.Line.Open(r.Cards()[0].Link)
				if opened != nil {
					t.Fatal(opened)
				}
				h, err = r.Line.Say(user, chat, link.Text)
			} else {
				h, err = r.Line.Tap(user, chat, "", s.Label)
			}
			if err != nil {
				t.Fatalf("step %s: %v", s.ID, err)
			}
			if status, err := h.Status(ctx); status != 200 || err != nil {
				t.Fatalf("step %s: %d %v", s.ID, status, err)
			}
			if err := r.Line.Await(ctx, func() bool { return s.Done(r.Line) }); err != nil {
				t.Fatalf("step %s is never done: %v", s.ID, err)
			}
		}
		if last := steps[len(steps)-1]; last.Done != nil {
			t.Error("the tour has no end")
		}
	}
}
