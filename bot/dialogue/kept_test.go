package dialogue

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// write has U10 type texts one after the other; each is a message of its own, with the
// id id0, id1 …
func (s *stand) write(id string, texts ...string) {
	s.t.Helper()
	for i, text := range texts {
		s.turn(Event{Kind: Said, User: "U10", Text: text, MessageID: fmt.Sprint(id, i)})
	}
}

// talk is where U10's talk stands.
func (s *stand) talk() records.Talk {
	s.t.Helper()
	var talk records.Talk
	err := s.store.View(s.t.Context(), town, func(tx storage.Tx) (err error) {
		talk, _, err = records.Talks.Get(tx, "U10")
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return talk
}

// kase is a case as it is stored.
func (s *stand) kase(no string) council.Case {
	s.t.Helper()
	var c council.Case
	err := s.store.View(s.t.Context(), town, func(tx storage.Tx) (err error) {
		c, _, err = records.Cases.Get(tx, no)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// heardBy is all that somebody has read since before.
func (s *stand) heardBy(who string, before int) string {
	var all []string
	for _, o := range s.said[before:] {
		if o.To.ID != who {
			continue
		}
		for _, m := range o.Messages {
			switch m := m.(type) {
			case message.Text:
				all = append(all, m.Body)
			case message.Panel:
				all = append(all, m.Heading, m.Body)
			case message.Ask:
				all = append(all, m.Prompt)
			default:
				all = append(all, fmt.Sprintf("%+v", m))
			}
		}
	}
	return strings.Join(all, "\n")
}

// ready is a stand with a member U10 and a secretariat.
func ready(t *testing.T) *stand {
	s := newStand(t, nil)
	s.member("U10", "shop", "A-1")
	s.secretariat()
	return s
}

func texts(c council.Case) string {
	var all []string
	for _, a := range c.Additions {
		all = append(all, a.Text)
	}
	return strings.Join(all, "|")
}

// Whatever somebody has typed in several messages is passed on whole, or the
// member reads which of it is not. Any of them can be taken back.
func TestSeveralMessages(t *testing.T) {
	const calm = "急ぎではない"
	for name, c := range map[string]struct {
		do   func(s *stand)
		want string
	}{
		"added": {func(s *stand) {
			s.write("P-", "一つ目", "二つ目", "三つ目")
			s.tap("U10", "前の受付に追加する")
		}, "一つ目|二つ目|三つ目"},
		"one taken back before": {func(s *stand) {
			s.write("P-", "一つ目", "二つ目", "三つ目")
			s.turn(Event{Kind: Unsent, User: "U10", MessageID: "P-1"})
			s.tap("U10", "前の受付に追加する")
		}, "一つ目|三つ目"},
		"one taken back after": {func(s *stand) {
			s.write("P-", "一つ目", "二つ目", "三つ目")
			s.tap("U10", "前の受付に追加する")
			s.turn(Event{Kind: Unsent, User: "U10", MessageID: "P-1"})
		}, "一つ目||三つ目"},
		"asked for": {func(s *stand) {
			s.turn(Event{Kind: Tapped, User: "U10", Data: "m:add"})
			s.write("P-", "一つ目", "二つ目", "三つ目")
		}, "一つ目|二つ目|三つ目"},
		"after the tap": {func(s *stand) {
			s.write("P-", "一つ目")
			s.tap("U10", "前の受付に追加する")
			s.write("Q-", "二つ目", "三つ目")
		}, "一つ目|二つ目|三つ目"},
		"long after the tap": {func(s *stand) {
			s.write("P-", "一つ目")
			s.tap("U10", "前の受付に追加する")
			s.hands.Advance(records.MoreFor)
			s.write("Q-", "二つ目")
		}, "一つ目"},
		"an old store": {func(s *stand) {
			err := s.store.Update(s.t.Context(), town, func(tx storage.Tx) error {
				return records.Talks.Put(tx, records.Talk{User: "U10", Kept: "一つ目", KeptID: "P-0", KeptAt: s.hands.Now()})
			})
			if err != nil {
				s.t.Fatal(err)
			}
			s.write("Q-", "二つ目")
			s.tap("U10", "前の受付に追加する")
		}, "一つ目|二つ目"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ready(t)
			s.report("U10", calm)
			c.do(s)
			if got := texts(s.kase("26-0001")); got != c.want {
				t.Errorf("the case holds %q, want %q", got, c.want)
			}
		})
	}
}

// What goes along with a report that is being answered is complete too, and all
// of it can still be taken back.
func TestSeveralMessagesGoAlong(t *testing.T) {
	for name, finish := range map[string][]string{
		"sent":         {"急ぎではない", "訪問販売・しつこい勧誘", "送信する"},
		"told at once": {"業者がその場にいる", "事務局にも知らせる"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ready(t)
			s.write("P-", "一つ目", "二つ目")
			s.tap("U10", "新しく報告する")
			s.write("Q-", "三つ目の文です", "四つ目の文です")
			s.turn(Event{Kind: Unsent, User: "U10", MessageID: "Q-0"})
			before := len(s.said)
			for _, label := range finish {
				s.tap("U10", label)
			}
			if got := texts(s.kase("26-0001")); got != "一つ目|二つ目|四つ目の文です" {
				t.Errorf("the case holds %q", got)
			}
			if read := s.heardBy(group, before); strings.Count(read, "二つ目") != 1 || strings.Contains(read, "三つ目") {
				t.Errorf("the group reads %s", read)
			}
		})
	}
}

// What does not fit any more is named, and what was there before stays.
func TestTooManyMessages(t *testing.T) {
	s := ready(t)
	s.report("U10", "急ぎではない")
	want := []string{}
	for i := range mostKept {
		text := fmt.Sprintf("文%02d", i)
		want = append(want, text)
		s.write("P-"+text, text)
	}
	before := len(s.said)
	s.write("Q-", "あふれた文")
	if read := s.heardBy("U10", before); !strings.Contains(read, "受け取れませんでした") || !strings.Contains(read, fmt.Sprint(mostKept)) {
		t.Errorf("the member reads %s", read)
	}
	s.tap("U10", "前の受付に追加する")
	if got := texts(s.kase("26-0001")); got != strings.Join(want, "|") {
		t.Errorf("the case holds %q", got)
	}

	s.hands.Advance(time.Hour)
	long := strings.Repeat("あ", keptLimit)
	s.write("R-", long, long, long, long)
	before = len(s.said)
	s.write("S-", "あふれた文")
	if read := s.heardBy("U10", before); !strings.Contains(read, "受け取れませんでした") {
		t.Errorf("the member reads %s", read)
	}
	s.tap("U10", "前の受付に追加する")
	if got := s.kase("26-0001").Additions; len(got) != mostKept+4 {
		t.Errorf("the case holds %d additions", len(got))
	}
}

// A number that is divided among messages is one all the same, also where the
// first part has been passed on already.
func TestPersonalDetailsInSeveralMessages(t *testing.T) {
	for name, do := range map[string]func(s *stand){
		"waiting": func(s *stand) { s.write("P-", "車に書いてあるのは090-12") },
		"added":   func(s *stand) { s.taps("m:add"); s.write("P-", "車に書いてあるのは090-12") },
		"answer":  func(s *stand) { s.question("26-0001"); s.write("P-", "車に書いてあるのは090-12") },
	} {
		t.Run(name, func(t *testing.T) {
			s := ready(t)
			s.report("U10", "急ぎではない")
			do(s)
			before := len(s.said)
			s.write("Q-", "34-5678でした")
			if read := s.heardBy("U10", before); !strings.Contains(read, "送信取消") {
				t.Errorf("the member reads %s", read)
			}
			if dump := s.dump(); strings.Contains(dump, "34-5678") {
				t.Error("it is stored")
			}
		})
	}
}
