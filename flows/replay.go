package flows

import "slices"

// maxTurn is far beyond any talk, and within what a tap can carry.
const maxTurn = 99_999_999

// settle fits a session to the flow as it is now. It reports whether the
// question changed, so that the input, meant for another, must not answer it.
func (t *turn) settle() (moved bool) {
	if t.s.Turn < 1 || t.s.Turn > maxTurn {
		t.s.Turn, t.s.Revision = 1, ""
	}
	known := func(id string) bool { return t.f.Step(id) != nil }
	if t.s.Flow == t.f.ID && t.s.Revision == t.f.Revision && known(t.s.Step) &&
		!slices.ContainsFunc(t.s.Path, func(id string) bool { return !known(id) }) {
		return false
	}
	if t.s.Flow != t.f.ID {
		t.s.Path, t.s.Answers, t.s.Step = nil, nil, ""
	}
	t.s.Flow, t.s.Revision = t.f.ID, t.f.Revision
	before := t.s.Step
	t.replay()
	if t.s.Step == before {
		t.s.Marks = slices.DeleteFunc(t.s.Marks, func(id string) bool { return t.step().Choice(id) == nil })
		return false
	}
	t.enter(t.s.Step)
	return true
}

// replay walks the flow by the saved answers and stops at the first that is
// missing: first on the way from the start to the current or the confirming
// step, then among the steps behind.
func (t *turn) replay() {
	lost := t.dropUnknown()
	var way []string
	for id := t.f.Start; id != t.s.Step && !slices.Contains(way, id); {
		step := t.f.Step(id)
		if step == nil || step.Kind == KindConfirm {
			break
		}
		next, ok := t.replayed(step)
		if !ok || lost[id] {
			t.stopAt(id, way)
			return
		}
		way = append(way, id)
		id = next
	}
	for i, id := range t.s.Path {
		if step := t.f.Step(id); step.Kind != KindConfirm && (lost[id] || !t.answeredOrSkipped(step)) {
			t.stopAt(id, t.s.Path[:i])
			return
		}
	}
	if t.step() == nil {
		t.goOn()
	}
}

// goOn replaces a current question that is gone: by what the last one behind
// leads to now, or by the confirming step it was reached from.
func (t *turn) goOn() {
	t.s.Step = t.f.Start
	n := len(t.s.Path)
	if n == 0 {
		return
	}
	last := t.f.Step(t.s.Path[n-1])
	if last.Kind == KindConfirm {
		t.s.Step, t.s.Path = last.ID, t.s.Path[:n-1]
	} else if next, ok := t.replayed(last); ok && t.f.Step(next) != nil {
		t.s.Step = next
	} else {
		t.s.Path = nil
	}
	t.prune()
}

// dropUnknown removes what the flow no longer knows: steps, and answers with
// an id that is gone. It returns the steps that lost their answer: they were
// not skipped.
func (t *turn) dropUnknown() map[string]bool {
	lost := map[string]bool{}
	t.s.Path = slices.DeleteFunc(t.s.Path, func(id string) bool { return t.f.Step(id) == nil })
	t.s.Answers = slices.DeleteFunc(t.s.Answers, func(a Answer) bool {
		step := t.f.Step(a.Step)
		if step == nil || (len(a.IDs) == 0 && (step.Kind != KindText || a.Text == "")) {
			return true
		}
		gone := func(id string) bool { return step.Choice(id) == nil }
		lost[a.Step] = lost[a.Step] || slices.ContainsFunc(a.IDs, gone)
		return lost[a.Step]
	})
	return lost
}

// replayed says where a step's saved answer leads.
func (t *turn) replayed(step *Step) (next string, ok bool) {
	a, answered := t.s.Answer(step.ID)
	if !answered {
		return step.Next, step.Optional
	}
	if step.Kind != KindChoices {
		return step.Next, true
	}
	return step.leads(step.Choice(a.IDs[0])), true
}

func (t *turn) answeredOrSkipped(step *Step) bool {
	_, ok := t.s.Answer(step.ID)
	return ok || step.Optional
}

func (t *turn) stopAt(id string, way []string) {
	t.s.Step, t.s.Path = id, slices.Clone(way)
	t.prune()
}
