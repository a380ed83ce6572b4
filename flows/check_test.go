package flows_test

import (
	"strings"
	"testing"

	"mimamori.example/mimamori/flows"
)

// One broken flow per rule: the fault names the field, and nothing else is
// called wrong.
func TestCheck(t *testing.T) {
	step := func(f *flows.Flow, id string) *flows.Step { return f.Step(id) }
	for _, tt := range []struct {
		name  string
		spoil func(f *flows.Flow)
		want  []string // beginnings of faults, in any order; all that may be
	}{
		{"bad id", func(f *flows.Flow) { step(f, "how").Choices[1].ID = "Good!" }, []string{`steps.how.choices.Good!.id: "Good!"`}},
		{"no id", func(f *flows.Flow) { step(f, "how").Choices[1].ID = "" }, []string{`steps.how.choices..id: `}},
		{"bad flow id", func(f *flows.Flow) { f.ID = "-" }, []string{`id: "-"`}},
		{"choice twice", func(f *flows.Flow) { step(f, "how").Choices[1].ID = "bad" }, []string{`steps.how.choices.bad#2.id: "bad"`}},
		{"label twice", func(f *flows.Flow) { step(f, "many").Choices[1].Label = "ＲＥＤ" }, []string{`steps.many.choices.blue.label: "ＲＥＤ"`}},
		{"alias of another", func(f *flows.Flow) { step(f, "how").Choices[1].Aliases = []string{"bad"} }, []string{`steps.how.choices.good.aliases: "bad"`}},
		{"label like done", func(f *flows.Flow) { step(f, "many").Choices[1].Label = "done" }, []string{`steps.many.choices.blue.label: "done"`}},
		{"untypable alias", func(f *flows.Flow) { step(f, "how").Choices[1].Aliases = []string{"！"} }, []string{`steps.how.choices.good.aliases: "！"`}},
		{"long label", func(f *flows.Flow) { step(f, "how").Choices[1].Label = strings.Repeat("あ", 21) }, []string{`steps.how.choices.good.label: `}},
		{"long label in UTF-16", func(f *flows.Flow) { step(f, "how").Choices[1].Label = strings.Repeat("😀", 11) }, []string{`steps.how.choices.good.label: `}},
		{"empty label", func(f *flows.Flow) { step(f, "how").Choices[1].Label = " " }, []string{`steps.how.choices.good.label: " "`}},
		{"two lines", func(f *flows.Flow) { step(f, "how").Choices[1].Label = "a\nb" }, []string{`steps.how.choices.good.label: `}},
		{"long done", func(f *flows.Flow) { step(f, "many").Done = strings.Repeat("あ", 21) }, []string{`steps.many.done: `}},
		{"done missing", func(f *flows.Flow) { step(f, "many").Done = "" }, []string{`steps.many.done: `}},
		{"done for nothing", func(f *flows.Flow) { step(f, "how").Done = "x" }, []string{`steps.how.done: "x"`}},
		{"long question", func(f *flows.Flow) { step(f, "how").Ask = strings.Repeat("あ", 5001) }, []string{`steps.how.ask: `}},
		{"long with its summary", func(f *flows.Flow) { step(f, "confirm").Ask = strings.Repeat("あ", 4500) }, []string{`steps.confirm.ask: `}},
		{"no question", func(f *flows.Flow) { step(f, "how").Ask = "" }, []string{`steps.how.ask: `}},
		{"placeholder in a question", func(f *flows.Flow) { step(f, "how").Ask = "{no}?" }, []string{`steps.how.ask: "{no}"`}},
		{"long hint", func(f *flows.Flow) { step(f, "how").Hint = strings.Repeat("あ", 301) }, []string{`steps.how.hint: `}},
		{"long example", func(f *flows.Flow) { step(f, "how").Choices[1].Example = strings.Repeat("あ", 61) }, []string{`steps.how.choices.good.example: `}},
		{"long sentence", func(f *flows.Flow) { step(f, "how").Choices[1].Say = strings.Repeat("あ", 81) }, []string{`steps.how.choices.good.say: `}},
		{"wrong number", func(f *flows.Flow) { step(f, "how").Hint = "１８９へ" }, []string{`steps.how.hint: "189"`}},
		{"wrong number in advice", func(f *flows.Flow) { f.Advice["run"] = "#9910" }, []string{`advice.run: "#9910"`}},
		{"too many choices", func(f *flows.Flow) {
			s := step(f, "what_else")
			for i := range 23 {
				s.Choices = append(s.Choices, flows.Choice{ID: "x" + strings.Repeat("x", i), Label: "x" + strings.Repeat("y", i%20) + strings.Repeat("z", i/20)})
			}
		}, []string{`steps.what_else.choices: "25"`}},
		{"no choices", func(f *flows.Flow) { step(f, "what_else").Choices = nil }, []string{`steps.what_else.choices: `, `steps.what_else: `}},
		{"choices for text", func(f *flows.Flow) {
			step(f, "words").Choices = []flows.Choice{{ID: "x", Label: "X"}}
		}, []string{`steps.words.choices: `}},
		{"unknown kind", func(f *flows.Flow) { step(f, "what_else").Kind = "poll" }, []string{`steps.what_else.kind: "poll"`}},
		{"unknown next", func(f *flows.Flow) { step(f, "what").Choices[0].Next = "mars" }, []string{`steps.what.choices.animal.next: "mars"`}},
		{"unknown next of a step", func(f *flows.Flow) { step(f, "words").Next = "mars" }, []string{
			`steps.words.next: "mars"`, `steps.words: `, `steps.confirm: `,
		}},
		{"unknown advice", func(f *flows.Flow) { step(f, "how").Choices[0].Advise = "fly" }, []string{`steps.how.choices.bad.advise: "fly"`}},
		{"unknown effect", func(f *flows.Flow) { step(f, "confirm").Choices[3].Effect = "explode" }, []string{`steps.confirm.choices.cancel.effect: "explode"`}},
		{"send without summary", func(f *flows.Flow) { step(f, "what").Choices[0].Effect = "send" }, []string{`steps.what.choices.animal.effect: "send"`}},
		{"next and effect", func(f *flows.Flow) { step(f, "confirm").Choices[3].Next = "how" }, []string{`steps.confirm.choices.cancel.next: "how"`}},
		{"many with next", func(f *flows.Flow) { step(f, "many").Choices[0].Next = "how" }, []string{`steps.many.choices.red: `}},
		{"alone elsewhere", func(f *flows.Flow) { step(f, "how").Choices[0].Alone = true }, []string{`steps.how.choices.bad.alone: `}},
		{"dead end", func(f *flows.Flow) { step(f, "what_else").Next = "" }, []string{
			`steps.what_else.choices.stone.next: `, `steps.what_else.choices.tree.next: `, `steps.what_else: `,
		}},
		{"dead end of many", func(f *flows.Flow) { step(f, "many").Next = "" }, []string{
			`steps.many.next: `, `steps.words: `, `steps.confirm: `,
		}},
		{"unreachable", func(f *flows.Flow) {
			f.Steps = append(f.Steps, flows.Step{ID: "island", Kind: flows.KindText, Ask: "?", Next: "confirm"})
		}, []string{`steps.island: "island"`}},
		{"loop without exit", func(f *flows.Flow) {
			f.Steps = append(f.Steps,
				flows.Step{ID: "round", Kind: flows.KindText, Ask: "?", Next: "robin"},
				flows.Step{ID: "robin", Kind: flows.KindText, Ask: "?", Next: "round"})
			step(f, "what").Choices[0].Next = "round"
		}, []string{`steps.round: "round"`, `steps.robin: "robin"`}},
		{"only a way to give up", func(f *flows.Flow) {
			step(f, "many").Finish = ""
			step(f, "confirm").Choices = step(f, "confirm").Choices[2:]
		}, []string{`steps.how: `, `steps.what: `, `steps.what_else: `, `steps.many: `, `steps.words: `, `steps.confirm: `}},
		{"skippable without next", func(f *flows.Flow) {
			s := step(f, "what_else")
			s.Optional, s.Next = true, ""
			s.Choices[0].Next, s.Choices[1].Next = "many", "many"
		}, []string{`steps.what_else.next: `}},
		{"optional confirm", func(f *flows.Flow) {
			step(f, "confirm").Optional = true
			step(f, "confirm").Next = "many"
		}, []string{`steps.confirm: `}},
		{"no start", func(f *flows.Flow) { f.Start = "" }, []string{
			`start: `, `steps.how: `, `steps.what: `, `steps.what_else: `, `steps.many: `, `steps.words: `, `steps.confirm: `,
		}},
		{"step twice", func(f *flows.Flow) { f.Steps = append(f.Steps, *step(f, "words")) }, []string{`steps.words#2.id: "words"`}},
		{"refines nothing", func(f *flows.Flow) { step(f, "what_else").Refines = "how" }, []string{`steps.what_else.refines: "how"`}},
		{"unknown keep", func(f *flows.Flow) { step(f, "how").Keep = "shout" }, []string{`steps.how.keep: "shout"`, `keep: "shout"`}},
		{"keep without button", func(f *flows.Flow) { f.Keep = nil }, []string{`keep: "tell_now"`}},
		{"unknown finish", func(f *flows.Flow) { step(f, "many").Finish = "cancel" }, []string{`steps.many.finish: "cancel"`}},
		{"nav missing", func(f *flows.Flow) { f.Nav = f.Nav[1:] }, []string{`nav: "back"`}},
		{"nav unknown", func(f *flows.Flow) { f.Nav = append(f.Nav, flows.Nav{ID: "up", Label: "Up"}) }, []string{`nav.up.id: "up"`}},
		{"word missing", func(f *flows.Flow) { delete(f.Words, "stale") }, []string{`words.stale: `}},
		{"say without placeholder", func(f *flows.Flow) { f.Words["say"] = "say" }, []string{`words.say: "say"`}},
		{"placeholder in a word", func(f *flows.Flow) { f.Words["over"] = "{say}" }, []string{`words.over: "{say}"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := small()
			tt.spoil(f)
			faults := flows.Check(f)
			left := append([]string(nil), tt.want...)
		next:
			for _, fault := range faults {
				for i, want := range left {
					if strings.HasPrefix(fault.String(), want) {
						left = append(left[:i], left[i+1:]...)
						continue next
					}
				}
				t.Errorf("also called wrong: %v", fault)
			}
			if len(left) > 0 {
				t.Errorf("not called wrong: %q in %v", left, faults)
			}
			for _, fault := range faults {
				if fault.Want == "" {
					t.Errorf("%v does not say what would be right", fault)
				}
			}
		})
	}
}

// The engine ends, and does not panic, with flows that the checker refuses.
func TestRefusedFlowEnds(t *testing.T) {
	f := small()
	f.Step("how").Next = "mars"
	r := flows.Begin(f, "s1", now)
	r = flows.Advance(f, r.Session, flows.Input{Kind: flows.Tap, Session: "s1", Turn: 1, Choice: "good"}, now)
	if !r.Session.Ended {
		t.Errorf("%+v", r)
	}
	if r = flows.Begin(&flows.Flow{}, "s1", now); !r.Session.Ended {
		t.Errorf("%+v", r)
	}
	if r = flows.Advance(&flows.Flow{}, flows.Session{Step: "how"}, flows.Input{Kind: flows.Typed, Text: "x"}, now); !r.Session.Ended {
		t.Errorf("%+v", r)
	}
}

func TestWrongNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"188へ":                "",
		"#9110、110番、119番、188": "",
		"03-1189-2345":        "",
		"118番へ":               "118",
		"１８９":                 "189",
		"電話は189、または118":       "189 118",
		"＃９９１０":               "#9910",
		"03-3507-9341":        "03-3507-9341",
		"0335079341":          "0335079341",
		"（０３）３５０７−９３４１":   "03-3507-9341",
		"03（3507）9341":    "03-3507-9341",
		"+81-3-3507-9341": "+81-3-3507-9341",
		"20189年":          "",
		"#1189":           "",
		"消費者ホットライン　いやや！　189（いちはやく）": "189",
	} {
		if got := strings.Join(flows.WrongNumbers(text), " "); got != want {
			t.Errorf("WrongNumbers(%q) = %q, want %q", text, got, want)
		}
	}
}
