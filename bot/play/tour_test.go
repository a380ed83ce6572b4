package play_test

import (
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/config"
	phones "mimamori.example/mimamori/bot/line/emulator/page"
	"mimamori.example/mimamori/bot/play"
)

// walk takes the steps of a tour until one of them, or all.
func (s *scene) walk(until string) []phones.Step {
	s.t.Helper()
	steps := s.Tour()
	s.take(steps, until)
	return steps
}

func (s *scene) take(steps []phones.Step, until string) {
	s.t.Helper()
	for _, step := range steps {
		if step.Say == "" || step.English == "" || step.Phone == "" {
			s.t.Errorf("step %s is not described: %+v", step.ID, step)
		}
		if step.Done == nil || step.ID == until {
			break
		}
		if step.Done(s.Line) {
			if step.ID == "urgency" || step.ID == "kind" { // answered in a report that was left unfinished
				continue
			}
			s.t.Fatalf("step %s is done before it was taken", step.ID)
		}
		user, chat := step.Phone, ""
		if step.Phone == s.group {
			user, chat = s.yamada, s.group
		}
		if step.Label == phones.ScanLabel {
			s.scan()
		} else {
			s.act(s.Line.Tap(user, chat, "", step.Label))
		}
		if err := s.Line.Await(s.ctx, func() bool { return step.Done(s.Line) }); err != nil {
			s.t.Fatalf("step %s is never done: %v", step.ID, err)
		}
	}
}

// The tour can be walked by its own words, as often as one likes, and ends.
func TestTour(t *testing.T) {
	example, err := config.LoadForRehearsal("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	strict := twoTowns()
	strict.Councils[0].GroupCard, strict.Councils[0].Drill = config.NumberOnly, true
	strict.Councils[0].Organisations = []config.Organisation{{ID: "gas", Name: "ガス", Trade: "ガス", Status: config.Agreement,
		Hide: map[string][]string{"kind": {"inspection"}}}}
	for name, c := range map[string]*config.Config{"made-up town": nil, "example": example, "strict": strict} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := rehearse(t, play.RehearsalOptions{Config: c})
			for walk := range 2 {
				steps := s.walk("")
				if first := []string{"scan", "report"}[walk]; steps[0].ID != first { // who has a card is not asked again
					t.Errorf("walk %d begins with %s", walk, steps[0].ID)
				}
				last := steps[len(steps)-1]
				if last.Done != nil || !strings.HasPrefix(last.Say, "おわりです") {
					t.Errorf("the tour ends with %q", last.Say)
				}
				for _, step := range steps[:len(steps)-1] {
					if !step.Done(s.Line) {
						t.Errorf("step %s is forgotten", step.ID)
					}
				}
				for _, step := range s.Tour() {
					if step.Done != nil && step.Done(s.Line) {
						t.Errorf("step %s of a new tour is done by the old one", step.ID)
					}
				}
			}
		})
	}
}

// Wherever it was left, and also at night, it can be begun again.
func TestTourBegunAgain(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	for _, left := range []string{"accept", "urgency", "kind", "send", "instruct", "tell", "result"} {
		s.walk(left)
	}
	s.moveTo("hour") // one member's fourth report within ten minutes has no card of its own
	s.walk("")
	s.moveTo("evening")
	s.walk("")
}

// Who skips a step, with or without taking it in another way, is led on by
// what happens afterwards.
func TestTourSkips(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		skipped string // not taken, and not asked for any more
		next    string // then this one is, and all behind it
	}{
		"instructs without taking": {"take", "instruct"},
		"a report begun by hand":   {"report", "urgency"},
		"does not answer":          {"answer", "more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := rehearse(t, play.RehearsalOptions{})
			steps := s.walk(c.skipped)
			i := slices.IndexFunc(steps, func(step phones.Step) bool { return step.ID == c.next })
			if c.skipped == "report" {
				s.act(s.Line.Say(s.sato, "", "報告"))
			}
			s.take(steps[i:], "")
		})
	}
}

// Who instructs at once, without taking the case, has no need of skipping.
func TestTourAnotherWay(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	steps := s.walk("take")
	i := slices.IndexFunc(steps, func(step phones.Step) bool { return step.ID == "instruct" })
	take, instruct := steps[i-1], steps[i]
	if take.Done(s.Line) {
		t.Error("taken before anybody did anything")
	}
	s.act(s.Line.Tap(s.yamada, s.group, "", instruct.Label))
	if err := s.Line.Await(s.ctx, func() bool { return take.Done(s.Line) && instruct.Done(s.Line) }); err != nil {
		t.Fatalf("take %v, instruct %v: %v", take.Done(s.Line), instruct.Done(s.Line), err)
	}
	s.take(steps[i+1:], "")
}

func TestSubject(t *testing.T) {
	t.Parallel()
	s := rehearse(t, play.RehearsalOptions{})
	for message, want := range map[string]string{
		"受付26-0001：山田さんが担当します。":               "26-0001",
		"【訓練】受付D26-0012 至急":                   "D26-0012",
		`{"text":"受付26-10001 終了"}`:            "26-10001",
		"受け付けました（受付番号 26-0007）。0885-00-0001へ": "26-0007",
		"26-0003":              "26-0003",
		"0885-00-0001へお電話ください": "",
		"03-1234-5678":         "",
		"受付番号は、あとでお知らせします": "",
		"":                "",
		"受付2-1 受付26-0009": "26-0009",
		"0000-00-0001へ。受付番号26-0002の内容が届いていません": "26-0002",
	} {
		if got := s.Subject(message); got != want {
			t.Errorf("%q is about %q, want %q", message, got, want)
		}
	}
}
