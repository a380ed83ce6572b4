package dialogue

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/message"
)

// sharedCards are the cards that list several cases, as the group saw them.
func (s *stand) sharedCards() []message.CaseCard {
	var cards []message.CaseCard
	for _, o := range s.said {
		for _, m := range o.Messages {
			if c, ok := m.(message.CaseCard); ok && o.To.ID == group && c.Heading == s.mark()+s.desk.Catalog.Text("card.shared_heading") {
				cards = append(cards, c)
			}
		}
	}
	return cards
}

func (s *stand) mark() string {
	if s.desk.Drill {
		return s.desk.Catalog.Text("drill.mark")
	}
	return ""
}

// reportOf sends a report of one kind.
func (s *stand) reportOf(user, urgency, kind string) {
	s.t.Helper()
	s.turn(Event{Kind: Said, User: user, Text: "報告"})
	for _, label := range []string{urgency, kind, "送信する"} {
		s.tap(user, label)
	}
}

// The largest shared card is one that LINE takes: many kinds, and numbers that
// do not follow each other because two telephones report in turn. From each card
// a button leads on until every case has been seen.
func TestSharedCardOfMany(t *testing.T) {
	s := newStand(t, nil)
	s.secretariat()
	s.member("U11", "shop", "A-101")
	s.member("U12", "milk", "A-102")
	urgencies := []string{"暴力・脅しの危険がある", "業者がその場にいる", "不審な電話の最中", "きょう・あす払う予定", "急ぎではない"}
	kinds := []string{"訪問販売・しつこい勧誘", "屋根・外壁などの点検商法", "頼んでいない荷物が届く", "還付金・ATMへの誘導", "わからない", "警察・役所を名乗る連絡"}
	const each = 130 // more than one showing takes
	for n := range each {
		s.reportOf("U11", urgencies[n%5], kinds[n%6])
		s.reportOf("U12", urgencies[n%5], kinds[n%6])
	}
	for range 4 {
		s.hands.Advance(2 * time.Minute)
		s.due()
	}
	cards := s.sharedCards()
	if len(cards) < 4 || len(cards) > 8 {
		t.Fatalf("%d shared cards", len(cards))
	}
	last := cards[len(cards)-1]
	if want := s.desk.Catalog.Text("card.shared_urgency", "緊急度", s.desk.Catalog.Text("level.danger"), "件数", fmt.Sprint(each-3)); last.Urgency != want {
		t.Errorf("the last card counts %q, want %q", last.Urgency, want)
	}

	seen := map[string]bool{}
	next := last.Buttons[len(last.Buttons)-1].Say
	for first := cards[0].Buttons[0].Say; ; first, next = "", s.lastButton(s.desk.Catalog.Text("card.shared_next", "no", "")) {
		if first != "" {
			next = first
		}
		if next == "" || seen[next] {
			break
		}
		seen[next] = true
		s.turn(Event{Kind: Said, User: clerk, Group: group, Text: next})
	}
	if len(seen) != each-3 {
		t.Errorf("the buttons lead to %d cases of %d", len(seen), each-3)
	}
}

// lastButton is what the button below the group's newest message says whose
// label begins so; "" when there is none.
func (s *stand) lastButton(begins string) string {
	for i := len(s.said) - 1; i >= 0; i-- {
		if s.said[i].To.ID != group || len(s.said[i].Messages) == 0 {
			continue
		}
		for _, b := range buttonsOf(s.said[i].Messages[0]) {
			if strings.HasPrefix(b.Label, begins) {
				return b.Say
			}
		}
		return ""
	}
	return ""
}

// What a shared card shows: numbers and urgency always, the rest as the council
// has decided, and not while somebody is there whom nobody knows.
func TestSharedCardShows(t *testing.T) {
	const kind, firm, member, trade = "訪問販売", "見本移動スーパー", "A-101", "移動販売"
	for name, c := range map[string]struct {
		card     string
		drill    bool
		stranger bool
		shows    []string
		hides    []string
	}{
		"basic":    {card: casework.CardBasic, shows: []string{kind, trade}, hides: []string{firm, member}},
		"full":     {card: casework.CardFull, shows: []string{kind, firm, member}},
		"number":   {card: casework.CardNumber, hides: []string{kind, firm, member, trade}},
		"guarded":  {card: casework.CardFull, stranger: true, hides: []string{kind, firm, member, trade}},
		"exercise": {card: casework.CardBasic, drill: true, shows: []string{"【訓練】"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, func(set *casework.Settings) { set.GroupCard, set.Drill = c.card, c.drill })
			s.secretariat()
			s.member("U11", "shop", "A-101")
			if c.stranger {
				s.turn(Event{Kind: Joined, Group: group, People: []string{"U09"}})
			}
			for range 7 {
				s.report("U11", "業者がその場にいる")
			}
			s.hands.Advance(time.Minute)
			s.due()
			cards := s.sharedCards()
			if len(cards) != 2 {
				t.Fatalf("%d shared cards", len(cards))
			}
			text := "" // in the form that was chosen
			for _, shown := range s.group {
				if strings.Contains(shown, cards[1].Heading) {
					text = shown
				}
			}
			for _, want := range append(c.shows, s.desk.Catalog.Text("level.danger"), "0004", "0007") {
				if !strings.Contains(text, want) {
					t.Errorf("it does not show %q: %s", want, text)
				}
			}
			for _, never := range c.hides {
				if strings.Contains(text, never) {
					t.Errorf("it shows %q: %s", never, text)
				}
			}
		})
	}
}
