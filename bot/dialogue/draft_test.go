package dialogue

import (
	"testing"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Two drafts never share their short name, whatever chance says: what is sent
// is what its button stood under.
func TestDraftsHaveNamesOfTheirOwn(t *testing.T) {
	s := newStand(t, nil)
	s.member("U11", "shop", "A-1")
	s.secretariat()
	s.report("U11", "急ぎではない")
	names := []string{"SAMEAAAAAAAAAAAAAAAAAAAAAA", "SAMEAAAAAAAAAAAAAAAAAAAAAA", "OTHERAAAAAAAAAAAAAAAAAAAAA"}
	s.desk.NewID = func() string {
		if len(names) == 0 {
			return s.id()
		}
		n := names[0]
		names = names[1:]
		return n
	}
	for _, words := range []string{"はじめの文", "つぎの文"} {
		s.turn(Event{Kind: Said, User: clerk, Group: group, Text: words, Quoted: s.quotable("case:")})
	}
	texts := map[string]string{}
	err := s.store.View(t.Context(), town, func(tx storage.Tx) error {
		for d, err := range records.Drafts.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			texts[d.ID] = string(d.State)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) != 2 || texts["SAMEAA"] != string(council.DraftOpen) || texts["OTHERA"] != string(council.DraftOpen) {
		t.Errorf("drafts: %v", texts)
	}
}
