package flows

import (
	"slices"
	"time"
)

// Session is one person's way through a flow. It is plain data: store it as
// JSON between turns.
type Session struct {
	ID       string    `json:"id"`
	Flow     string    `json:"flow"`
	Revision string    `json:"revision"`
	Step     string    `json:"step"`
	Turn     int       `json:"turn"`              // number of the question now asked, from 1
	Path     []string  `json:"path,omitempty"`    // steps behind, each once, the latest last
	Answers  []Answer  `json:"answers,omitempty"` // in the order of the flow's steps
	Marks    []string  `json:"marks,omitempty"`   // choices marked so far in a many step
	Advice   []string  `json:"advice,omitempty"`  // advice said in this session
	Told     bool      `json:"told,omitempty"`    // tell_now has happened
	Ended    bool      `json:"ended,omitempty"`
	Started  time.Time `json:"started"`
	Touched  time.Time `json:"touched"` // last input of any kind; abandonment is judged outside
}

// Answer is what was answered to one step: ids with the labels as shown, or text.
type Answer struct {
	Step   string   `json:"step"`
	IDs    []string `json:"ids,omitempty"`
	Labels []string `json:"labels,omitempty"`
	Text   string   `json:"text,omitempty"`
}

// Answer returns the answer to a step.
func (s Session) Answer(step string) (Answer, bool) {
	for _, a := range s.Answers {
		if a.Step == step {
			return a, true
		}
	}
	return Answer{}, false
}

// Effective returns the most precise answer to a step: that of the step which
// refines it, where there is one, with Step set to the step asked for.
func (f *Flow) Effective(answers []Answer, step string) (Answer, bool) {
	s := Session{Answers: answers}
	a, ok := s.Answer(step)
	if !ok {
		return Answer{}, false
	}
	for _, r := range f.Steps {
		if r.Refines != step {
			continue
		}
		if finer, found := s.Answer(r.ID); found {
			finer.Step = step
			return finer, true
		}
	}
	return a, true
}

// InputKind says what kind of thing arrived.
type InputKind int

// The kinds of inputs.
const (
	Other  InputKind = iota // a sticker, a picture, a voice message, anything unknown
	Tap                     // a button, decoded by DecodeTap
	Typed                   // text
	Resume                  // asks the current question again
)

// Input is what arrived from the person.
type Input struct {
	Kind    InputKind
	Session string // of the tapped button
	Turn    int    // of the tapped button
	Choice  string // of the tapped button
	Text    string // Typed only
}

// Output is one thing to say: either Say or Question is set.
type Output struct {
	Say      string    `json:"say,omitempty"`
	Question *Question `json:"question,omitempty"`
}

// Question is a step as it is to be shown.
type Question struct {
	Step    string   `json:"step"`
	Kind    string   `json:"kind"`
	Turn    int      `json:"turn"`
	Prompt  string   `json:"prompt"`
	Hint    string   `json:"hint,omitempty"`
	Choices []Option `json:"choices,omitempty"`
	Done    *Option  `json:"done,omitempty"` // many steps only
	Keep    []Option `json:"keep,omitempty"` // must stay visible until used
	Nav     []Option `json:"nav,omitempty"`  // finish, skip, back, restart, stop: those that apply
}

// Option is one thing that can be tapped.
type Option struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Data   string `json:"data"` // for the postback, see EncodeTap
	Marked bool   `json:"marked,omitempty"`
	Hint   string `json:"hint,omitempty"` // an example of what one sees
}

// The verdicts on an input.
const (
	Accepted = "accepted"
	Repeated = "repeated" // not understood, or asked for: the question again
	Stale    = "stale"    // a button of another question or session: nothing changed
	Ended    = "ended"    // the session was over before
)

// Result is one turn: the session to store, what to say in order, and the
// effects to apply.
type Result struct {
	Session Session
	Outputs []Output
	Effects []string
	Verdict string
	// Unmatched: the text is no answer to the question, and no button beside it.
	Unmatched bool
}

func (s Session) clone() Session {
	s.Path = slices.Clone(s.Path)
	s.Answers = slices.Clone(s.Answers)
	s.Marks = slices.Clone(s.Marks)
	s.Advice = slices.Clone(s.Advice)
	return s
}
