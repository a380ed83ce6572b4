package dialogue

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// asks is the newest question that somebody has got.
func (s *stand) asks(user string) message.Ask {
	s.t.Helper()
	for _, o := range slices.Backward(s.said) {
		for _, m := range slices.Backward(o.Messages) {
			if a, ok := m.(message.Ask); ok && o.To.ID == user {
				return a
			}
		}
	}
	s.t.Fatalf("%s was asked nothing", user)
	return message.Ask{}
}

func staying(a message.Ask, label string) bool {
	return slices.ContainsFunc(slices.Concat(a.Keep, a.Nav), func(b message.Button) bool { return b.Label == label })
}

const firstQuestion = "いま、どんな状況ですか"

// Who has told a danger and begins again, however and whenever, is asked the
// urgency at once, and what is told then is another case. The first one can still
// be gone on with, by a button that stays.
func TestNextHouse(t *testing.T) {
	for way, begin := range map[string]func(s *stand, code string){
		"scan":   func(s *stand, code string) { s.turn(Event{Kind: Said, User: "U10", Text: code}) },
		"word":   func(s *stand, _ string) { s.turn(Event{Kind: Said, User: "U10", Text: "報告"}) },
		"button": func(s *stand, _ string) { s.turn(Event{Kind: Tapped, User: "U10", Data: "m:report"}) },
	} {
		for _, wait := range []time.Duration{0, 10 * time.Minute, 40 * time.Minute, 5 * time.Hour} {
			t.Run(way+" after "+wait.String(), func(t *testing.T) {
				s, code := withCard(t)
				s.turn(Event{Kind: Said, User: "U10", Text: "報告"})
				s.tap("U10", "業者がその場にいる")
				s.tap("U10", "事務局にも知らせる")
				first := s.kase("26-0001")
				s.hands.Advance(wait)
				begin(s, code)
				if a := s.asks("U10"); !strings.Contains(a.Prompt, firstQuestion) || !staying(a, "受付26-0001の続き") {
					t.Fatalf("the member is asked %q, with %+v beside", a.Prompt, a.Nav)
				}
				s.tap("U10", "けが・急病（助けが必要）")
				s.tap("U10", "事務局にも知らせる")
				if c := s.kase("26-0002"); c.Urgency != "injured" || c.Continues != "" {
					t.Errorf("the second case is %+v", c)
				}
				if c := s.kase("26-0001"); c.Urgency != first.Urgency || len(c.Additions) != 0 {
					t.Errorf("the first case has become %+v", c)
				}
				s.turn(Event{Kind: Tapped, User: "U10", Data: "m:rest:26-0001"})
				s.tap("U10", "訪問販売・しつこい勧誘")
				s.tap("U10", "送信する")
				if a, ok := caseOf(s, "26-0001").Find("kind"); !ok || a.IDs[0] != "door_to_door" {
					t.Errorf("the rest of the first report went elsewhere: %+v", a)
				}
				if _, ok := caseOf(s, "26-0002").Find("kind"); ok {
					t.Error("the rest of the first report is in the second case")
				}
			})
		}
	}
}

func caseOf(s *stand, no string) *council.Case {
	c := s.kase(no)
	return &c
}

// withCard is a stand with a secretariat and a member U10, and what the member's
// card says when it is scanned.
func withCard(t *testing.T) (s *stand, scanned string) {
	s = newStand(t, nil)
	s.work(func(w *casework.Work) (err error) {
		scanned, err = w.Issue("shop", "A-1")
		return err
	})
	scanned = s.desk.Catalog.Text("word.card") + " " + scanned
	s.turn(Event{Kind: Said, User: "U10", Text: scanned})
	s.turn(Event{Kind: Tapped, User: "U10", Data: "m:accept:A-1"})
	s.secretariat()
	return s, scanned
}

// A question answered right after telling goes on with what was told, also by the
// old message, and also after a while.
func TestToldGoesOn(t *testing.T) {
	for _, wait := range []time.Duration{0, 40 * time.Minute} {
		s := ready(t)
		s.turn(Event{Kind: Said, User: "U10", Text: "報告"})
		s.tap("U10", "業者がその場にいる")
		s.tap("U10", "事務局にも知らせる")
		s.hands.Advance(wait)
		s.tap("U10", "訪問販売・しつこい勧誘")
		s.tap("U10", "送信する")
		if _, ok := caseOf(s, "26-0001").Find("kind"); !ok {
			t.Errorf("after %v it is not in the case", wait)
		}
		if c := s.kase("26-0002"); c.No != "" {
			t.Errorf("after %v there is another case", wait)
		}
	}
}

// Nothing is put into a closed case: words become a new one that names it, and so
// do a report's answers; a tap is refused, with a way on.
func TestClosedCase(t *testing.T) {
	say := func(s *stand, text string) { s.turn(Event{Kind: Said, User: "U10", Text: text}) }
	for name, c := range map[string]struct {
		before func(s *stand)
		after  func(s *stand)
		words  string // of the new case; "" where there is none
		kind   string // answered in the new case
	}{
		"an addition": {
			before: func(s *stand) { s.turn(Event{Kind: Tapped, User: "U10", Data: "m:add"}) },
			after:  func(s *stand) { say(s, "車がまた"); say(s, "来ました") },
			words:  "車がまた|来ました"},
		"further words": {
			before: func(s *stand) { s.turn(Event{Kind: Tapped, User: "U10", Data: "m:add"}); say(s, "車が") },
			after:  func(s *stand) { say(s, "来ました") },
			words:  "来ました"},
		"a written answer": {
			before: func(s *stand) { s.question("26-0001"); s.tap("U10", "文章で答える") },
			after:  func(s *stand) { say(s, "白い車でした") },
			words:  "白い車でした"},
		"a question": {
			before: func(s *stand) { s.instruct("26-0001", "110番へ通報"); s.tap("U10", "事務局にたずねる") },
			after:  func(s *stand) { say(s, "110番ですか") },
			words:  "110番ですか"},
		"a told report, sent": {
			before: func(s *stand) {
				say(s, "報告")
				s.tap("U10", "業者がその場にいる")
				s.tap("U10", "事務局にも知らせる")
				s.tap("U10", "訪問販売・しつこい勧誘")
			},
			after: func(s *stand) { s.tap("U10", "送信する") },
			kind:  "door_to_door"},
		"a told report, gone on with": {
			before: func(s *stand) {
				say(s, "報告")
				s.tap("U10", "業者がその場にいる")
				s.tap("U10", "事務局にも知らせる")
			},
			after: func(s *stand) {
				s.tap("U10", "訪問販売・しつこい勧誘")
				if a := s.asks("U10"); !strings.Contains(a.Prompt, firstQuestion) {
					s.t.Errorf("the member is asked %q", a.Prompt)
				}
				for _, label := range []string{"急ぎではない", "頼んでいない荷物が届く", "送信する"} {
					s.tap("U10", label)
				}
			},
			kind: "unordered_goods"},
		"an answer's button": {
			before: func(s *stand) { s.instruct("26-0001", "110番へ通報") },
			after: func(s *stand) {
				s.tap("U10", "通報できない")
				s.tap("U10", "終わった件の続き")
				s.finish()
			},
			kind: "door_to_door"},
		"the button of a question": {
			before: func(s *stand) { s.instruct("26-0001", "110番へ通報") },
			after: func(s *stand) {
				s.tap("U10", "事務局にたずねる")
				s.tap("U10", "終わった件の続き")
				s.finish()
			},
			kind: "door_to_door"},
		"the button of the rest": {
			before: func(s *stand) {
				say(s, "報告")
				s.tap("U10", "業者がその場にいる")
				s.tap("U10", "事務局にも知らせる")
				say(s, "報告")
			},
			after: func(s *stand) {
				s.tap("U10", "受付26-0001の続き")
				s.tap("U10", "終わった件の続き")
				s.finish()
			},
			kind: "door_to_door"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ready(t)
			if !strings.Contains(name, "rest") && !strings.Contains(name, "told report") {
				s.report("U10", "業者がその場にいる")
			}
			c.before(s)
			s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "受付26-0001 終了 直前防止"})
			old := s.kase("26-0001")
			if old.Open() {
				t.Fatal("it is not closed")
			}
			before := len(s.said)
			c.after(s)
			if got := s.kase("26-0001"); len(got.Additions) != len(old.Additions) || len(got.Answers) != len(old.Answers) {
				t.Errorf("the closed case has become %+v", got)
			}
			next := s.kase("26-0002")
			if next.Continues != "26-0001" {
				t.Errorf("it does not name the closed one: %+v", next)
			}
			if got := texts(next); got != c.words {
				t.Errorf("its words are %q, want %q", got, c.words)
			}
			if a, _ := next.Find("kind"); (c.kind != "" || len(a.IDs) > 0) && !slices.Contains(a.IDs, c.kind) {
				t.Errorf("its kind is %v, want %s", a.IDs, c.kind)
			}
			if c.words != "" && next.Level() != council.Unsure {
				t.Errorf("words alone are %v", next.Level())
			}
			if read := s.heardBy(group, before); !strings.Contains(read, "26-0002") {
				t.Errorf("the group reads: %s", read)
			}
			if read := s.heardBy("U10", before); !strings.Contains(read, "26-0001は終わって") || !strings.Contains(read, "26-0002") {
				t.Errorf("the member reads: %s", read)
			}
		})
	}
}

// finish sends the report that is open.
func (s *stand) finish() {
	s.t.Helper()
	for _, label := range []string{"急ぎではない", "訪問販売・しつこい勧誘", "送信する"} {
		s.tap("U10", label)
	}
}

// Words of a new case for a closed one are told again as a danger at once, when
// the urgency is answered so, and also when another report is begun before that
// was sent.
func TestWordsBecomeDanger(t *testing.T) {
	for name, next := range map[string]func(s *stand){
		"told":           func(s *stand) { s.tap("U10", "事務局にも知らせる") },
		"another report": func(s *stand) { s.turn(Event{Kind: Said, User: "U10", Text: "報告"}) },
	} {
		t.Run(name, func(t *testing.T) {
			s := ready(t)
			s.report("U10", "急ぎではない")
			s.turn(Event{Kind: Tapped, User: "U10", Data: "m:add"})
			s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "受付26-0001 終了 該当なし"})
			s.turn(Event{Kind: Said, User: "U10", Text: "また来ました"})
			s.tap("U10", "業者がその場にいる")
			next(s)
			if c := s.kase("26-0002"); c.Level() != council.Danger {
				t.Errorf("the case is %v", c.Level())
			}
			if c := s.kase("26-0003"); c.No != "" {
				t.Errorf("there is one more case: %+v", c)
			}
		})
	}
}

// Whatever was sent, nobody reads afterwards that nothing was.
func TestCancelAfterSending(t *testing.T) {
	for _, word := range []string{"取り消し", "取消", "やめる", "キャンセル", "中止"} {
		for name, do := range map[string]func(s *stand){
			"sent": func(s *stand) { s.report("U10", "急ぎではない") },
			"told": func(s *stand) {
				s.turn(Event{Kind: Said, User: "U10", Text: "報告"})
				s.tap("U10", "業者がその場にいる")
				s.tap("U10", "事務局にも知らせる")
			},
			"adding": func(s *stand) {
				s.report("U10", "急ぎではない")
				s.turn(Event{Kind: Tapped, User: "U10", Data: "m:add"})
			},
			"with words": func(s *stand) {
				s.report("U10", "急ぎではない")
				s.turn(Event{Kind: Said, User: "U10", Text: "車が来ました"})
			},
		} {
			t.Run(word+" "+name, func(t *testing.T) {
				s := ready(t)
				do(s)
				before := len(s.said)
				s.turn(Event{Kind: Said, User: "U10", Text: word})
				read := s.heardBy("U10", before)
				if strings.Contains(read, "何も送っていません") || !strings.Contains(read, "送った受付26-0001は、そのままです") {
					t.Errorf("the member reads: %s", read)
				}
				s.tap("U10", "報告を取り下げる")
				if talk := s.talk(); talk.Session != nil || len(talk.Words) != 0 || talk.Awaits() {
					t.Errorf("something is still open: %+v", talk)
				}
			})
		}
	}
}

// What a report that is not sent holds is not pushed away by the rest of another,
// and a report that was left for a while does not take in the next house.
func TestUnsentReports(t *testing.T) {
	t.Run("first things first", func(t *testing.T) {
		s := ready(t)
		s.turn(Event{Kind: Said, User: "U10", Text: "報告"})
		s.tap("U10", "業者がその場にいる")
		s.tap("U10", "事務局にも知らせる")
		s.turn(Event{Kind: Said, User: "U10", Text: "報告"})
		s.tap("U10", "けが・急病（助けが必要）")
		s.tap("U10", "受付26-0001の続き")
		s.tap("U10", "事務局にも知らせる")
		if c := s.kase("26-0002"); c.Urgency != "injured" {
			t.Errorf("the second danger is lost: %+v", c)
		}
	})
	t.Run("left for a while", func(t *testing.T) {
		s := ready(t)
		s.turn(Event{Kind: Said, User: "U10", Text: "報告"})
		s.tap("U10", "急ぎではない")
		s.hands.Advance(records.OpenFor)
		s.turn(Event{Kind: Said, User: "U10", Text: "報告"})
		if a := s.asks("U10"); !strings.Contains(a.Prompt, firstQuestion) || !staying(a, "書きかけの続き") {
			t.Fatalf("the member is asked %q, with %+v beside", a.Prompt, a.Nav)
		}
		s.tap("U10", "書きかけの続き")
		s.tap("U10", "訪問販売・しつこい勧誘")
		s.tap("U10", "送信する")
		if c := s.kase("26-0001"); c.Urgency != "not_urgent" {
			t.Errorf("the case is %+v", c)
		}
	})
}

// A talk that an older version stored with a told report open is gone on with.
func TestOldTalkWithToldReport(t *testing.T) {
	s := ready(t)
	s.turn(Event{Kind: Said, User: "U10", Text: "報告"})
	s.tap("U10", "業者がその場にいる")
	s.tap("U10", "事務局にも知らせる")
	talk := s.talk()
	if talk.Parked != nil || talk.Report != "26-0001" {
		t.Fatalf("it is stored as %+v", talk)
	}
	s.hands.Advance(23 * time.Hour)
	s.work(func(w *casework.Work) error { _, err := w.Due(); return err })
	if talk = s.talk(); talk.Session == nil && len(talk.Parked) != 1 {
		t.Errorf("after a day's hours it is %+v", talk)
	}
	s.hands.Advance(2 * time.Hour)
	s.due()
	err := s.store.View(t.Context(), town, func(tx storage.Tx) error {
		_, ok, err := records.Talks.Get(tx, "U10")
		if ok {
			t.Error("after a day it is still there")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever has told the secretariat and then says that it has become dangerous has
// told that too: the button that would tell it is gone.
func TestDangerGrowsAtOnce(t *testing.T) {
	for _, way := range []string{"ひとつ前にもどる", "はじめからやり直す"} {
		s := ready(t)
		s.says("報告")
		for _, label := range []string{"きょう・あす払う予定", "事務局にも知らせる", way} {
			s.tap("U10", label)
		}
		before := len(s.said)
		s.tap("U10", "暴力・脅しの危険がある")
		if c := s.kase("26-0001"); c.Level() != council.Danger {
			t.Errorf("%s: the case is %v", way, c.Level())
		}
		if read := s.heardBy(group, before); !strings.Contains(read, "暴力・脅しの危険がある") {
			t.Errorf("%s: the group reads %s", way, read)
		}
	}
}

// What is written after telling, beside the questions, goes to the told case with
// what is sent: nobody reads that something was added while it was not.
func TestWordsAfterTelling(t *testing.T) {
	s := ready(t)
	s.says("報告")
	for _, label := range []string{"業者がその場にいる", "事務局にも知らせる"} {
		s.tap("U10", label)
	}
	s.says("男が二人です")
	before := len(s.said)
	for _, label := range []string{"訪問販売・しつこい勧誘", "送信する"} {
		s.tap("U10", label)
	}
	if read := s.heardBy(group, before); strings.Count(read, "男が二人です") != 1 {
		t.Errorf("the group reads %s", read)
	}
	if c := s.kase("26-0001"); len(c.Additions) == 0 || c.Additions[len(c.Additions)-1].Text != "男が二人です" {
		t.Errorf("the case has %d additions", len(c.Additions))
	}
}
