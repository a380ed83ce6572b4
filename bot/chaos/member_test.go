package chaos

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/flows"
)

// live is a member's day: reports, additions and answers until the evening.
func (m *member) live() {
	for {
		select {
		case <-m.evening:
			if m.walksOff {
				m.leaveUnfinished()
			}
			return
		case <-m.patience.Done():
			return
		case <-time.After(time.Duration(m.rng.IntN(max(250, 6*len(m.members)))) * time.Millisecond): // nobody taps without a breath
		}
		m.notice()
		switch {
		case len(m.waiting) > 0 && m.may(toldAtOnce):
			instruction := m.waiting[0]
			m.waiting = m.waiting[1:]
			m.answer(instruction)
		case m.backlog() > 20:
			continue
		case m.rng.IntN(10) < 5 && m.may(toldAtOnce-3) && recent(m.cards) < cardsAtOnce:
			m.report()
			m.cards = append(m.cards, time.Now())
		case len(m.open) > 0 && m.may(toldAtOnce-2): // a menu shows the last five
			last := m.open[max(0, len(m.open)-5):]
			m.add(last[m.rng.IntN(len(last))], m.rng.IntN(2) == 0)
		default:
			m.look()
			continue
		}
		m.told = append(m.told, time.Now())
	}
}

// What one member sets going in ten minutes and in a day that the group is still
// told of each by itself: more than that is told together, and is not looked for
// here. A member keeps within it, with a few places left for answers.
const (
	cardsAtOnce, toldAtOnce = 3, 8
	toldInDay               = 12
)

// may tells whether there is a place, of so many in ten minutes.
func (m *member) may(places int) bool {
	return recent(m.told) < places && len(m.told) < toldInDay-(toldAtOnce-places)
}

// recent counts the times that are not certainly over.
func recent(times []time.Time) (n int) {
	for _, t := range times {
		if time.Since(t) < 11*time.Minute {
			n++
		}
	}
	return n
}

// look opens the menu, of which nobody is told.
func (m *member) look() {
	d := m.book.write(&deed{Kind: looked, User: m.user})
	h, _, ok := m.does(m.say("メニュー"), m.says("どうしますか"))
	d.Event, d.Message = h.Event, h.Message
	if ok {
		m.book.tell(d, taken)
	}
}

// does performs a step and waits for what comes back of it, and until its
// event was answered 200. h is what the step came to.
func (m *member) does(do func() (*emulator.Handle, error), fits func(emulator.Message) bool) (h *emulator.Handle, back emulator.Message, ok bool) {
	from := m.feed.length()
	h, err := do()
	if err != nil {
		m.t.Errorf("%s: %v", m.card, err)
		return &emulator.Handle{}, back, false
	}
	if back, ok = m.feed.await(m.patience, from, fits); !ok {
		m.book.waited(m.user, fmt.Sprintf("event %s: nothing fits among %q", h.Event, m.feed.since(from)))
		return h, back, false
	}
	if ok = m.post.await(m.patience, h.Event); !ok {
		m.book.waited(m.user, fmt.Sprintf("event %s was never answered 200", h.Event))
	}
	return h, back, ok
}

// tap taps a button, or types its label where it is no more to be seen: quick
// replies vanish when something else arrives.
func (m *member) tap(message, label string) func() (*emulator.Handle, error) {
	return func() (*emulator.Handle, error) {
		h, err := m.line.Tap(m.user, "", message, label)
		if errors.Is(err, emulator.ErrNotShown) {
			return m.line.Say(m.user, "", label)
		}
		return h, err
	}
}

func (m *member) say(text string) func() (*emulator.Handle, error) {
	return func() (*emulator.Handle, error) { return m.line.Say(m.user, "", text) }
}

// Choices that cause no alarms at their own time.
var (
	urgencies = []string{"きょう・あす払う予定", "契約・購入して間もない", "急ぎではない"}
	kinds     = []string{"訪問販売・しつこい勧誘", "屋根・外壁などの点検商法", "訪問購入（押し買い）", "頼んでいない荷物が届く", "わからない"}
)

// question fits the next question of a report: of one never seen before where
// session is "", of a later turn otherwise.
func (m *member) question(session *string, turn *int) func(emulator.Message) bool {
	return func(msg emulator.Message) bool {
		if msg.From != m.bot.UserID() {
			return false
		}
		for _, b := range allButtons(msg) {
			s, n, _, ok := flows.DecodeTap(b)
			if ok && (s == *session && n > *turn || *session == "" && !m.sessions[s]) {
				*session, *turn = s, n
				m.sessions[s] = true
				return true
			}
		}
		return false
	}
}

var tapData = regexp.MustCompile(`"data":"([^"]+)"`)

// allButtons are the postbacks of a message, also of quick replies that have
// vanished.
func allButtons(msg emulator.Message) (data []string) {
	for _, found := range tapData.FindAllSubmatch(msg.JSON, -1) {
		data = append(data, string(found[1]))
	}
	return data
}

var receipt = regexp.MustCompile(`受付番号 (\d\d-\d{4,})`)

// report is the shortest report.
func (m *member) report() {
	d := m.book.write(&deed{Kind: reported, User: m.user,
		Choices: []string{urgencies[m.rng.IntN(len(urgencies))], kinds[m.rng.IntN(len(kinds))]}})
	confirm, ok := m.begin(d)
	if !ok {
		return
	}
	h, back, ok := m.does(m.tap(confirm.ID, "送信する"), func(msg emulator.Message) bool {
		no := receipt.FindStringSubmatch(msg.Text)
		return msg.From == m.bot.UserID() && no != nil && !m.reported[no[1]]
	})
	d.Event, d.Message = h.Event, h.Message
	if !ok {
		return
	}
	d.Case = receipt.FindStringSubmatch(back.Text)[1]
	m.book.tell(d, taken)
	m.reported[d.Case] = true
	m.open = append(m.open, d.Case)
}

// begin goes through a report's questions as far as d's choices lead.
func (m *member) begin(d *deed) (last emulator.Message, ok bool) {
	session, turn := "", 0
	step := m.say("報告")
	for i := 0; ; i++ {
		h, back, ok := m.does(step, m.question(&session, &turn))
		d.Event = h.Event
		if !ok || i == len(d.Choices) {
			return back, ok
		}
		step = m.tap(back.ID, d.Choices[i])
	}
}

func (m *member) leaveUnfinished() {
	d := m.book.write(&deed{Kind: left, User: m.user, Choices: []string{urgencies[m.rng.IntN(len(urgencies))]}})
	if _, ok := m.begin(d); ok {
		m.book.tell(d, taken)
	}
}

var (
	addedTo  = regexp.MustCompile(`受付(\d\d-\d{4,})に追加しました`)
	isOver   = regexp.MustCompile(`受付(\d\d-\d{4,})は終わっています|あてはまる受付がありません`)
	outcomes = regexp.MustCompile(`受付(\d\d-\d{4,})：心配なトラブルではない`)
)

// add tells more about a case: first the words and then what they are for, or
// the other way round.
func (m *member) add(no string, wordsFirst bool) {
	d := m.book.write(&deed{Kind: added, User: m.user, Case: no, Mark: m.book.mark()})
	words := m.say("段ボールがふえていました。" + d.Mark)
	step := words
	if !wordsFirst {
		step = m.say("メニュー")
	}
	// Words that follow others within two minutes go where those went, unasked.
	unasked := func(msg emulator.Message) bool {
		return wordsFirst && msg.From == m.bot.UserID() && (addedTo.MatchString(msg.Text) || isOver.MatchString(msg.Text))
	}
	h, back, ok := m.does(step, func(msg emulator.Message) bool {
		return unasked(msg) || m.says("どうしますか")(msg) && strings.Contains(msg.Text, "いまの文は") == wordsFirst
	})
	menu, kept := back.ID, wordsFirst && !unasked(back)
	for range 6 {
		d.Event, d.Message = h.Event, h.Message
		switch {
		case !ok:
			return
		case addedTo.MatchString(back.Text):
			d.Case = addedTo.FindStringSubmatch(back.Text)[1]
			m.book.tell(d, taken)
			return
		case isOver.MatchString(back.Text):
			m.tooLate(d, menu, kept)
			return
		case strings.Contains(back.Text, "に追加することを、文章で"):
			step = words
		case strings.Contains(back.Text, "どの受付ですか"):
			at := max(0, slices.IndexFunc(back.Buttons, func(b emulator.Button) bool { return b.Data == "m:add:"+no }))
			step = m.tap(back.ID, back.Buttons[at].Label)
		case strings.Contains(back.Text, "前の受付に追加する"):
			step = m.tap(back.ID, "前の受付に追加する")
		default: // the menu of a member without open cases
			m.tooLate(d, menu, kept)
			return
		}
		h, back, ok = m.does(step, func(msg emulator.Message) bool {
			return msg.From == m.bot.UserID() && (addedTo.MatchString(msg.Text) || isOver.MatchString(msg.Text) ||
				strings.Contains(msg.Text, "に追加することを、文章で") || strings.Contains(msg.Text, "どの受付ですか"))
		})
	}
}

// tooLate: the case was closed in the meantime. Words that were sent first are
// kept until the member says what they are for, or that they are for nothing.
func (m *member) tooLate(d *deed, menu string, kept bool) {
	m.forget(d.Case)
	if kept {
		if _, _, ok := m.does(m.tap(menu, "送らない"), m.says("この文は送っていません")); !ok {
			return
		}
	}
	m.book.tell(d, over)
}

func (m *member) forget(no string) {
	m.open = slices.DeleteFunc(m.open, func(s string) bool { return s == no })
}

// notice looks through what is new in the talk: outcomes and instructions.
func (m *member) notice() {
	seen, _ := m.feed.look()
	for ; m.noticed < len(seen); m.noticed++ {
		msg := seen[m.noticed]
		if no := outcomes.FindStringSubmatch(msg.Text); no != nil {
			m.forget(no[1])
		}
		if _, id, ok := instructionOf(msg); ok && msg.From == m.bot.UserID() && !m.answered[id] {
			m.answered[id] = true
			m.waiting = append(m.waiting, msg)
		}
	}
}

// instructionOf is the case and the id of an instruction that a message shows.
func instructionOf(msg emulator.Message) (no, id string, ok bool) {
	for _, data := range allButtons(msg) {
		if parts := strings.Split(data, ":"); len(parts) == 4 && parts[0] == "i" {
			return parts[1], parts[2], true
		}
	}
	return "", "", false
}

func (m *member) answer(msg emulator.Message) {
	no, id, _ := instructionOf(msg)
	choices := slices.DeleteFunc(slices.Clone(msg.Buttons), func(b emulator.Button) bool {
		return strings.HasSuffix(b.Data, ":ask_back") || !strings.HasPrefix(b.Data, "i:")
	})
	if len(choices) == 0 {
		return
	}
	b := choices[m.rng.IntN(len(choices))]
	d := m.book.write(&deed{Kind: answered, User: m.user, Case: no, Ref: id, Choices: []string{b.Label}})
	h, back, ok := m.does(m.tap(msg.ID, b.Label), func(msg emulator.Message) bool {
		return m.says("お返事を事務局に送っています")(msg) || isOver.MatchString(msg.Text)
	})
	d.Event, d.Message = h.Event, h.Message
	if !ok {
		return
	}
	if isOver.MatchString(back.Text) {
		m.book.tell(d, over)
	} else {
		m.book.tell(d, taken)
	}
}
