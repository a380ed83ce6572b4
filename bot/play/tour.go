package play

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/line/emulator/page"
)

// sight is what shows that a step has been taken: a message of the account's,
// in this talk, that has a button or reads like a text.
type sight struct {
	phone string
	label string         // of a button
	text  *regexp.Regexp // nil: the label decides
}

// leg is a step of the tour before its Done is made: any of the sights shows
// that it was taken. An open one is taken too when that showed already at the
// end of the step before: a report that was left unfinished goes on where it
// was, behind questions that are not asked again.
type leg struct {
	page.Step
	open bool
	seen []sight
}

// Tour implements page.Backstage: one report from the card to the outcome. Each
// call begins anew: only what happens from now on counts. Who has a card
// already is not asked to accept one.
func (r *Rehearsal) Tour() []page.Step {
	legs := r.legs()
	t := &tour{r: r, legs: legs, reached: make([]string, len(legs)), since: r.newest()}
	steps := make([]page.Step, 0, len(legs)+1)
	for i, l := range legs {
		l.Done = func(line *emulator.Emulator) bool { return t.done(line, i) }
		steps = append(steps, l.Step)
	}
	return append(steps, page.Step{ID: "end", Phone: r.cast.sato,
		Say:     "おわりです。佐藤さんの電話に、結果が届きました。",
		English: "The end. The outcome has reached the field worker."})
}

// legs are the steps with their sights, in the council's own words.
func (r *Rehearsal) legs() []leg {
	sato, group, card := r.cast.sato, r.cast.group, r.cast.cards[0].Number
	text := func(key string) string { return r.words.Text(key) }
	urgency, kind, send := r.choice("urgency", "about_to_pay"), r.choice("kind", "inspection"), r.choice("confirm", "send")
	call, called := r.instruction("call_110")
	var legs []leg
	add := func(id, phone, label, say, english string, seen ...sight) {
		legs = append(legs, leg{Step: page.Step{ID: id, Phone: phone, Label: label, Say: say, English: english}, seen: seen})
	}
	asksUrgency, asksKind, asksToSend := sight{phone: sato, label: urgency}, sight{phone: sato, label: kind}, sight{phone: sato, label: send}
	asksWhich := sight{phone: group, label: call}
	if !r.hasCard() {
		add("scan", sato, page.ScanLabel, "佐藤さんの電話で、構成員証 "+card+" のコードを読み取って、送信します。",
			"On the field worker's telephone, scan card "+card+" and send.", sight{phone: sato, label: text("join.accept")})
		add("accept", sato, text("join.accept"), "説明を読んで、「"+text("join.accept")+"」を押します。",
			"Read the terms and accept.", sight{phone: sato, text: template(r.words.Template("join.done"))})
	}
	add("report", sato, page.ScanLabel, "訪問先で、気になることがありました。もう一度コードを読み取って、送信します。",
		"Something is wrong at a customer's door. Scan the card again and send.", asksUrgency, asksKind, asksToSend)
	add("urgency", sato, urgency, "どんな状況かを選びます。「"+urgency+"」を押します。",
		"Choose how urgent it is.", asksKind, asksToSend)
	legs[len(legs)-1].open = true
	add("kind", sato, kind, "何があったかを選びます。「"+kind+"」を押します。",
		"Choose what has happened.", asksToSend)
	legs[len(legs)-1].open = true
	add("send", sato, send, "内容を確かめて、「"+send+"」を押します。",
		"Check the report and send it.", sight{phone: group, label: text("action.take")})
	add("take", group, text("action.take"), "事務局のグループに届きました。山田さんが「"+text("action.take")+"」を押します。",
		"It has reached the secretariat's group. A clerk takes the case.", sight{phone: group, text: template(r.words.Template("done.take"))}, asksWhich)
	add("instruct", group, text("action.instruct"), "「"+text("action.instruct")+"」を押します。",
		"Choose to instruct.", asksWhich)
	legs[len(legs)-1].open = true // who instructs at once need not take the case before
	add("choose", group, call, "指示を選びます。「"+call+"」を押します。",
		"Choose an instruction.", sight{phone: group, label: text("action.send")})
	add("tell", group, text("action.send"), "文面を確かめて、「"+text("action.send")+"」を押します。",
		"Check the words and send them to the field worker.", sight{phone: sato, label: called})
	add("answer", sato, called, "佐藤さんに指示が届きました。済んだら、「"+called+"」を押します。",
		"The instruction has arrived. When it is done, say so.", sight{phone: group, text: template(r.words.Template("group.answer"))})
	add("more", group, text("action.more"), "事務局に返事が届きました。カードの「"+text("action.more")+"」を押します。",
		"The answer has reached the group. Open the card's other actions.", sight{phone: group, label: text("action.close")})
	add("close", group, text("action.close"), "「"+text("action.close")+"」を押します。",
		"Close the case.", sight{phone: group, label: text("result.stopped")})
	add("result", group, text("result.stopped"), "結果を選びます。「"+text("result.stopped")+"」を押します。",
		"Choose the outcome.", r.outcomes()...)
	return legs
}

// outcomes are all that can be told at the end: which of them, the council's
// part in it decides.
func (r *Rehearsal) outcomes() []sight {
	told := []sight{{phone: r.cast.group, text: template(r.words.Template("done.close_untold"))}}
	for _, key := range r.words.Keys() {
		if strings.HasPrefix(key, "replies.outcome.") {
			told = append(told, sight{phone: r.cast.sato, text: template(r.words.Template(key))})
		}
	}
	return told
}

// choice is what a choice of the report is called; another of the same question
// where the council has not got this one.
func (r *Rehearsal) choice(question, id string) string {
	f := r.words.Flow("report")
	if hidden := r.council.Organisations[0].Hide; f != nil && len(hidden) > 0 {
		if own, faults := f.Hide(hidden); len(faults) == 0 {
			f = own
		}
	}
	if f == nil {
		return ""
	}
	step := f.Step(question)
	if step == nil || len(step.Choices) == 0 {
		return ""
	}
	if c := step.Choice(id); c != nil {
		return c.Label
	}
	return step.Choices[0].Label
}

// instruction is what an instruction and its first answer are called.
func (r *Rehearsal) instruction(id string) (label, answer string) {
	in, ok := r.words.Instruction(id)
	if !ok || len(in.Answers) == 0 {
		for _, in = range r.words.Instructions() {
			if len(in.Answers) > 0 && len(in.Needs) == 0 {
				break
			}
		}
	}
	if len(in.Answers) == 0 {
		return in.Label, ""
	}
	return in.Label, in.Answers[0].Label
}

// hasCard tells whether the person of the tour has accepted a card.
func (r *Rehearsal) hasCard() bool {
	done := sight{text: template(r.words.Template("join.done"))}
	return slices.ContainsFunc(r.talk(r.Line, r.cast.sato), func(m emulator.Message) bool { return r.shows(m, done) })
}

func (r *Rehearsal) talk(line *emulator.Emulator, phone string) []emulator.Message {
	ms, err := line.Group(phone)
	if err != nil {
		ms, err = line.Talk(phone, r.Bot.UserID())
	}
	if err != nil {
		return nil // nobody of that name: nothing is shown
	}
	return ms
}

// newest is the id of the latest message in the talks of the tour.
func (r *Rehearsal) newest() string {
	latest := ""
	for _, phone := range []string{r.cast.sato, r.cast.group} {
		if ms := r.talk(r.Line, phone); len(ms) > 0 && later(ms[len(ms)-1].ID, latest) {
			latest = ms[len(ms)-1].ID
		}
	}
	return latest
}

// tour remembers which message has ended each step. A step is looked for after
// those before it, so that nothing else that people do is mistaken for it; one
// that was skipped is not missed.
type tour struct {
	r     *Rehearsal
	legs  []leg
	since string

	mu      sync.Mutex
	reached []string // ids of messages
}

func (t *tour) done(line *emulator.Emulator, i int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reached[i] != "" {
		return true
	}
	since := t.since
	for _, id := range t.reached[:i] {
		if later(id, since) {
			since = id
		}
	}
	t.reached[i] = t.find(line, t.legs[i], since)
	return t.reached[i] != ""
}

// find is the earliest message after since that shows that the step was taken;
// empty when there is none.
func (t *tour) find(line *emulator.Emulator, l leg, since string) string {
	found := ""
	for _, s := range l.seen {
		for _, m := range t.r.talk(line, s.phone) {
			if m.ID != since && !later(m.ID, since) || m.ID == since && !l.open || found != "" && !later(found, m.ID) {
				continue
			}
			if t.r.shows(m, s) {
				found = m.ID
			}
		}
	}
	return found
}

// shows tells whether a message is the account's, and the sight.
func (r *Rehearsal) shows(m emulator.Message, s sight) bool {
	if m.From != r.Bot.UserID() {
		return false
	}
	if s.text != nil {
		return s.text.MatchString(m.Text)
	}
	return hasLabel(m.JSON, s.label)
}

// later compares ids of messages, which count up.
func later(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// hasLabel tells whether a message was sent with such a button, which quick
// replies no longer show once one of them was tapped.
func hasLabel(message json.RawMessage, label string) bool {
	var v any
	if err := json.Unmarshal(message, &v); err != nil {
		return false
	}
	return labelled(v, label)
}

func labelled(v any, label string) bool {
	switch v := v.(type) {
	case map[string]any:
		if v["label"] == label {
			return true
		}
		for _, inner := range v {
			if labelled(inner, label) {
				return true
			}
		}
	case []any:
		for _, inner := range v {
			if labelled(inner, label) {
				return true
			}
		}
	}
	return false
}

var placeholder = regexp.MustCompile(`\\\{[^{}]*\\\}`)

// template matches a text of the catalog whatever its placeholders were filled
// with.
func template(text string) *regexp.Regexp {
	return regexp.MustCompile(placeholder.ReplaceAllLiteralString(regexp.QuoteMeta(strings.TrimSpace(text)), "(?s:.*)"))
}
