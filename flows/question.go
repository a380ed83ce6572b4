package flows

import (
	"slices"
	"strings"
)

// ask shows the current step.
func (t *turn) ask() {
	step := t.step()
	if step == nil { // only a flow that Check refuses
		t.s.Ended = true
		t.say(WordOver)
		return
	}
	q := &Question{Step: step.ID, Kind: step.Kind, Turn: t.s.Turn, Prompt: step.Ask, Hint: step.Hint,
		Choices: make([]Option, 0, len(step.Choices))}
	for _, c := range step.Choices {
		o := Option{ID: c.ID, Label: c.Label, Hint: c.Example}
		tap := c.ID
		if step.Kind == KindMany {
			o.Marked = slices.Contains(t.s.Marks, c.ID)
			tap = tapMark + c.ID
			if o.Marked {
				tap = tapUnmark + c.ID
			}
		}
		o.Data = t.data(tap)
		q.Choices = append(q.Choices, o)
	}
	if step.Kind == KindMany {
		q.Done = &Option{ID: "done", Label: step.Done, Data: t.data(tapDone)}
	}
	if step.Kind == KindConfirm {
		q.Prompt = joinLines(step.Ask, Summary(t.f, t.s.Answers))
		q.Hint = joinLines(t.sentence(), step.Hint)
	}
	// Where the answers are confirmed, sending them is the one thing to do.
	if id := t.kept(); id != "" && step.Kind != KindConfirm {
		q.Keep = []Option{{ID: id, Label: t.f.keep(id).Label, Data: t.data(tapBang + id)}}
	}
	offered := t.offered()
	q.Nav = make([]Option, 0, len(offered))
	for _, id := range offered {
		q.Nav = append(q.Nav, Option{ID: id, Label: t.f.nav(id).Label, Data: t.data(tapBang + id)})
	}
	t.out = append(t.out, Output{Question: q})
}

func (t *turn) data(choice string) string { return EncodeTap(t.s.ID, t.s.Turn, choice) }

// sentence is what to say to the person concerned, of the last answer that
// knows such a sentence; nothing when one of them says to keep away.
func (t *turn) sentence() string {
	say := ""
	for _, a := range t.s.Answers {
		step := t.f.Step(a.Step)
		if step == nil {
			continue
		}
		for _, id := range a.IDs {
			c := step.Choice(id)
			if c == nil {
				continue
			}
			if c.Hush {
				return ""
			}
			if c.Say != "" {
				say = strings.ReplaceAll(t.f.Words[WordSay], "{say}", c.Say)
			}
		}
	}
	return say
}

// Summary is the answers as a list, a line each, labels as they were shown.
func Summary(f *Flow, answers []Answer) string {
	var lines []string
	for _, step := range f.Steps {
		if step.Refines != "" {
			continue
		}
		a, ok := f.Effective(answers, step.ID)
		if !ok {
			continue
		}
		value := strings.Join(a.Labels, "、")
		if a.Text != "" {
			value = a.Text
		}
		if step.Title != "" {
			value = step.Title + "：" + value
		}
		lines = append(lines, "・"+value)
	}
	return strings.Join(lines, "\n")
}

func joinLines(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}
