package flows

import (
	"slices"
	"strings"
	"time"
)

// MaxText is the longest text answer in UTF-16 units.
const MaxText = 1000

// Begin starts a session and asks the first question.
func Begin(f *Flow, id string, now time.Time) Result {
	t := turn{f: f, s: Session{
		ID: id, Flow: f.ID, Revision: f.Revision, Step: f.Start, Turn: 1, Started: now, Touched: now,
	}}
	t.verdict = Accepted
	t.ask()
	return t.result()
}

// Advance is one turn. It is total: any input in any state, also a session of
// another revision or one that makes no sense, gives a turn. The session
// passed in is not changed.
func Advance(f *Flow, s Session, in Input, now time.Time) Result {
	t := turn{f: f, s: s.clone()}
	t.s.Touched = now
	if t.s.Ended {
		t.verdict = Ended
		t.say(WordOver)
		return t.result()
	}
	moved := t.settle()
	switch {
	case in.Kind == Tap && t.isKeep(in):
		t.tellNow(strings.TrimPrefix(in.Choice, tapBang))
	case moved:
		t.repeat(WordChanged)
	case in.Kind == Tap:
		t.tap(in)
	case in.Kind == Typed:
		t.typed(in.Text)
	case in.Kind == Resume:
		t.verdict = Repeated
		t.ask()
	default:
		t.repeat(t.needs(WordOther))
	}
	return t.result()
}

// turn is the working state of one call of Advance.
type turn struct {
	f       *Flow
	s       Session
	out     []Output
	effects []string
	verdict string

	unmatched bool
}

func (t *turn) result() Result {
	return Result{Session: t.s, Outputs: t.out, Effects: t.effects, Verdict: t.verdict, Unmatched: t.unmatched}
}

func (t *turn) step() *Step { return t.f.Step(t.s.Step) }

func (t *turn) say(word string) { t.sayText(t.f.Words[word]) }

func (t *turn) sayText(text string) {
	if text != "" {
		t.out = append(t.out, Output{Say: text})
	}
}

// repeat asks the same question again, under the same number: every copy of it
// may be answered, and the first answer wins.
func (t *turn) repeat(word string) {
	t.verdict = Repeated
	t.say(word)
	t.ask()
}

// needs picks the sentence for input that does not answer.
func (t *turn) needs(word string) string {
	if s := t.step(); s != nil && s.Kind == KindText {
		return WordNeedText
	}
	return word
}

// tap judges a button. Its session and number must be those of the question
// now asked; otherwise nothing changes.
func (t *turn) tap(in Input) {
	if in.Session != t.s.ID || in.Turn != t.s.Turn {
		t.repeat(WordStale)
		t.verdict = Stale
		return
	}
	step := t.step()
	if id, bang := strings.CutPrefix(in.Choice, tapBang); bang {
		if in.Choice == tapDone && step.Kind == KindMany {
			t.done()
			return
		}
		if slices.Contains(t.offered(), id) {
			t.navigate(id)
			return
		}
		t.repeat(t.needs(WordUnmatched))
		return
	}
	if step.Kind == KindMany {
		t.mark(in.Choice)
		return
	}
	if c := step.Choice(in.Choice); c != nil {
		t.choose(c)
		return
	}
	t.repeat(t.needs(WordUnmatched))
}

// choose takes one answer of a choices or confirm step.
func (t *turn) choose(c *Choice) {
	t.verdict = Accepted
	step := t.step()
	if step.Kind == KindChoices {
		t.answer(Answer{Step: step.ID, IDs: []string{c.ID}, Labels: []string{c.Label}})
	}
	if text := t.f.Advice[c.Advise]; c.Advise != "" && text != "" {
		t.sayText(text)
		if !slices.Contains(t.s.Advice, c.Advise) {
			t.s.Advice = append(t.s.Advice, c.Advise)
		}
	}
	if c.Effect != "" {
		t.effect(c.Effect)
		return
	}
	t.move(step.leads(c))
}

// mark sets or clears a mark. The question keeps its number, so that two quick
// taps on its list both count.
func (t *turn) mark(choice string) {
	step := t.step()
	on := !strings.HasPrefix(choice, tapUnmark)
	c := step.Choice(strings.TrimLeft(choice, tapMark+tapUnmark))
	if c == nil {
		t.repeat(WordUnmatched)
		return
	}
	t.setMark(step, c, on)
	t.verdict = Accepted
	t.ask()
}

func (t *turn) setMark(step *Step, c *Choice, on bool) {
	kept := t.s.Marks[:0]
	for _, id := range t.s.Marks {
		other := step.Choice(id)
		if other == nil || id == c.ID || on && (c.Alone || other.Alone) {
			continue
		}
		kept = append(kept, id)
	}
	t.s.Marks = kept
	if on {
		t.s.Marks = append(t.s.Marks, c.ID)
	}
}

// done ends a many step. Without a mark it is a skip where that is allowed.
func (t *turn) done() {
	step := t.step()
	t.takeMarks()
	if _, any := t.s.Answer(step.ID); !any && !step.Optional {
		t.repeat(WordNothingMarked)
		return
	}
	t.verdict = Accepted
	t.move(step.Next)
}

// takeMarks makes the marks the step's answer, in the order of the choices.
func (t *turn) takeMarks() {
	step := t.step()
	a := Answer{Step: step.ID}
	for _, c := range step.Choices {
		if slices.Contains(t.s.Marks, c.ID) {
			a.IDs = append(a.IDs, c.ID)
			a.Labels = append(a.Labels, c.Label)
		}
	}
	if len(a.IDs) == 0 {
		t.forget(step.ID)
		return
	}
	t.answer(a)
}

// effect ends the session, or begins it anew.
func (t *turn) effect(effect string) {
	if effect == EffectRestart {
		t.restart()
		return
	}
	t.s.Ended = true
	t.s.Turn++
	t.s.Marks = nil
	t.effects = append(t.effects, effect)
	if effect == EffectCancel {
		if t.s.Told {
			t.say(WordStoppedTold)
		} else {
			t.say(WordStopped)
		}
	}
}

// isKeep says whether a tap is the button that stays. It is good in every turn
// of its session: whoever scrolls back to it in danger must not be told that
// it is old. It changes no answer.
func (t *turn) isKeep(in Input) bool {
	id, bang := strings.CutPrefix(in.Choice, tapBang)
	if !bang || in.Session != t.s.ID {
		return false
	}
	for _, k := range t.f.Keep {
		if k.ID == id {
			return t.s.Told || t.kept() == id
		}
	}
	return false
}

// kept is the effect of the button that must stay now, or "".
func (t *turn) kept() string {
	if t.s.Told {
		return ""
	}
	for _, a := range t.s.Answers {
		step := t.f.Step(a.Step)
		if step == nil || step.Keep == "" {
			continue
		}
		for _, id := range a.IDs {
			if c := step.Choice(id); c != nil && c.Advise != "" {
				return step.Keep
			}
		}
	}
	return ""
}

func (t *turn) tellNow(effect string) {
	if t.s.Told {
		t.repeat(WordAlreadyTold)
		return
	}
	t.s.Told = true
	t.effects = append(t.effects, effect)
	t.verdict = Accepted
	t.ask()
}
