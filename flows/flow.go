// Package flows holds conversations as data: the language they are written in,
// a checker that refuses what a person would get stuck in, and an engine that
// is pure and total. Any input in any state gives a turn; the engine reads no
// clock, no file and no randomness, and knows nothing of LINE but its limits.
//
//	f := catalog.Flow("report")
//	r := flows.Begin(f, "s1", now)
//	r = flows.Advance(f, r.Session, flows.Input{Kind: flows.Typed, Text: "1"}, now)
//	for _, out := range r.Outputs { … }
package flows

// The kinds of steps.
const (
	KindChoices = "choices" // exactly one of the choices
	KindMany    = "many"    // any number of the choices, ended by the done button
	KindText    = "text"    // the person's own words
	KindConfirm = "confirm" // the summary, and what to do with it
)

// The effects a flow may have. Send and Cancel end the session, Restart begins
// the same session anew and never leaves the engine, TellNow passes on what is
// known so far and lets the session go on.
const (
	EffectSend    = "send"
	EffectCancel  = "cancel"
	EffectRestart = "restart"
	EffectTellNow = "tell_now"
)

// Levels lists what Choice.Level can say, the most urgent first.
func Levels() []string { return []string{"danger", "soon", "unsure", "calm"} }

// StepUrgency is the step whose choices carry a level.
const StepUrgency = "urgency"

// Flow is one conversation. Make it with a loader, then Seal it: the engine
// expects a flow in which Check finds no fault.
type Flow struct {
	ID       string            `json:"id"`
	Revision string            `json:"revision,omitempty"` // hash of the definition, set by Seal
	Start    string            `json:"start"`
	Steps    []Step            `json:"steps"`
	Advice   map[string]string `json:"advice,omitempty"` // texts that choices name in Advise
	Keep     []Nav             `json:"keep,omitempty"`   // buttons that stay until used, by effect
	Nav      []Nav             `json:"nav"`              // back, skip, restart, stop, finish, resume
	Words    map[string]string `json:"words"`            // the engine's own sentences, see the Word constants

	spellings map[string]spelling // of labels and aliases, set by Seal and never changed
}

// Step is one question.
type Step struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Title    string   `json:"title,omitempty"` // the answer's name in summaries
	Ask      string   `json:"ask"`
	Hint     string   `json:"hint,omitempty"`
	Choices  []Choice `json:"choices,omitempty"`
	Done     string   `json:"done,omitempty"` // label of the button that ends a many step
	Next     string   `json:"next,omitempty"` // where an answer or a skip leads, unless the choice says otherwise
	Optional bool     `json:"optional,omitempty"`
	// Finish is the effect of the button that ends the flow from here at once.
	Finish string `json:"finish,omitempty"`
	// Keep is the effect of a button that appears once a choice of this step
	// that carries advice was taken, and stays until it was used.
	Keep string `json:"keep,omitempty"`
	// Refines names the step whose answer this one makes more precise.
	Refines string `json:"refines,omitempty"`
}

// Choice is one possible answer.
type Choice struct {
	ID      string   `json:"id"`
	Label   string   `json:"label"`            // at most 20 UTF-16 units (LINE: 20 characters)
	Next    string   `json:"next,omitempty"`   // overrides the step's
	Advise  string   `json:"advise,omitempty"` // advice said at once when this is chosen
	Example string   `json:"example,omitempty"`
	Say     string   `json:"say,omitempty"` // a sentence to say to the person concerned
	Aliases []string `json:"aliases,omitempty"`
	Effect  string   `json:"effect,omitempty"`
	// Level is how soon the report must be seen once this is chosen, one of
	// Levels. It stands at choices of the step that decides it; one without
	// counts as the first.
	Level string `json:"level,omitempty"`
	// Hush leaves out the sentence to say: the reporter should keep away.
	Hush bool `json:"hush,omitempty"`
	// Alone marks an answer of a many step that excludes all others.
	Alone bool `json:"alone,omitempty"`
}

// Nav is a button beside the answers.
type Nav struct {
	ID      string   `json:"id"`
	Label   string   `json:"label"`
	Aliases []string `json:"aliases,omitempty"`
}

// The ids of Nav.
const (
	NavBack    = "back"
	NavSkip    = "skip"
	NavRestart = "restart"
	NavStop    = "stop"
	NavFinish  = "finish"
	NavResume  = "resume"
)

// The engine's sentences: keys of Flow.Words.
const (
	WordStale         = "stale"          // a button of another question was tapped
	WordUnmatched     = "unmatched"      // the text matches no choice, or several
	WordOther         = "other"          // a sticker, a picture, a voice message
	WordNeedText      = "need_text"      // the question wants words
	WordTooLong       = "too_long"       // more than MaxText
	WordNothingMarked = "nothing_marked" // done without a mark where one is needed
	WordChanged       = "changed"        // the questions changed since the last turn
	WordOver          = "over"           // the session has ended
	WordStopped       = "stopped"        // stopped, nothing was sent
	WordStoppedTold   = "stopped_told"   // stopped, but the secretariat was told before
	WordRestarted     = "restarted"
	WordAlreadyTold   = "already_told"
	WordSay           = "say" // introduces the sentence to say, {say}
)

// words lists every key that Flow.Words must have.
var words = []string{
	WordStale, WordUnmatched, WordOther, WordNeedText, WordTooLong, WordNothingMarked, WordChanged,
	WordOver, WordStopped, WordStoppedTold, WordRestarted, WordAlreadyTold, WordSay,
}

// navs lists every id that Flow.Nav must have.
var navs = []string{NavBack, NavSkip, NavRestart, NavStop, NavFinish, NavResume}

// Words returns the keys that Flow.Words must have.
func Words() []string { return append([]string(nil), words...) }

// Step returns the step with this id, or nil.
func (f *Flow) Step(id string) *Step {
	for i := range f.Steps {
		if f.Steps[i].ID == id {
			return &f.Steps[i]
		}
	}
	return nil
}

// Choice returns the choice with this id, or nil.
func (s *Step) Choice(id string) *Choice {
	for i := range s.Choices {
		if s.Choices[i].ID == id {
			return &s.Choices[i]
		}
	}
	return nil
}

// leads says where choice c of step s leads; "" when it ends or restarts the flow.
func (s *Step) leads(c *Choice) string {
	switch {
	case c.Effect != "":
		return ""
	case c.Next != "":
		return c.Next
	}
	return s.Next
}

func (f *Flow) nav(id string) Nav { return find(f.Nav, id) }

func (f *Flow) keep(id string) Nav { return find(f.Keep, id) }

func find(list []Nav, id string) Nav {
	for _, n := range list {
		if n.ID == id {
			return n
		}
	}
	return Nav{ID: id, Label: id}
}
