package casework

import (
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// How long what serves the talk is kept. Cases are not pruned here.
const (
	quotesKept = 90 * 24 * time.Hour
	draftsKept = 24 * time.Hour
)

// PruneQuotes forgets what old messages meant, at most limit of them.
func PruneQuotes(tx storage.Tx, now time.Time, limit int) (int, error) {
	return prune(tx, records.Quotes, now.Add(-quotesKept), limit, func(q records.Quote) string { return q.Message })
}

// PruneDrafts deletes drafts that can no longer be sent, at most limit of them.
func PruneDrafts(tx storage.Tx, now time.Time, limit int) (int, error) {
	return prune(tx, records.Drafts, now.Add(-draftsKept), limit, func(d council.Draft) string { return d.ID })
}

func prune[T any](tx storage.Tx, kind *storage.Kind[T], before time.Time, limit int, id func(T) string) (int, error) {
	var ids []string
	for doc, err := range kind.Scan(tx, storage.Query{Index: records.ByAge, Until: records.Stamp(before), Limit: limit}) {
		if err != nil {
			return 0, err
		}
		ids = append(ids, id(doc))
	}
	for _, x := range ids {
		if err := kind.Delete(tx, x); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
