package flows_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/flows"
)

func TestAdviceComesFirst(t *testing.T) {
	k := begin(t).tap("bad").want(flows.Accepted, "what")
	if len(k.Outputs) != 2 || k.Outputs[0].Say != "Run!" || k.Outputs[1].Question == nil {
		t.Errorf("outputs %+v", k.Outputs)
	}
	if len(k.asked.Keep) != 1 || k.asked.Keep[0].ID != "tell_now" {
		t.Errorf("keep %+v", k.asked.Keep)
	}
	if !reflect.DeepEqual(k.Session.Advice, []string{"run"}) {
		t.Errorf("advice %v", k.Session.Advice)
	}
	k = begin(t).tap("good")
	if len(k.asked.Keep) != 0 {
		t.Error("tell_now is offered without danger")
	}
}

func TestTellNow(t *testing.T) {
	k := begin(t).tap("bad").tap("animal").want(flows.Accepted, "many")
	old := flows.Input{Kind: flows.Tap, Session: "s1", Turn: 2, Choice: "!tell_now"}
	k.input(old).want(flows.Accepted, "many")
	if !slices.Equal(k.Effects, []string{"tell_now"}) || !k.Session.Told || len(k.asked.Keep) != 0 {
		t.Errorf("effects %v, told %v, keep %v", k.Effects, k.Session.Told, k.asked.Keep)
	}
	k.input(old).want(flows.Repeated, "many")
	if len(k.Effects) != 0 {
		t.Error("told twice")
	}
	// What was told stays told; stopping says so.
	k.tap("!restart").tap("!stop")
	if !k.Session.Told || !k.Session.Ended || k.Outputs[0].Say != "<stopped_told>" {
		t.Errorf("%+v", k.Outputs)
	}
	// Another session's button tells nothing.
	k = begin(t).tap("bad").input(flows.Input{Kind: flows.Tap, Session: "s0", Turn: 2, Choice: "!tell_now"})
	if k.want(flows.Stale, "what"); k.Session.Told {
		t.Error("another session's button was taken")
	}
	// Typed, it works as well.
	if k.typed("tell them"); !k.Session.Told {
		t.Error("typed tell_now was not taken")
	}
}

func TestMarks(t *testing.T) {
	k := begin(t).tap("good").tap("animal").want(flows.Accepted, "many")
	turn := k.Session.Turn
	k.tap("!done").want(flows.Repeated, "many")
	k.tap("+red").tap("+red").tap("+blue")
	if !slices.Equal(k.Session.Marks, []string{"red", "blue"}) || k.Session.Turn != turn {
		t.Errorf("marks %v, turn %d, want both and turn %d", k.Session.Marks, k.Session.Turn, turn)
	}
	k.tap("-red").tap("-red")
	if !slices.Equal(k.Session.Marks, []string{"blue"}) {
		t.Errorf("marks %v", k.Session.Marks)
	}
	k.tap("+none")
	if !slices.Equal(k.Session.Marks, []string{"none"}) {
		t.Errorf("marks %v beside one that stands alone", k.Session.Marks)
	}
	k.tap("+red").typed("blue").typed("blue").typed("Blue、Red")
	if !slices.Equal(k.Session.Marks, []string{"blue", "red"}) && !slices.Equal(k.Session.Marks, []string{"red", "blue"}) {
		t.Errorf("marks %v", k.Session.Marks)
	}
	k.tap("+green").want(flows.Repeated, "many")
	k.tap("!done").want(flows.Accepted, "words")
	a, ok := k.Session.Answer("many")
	if !ok || !slices.Equal(a.IDs, []string{"red", "blue"}) || !slices.Equal(a.Labels, []string{"Red", "Blue"}) {
		t.Errorf("answer %+v", a)
	}
	k.tap("!back").want(flows.Accepted, "many")
	if !slices.Equal(k.Session.Marks, []string{"red", "blue"}) {
		t.Errorf("marks after going back %v", k.Session.Marks)
	}
	k.tap("+green")
	k.tap("!finish")
	if a, _ := k.Session.Answer("many"); !k.Session.Ended || !slices.Equal(k.Effects, []string{"send"}) || len(a.IDs) != 2 {
		t.Errorf("finish: %v %+v", k.Effects, a)
	}
}

func TestTextStep(t *testing.T) {
	k := begin(t).tap("good").tap("animal").tap("+red").tap("!done").want(flows.Accepted, "words")
	k.input(flows.Input{Kind: flows.Other}).want(flows.Repeated, "words")
	if k.Outputs[0].Say != "<need_text>" {
		t.Errorf("says %q", k.Outputs[0].Say)
	}
	k.typed("  ").want(flows.Repeated, "words")
	k.typed(strings.Repeat("😀", 501)).want(flows.Repeated, "words")
	if k.Outputs[0].Say != "<too_long>" {
		t.Errorf("says %q", k.Outputs[0].Say)
	}
	k.tap("red").want(flows.Repeated, "words")
	k.typed(" it was a fox ").want(flows.Accepted, "confirm")
	if !strings.Contains(k.asked.Prompt, "Words：it was a fox") || !strings.Contains(k.asked.Hint, "say Good dog") {
		t.Errorf("prompt %q hint %q", k.asked.Prompt, k.asked.Hint)
	}
	k.tap("!back").tap("!skip").want(flows.Accepted, "confirm")
	if _, ok := k.Session.Answer("words"); ok {
		t.Error("the skipped answer is kept")
	}
}

func TestRefinement(t *testing.T) {
	k := begin(t).tap("good").tap("finer").tap("stone").want(flows.Accepted, "many")
	a, ok := k.flow.Effective(k.Session.Answers, "what")
	if !ok || a.Step != "what" || !slices.Equal(a.IDs, []string{"stone"}) {
		t.Errorf("effective %+v", a)
	}
	if got := flows.Summary(k.flow, k.Session.Answers); got != "・How：Good\n・What：Stone" {
		t.Errorf("summary %q", got)
	}
	k.tap("!back").tap("!back").tap("animal").want(flows.Accepted, "many")
	if a, _ := k.flow.Effective(k.Session.Answers, "what"); !slices.Equal(a.IDs, []string{"animal"}) {
		t.Errorf("the finer answer outlived its ground: %+v", a)
	}
}

func TestPathStaysShort(t *testing.T) {
	k := begin(t).tap("good").tap("animal")
	for range 50 {
		k.tap("+red").tap("!done").tap("!skip").want(flows.Accepted, "confirm").tap("more").want(flows.Accepted, "many")
	}
	if len(k.Session.Path) > len(k.flow.Steps) {
		t.Errorf("path has %d steps: %v", len(k.Session.Path), k.Session.Path)
	}
}

func TestInputSessionIsNotChanged(t *testing.T) {
	k := begin(t).tap("bad").tap("animal").tap("+red").tap("+blue")
	before, _ := json.Marshal(k.Session)
	for _, choice := range []string{"-red", "+none", "!done", "!back", "!restart", "!finish", "!tell_now"} {
		flows.Advance(k.flow, k.Session, flows.Input{Kind: flows.Tap, Session: "s1", Turn: k.Session.Turn, Choice: choice}, now.Add(time.Hour))
		if after, _ := json.Marshal(k.Session); string(after) != string(before) {
			t.Fatalf("%s changed the session passed in:\n%s\n%s", choice, before, after)
		}
	}
}

func TestTouched(t *testing.T) {
	k := begin(t)
	later := now.Add(time.Hour)
	r := flows.Advance(k.flow, k.Session, flows.Input{}, later)
	if !r.Session.Touched.Equal(later) || !r.Session.Started.Equal(now) {
		t.Errorf("started %v touched %v", r.Session.Started, r.Session.Touched)
	}
}

func TestHide(t *testing.T) {
	f := small()
	h, faults := f.Hide(map[string][]string{"what_else": {"stone"}})
	if len(faults) > 0 || h.Step("what_else").Choice("stone") != nil || f.Step("what_else").Choice("stone") == nil {
		t.Errorf("faults %v", faults)
	}
	if h.Revision == f.Revision {
		t.Error("the revision does not tell them apart")
	}
	h, faults = f.Hide(map[string][]string{
		"confirm": {"send"}, "nowhere": {"x"}, "how": {"bad", "good", "ugly"}, "words": {"x"},
	})
	if len(faults) != 5 {
		t.Errorf("faults %v", faults)
	}
	if h.Step("confirm").Choice("send") == nil || len(h.Step("how").Choices) != 1 {
		t.Error("the flow returned is not usable")
	}
}

// FuzzAdvance: any stored session and any input give a turn that can be
// answered.
func FuzzAdvance(f *testing.F) {
	flow := small()
	for _, s := range []string{
		`{}`, `{"id":"s1","flow":"small","step":"nowhere","turn":-5,"path":["x","how"]}`,
		`{"id":"s1","flow":"small","revision":"` + flow.Revision + `","step":"many","turn":3,"path":["how"],"marks":["x","red","red"],"answers":[{"step":"how"},{"step":"what","ids":["x","y"]},{"step":"confirm"}]}`,
	} {
		f.Add([]byte(s), 1, 3, "!back", "")
		f.Add([]byte(s), 2, 0, "", "やめる")
	}
	f.Fuzz(func(t *testing.T, stored []byte, kind, turn int, choice, text string) {
		var s flows.Session
		if json.Unmarshal(stored, &s) != nil {
			return
		}
		s.ID = "s1"
		r := flows.Advance(flow, s, flows.Input{Kind: flows.InputKind(kind), Session: "s1", Turn: turn, Choice: choice, Text: text}, now)
		checkTurn(t, flow, r)
	})
}

func checkTurn(t *testing.T, flow *flows.Flow, r flows.Result) {
	t.Helper()
	if r.Session.Ended {
		return
	}
	if len(r.Outputs) == 0 || r.Outputs[len(r.Outputs)-1].Question == nil {
		t.Fatalf("an open session without a question: %+v", r)
	}
	q := r.Outputs[len(r.Outputs)-1].Question
	if q.Step != r.Session.Step || q.Turn != r.Session.Turn || flow.Step(q.Step) == nil {
		t.Fatalf("question %+v does not fit session %+v", q, r.Session)
	}
	for _, o := range slices.Concat(q.Choices, q.Keep, q.Nav) {
		if _, turn, _, ok := flows.DecodeTap(o.Data); !ok || turn != q.Turn {
			t.Fatalf("button %+v", o)
		}
	}
}
