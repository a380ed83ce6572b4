package dialogue

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// fill makes a case as large as changing an answer to and fro makes it.
func (s *stand) fill(no string, bytes int) {
	s.t.Helper()
	s.work(func(w *casework.Work) error {
		c, _, err := w.Case(no)
		if err != nil {
			return err
		}
		for raw, _ := json.Marshal(c); len(raw) < bytes; raw, _ = json.Marshal(c) {
			for range max(1, (bytes-len(raw))/400) {
				c.History = append(c.History, council.Entry{At: s.hands.Now(), Actor: "reporter", Action: council.Reply, Note: "AAAAAAAAAAAAAAAAAAAAAAAAAA told"})
			}
		}
		return records.Cases.Put(w.Tx(), c)
	})
}

func (s *stand) kept(no string) (size int) {
	s.t.Helper()
	s.view(func(tx storage.Tx) error {
		raw, _, err := tx.GetDoc("case", no)
		size = len(raw)
		return err
	})
	return size
}

// A member cannot make a case so large that it cannot be stored any more: its
// clock, and all others' behind it, would stand still. Whoever tries is told to
// telephone.
func TestCaseCannotBeFilled(t *testing.T) {
	begin := func(t *testing.T) *stand {
		s := newStand(t, nil)
		s.member("U10", "shop", "A-1")
		s.secretariat()
		s.report("U10", "業者がその場にいる")
		s.press("指示する")
		s.press("188・センターを案内")
		s.press("構成員へ送る")
		s.tap("U10", "伝えました")
		return s
	}
	for name, do := range map[string]func(s *stand){
		"to and fro": func(s *stand) { s.tap("U10", "会えなかった") },
		"withdrawal": func(s *stand) { s.turn(Event{Kind: Tapped, User: "U10", Data: "m:withdraw_yes:26-0001"}) },
		"addition": func(s *stand) {
			s.turn(Event{Kind: Tapped, User: "U10", Data: "m:add:26-0001"})
			s.turn(Event{Kind: Said, User: "U10", Text: strings.Repeat("\u2028<", 500)})
		},
		"question": func(s *stand) {
			s.tap("U10", "事務局に相談したい")
			s.turn(Event{Kind: Said, User: "U10", Text: strings.Repeat("あ", 1000)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(t)
			s.fill("26-0001", storage.MaxDocument-400)
			before, said := s.kept("26-0001"), len(s.said)
			do(s)
			if after := s.kept("26-0001"); after != before {
				t.Errorf("it has grown from %d to %d", before, after)
			}
			if told := fmt.Sprint(s.said[said:]); !strings.Contains(told, "お電話ください") || strings.Contains(told, "伝えました。") {
				t.Errorf("told %s", told)
			}
			if name != "addition" {
				return
			}
			// The secretariat still can act: the other half is theirs.
			s = begin(t)
			s.fill("26-0001", storage.MaxDocument/2-100)
			s.hands.Advance(12 * 60 * 60 * 1e9)
			do(s)
			s.clerk("受付26-0001 終了 未然防止")
			if size := s.kept("26-0001"); size > storage.MaxDocument*3/4 {
				t.Errorf("%d bytes", size)
			}
		})
	}
}

// Many people leaving at once is one turn, however many cards were kept from the
// group because of them.
func TestManyLeaveAtOnce(t *testing.T) {
	s := newStand(t, nil)
	s.member("U10", "shop", "A-1")
	s.secretariat()
	var gone []string
	for i := range 12 {
		gone = append(gone, fmt.Sprintf("U3%x", i))
	}
	s.turn(Event{Kind: Joined, Group: group, People: gone[:1]})
	s.report("U10", "業者がその場にいる")
	s.work(func(w *casework.Work) error {
		c, _, err := w.Case("26-0001")
		for i := range 150 {
			if err != nil {
				return err
			}
			c.No, c.CardBare = fmt.Sprintf("26-1%03d", i), true
			err = records.Cases.Put(w.Tx(), c)
		}
		return err
	})
	s.turn(Event{Kind: Left, Group: group, People: gone})
}
