package page

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// A fault is a switch of the engine room. Either fault or mischief is set.
type fault struct {
	ID, Label, English string
	Hint               string
	fault              emulator.FaultKind
	endpoints          []string // that fail; all of them when there are none
	mischief           emulator.Mischief
}

// faults are what can go wrong at the touch of a switch.
var faults = []fault{
	{ID: "error", Label: "LINEが500を返す", English: "LINE answers 500", Hint: "LINEの側の故障です。切ると、次に送り直すときに届きます（数秒から1分ほど）。", fault: emulator.FailBefore},
	{ID: "rate", Label: "LINEが429を返す", English: "LINE answers 429", Hint: "送りすぎ、という返事です。間をおいて送り直します。切っても、少しかかります。", fault: emulator.RateLimited},
	{ID: "silent", Label: "LINEが返事をしない", English: "LINE does not answer", Hint: "つながったまま、何も返りません。切っても、次に送り直すまで少しかかります。", fault: emulator.HangBefore},
	{ID: "quota", Label: "今月の通数を使い切った", English: "monthly quota used up", Hint: "プッシュに429（今月の上限）を返します。応答は送れます。切ると、止めてあったものが1時間ほどで届きます。",
		fault: emulator.QuotaOut, endpoints: []string{"push", "multicast"}},
	{ID: "token", Label: "応答トークンが切れている", English: "reply tokens are dead", Hint: "無料の応答ができず、プッシュで送ります。", mischief: emulator.Mischief{Spent: true}},
	{ID: "twice", Label: "Webhookが2度届く", English: "webhooks arrive twice", Hint: "同じ出来事が2度届いても、1度だけ扱います。", mischief: emulator.Mischief{Duplicate: true}},
}

type faultView struct {
	fault
	On   bool
	Hits int
}

type roomView struct {
	Running bool
	Faults  []faultView
	Queue   Queue
	QueueOK bool
	Used    int64
	Costs   []costView
	Replies int
	Letters []Letter
	Calls   []callView
	More    int
}

// costView is what a subject has cost: messages that LINE counts.
type costView struct {
	Subject string
	Counted int
}

// callView is one call between platform and program.
type callView struct {
	Seq     int64
	Time    time.Time
	Inward  bool // a webhook; otherwise a call of the program
	What    string
	Status  int
	Took    time.Duration
	Counted int
	Remark  string
	Body    string
	Answer  string
}

// shownCalls is how many calls the room lists.
const shownCalls = 40

// asking bounds how long the room waits for the program's own figures.
const asking = 300 * time.Millisecond

func (p *Page) roomView(ctx context.Context) roomView {
	v := roomView{Running: p.back.Running(), Used: p.bot.Consumption(), Letters: p.back.Letters(), Faults: p.faultViews()}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	var err error
	v.Queue, err = p.back.Queue(ctx)
	v.QueueOK = err == nil
	sends := p.line.Sends()
	v.Costs, v.Replies = p.costs(sends)
	v.Calls, v.More = calls(sends, p.line.Webhooks(), shownCalls)
	return v
}

func (p *Page) faultViews() []faultView {
	p.mu.Lock()
	defer p.mu.Unlock()
	hits := map[string]int{}
	for _, f := range p.line.Faults() {
		hits[f.ID] = f.Hits
	}
	var out []faultView
	for _, f := range faults {
		made, on := p.faults[f.ID]
		v := faultView{fault: f, On: on}
		for _, id := range made {
			v.Hits += hits[id]
		}
		out = append(out, v)
	}
	return out
}

// faultLabel is what the switch of a fault is called.
func faultLabel(kind emulator.FaultKind) string {
	for _, f := range faults {
		if f.fault == kind {
			return f.Label
		}
	}
	return string(kind)
}

// costs adds up what was counted, by what it was about.
func (p *Page) costs(sends []emulator.Send) (costs []costView, replies int) {
	at := map[string]int{}
	for _, s := range sends {
		if s.Endpoint == "reply" && s.Accepted {
			replies += len(s.Messages)
		}
		if s.Counted == 0 {
			continue
		}
		subject := p.back.Subject(s.Body)
		i, known := at[subject]
		if !known {
			i = len(costs)
			at[subject] = i
			costs = append(costs, costView{Subject: subject})
		}
		costs[i].Counted += s.Counted
	}
	slices.SortStableFunc(costs, func(a, b costView) int { // what is about nothing comes last
		return cmp.Or(cmp.Compare(len(b.Subject), len(a.Subject)), cmp.Compare(a.Subject, b.Subject))
	})
	return costs, replies
}

// calls puts both directions into one list, newest first, n of them at most; the
// rest is counted only.
func calls(sends []emulator.Send, hooks []emulator.Webhook, n int) (out []callView, more int) {
	for len(out) < n && len(sends)+len(hooks) > 0 {
		s, h := len(sends)-1, len(hooks)-1
		if h < 0 || s >= 0 && sends[s].Seq > hooks[h].Seq {
			out, sends = append(out, sendView(sends[s])), sends[:s]
		} else {
			out, hooks = append(out, hookView(hooks[h])), hooks[:h]
		}
	}
	return out, len(sends) + len(hooks)
}

func sendView(s emulator.Send) callView {
	c := callView{Seq: s.Seq, Time: s.Time, What: cmp.Or(s.Endpoint, s.Method+" "+s.Path), Status: s.Status,
		Took: s.Took, Counted: s.Counted, Body: pretty(s.Body), Answer: pretty(s.Answer), Remark: s.Remark}
	if s.Fault != "" {
		c.Remark = strings.TrimSpace(c.Remark + " 故障：" + faultLabel(s.Fault))
	}
	return c
}

func hookView(h emulator.Webhook) callView {
	c := callView{Seq: h.Seq, Time: h.Time, Inward: true, What: kinds(h.Body), Status: h.Status, Took: h.Took,
		Body: pretty(string(h.Body)), Answer: pretty(h.Answer)}
	if h.Status == 0 { // the raw error is for who opens the line
		c.Remark, c.Answer = "プログラムにつながりません", h.Error
	}
	if h.Attempt > 1 {
		c.Remark = strings.TrimSpace(fmt.Sprintf("再送%d回目 ", h.Attempt-1) + c.Remark)
	}
	return c
}

// kinds names the events of a webhook.
func kinds(body []byte) string {
	var hook struct {
		Events []struct {
			Type string `json:"type"`
		} `json:"events"`
	}
	if json.Unmarshal(body, &hook) != nil || len(hook.Events) == 0 {
		return "webhook"
	}
	var names []string
	for _, e := range hook.Events {
		names = append(names, e.Type)
	}
	return strings.Join(names, ", ")
}

func pretty(body string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(body), "", "  ") != nil {
		return body
	}
	return b.String()
}

func (p *Page) showRoom(w http.ResponseWriter, r *http.Request) {
	p.write(w, "room", p.roomView(r.Context()))
}

// starting bounds how long the program may take to start.
const starting = 20 * time.Second

// work is what is done in the engine room.
func (p *Page) work(w http.ResponseWriter, r *http.Request) {
	var err error
	switch r.PathValue("what") {
	case "fault":
		err = p.turn(r.PostFormValue("fault"))
	case "kill":
		err = p.back.Kill()
	case "start":
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), starting)
		defer cancel()
		err = p.back.Start(ctx)
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		p.failed(w, r.PathValue("what"), err)
		return
	}
	p.bells.ring("room", "scene")
	p.showRoom(w, r)
}

// turn turns a switch on, or off again.
func (p *Page) turn(id string) error {
	i := slices.IndexFunc(faults, func(f fault) bool { return f.ID == id })
	if i < 0 {
		return fmt.Errorf("page: no switch %q", id)
	}
	f := faults[i]
	p.mu.Lock()
	defer p.mu.Unlock()
	made, on := p.faults[id]
	switch {
	case f.fault == "":
		p.bot.Always(f.mischief, !on)
	case on:
		for _, id := range made {
			p.line.Mend(id)
		}
	default:
		endpoints := f.endpoints
		if len(endpoints) == 0 {
			endpoints = []string{""}
		}
		for _, e := range endpoints {
			id, err := p.line.Break(emulator.Fault{Kind: f.fault, Channel: p.bot.ID(), Endpoint: e})
			if err != nil {
				return err
			}
			made = append(made, id)
		}
	}
	if on {
		delete(p.faults, id)
	} else {
		p.faults[id] = made
	}
	return nil
}
