package play_test

import (
	"testing"
	"time"

	"mimamori.example/mimamori/bot/play"
)

// However long the program lies dead, what was sent to it meanwhile arrives:
// over moves of the clock, and while somebody only looks on.
func TestDeadForLong(t *testing.T) {
	for name, dead := range map[string]func(*scene){
		"an hour":      func(s *scene) { s.moveTo("hour") },
		"a night":      func(s *scene) { s.moveTo("morning") },
		"five minutes": func(s *scene) { s.lieDead(70, 5*time.Second) }, // which pass by themselves
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := rehearse(t, play.RehearsalOptions{})
			s.member()
			s.draft()
			if err := s.Kill(); err != nil {
				t.Fatal(err)
			}
			s.tap("送信する")
			before := len(s.Line.Webhooks())
			dead(s)
			if tried := len(s.Line.Webhooks()) - before; name != "five minutes" && tried > 5 {
				t.Errorf("the log holds %d attempts in vain", tried)
			}
			if err := s.Start(s.ctx); err != nil {
				t.Fatal(err)
			}
			if err := s.MoveTo(s.ctx, s.Now().Add(20*time.Minute)); err != nil {
				t.Fatal(err)
			}
			if n := s.cards(); n != 1 {
				t.Errorf("%d cards", n)
			}
		})
	}
}

// lieDead lets the time pass in steps.
func (s *scene) lieDead(steps int, step time.Duration) {
	s.t.Helper()
	for range steps {
		if err := s.MoveTo(s.ctx, s.Now().Add(step)); err != nil {
			s.t.Fatal(err)
		}
	}
}
