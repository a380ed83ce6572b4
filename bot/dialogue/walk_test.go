package dialogue

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// cast of a walk: two members, a resident, a clerk, one more who is approved,
// a stranger.
var alone = []string{"U10", "U11", "U90"}
var inGroup = []string{"U01", "U02", "U03", ""}

// phrases that people write.
var phrases = []string{"報告", "メニュー", "やめる", "停止", "再開", "ありがとうございます", "同意します", "はい", "伝えました", "白い車でした",
	"鈴木一郎さんの電話は090-1234-5678です", "構成員証 ABC", "AAAAAAAAAAAAAAAAAAAAAAAAAA", "受付26-0001 担当する", "受付26-0001 カードを見る",
	"受付26-0001 指示する 1つたずねる", "受付26-0002 終了 未然防止", "12月24日", "職員として登録 さん ZZZZ", "受付", "", "　", "\u202e逆", "設定コード", "受付D26-0001 訂正を送る",
	"受付26-0001 記入 AAAAAA 課長", "受付26-0001 構成員へ送る AAAAAA", strings.Repeat("あ", 1400)}

var taps = []string{"", "m", "m:", "m:add", "m:add:26-0001", "m:withdraw_yes:26-0001", "m:accept:A-1", "m:decline", "m:resume", "m:again:26-0001", "i:", "i:a:b",
	"i:26-0001:X:told", "i:26-0001::", "f:", "f:x:1:send", "f:x:999999999999999999999:send", "zzz", "m:drop", "m:keep", ":::::::", "m:report"}

// walk lets a made-up council live through what the bytes choose. Nothing may
// ever fail, and whoever writes alone gets an answer.
func walk(t *testing.T, steps []byte, change func(*casework.Settings)) *stand {
	s := newStand(t, change)
	s.member("U10", "shop", "A-1")
	s.member("U11", "milk", "A-2")
	s.secretariat()
	for len(steps) >= 3 {
		op, who, what := steps[0], int(steps[1]), int(steps[2])
		steps = steps[3:]
		before := len(s.said)
		var ev Event
		switch op % 16 {
		case 0, 1, 2, 3:
			ev = s.tapped(who, what)
		case 4:
			ev = Event{Kind: Said, User: alone[who%len(alone)], Text: phrases[what%len(phrases)]}
		case 5:
			ev = Event{Kind: SentOther, User: alone[who%len(alone)], Media: []string{"sticker", "image", "audio", "location", "other"}[what%5]}
		case 6, 7, 8, 9:
			ev = s.pressed(who, what)
		case 10:
			ev = Event{Kind: Said, User: inGroup[who%len(inGroup)], Group: group, Text: phrases[what%len(phrases)], Mentioned: what%3 == 0}
		case 11, 12:
			ev = Event{Kind: Said, User: inGroup[who%len(inGroup)], Group: group, Text: phrases[who%len(phrases)], Quoted: s.anySent(what)}
		case 13:
			s.hands.Advance([]time.Duration{time.Minute, 20 * time.Minute, 3 * time.Hour, 13 * time.Hour, 30 * time.Hour}[what%5])
			s.due()
			continue
		case 14:
			user := alone[who%2]
			s.turn(Event{Kind: Said, User: user, Text: "報告"})
			urgency := []string{"業者がその場にいる", "急ぎではない", "きょう・あす払う予定"}[what%3]
			if s.shortcut(user, urgency) && s.shortcut(user, "訪問販売・しつこい勧誘") {
				s.shortcut(user, "送信する")
			}
			s.check(s.said[before:])
			continue
		case 15:
			if who%3 == 0 {
				s.operator(who/3, what)
				continue
			}
			ev = s.changes(who, what)
		}
		s.turn(ev)
		if ev.Group == "" && !ev.Room && (ev.Kind == Said || ev.Kind == Tapped || ev.Kind == SentOther) && !answeredTo(s.said[before:], ev.User) {
			t.Fatalf("%+v got no answer", ev)
		}
		s.check(s.said[before:])
	}
	return s
}

func answeredTo(out []message.Outgoing, user string) bool {
	for _, o := range out {
		if o.To.ID == user {
			return true
		}
	}
	return false
}

// tapped is any button that was ever shown, to whoever it was shown, or data
// that no button had.
func (s *stand) tapped(who, what int) Event {
	ev := Event{Kind: Tapped, User: alone[who%len(alone)], Data: taps[what%len(taps)]}
	if what%16 == 0 {
		return ev
	}
	for seen := (who + what*3) % 60; seen >= 0; {
		for i := len(s.said) - 1; i >= 0 && seen >= 0; i-- {
			for _, m := range s.said[i].Messages {
				for _, b := range buttonsOf(m) {
					if b.Action != message.Postback {
						continue
					}
					if seen--; seen < 0 {
						ev.Data = b.Data
						if who%8 != 0 { // mostly by whom it was shown to
							ev.User = s.said[i].To.ID
						}
						return ev
					}
				}
			}
		}
		if len(s.said) == 0 {
			break
		}
	}
	return ev
}

// shortcut is the end of a report, which random taps would seldom reach: the
// newest button with the label that a member sees.
func (s *stand) shortcut(user, label string) bool {
	for i := len(s.said) - 1; i >= 0; i-- {
		if s.said[i].To.ID != user {
			continue
		}
		for _, m := range s.said[i].Messages {
			for _, b := range buttonsOf(m) {
				if b.Label == label {
					s.turn(Event{Kind: Tapped, User: user, Data: b.Data})
					return true
				}
			}
		}
	}
	return false
}

func (s *stand) pressed(who, what int) Event {
	ev := Event{Kind: Said, User: inGroup[who%len(inGroup)], Group: group, Text: "受付26-0001 そのほか"}
	var shown []string
	for _, b := range s.buttons() {
		if b.Action == message.Say {
			shown = append(shown, b.Say)
		}
	}
	if len(shown) > 0 {
		ev.Text = shown[len(shown)-1-(who*7+what)%min(len(shown), 30)]
	}
	if who%3 != 0 {
		ev.User = inGroup[0]
	}
	return ev
}

func (s *stand) anySent(n int) string {
	if len(s.sent) == 0 {
		return "unknown"
	}
	return s.sent[len(s.sent)-1-n%min(len(s.sent), 30)].id
}

func (s *stand) changes(who, what int) Event {
	user, person := alone[who%len(alone)], inGroup[who%3]
	switch what % 10 {
	case 0:
		return Event{Kind: Unfollowed, User: user}
	case 1:
		return Event{Kind: Followed, User: user, Unblocked: who%2 == 0}
	case 2:
		return Event{Kind: Unsent, User: user, MessageID: fmt.Sprint("P", s.n-who%10)}
	case 3:
		return Event{Kind: Unsent, User: person, Group: group, MessageID: fmt.Sprint("P", s.n-who%10)}
	case 4:
		return Event{Kind: Edited, User: person, Group: group, MessageID: fmt.Sprint("P", s.n-who%10), Text: "書き直し"}
	case 5:
		return Event{Kind: Joined, Group: group, People: []string{person, "U04"}}
	case 6:
		return Event{Kind: Left, Group: group, People: []string{inGroup[1+who%2], "U04"}}
	case 7:
		return Event{Kind: BotJoined, Group: "C02"}
	case 8:
		return Event{Kind: Said, Group: "C02", User: "U05", Text: phrases[who%len(phrases)]}
	}
	return Event{Kind: Said, Room: true, User: user, Text: "部屋"}
}

// operator does what a person at the machine does. What is refused there is no
// fault.
func (s *stand) operator(who, what int) {
	try := func(do func(*casework.Work) error) {
		s.work(func(w *casework.Work) error {
			if err := do(w); err != nil {
				return nil // shown to the operator; nothing was changed before
			}
			return nil
		})
	}
	switch what % 12 {
	case 0:
		try(func(w *casework.Work) error { return w.Rebind("A-1") })
	case 1:
		try(func(w *casework.Work) error { return w.Revoke("A-2") })
	case 2:
		s.refuse = who%4 == 0
	case 3:
		if who%4 == 0 {
			s.turn(Event{Kind: BotLeft, Group: "C01"})
		}
	case 4, 5:
		s.secretariat()
	}
}

// check holds what the group sees against what it may see.
func (s *stand) check(out []message.Outgoing) {
	s.t.Helper()
	for _, o := range out {
		if o.To.Kind != message.ToGroup {
			continue
		}
		for _, m := range o.Messages {
			alt := ""
			switch m := m.(type) {
			case message.CaseCard:
				alt = m.Alt
				if len(m.Rows) > 0 && s.desk.GroupCard == casework.CardNumber {
					s.t.Errorf("a card of a council that shows numbers only has rows: %+v", m.Rows)
				}
			case message.Panel:
				alt = m.Alt
			case message.Preview:
				alt = m.Alt
			}
			for _, secret := range []string{"スーパー", "牛乳", "移動販売", "宅配", "訪問", "A-1", "A-2", "東地区", "車", "090"} {
				if strings.Contains(alt, secret) {
					s.t.Errorf("a notification's text says %q: %q", secret, alt)
				}
			}
		}
	}
}

func TestWalks(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7))
			steps := make([]byte, 3*250)
			for i := range steps {
				steps[i] = byte(r.UintN(256))
			}
			s := walk(t, steps, func(set *casework.Settings) {
				set.GroupCard = []string{casework.CardBasic, casework.CardFull, casework.CardNumber}[seed%3]
				set.Drill = seed%8 == 7
			})
			s.refuse = false
			s.unforgotten(12)
			if dump := s.dump(); strings.Contains(dump, "090-1234") || strings.Contains(dump, "鈴木一郎") {
				t.Error("personal details are stored")
			}
		})
	}
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte{4, 0, 0, 0, 1, 1, 0, 1, 3, 6, 0, 0})
	f.Add([]byte{4, 0, 0, 0, 3, 1, 0, 3, 1, 13, 0, 3, 14, 0, 0, 15, 0, 2})
	f.Fuzz(func(t *testing.T, steps []byte) {
		if len(steps) > 3*30 {
			steps = steps[:3*30]
		}
		walk(t, steps, nil)
	})
}

// While somebody is in the group whom nobody has approved, a card shows number
// and urgency, and nothing else of the case is said.
func TestGuardedGroupSeesNothing(t *testing.T) {
	s := newStand(t, func(set *casework.Settings) { set.GroupCard = casework.CardFull })
	s.member("U10", "shop", "A-1")
	s.secretariat()
	s.people = func() int { return 3 }
	s.turn(Event{Kind: Joined, Group: "C01", People: []string{"U03"}})
	before := len(s.group)
	s.report("U10", "業者がその場にいる")
	s.press("指示する")
	s.press("188・センターを案内")
	s.press("構成員へ送る")
	s.tap("U10", "伝えました")
	s.tap("U10", "事務局に相談したい")
	s.turn(Event{Kind: Said, User: "U10", Text: "白い車でした"})
	s.hands.Advance(6 * time.Minute)
	s.due()
	s.turn(Event{Kind: Unfollowed, User: "U10"})
	for _, text := range s.group[before:] {
		for _, secret := range []string{"スーパー", "移動販売", "A-1", "訪問販売", "白い車", "伝えました」です"} {
			if strings.Contains(text, secret) {
				t.Errorf("the group reads %q: %s", secret, text)
			}
		}
	}
	before = len(s.group)
	s.press("職員として登録")
	s.due()
	shown := strings.Join(s.group[before:], "\n")
	for _, kept := range []string{"移動販売", "訪問販売", "白い車", "伝えました」です"} {
		if !strings.Contains(shown, kept) {
			t.Errorf("after the approval the group still does not read %q", kept)
		}
	}
}

// Nothing of what a resident, or anybody before joining, writes is kept.
func TestNothingOfResidentsIsKept(t *testing.T) {
	s := newStand(t, nil)
	s.secretariat()
	for _, text := range []string{"うちに変な電話がきました", "田中花子です", "構成員証とは", "AAAAAAAAAAAAAAAAAAAAAAAAAB", "https://example.com/secretpage"} {
		s.turn(Event{Kind: Said, User: "U90", Text: text})
		if dump := s.dump(); strings.Contains(dump, text) || strings.Contains(dump, casework.HashCode(text)) {
			t.Errorf("%q is stored", text)
		}
	}
}

// Whatever state a talk or draft is in, refused words leave nothing behind.
func TestNothingPersonalIsStored(t *testing.T) {
	const secret = "田中花子さんの電話は090-1234-5678です"
	ready := func(t *testing.T) *stand {
		s := newStand(t, nil)
		s.member("U10", "shop", "A-1")
		s.secretariat()
		s.report("U10", "急ぎではない")
		return s
	}
	member := func(s *stand) { s.turn(Event{Kind: Said, User: "U10", Text: secret}) }
	cases := map[string]func(s *stand){
		"idle":        member,
		"open report": func(s *stand) { s.turn(Event{Kind: Said, User: "U10", Text: "報告"}); member(s) },
		"addition":    func(s *stand) { s.turn(Event{Kind: Tapped, User: "U10", Data: "m:add"}); member(s) },
		"question": func(s *stand) {
			s.press("指示する")
			s.press("188・センターを案内")
			s.press("構成員へ送る")
			s.tap("U10", "事務局に相談したい")
			member(s)
		},
		"answer in words": func(s *stand) {
			s.press("指示する")
			s.press("1つたずねる")
			s.turn(Event{Kind: Said, User: "U01", Group: "C01", Text: "どんな車でしたか", Quoted: s.prompt()})
			s.press("文章で答える")
			s.press("構成員へ送る")
			s.tap("U10", "文章で答える")
			member(s)
		},
		"relay": func(s *stand) {
			s.turn(Event{Kind: Said, User: "U01", Group: "C01", Text: secret, Quoted: s.quotable("case:")})
		},
		"value": func(s *stand) {
			s.press("指示する")
			s.press("見守りを続ける")
			s.turn(Event{Kind: Said, User: "U01", Group: "C01", Text: secret, Quoted: s.prompt()})
		},
		"value typed as a command": func(s *stand) {
			s.press("指示する")
			s.press("見守りを続ける")
			drop := strings.Fields(s.lastSay("受付26-0001 送らない"))
			s.turn(Event{Kind: Said, User: "U01", Group: "C01", Text: "受付26-0001 記入 " + drop[len(drop)-1] + " " + secret})
		},
		"clerks' talk": func(s *stand) { s.turn(Event{Kind: Said, User: "U01", Group: "C01", Text: secret}) },
	}
	for name, do := range cases {
		t.Run(name, func(t *testing.T) {
			s := ready(t)
			do(s)
			dump := s.dump()
			for _, part := range []string{"田中", "花子", "090-1234"} {
				if strings.Contains(dump, part) {
					t.Errorf("%q is stored", part)
				}
			}
			for _, o := range s.said {
				if strings.Contains(fmt.Sprintf("%+v", o), "花子") {
					t.Errorf("it is said to %s", o.To.Kind)
				}
			}
			if name != "clerks' talk" && !strings.Contains(fmt.Sprintf("%+v", s.said), "送信取消") {
				t.Error("nobody is asked to take it back")
			}
		})
	}
}

// prompt is the newest question for a value, quotable the newest message whose
// quoting means something that begins so.
func (s *stand) prompt() string { return s.quotable("prompt:") }

func (s *stand) quotable(begins string) string {
	s.t.Helper()
	found := ""
	err := s.store.View(s.t.Context(), town, func(tx storage.Tx) error {
		for _, m := range s.sent {
			q, ok, err := records.Quotes.Get(tx, m.id)
			if err != nil {
				return err
			}
			if ok && strings.HasPrefix(q.Ref, begins) {
				found = m.id
			}
		}
		return nil
	})
	if err != nil || found == "" {
		s.t.Fatalf("nothing to be quoted: %v", err)
	}
	return found
}
