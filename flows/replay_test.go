package flows_test

import (
	"slices"
	"testing"

	"mimamori.example/mimamori/flows"
)

// at goes to the text step, behind everything else.
func at(t *testing.T) *talk {
	return begin(t).tap("bad").tap("finer").tap("stone").tap("+red").tap("+blue").tap("!done").want(flows.Accepted, "words")
}

func TestReplay(t *testing.T) {
	drop := func(s *flows.Step, id string) {
		s.Choices = slices.DeleteFunc(s.Choices, func(c flows.Choice) bool { return c.ID == id })
	}
	for _, tt := range []struct {
		name    string
		change  func(f *flows.Flow)
		step    string // asked after the change
		moved   bool
		answers []string // steps still answered
	}{
		{"words only", func(f *flows.Flow) { f.Step("words").Ask = "More?" }, "words", false, []string{"how", "what", "what_else", "many"}},
		{"an unused choice gone", func(f *flows.Flow) { drop(f.Step("what_else"), "tree") }, "words", false, []string{"how", "what", "what_else", "many"}},
		{"the first answer gone", func(f *flows.Flow) { drop(f.Step("how"), "bad") }, "how", true, nil},
		{"an answer in the middle gone", func(f *flows.Flow) { drop(f.Step("what_else"), "stone") }, "what_else", true, []string{"how", "what"}},
		{"a mark gone", func(f *flows.Flow) { drop(f.Step("many"), "red") }, "many", true, []string{"how", "what", "what_else"}},
		{"a step gone", func(f *flows.Flow) {
			f.Steps = slices.DeleteFunc(f.Steps, func(s flows.Step) bool { return s.ID == "words" })
			f.Step("many").Next = "confirm"
		}, "confirm", true, []string{"how", "what", "what_else", "many"}},
		{"a step before gone", func(f *flows.Flow) {
			f.Steps = slices.DeleteFunc(f.Steps, func(s flows.Step) bool { return s.ID == "what_else" })
			f.Step("what").Choices[1].Next = "many"
		}, "words", false, []string{"how", "what", "many"}},
		{"a new step on the way", func(f *flows.Flow) {
			f.Steps = append(f.Steps, flows.Step{ID: "where", Kind: flows.KindText, Ask: "Where?", Next: "what"})
			f.Step("how").Next = "where"
		}, "where", true, []string{"how"}},
		{"another flow", func(f *flows.Flow) { f.ID = "other" }, "how", true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := at(t)
			turn := k.Session.Turn
			k.flow = small()
			tt.change(k.flow)
			if faults := flows.Check(k.flow); len(faults) > 0 {
				t.Fatal(faults)
			}
			flows.Seal(k.flow)
			k.input(flows.Input{Kind: flows.Resume}).want(flows.Repeated, tt.step)
			var answered []string
			for _, a := range k.Session.Answers {
				answered = append(answered, a.Step)
			}
			if !slices.Equal(answered, tt.answers) {
				t.Errorf("answered %v, want %v", answered, tt.answers)
			}
			if moved := k.Session.Turn != turn; moved != tt.moved {
				t.Errorf("turn %d before, %d after, moved should be %v", turn, k.Session.Turn, tt.moved)
			}
			if tt.moved && k.Outputs[0].Say != "<changed>" {
				t.Errorf("says %q", k.Outputs[0].Say)
			}
			if k.Session.Revision != k.flow.Revision || k.Session.Flow != k.flow.ID {
				t.Error("the session is still of the old revision")
			}
			checkTurn(t, k.flow, k.Result)
		})
	}
}

// Danger is told even when the questions changed under the button.
func TestTellNowOnChangedFlow(t *testing.T) {
	k := begin(t).tap("bad").tap("finer")
	k.flow = small()
	k.flow.Steps = slices.DeleteFunc(k.flow.Steps, func(s flows.Step) bool { return s.ID == "what_else" })
	k.flow.Step("what").Choices[1].Next = "many"
	flows.Seal(k.flow)
	k.tap("!tell_now")
	if !slices.Equal(k.Effects, []string{"tell_now"}) || !k.Session.Told {
		t.Errorf("%s %v", k.Verdict, k.Effects)
	}
}
