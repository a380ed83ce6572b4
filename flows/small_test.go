package flows_test

import (
	"testing"
	"time"

	"mimamori.example/mimamori/flows"
)

var now = time.Date(2026, 6, 10, 1, 0, 0, 0, time.UTC)

// small is a flow with every kind of step.
func small() *flows.Flow {
	f := &flows.Flow{
		ID: "small", Start: "how",
		Advice: map[string]string{"run": "Run!"},
		Keep:   []flows.Nav{{ID: "tell_now", Label: "Tell them"}},
		Steps: []flows.Step{
			{ID: "how", Kind: flows.KindChoices, Title: "How", Ask: "How is it?", Next: "what", Keep: "tell_now", Choices: []flows.Choice{
				{ID: "bad", Label: "Bad", Advise: "run", Aliases: []string{"terrible"}},
				{ID: "good", Label: "Good"},
			}},
			{ID: "what", Kind: flows.KindChoices, Title: "What", Ask: "What?", Next: "many", Choices: []flows.Choice{
				{ID: "animal", Label: "Animal", Say: "Good dog"},
				{ID: "finer", Label: "Something else", Next: "what_else"},
			}},
			{ID: "what_else", Kind: flows.KindChoices, Ask: "What else?", Refines: "what", Next: "many", Choices: []flows.Choice{
				{ID: "stone", Label: "Stone"}, {ID: "tree", Label: "Tree"},
			}},
			{ID: "many", Kind: flows.KindMany, Title: "Seen", Ask: "Seen?", Done: "Done", Next: "words", Finish: "send", Choices: []flows.Choice{
				{ID: "red", Label: "Red"}, {ID: "blue", Label: "Blue"}, {ID: "none", Label: "Nothing", Alone: true},
			}},
			{ID: "words", Kind: flows.KindText, Title: "Words", Ask: "Say more", Next: "confirm", Optional: true},
			{ID: "confirm", Kind: flows.KindConfirm, Ask: "Send?", Choices: []flows.Choice{
				{ID: "send", Label: "Send", Effect: "send"},
				{ID: "more", Label: "More", Next: "many"},
				{ID: "restart", Label: "Restart", Effect: "restart"},
				{ID: "cancel", Label: "Cancel", Effect: "cancel"},
			}},
		},
		Words: map[string]string{},
	}
	for _, id := range []string{"back", "skip", "restart", "stop", "finish", "resume"} {
		f.Nav = append(f.Nav, flows.Nav{ID: id, Label: "nav " + id})
	}
	for _, w := range flows.Words() {
		f.Words[w] = "<" + w + ">"
	}
	f.Words["say"] = "say {say}"
	flows.Seal(f)
	return f
}

func TestSmallIsFaultless(t *testing.T) {
	if faults := flows.Check(small()); len(faults) > 0 {
		t.Fatal(faults)
	}
}

// talk drives a session.
type talk struct {
	t    *testing.T
	flow *flows.Flow
	flows.Result
	asked *flows.Question
}

func begin(t *testing.T) *talk {
	t.Helper()
	k := &talk{t: t, flow: small()}
	k.take(flows.Begin(k.flow, "s1", now))
	return k
}

func (k *talk) take(r flows.Result) {
	k.Result = r
	for _, o := range r.Outputs {
		if o.Question != nil {
			k.asked = o.Question
		}
	}
}

func (k *talk) input(in flows.Input) *talk {
	k.t.Helper()
	k.take(flows.Advance(k.flow, k.Session, in, now))
	return k
}

func (k *talk) tap(choice string) *talk {
	return k.input(flows.Input{Kind: flows.Tap, Session: k.Session.ID, Turn: k.Session.Turn, Choice: choice})
}

func (k *talk) typed(text string) *talk {
	return k.input(flows.Input{Kind: flows.Typed, Text: text})
}

func (k *talk) want(verdict, step string) *talk {
	k.t.Helper()
	if k.Verdict != verdict || k.Session.Step != step {
		k.t.Fatalf("verdict %s at %s, want %s at %s", k.Verdict, k.Session.Step, verdict, step)
	}
	return k
}
