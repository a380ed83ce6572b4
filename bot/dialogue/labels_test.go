package dialogue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/storage"
)

// scene leads a member U10 to something with buttons.
type scene func(s *stand)

func (s *stand) says(texts ...string) {
	for _, text := range texts {
		s.turn(Event{Kind: Said, User: "U10", Text: text})
	}
}

func (s *stand) taps(data ...string) {
	for _, d := range data {
		s.turn(Event{Kind: Tapped, User: "U10", Data: d})
	}
}

func (s *stand) closes(no string) {
	s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "受付" + no + " 終了 該当なし"})
}

// sets are the ways in which a question can be answered.
var answerSets = []string{"はい・いいえ", "いつのことか", "文章で答える"}

func scenes(t *testing.T) map[string]scene {
	all := map[string]scene{
		"the menu":           func(s *stand) { s.report("U10", "急ぎではない"); s.says("メニュー") },
		"the menu, an empty": func(s *stand) { s.says("メニュー") },
		"words that wait":    func(s *stand) { s.report("U10", "急ぎではない"); s.says("車が来ました") },
		"the whole menu": func(s *stand) {
			s.report("U10", "急ぎではない")
			s.report("U10", "急ぎではない")
			s.closes("26-0001")
			s.instruct("26-0002", "110番へ通報")
			s.says("車が来ました")
		},
		"which to add to": func(s *stand) {
			s.report("U10", "急ぎではない")
			s.report("U10", "急ぎではない")
			s.taps("m:add")
		},
		"which to withdraw": func(s *stand) {
			s.report("U10", "急ぎではない")
			s.report("U10", "急ぎではない")
			s.taps("m:withdraw")
		},
		"which to go on with": func(s *stand) {
			s.report("U10", "急ぎではない")
			s.report("U10", "急ぎではない")
			s.closes("26-0001")
			s.closes("26-0002")
			s.taps("m:again")
		},
		"which to answer": func(s *stand) {
			s.report("U10", "急ぎではない")
			s.instruct("26-0001", "110番へ通報")
			s.hands.Advance(time.Minute)
			s.instruct("26-0001", "119番へ通報")
			s.says("いま来ました")
			s.taps("m:reply")
		},
		"really withdraw":     func(s *stand) { s.report("U10", "急ぎではない"); s.taps("m:withdraw") },
		"really, in a danger": func(s *stand) { s.report("U10", "業者がその場にいる"); s.taps("m:withdraw") },
		"what stays":          func(s *stand) { s.report("U10", "急ぎではない"); s.says("取り消し") },
		"an answer comes late": func(s *stand) {
			s.report("U10", "急ぎではない")
			s.instruct("26-0001", "110番へ通報")
			s.closes("26-0001")
			s.says("通報できない")
		},
		"words of clerks": func(s *stand) { s.report("U10", "急ぎではない"); s.relay("あすうかがいます") },
		"asked, while reporting": func(s *stand) {
			s.report("U10", "急ぎではない")
			s.says("報告")
			s.relay("あすうかがいます")
		},
		"a question":           func(s *stand) { s.says("報告") },
		"a question in danger": func(s *stand) { s.says("報告"); s.tap("U10", "業者がその場にいる") },
		"a told danger": func(s *stand) {
			s.says("報告")
			s.tap("U10", "業者がその場にいる")
			s.tap("U10", "事務局にも知らせる")
		},
		"a told danger, left": func(s *stand) {
			s.says("報告")
			s.tap("U10", "業者がその場にいる")
			s.tap("U10", "事務局にも知らせる")
			s.says("報告")
		},
		"confirming": func(s *stand) {
			s.says("報告")
			s.tap("U10", "急ぎではない")
			s.tap("U10", "訪問販売・しつこい勧誘")
		},
		"marking": func(s *stand) {
			s.says("報告")
			for _, label := range []string{"急ぎではない", "訪問販売・しつこい勧誘", "もう少し選んで送る", "見慣れない人・車が来る"} {
				s.tap("U10", label)
			}
		},
		"left for a while": func(s *stand) {
			s.says("報告")
			s.tap("U10", "急ぎではない")
			s.hands.Advance(records.OpenFor)
			s.says("報告")
		},
		"sent": func(s *stand) { s.report("U10", "急ぎではない") },
		"welcome back": func(s *stand) {
			s.turn(Event{Kind: Unfollowed, User: "U10"})
			s.turn(Event{Kind: Followed, User: "U10"})
		},
	}
	for _, i := range newStand(t, nil).desk.Catalog.Instructions() {
		switch i.ID {
		case "ask", "keep_watch", "call_9110", "report_details_by_consent":
		default:
			all["told to "+i.Label] = func(s *stand) { s.report("U10", "急ぎではない"); s.instruct("26-0001", i.Label) }
		}
	}
	for _, set := range answerSets {
		all["asked, "+set] = func(s *stand) {
			s.report("U10", "急ぎではない")
			s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "受付26-0001 指示する 1つたずねる"})
			s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "どうでしたか", Quoted: s.prompt()})
			s.press(set)
			s.press("構成員へ送る")
		}
	}
	return all
}

// relay sends a clerk's words about the newest case.
func (s *stand) relay(text string) {
	s.t.Helper()
	s.turn(Event{Kind: Said, User: clerk, Group: group, Text: text, Quoted: s.quotable("case:")})
	s.press("構成員へ送る")
}

// shown are the buttons of the newest messages in the member's talk; those that answer a question are left out: they are no menu.
func (s *stand) shown() []message.Button {
	var all []message.Button
	messages := 0
	for _, o := range slices.Backward(s.said) {
		if o.To.ID != "U10" || messages >= 2 {
			continue
		}
		for _, m := range slices.Backward(o.Messages) {
			bs := buttonsOf(m)
			if a, ok := m.(message.Ask); ok {
				bs = slices.Concat(a.Keep, a.Nav)
			}
			if len(bs) > 0 {
				messages++
			}
			for _, b := range bs {
				if !slices.ContainsFunc(all, func(x message.Button) bool { return x.Label == b.Label }) {
					all = append(all, b)
				}
			}
		}
	}
	return all
}

// after is what a member's event does: what everybody hears, what is stored, and
// how many messages wait for their purpose.
func after(t *testing.T, do scene, ev Event) (heard, kept string, waiting int) {
	t.Helper()
	s := ready(t)
	do(s)
	before := len(s.said)
	s.turn(ev)
	for _, o := range s.said[before:] {
		heard += fmt.Sprintf("%s: %+v\n", o.To.ID, o.Messages)
	}
	for line := range strings.Lines(s.dump()) {
		if strings.HasPrefix(line, "talk ") || strings.HasPrefix(line, "case ") {
			kept += line
		}
	}
	return heard, kept, len(s.talk().Words)
}

// sameButton tells whether a button is the only one of its label that can be
// meant: of the questions' only those of the one that is open, and of the others
// one that stands below one thing only.
func (s *stand) sameButton(b message.Button) bool {
	if session, turn, _, ok := flows.DecodeTap(b.Data); ok {
		talk := s.talk()
		return talk.Session != nil && talk.Session.ID == session && talk.Session.Turn == turn
	}
	for _, o := range s.said {
		for _, m := range o.Messages {
			for _, x := range buttonsOf(m) {
				if o.To.ID == "U10" && x.Label == b.Label && x.Data != b.Data && strings.HasPrefix(x.Data, "i:") {
					return false
				}
			}
		}
	}
	return b.Action == message.Postback && b.Data != "m:decline" && !strings.HasPrefix(b.Data, "m:accept")
}

// Whoever types the label of a button that is in the talk has pressed that button:
// whatever tapping it would do, and nothing else.
func TestEveryLabel(t *testing.T) {
	tried := map[string]bool{}
	for name, do := range scenes(t) {
		t.Run(name, func(t *testing.T) {
			s := ready(t)
			do(s)
			words := len(s.talk().Words)
			for _, b := range s.shown() {
				tried[b.Label] = true
				typed, kept, waiting := after(t, do, Event{Kind: Said, User: "U10", Text: b.Label})
				if waiting > words {
					t.Errorf("%s is kept", b.Label)
				}
				if !s.sameButton(b) {
					continue
				}
				tapped, stored, _ := after(t, do, Event{Kind: Tapped, User: "U10", Data: b.Data})
				if typed != tapped {
					t.Errorf("%s tapped:\n%s\ntyped:\n%s", b.Label, tapped, typed)
				}
				if kept != stored {
					t.Errorf("%s tapped, is stored:\n%s\ntyped:\n%s", b.Label, stored, kept)
				}
			}
		})
	}
	words := newStand(t, nil).desk.Catalog
	for key := range presses {
		if strings.HasPrefix(key, "menu.") && !tried[words.Text(key)] {
			t.Errorf("the button %s was in no talk", key)
		}
	}
}

// The signs that people put around what they copy, and the other width of its
// letters, change nothing; nor is a label kept when its button is of no use.
func TestLabelsOtherwise(t *testing.T) {
	for _, text := range []string{"「新しく報告する」", "新しく報告する。", "新しく 報告する", "[新しく報告する]"} {
		typed, _, _ := after(t, scenes(t)["the menu"], Event{Kind: Said, User: "U10", Text: text})
		tapped, _, _ := after(t, scenes(t)["the menu"], Event{Kind: Tapped, User: "U10", Data: "m:report"})
		if typed != tapped {
			t.Errorf("%s is not understood: %s", text, typed)
		}
	}
	for _, text := range []string{"追加で知らせる", "取り下げる", "前の件の続き", "やめる", "送らない", "取り下げない", "事務局への返事", "つづける", "送信する",
		"事務局にも知らせる", "ひとつ前にもどる", "この内容で送る", "了解しました", "通報しました", "事務局にたずねる", "文章で答える", "受付26-0009の続き", "受付26-0009（12/1）",
		"受付26-0009", "26-0009", "わからない", "110番に電話する", "登録しない"} {
		for name, do := range map[string]scene{"idle": func(*stand) {}, "sent": scenes(t)["sent"], "words": scenes(t)["words that wait"]} {
			s := ready(t)
			do(s)
			words := len(s.talk().Words)
			before := len(s.said)
			s.says(text)
			if got := s.talk().Words; len(got) > words {
				t.Errorf("%s, %s is kept: %+v", name, text, got)
			}
			passes := name == "words" && text == "追加で知らせる"
			if len(s.said) == before || passes == (s.heardBy(group, before) == "") {
				t.Errorf("%s, %s: %+v", name, text, s.said[before:])
			}
		}
	}
}

// In a danger 「知らせる」 is the button that tells the secretariat, whatever else
// was going on.
func TestTellInDanger(t *testing.T) {
	for _, word := range []string{"知らせる", "事務局に知らせる", "事務局にも知らせる", "知らせる。"} {
		for name, do := range map[string]scene{
			"asked":      func(*stand) {},
			"confirming": func(s *stand) { s.tap("U10", "訪問販売・しつこい勧誘") },
			"adding":     func(s *stand) { s.taps("m:add:26-0001") },
		} {
			t.Run(word+" "+name, func(t *testing.T) {
				s := ready(t)
				s.report("U10", "急ぎではない")
				s.says("報告")
				s.tap("U10", "業者がその場にいる")
				do(s)
				s.says(word)
				if c := s.kase("26-0002"); c.Urgency != "trader_present" {
					t.Errorf("the secretariat was told %+v", c)
				}
			})
		}
	}
}

// With two instructions waiting a polite word, or the label of a button that both
// have, asks which; with one it is the answer.
func TestUnderstoodWhich(t *testing.T) {
	for name, labels := range map[string][]string{
		"both have it": {"福祉の窓口につなぐ", "福祉の窓口につなぐ"}, "one has it": {"福祉の窓口につなぐ", "110番へ通報"}, "none has it": {"110番へ通報", "119番へ通報"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ready(t)
			s.report("U10", "急ぎではない")
			s.report("U10", "急ぎではない")
			s.instruct("26-0001", labels[0])
			s.instruct("26-0002", labels[1])
			before := len(s.said)
			s.says("了解しました")
			read := s.heardBy("U10", before)
			if s.heardBy(group, before) != "" || !strings.Contains(read, "どの連絡") ||
				!strings.Contains(read, "受付26-0001") || !strings.Contains(read, "受付26-0002") {
				t.Errorf("the group reads %q, the member %q", s.heardBy(group, before), read)
			}
		})
	}
	s := ready(t)
	s.report("U10", "急ぎではない")
	s.instruct("26-0001", "福祉の窓口につなぐ")
	before := len(s.said)
	s.says("了解しました")
	if read := s.heardBy(group, before); !strings.Contains(read, "「了解しました」") {
		t.Errorf("the group reads %q", read)
	}
	before = len(s.said)
	s.says("ありがとうございます")
	if read := s.heardBy(group, before); read != "" {
		t.Errorf("thanks reach the group as %q", read)
	}
}

// blanks are messages in which nobody sees anything.
var blanks = []string{" ", "　", "\n\t", "\u200b", "\u2060\ufeff", "\u3164", "\u2800 \u00ad", "\u200e\u200f", "\ufe0f", ""}

// A blank message is no draft, no value, no addition and nothing to be kept.
func TestBlank(t *testing.T) {
	for _, text := range blanks {
		if !flows.Blank(text) {
			t.Errorf("%q is not blank", text)
		}
		for name, do := range scenes(t) {
			if text != "　" && text != "\u200b" {
				continue
			}
			s := ready(t)
			do(s)
			s.blank(name, Event{Kind: Said, User: "U10", Text: text})
		}
		for name, do := range map[string]scene{
			"adding":    func(s *stand) { s.taps("m:add") },
			"answering": func(s *stand) { s.question("26-0001"); s.tap("U10", "文章で答える") },
			"asked":     func(s *stand) { s.question("26-0001") },
			"asking":    func(s *stand) { s.instruct("26-0001", "110番へ通報"); s.tap("U10", "事務局にたずねる") },
			"going on":  func(s *stand) { s.taps("m:add"); s.says("車が") },
		} {
			s := ready(t)
			s.report("U10", "急ぎではない")
			do(s)
			s.blank(name, Event{Kind: Said, User: "U10", Text: text})
		}
		s := ready(t)
		s.report("U10", "急ぎではない")
		if text != "" {
			s.blank("a card quoted", Event{Kind: Said, User: clerk, Group: group, Text: text, Quoted: s.quotable("case:")})
		}
		s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "受付26-0001 指示する 1つたずねる"})
		s.blank("a value", Event{Kind: Said, User: clerk, Group: group, Text: text, Quoted: s.prompt()})
	}
	for _, text := range []string{"あ", "。", "🙏", "\u200bあ", "1"} {
		if flows.Blank(text) {
			t.Errorf("%q is blank", text)
		}
	}
}

// blank lets a blank message happen: cases, drafts and words stay as they were,
// and its writer hears something.
func (s *stand) blank(name string, ev Event) {
	s.t.Helper()
	state := func() string {
		kept := fmt.Sprint(s.talk().Words)
		err := s.store.View(s.t.Context(), town, func(tx storage.Tx) error {
			for _, d := range []storage.Definition{records.Cases.Definition(), records.Drafts.Definition()} {
				err := tx.ScanDocs(d.Name, storage.Query{}, func(_ string, doc []byte) (bool, error) { kept += string(doc) + "\n"; return true, nil })
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.t.Fatal(err)
		}
		return kept
	}
	was, before := state(), len(s.said)
	s.turn(ev)
	if now := state(); now != was {
		s.t.Errorf("%s, %q changes\n%s\nto\n%s", name, ev.Text, was, now)
	}
	if len(s.said) == before {
		s.t.Errorf("%s, %q is not answered", name, ev.Text)
	}
}

// A clerk who quotes a card or a menu with the label of one of its buttons means
// that button, and no message to the member.
func TestLabelsInTheGroup(t *testing.T) {
	s := ready(t)
	s.report("U10", "急ぎではない")
	for text, want := range map[string]string{"110番へ通報": "すぐに110番へ通報してください", "未然防止": "結果を選んで終了"} {
		before := len(s.said)
		s.turn(Event{Kind: Said, User: clerk, Group: group, Text: text, Quoted: s.quotable("case:")})
		if read := s.heardBy(group, before); !strings.Contains(read, want) || strings.Contains(read, "「"+text+"」") {
			t.Errorf("%s: the group reads %s", text, read)
		}
	}
	if c := s.kase("26-0001"); !c.Open() {
		t.Error("a slip has closed the case")
	}
}

// The longest receipt number, a drill's behind a restore, still fits into every
// label, and is read from what was typed.
func TestLongNumbers(t *testing.T) {
	s := ready(t)
	words := newVocabulary(s.desk.Catalog)
	const no = "D26-ABCD-12345"
	for _, label := range []string{
		fitting(s.desk.Catalog.Text("menu.case", "no", no, "月日", "12/31"), no, "12/31"),
		fitting(s.desk.Catalog.Text("menu.asked", "no", no, "時刻", "10:05"), no, "10:05"),
		s.desk.Catalog.Text("menu.rest", "no", no),
	} {
		if flows.Units(label) > longestLabel {
			t.Errorf("%s is too long", label)
		}
		found := slices.ContainsFunc(words.shapes, func(x shape) bool {
			m := x.pattern.FindStringSubmatch(core(label))
			return m != nil && m[1] == no
		})
		if !found {
			t.Errorf("%s is not read", label)
		}
	}
}
