package dialogue

import (
	"strings"
	"testing"
	"time"
)

// silent is what the group reads of a member who has not answered.
const silent = "構成員の返事がありません"

// instruct sends an instruction of the catalog for a case.
func (s *stand) instruct(no, label string) {
	s.t.Helper()
	s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "受付" + no + " 指示する " + label})
	s.press("構成員へ送る")
}

// question asks something that is to be answered in words.
func (s *stand) question(no string) {
	s.t.Helper()
	s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "受付" + no + " 指示する 1つたずねる"})
	s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "どんな車でしたか", Quoted: s.prompt()})
	s.press("文章で答える")
	s.press("構成員へ送る")
}

// Whatever of the member's reaches the group for a case, or lies there until its
// purpose is known, nobody reads that the member was silent.
func TestSignsOfLife(t *testing.T) {
	say := func(s *stand, text string) { s.turn(Event{Kind: Said, User: "U10", Text: text}) }
	button := func(s *stand) { s.instruct("26-0001", "110番へ通報") }
	words := func(s *stand) { s.question("26-0001") }
	for name, c := range map[string]struct {
		ask func(s *stand)
		do  func(s *stand)
		// reaches is what the group reads at once, "" when nothing.
		reaches string
	}{
		"a written answer without the button": {words, func(s *stand) { say(s, "白い軽トラでした") }, "構成員の答え「白い軽トラでした」"},
		"also one that is polite":             {words, func(s *stand) { say(s, "はい") }, "構成員の答え「はい」"},
		"while another report is begun":       {words, func(s *stand) { say(s, "報告"); say(s, "白い軽トラでした") }, "構成員の答え「白い軽トラでした」"},
		"a label typed meanwhile":             {button, func(s *stand) { say(s, "報告"); say(s, "通報しました") }, "「通報しました」"},
		"words as the answer": {button, func(s *stand) {
			say(s, "相手が玄関に")
			say(s, "入りました")
			s.tap("U10", "事務局への返事")
		}, "構成員の答え「相手が玄関に」\n受付26-0001：構成員の答え「入りました」"},
		"words that lie there": {button, func(s *stand) {
			s.hands.Advance(10 * time.Minute)
			say(s, "相手が玄関に入りました")
		}, ""},
		"an addition": {button, func(s *stand) { say(s, "車が来ました"); s.tap("U10", "前の受付に追加する") }, "構成員からの追加「車が来ました」"},
		"a question":  {button, func(s *stand) { s.tap("U10", "事務局にたずねる"); say(s, "110番ですか") }, "構成員からの質問"},
		"the wish to withdraw": {button, func(s *stand) {
			s.turn(Event{Kind: Tapped, User: "U10", Data: "m:withdraw_yes:26-0001"})
		}, "取り下げの申し出"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ready(t)
			s.report("U10", "業者がその場にいる")
			c.ask(s)
			before := len(s.said)
			c.do(s)
			if read := s.heardBy(group, before); !strings.Contains(read, c.reaches) || (c.reaches == "" && read != "") {
				t.Errorf("the group reads at once: %s", read)
			}
			s.hands.Advance(29 * time.Minute)
			s.due()
			if read := s.heardBy(group, before); strings.Contains(read, silent) {
				t.Errorf("the group reads: %s", read)
			}
		})
	}
	t.Run("silence", func(t *testing.T) { // or else the above shows nothing
		s := ready(t)
		s.report("U10", "業者がその場にいる")
		button(s)
		before := len(s.said)
		s.hands.Advance(30 * time.Minute)
		s.due()
		if read := s.heardBy(group, before); !strings.Contains(read, silent) {
			t.Errorf("the group reads: %s", read)
		}
	})
}

// Words that may answer either of two instructions are no answer before the
// member says to which.
func TestWordsForOneOfTwo(t *testing.T) {
	s := ready(t)
	s.report("U10", "業者がその場にいる")
	s.report("U10", "業者がその場にいる")
	s.question("26-0001")
	s.question("26-0002")
	before := len(s.said)
	s.turn(Event{Kind: Said, User: "U10", Text: "白い車でした"})
	if read := s.heardBy(group, before); read != "" {
		t.Errorf("the group reads: %s", read)
	}
	s.tap("U10", "事務局への返事")
	s.tap("U10", "受付26-0001（10:00）")
	if read := s.heardBy(group, before); !strings.Contains(read, "受付26-0001：構成員の答え「白い車でした」") {
		t.Errorf("the group reads: %s", read)
	}
	if i := s.kase("26-0002").Instructions[0]; !i.Answered.IsZero() {
		t.Error("the other one is answered too")
	}
}
