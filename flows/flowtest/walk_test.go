package flowtest

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mimamori.example/mimamori/flows"
)

// A random walk with every kind of input, doubled, late and foreign taps and
// catalogs that change: the engine always answers with a question or an end,
// no tap of another turn changes an answer, and from every state a person can
// still send and can still stop.
func TestWalk(t *testing.T) {
	catalogs := load(t)
	names := []string{"", "reworded", "reshaped"}
	rounds := 150
	if testing.Short() {
		rounds = 50
	}
	ends := map[string]int{}
	for seed := range uint64(rounds) {
		w := &walk{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), flow: catalogs[""], now: start}
		r := flows.Begin(w.flow, "s1", w.now)
		w.look(flows.Session{}, r)
		for range 60 {
			if w.rnd.IntN(20) == 0 {
				w.flow = catalogs[names[w.rnd.IntN(len(names))]]
			}
			r = w.step(r.Session)
			if r.Session.Ended {
				break
			}
			w.escapes(r.Session)
		}
		ends[end(r)]++
	}
	for _, e := range []string{"send", "cancel"} {
		if ends[e] == 0 {
			t.Errorf("no walk ended with %s: %v", e, ends)
		}
	}
}

func end(r flows.Result) string {
	if !r.Session.Ended {
		return "open"
	}
	return r.Effects[len(r.Effects)-1]
}

type walk struct {
	t     *testing.T
	rnd   *rand.Rand
	flow  *flows.Flow
	now   time.Time
	shown []flows.Option
	asked *flows.Question
}

// input is what a person might send now.
func (w *walk) input() flows.Input {
	texts := []string{"", "1", "２", "99", "業者", "わからない", "もどる", "はじめから", "つづける", "事務局に知らせる", "次へ", "110", "1、2", "とばす", "こんにちは", "送る"}
	switch n := w.rnd.IntN(20); {
	case n < 10: // a button of the question
		all := buttons(w.asked)
		return tapOf(w.t, all[w.rnd.IntN(len(all))])
	case n < 14: // any button ever shown
		return tapOf(w.t, w.shown[w.rnd.IntN(len(w.shown))])
	case n < 15: // a button of nobody
		return flows.Input{Kind: flows.Tap, Session: "s0", Turn: w.asked.Turn, Choice: w.asked.Step}
	case n < 16:
		return flows.Input{Kind: flows.Tap, Session: "s1", Turn: w.asked.Turn + w.rnd.IntN(3) - 1, Choice: "danger"}
	case n < 18:
		return flows.Input{Kind: flows.Typed, Text: texts[w.rnd.IntN(len(texts))]}
	}
	return flows.Input{Kind: flows.InputKind(w.rnd.IntN(6) - 1)}
}

func tapOf(t *testing.T, o flows.Option) flows.Input {
	t.Helper()
	session, turn, choice, ok := flows.DecodeTap(o.Data)
	if !ok {
		t.Fatalf("button %+v cannot be decoded", o)
	}
	return flows.Input{Kind: flows.Tap, Session: session, Turn: turn, Choice: choice}
}

func (w *walk) step(s flows.Session) flows.Result {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	in := w.input()
	before := asJSON(w.t, s)
	r := flows.Advance(w.flow, s, in, w.now)
	if !bytes.Equal(before, asJSON(w.t, s)) {
		w.t.Fatalf("%+v changed the session passed in", in)
	}
	if again := flows.Advance(w.flow, s, in, w.now); !bytes.Equal(asJSON(w.t, r), asJSON(w.t, again)) {
		w.t.Fatalf("%+v gives two different turns", in)
	}
	foreign := in.Kind == flows.Tap && (in.Session != s.ID || in.Turn != s.Turn)
	if foreign && s.Revision == w.flow.Revision {
		after := r.Session
		after.Touched, after.Told = s.Touched, s.Told
		if !bytes.Equal(before, asJSON(w.t, after)) {
			w.t.Fatalf("%+v of another turn changed\n%s\nto\n%s", in, before, asJSON(w.t, r.Session))
		}
	}
	w.look(s, r)
	return r
}

// look checks one turn and reads the session back from JSON.
func (w *walk) look(before flows.Session, r flows.Result) {
	w.t.Helper()
	s := r.Session
	var back flows.Session
	if err := json.Unmarshal(asJSON(w.t, s), &back); err != nil || !bytes.Equal(asJSON(w.t, back), asJSON(w.t, s)) {
		w.t.Fatalf("the session does not survive JSON: %v", err)
	}
	if !slices.Contains([]string{flows.Accepted, flows.Repeated, flows.Stale, flows.Ended}, r.Verdict) {
		w.t.Fatalf("verdict %q", r.Verdict)
	}
	if s.Turn < before.Turn {
		w.t.Fatalf("turn went from %d to %d", before.Turn, s.Turn)
	}
	if len(r.Outputs) > 3 {
		w.t.Fatalf("%d messages in one turn", len(r.Outputs))
	}
	for _, a := range s.Answers {
		step := w.flow.Step(a.Step)
		if step == nil || len(a.IDs) != len(a.Labels) || len(a.IDs) == 0 {
			w.t.Fatalf("answer %+v", a)
		}
		for _, id := range a.IDs {
			if step.Choice(id) == nil {
				w.t.Fatalf("answer %+v of no choice", a)
			}
		}
	}
	if s.Ended {
		return
	}
	q := r.Outputs[len(r.Outputs)-1].Question
	if q == nil || q.Step != s.Step || q.Turn != s.Turn {
		w.t.Fatalf("asked %+v in %+v", q, s)
	}
	if flows.Units(q.Prompt) > flows.MaxAsk {
		w.t.Fatalf("prompt of %d", flows.Units(q.Prompt))
	}
	for _, o := range buttons(q) {
		if flows.Units(o.Label) > flows.MaxLabel || o.Label == "" || len(o.Data) > flows.MaxTap {
			w.t.Fatalf("button %+v", o)
		}
	}
	w.asked, w.shown = q, append(w.shown, buttons(q)...)
}

// escapes shows that a person can send, and can stop, from here.
func (w *walk) escapes(s flows.Session) {
	w.t.Helper()
	for _, wish := range []string{flows.EffectSend, flows.EffectCancel} {
		r := flows.Advance(w.flow, s, flows.Input{Kind: flows.Resume}, w.now)
		for range 10 {
			if r.Session.Ended {
				break
			}
			q := r.Outputs[len(r.Outputs)-1].Question
			r = flows.Advance(w.flow, r.Session, tapOf(w.t, exit(w.flow, q, wish)), w.now)
		}
		if end(r) != wish {
			w.t.Fatalf("no way to %s from %s", wish, asJSON(w.t, s))
		}
	}
}

// exit picks the button that leads to an end soonest.
func exit(f *flows.Flow, q *flows.Question, wish string) flows.Option {
	nav := map[string]string{flows.EffectSend: flows.NavFinish, flows.EffectCancel: flows.NavStop}[wish]
	for _, o := range q.Nav {
		if o.ID == nav {
			return o
		}
	}
	for _, o := range q.Choices {
		if f.Step(q.Step).Choice(o.ID).Effect == wish {
			return o
		}
	}
	return q.Choices[len(q.Choices)-1]
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
