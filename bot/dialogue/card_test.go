package dialogue

import (
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/message"
)

// What a code leads to, whoever sends it and whatever became of its card. It is
// looked for first at the sender's own card, which must make no difference.
func TestCodes(t *testing.T) {
	s := newStand(t, nil)
	s.secretariat()
	codes := map[string]string{}
	for _, card := range []string{"own", "other", "free"} {
		s.work(func(w *casework.Work) (err error) {
			codes[card], err = w.Issue("shop", card)
			return err
		})
	}
	codes["unknown"] = strings.Repeat("Z", 26)
	for user, card := range map[string]string{"U10": "own", "U11": "other"} {
		s.turn(Event{Kind: Said, User: user, Text: codes[card]})
		s.turn(Event{Kind: Tapped, User: user, Data: "m:accept:" + card})
	}
	words := func(key string) string { return s.desk.Catalog.Text(key, "電話", s.desk.Telephone) }
	begins := s.desk.Catalog.Flow("report").Steps[0].Ask
	shows := func(user, card, want string) {
		t.Helper()
		before := len(s.said)
		s.turn(Event{Kind: Said, User: user, Text: "構成員証 " + codes[card]})
		said := ""
		for _, o := range s.said[before:] {
			if o.To.Kind != message.ToUser || o.To.ID != user {
				t.Errorf("%s's card %s: said to %+v", user, card, o.To)
			}
			for _, m := range o.Messages {
				switch m := m.(type) {
				case message.Text:
					said = m.Body
				case message.Panel:
					said = m.Body
				case message.Ask:
					said = m.Prompt
				}
			}
		}
		if said != want {
			t.Errorf("%s sends the code of card %s: %q, want %q", user, card, said, want)
		}
	}
	terms := words("join.terms")
	shows("U10", "own", begins)
	shows("U10", "other", words("join.used"))
	shows("U10", "free", words("join.have_another"))
	shows("U10", "unknown", words("join.unknown"))
	shows("U12", "own", words("join.used"))
	shows("U12", "free", terms)

	s.work(func(w *casework.Work) error { return w.Rebind("own") })
	shows("U10", "own", terms)
	shows("U11", "own", words("join.have_another"))
	shows("U12", "own", terms)
	s.turn(Event{Kind: Tapped, User: "U12", Data: "m:accept:own"})
	shows("U12", "own", begins)
	shows("U10", "own", words("join.used"))

	s.work(func(w *casework.Work) error { return w.Revoke("own") })
	for _, user := range []string{"U10", "U11", "U12"} {
		shows(user, "own", words("join.revoked"))
	}
	shows("U11", "other", begins)
}
