package flows

import "slices"

// move goes on to the next step.
func (t *turn) move(next string) {
	t.s.Path = append(without(t.s.Path, t.s.Step), t.s.Step)
	t.enter(next)
	t.ask()
}

// enter makes step the current one, under a new number.
func (t *turn) enter(id string) {
	t.s.Step = id
	t.s.Turn++
	t.s.Marks = nil
	step := t.step()
	if step == nil || step.Kind != KindMany {
		return
	}
	if a, ok := t.s.Answer(id); ok {
		t.s.Marks = slices.Clone(a.IDs)
	}
}

// answer records an answer, in place of an earlier one, and forgets the
// answers that made the earlier one more precise when it leads elsewhere now.
func (t *turn) answer(a Answer) {
	t.forget(a.Step)
	t.s.Answers = append(t.s.Answers, a)
	order := func(id string) int {
		return slices.IndexFunc(t.f.Steps, func(s Step) bool { return s.ID == id })
	}
	slices.SortStableFunc(t.s.Answers, func(x, y Answer) int { return order(x.Step) - order(y.Step) })

	step := t.f.Step(a.Step)
	for _, r := range t.f.Steps {
		if r.Refines != a.Step {
			continue
		}
		leads := slices.ContainsFunc(a.IDs, func(id string) bool {
			c := step.Choice(id)
			return c != nil && c.Next == r.ID
		})
		if !leads {
			t.forget(r.ID)
			t.s.Path = without(t.s.Path, r.ID)
		}
	}
}

func (t *turn) forget(step string) {
	t.s.Answers = slices.DeleteFunc(t.s.Answers, func(a Answer) bool { return a.Step == step })
}

// prune forgets the answers of steps that are neither behind nor current.
func (t *turn) prune() {
	t.s.Answers = slices.DeleteFunc(t.s.Answers, func(a Answer) bool {
		return a.Step != t.s.Step && !slices.Contains(t.s.Path, a.Step)
	})
}

// offered lists the buttons beside the answers, in the order they are shown.
func (t *turn) offered() []string {
	step := t.step()
	has := func(effect string) bool {
		return slices.ContainsFunc(step.Choices, func(c Choice) bool { return c.Effect == effect })
	}
	ids := make([]string, 0, len(navs))
	if step.Finish != "" {
		ids = append(ids, NavFinish)
	}
	if step.Optional && len(t.s.Marks) == 0 { // marks must not get lost by a skip
		ids = append(ids, NavSkip)
	}
	if len(t.s.Path) > 0 {
		ids = append(ids, NavBack)
		if !has(EffectRestart) {
			ids = append(ids, NavRestart)
		}
	}
	if !has(EffectCancel) {
		ids = append(ids, NavStop)
	}
	return ids
}

// navigate applies a button beside the answers; it must be offered.
func (t *turn) navigate(id string) {
	t.verdict = Accepted
	step := t.step()
	switch id {
	case NavFinish:
		if step.Kind == KindMany {
			t.takeMarks()
		}
		t.effect(step.Finish)
	case NavSkip:
		t.forget(step.ID)
		t.move(step.Next)
	case NavBack:
		t.back()
	case NavRestart:
		t.restart()
	case NavStop:
		t.effect(EffectCancel)
	default:
		t.repeat(WordUnmatched)
	}
}

// back asks the question before this one again. Its answer stands until
// another is given; what came after it is forgotten.
func (t *turn) back() {
	last := len(t.s.Path) - 1
	previous := t.s.Path[last]
	t.s.Path = t.s.Path[:last]
	t.enter(previous)
	t.prune()
	t.ask()
}

// restart begins anew. What the secretariat was told stays told.
func (t *turn) restart() {
	t.s.Path, t.s.Answers = nil, nil
	t.enter(t.f.Start)
	t.say(WordRestarted)
	t.ask()
}

func without(list []string, id string) []string {
	return slices.DeleteFunc(list, func(x string) bool { return x == id })
}
