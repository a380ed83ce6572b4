package play_test

import (
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/play"
)

// A month's move delivers the notice to residents; before it nobody gets any.
func TestMoveToTheNotice(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	before := len(s.talk(s.takahashi))
	s.moveTo("soon")
	if n := len(s.talk(s.takahashi)); n != before {
		t.Fatalf("%d messages instead of %d", n, before)
	}
	s.moveTo("notice")
	s.shows(s.takahashi, func(m emulator.Message) bool { return m.Via == "multicast" && strings.Contains(m.Text, "188") })
	if n := len(s.talk(s.takahashi)); n != before+1 {
		t.Errorf("%d messages instead of %d", n, before+1)
	}
	if err := s.MoveTo(s.ctx, s.Now().Add(-time.Second)); err == nil {
		t.Error("the clock goes back")
	}
	// The program knows the time as well.
	s.member()
	s.draft()
	s.tap("送信する")
	s.shows(s.group, says(s.Now().Format("1月2日")))
}

// Who was shown advice and did not send is reminded; in the evening the reply
// is another; in the morning comes the digest. So on any day of the week, and
// over the New Year.
func TestMoments(t *testing.T) {
	for begins, on := range map[string]time.Time{
		"2026-12-01": day(12, 1), "2026-12-04": day(12, 4), "2026-12-28": day(12, 28),
		"2026-11-24": day(11, 22), // a Sunday before a holiday
	} {
		t.Run(begins, func(t *testing.T) {
			t.Parallel()
			s := rehearse(t, play.RehearsalOptions{Day: on})
			if got := s.Now().Format("2006-01-02 15:04"); got != begins+" 09:30" {
				t.Errorf("it begins at %s", got)
			}
			moments(s)
		})
	}
}

func moments(s *scene) {
	t := s.t
	s.member()
	s.draft()
	s.moveTo("soon")
	s.shows(s.sato, func(m emulator.Message) bool { return m.Via == "push" })
	s.tap("送信する")
	s.moveTo("evening")
	s.draft()
	s.tap("送信する")
	s.shows(s.sato, says("いまは開庁時間外"))
	groupBefore := len(s.talk(s.group))
	s.moveTo("morning")
	if len(s.talk(s.group)) == groupBefore {
		t.Error("the morning brings no digest")
	}
	last := time.Time{}
	for _, m := range s.Moments() {
		if m.Label == "" || m.English == "" || m.At.Before(last) || !m.At.After(s.Now().Add(-time.Second)) {
			t.Errorf("moment %+v after %v", m, last)
		}
		last = m.At
	}
}

// While LINE answers nothing the clock still moves, and does not wait for it;
// the letters of the second channel arrive here and nowhere else.
func TestMoveWhileLineHangs(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	s.member()
	s.draft()
	if _, err := s.Line.Break(emulator.Fault{Endpoint: "push", Kind: emulator.HangBefore}); err != nil {
		t.Fatal(err)
	}
	s.tap("送信する")
	began := time.Now()
	s.moveTo("hour")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("an hour took %v", took)
	}
	if err := s.Line.Await(s.ctx, func() bool { return len(s.Letters()) > 0 }); err != nil {
		t.Fatalf("no letter: %v", err)
	}
	if l := s.Letters()[0]; l.To != "secretariat@example.jp" || !strings.Contains(l.Body, "受付") {
		t.Errorf("the letter: %+v", l)
	}
}

func TestOpeningAndEvening(t *testing.T) {
	usual := config.NewCouncil("x").Office
	always := usual
	always.OpenNewYear = true
	always.Hours = []config.Hours{{From: config.At(0, 0), Until: config.At(24, 0), Days: []config.Weekday{0, 1, 2, 3, 4, 5, 6}}}
	short := usual
	short.Hours = []config.Hours{{From: config.At(10, 0), Until: config.At(10, 45), Days: []config.Weekday{3}}}
	for _, c := range []struct {
		office            config.Office
		now, opens, night string
	}{
		{usual, "2026-11-20 07:00", "2026-11-20 09:30", "2026-11-20 20:00"}, // a Friday
		{usual, "2026-11-20 10:00", "2026-11-23 09:30", "2026-11-20 20:00"},
		{usual, "2026-11-20 20:00", "2026-11-23 09:30", "2026-11-23 20:00"},
		{usual, "2026-12-29 10:00", "2027-01-04 09:30", "2027-01-04 20:00"},
		{always, "2026-11-20 10:00", "2026-11-21 09:30", ""},
		{short, "2026-11-20 10:00", "2026-11-25 10:01", "2026-11-25 20:00"},
	} {
		now, err := play.Time(c.now)
		if err != nil {
			t.Fatal(err)
		}
		show := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.In(config.Tokyo).Format("2006-01-02 15:04")
		}
		if got := show(play.Opening(&c.office, now)); got != c.opens {
			t.Errorf("%s: begins at %s, want %s", c.now, got, c.opens)
		}
		if got := show(play.Evening(&c.office, now)); got != c.night {
			t.Errorf("%s: evening at %s, want %s", c.now, got, c.night)
		}
	}
}
