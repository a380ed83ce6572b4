package casework

import (
	"regexp"
	"strings"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

var draftID = regexp.MustCompile(`^[A-Z2-7]{6}$`)

// DraftID reads the name of a draft as a button says it or somebody has typed
// it; false when it can be none.
func DraftID(s string) (string, bool) {
	s = strings.ToUpper(Normal(s))
	return s, draftID.MatchString(s)
}

const (
	draftsLooked = 200 // the newest of the council
	draftsShown  = 4   // of one case, newest first: with a sentence before them one delivery
)

// Which answers a clerk who would have a draft sent or dropped, or fills in a
// value, and does not say of which draft. It never guesses, not even where there
// is only one: what would go out, and to whom, is shown again, and the button
// below it says which.
func (w *Work) Which(group council.Group, who Actor, c council.Case) error {
	if who.Role != council.RoleClerk {
		return w.refuse(group, c, council.NotYours)
	}
	open, err := w.openDrafts(c)
	if err != nil {
		return err
	}
	key := "draft.which"
	if len(open) == 0 {
		key = "draft.none"
	}
	w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No),
		message.Text{Body: w.drill(c, w.text(key, "no", c.No))})
	for _, d := range open {
		if len(d.Missing) > 0 {
			w.ask(group, c, d)
			continue
		}
		if err := w.preview(group, c, d); err != nil {
			return err
		}
	}
	return nil
}

// openDrafts are the case's drafts that may still be sent, newest first.
func (w *Work) openDrafts(c council.Case) ([]council.Draft, error) {
	var open []council.Draft
	q := storage.Query{Index: records.ByAge, From: records.Stamp(w.now.Add(-council.DraftKept)), Descending: true, Limit: draftsLooked}
	for d, err := range records.Drafts.Scan(w.tx, q) {
		if err != nil {
			return nil, err
		}
		if d.Case == c.No && d.Version == c.Version && d.State == council.DraftOpen && !d.Expired(w.now) && len(open) < draftsShown {
			open = append(open, d)
		}
	}
	return open, nil
}
