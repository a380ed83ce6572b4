package casework

import (
	"encoding/json"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/storage"
)

// mostAdditions is how often a member may write about one case: a case must
// stay small enough to be stored as one document.
const mostAdditions = 100

const (
	fullAt   = storage.MaxDocument / 2 // the other half is the secretariat's
	unlikely = 50                      // fewer entries than this need not be measured
)

// full tells whether a case holds so much that its reporter can add no more by
// this talk: not by words, nor by changing an answer to and fro. A case that could
// not be stored any more would stand still, and all others' clocks with it.
func full(c council.Case, words int) bool {
	if words > 0 && len(c.Additions)+words > mostAdditions {
		return true
	}
	if len(c.Additions)+len(c.History)+len(c.Untold) < unlikely {
		return false
	}
	raw, err := json.Marshal(&c)
	return err != nil || len(raw) > fullAt
}
