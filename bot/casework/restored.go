package casework

import (
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Restored is the last time that the store began anew from a backup; false when
// it never has.
func (w *Work) Restored() (council.Restoration, bool, error) {
	for r, err := range records.Restorations.Scan(w.tx, storage.Query{Descending: true, Limit: 1}) {
		return r, err == nil, err
	}
	return council.Restoration{}, false, nil
}

// Missing is what is said when something is not known that a button, a number or
// a quotation names. In a store that was restored it may have come after the
// backup, and who asks must hear that.
func (w *Work) Missing(key string, vars ...string) string {
	r, restored, err := w.Restored()
	if err != nil {
		w.err = err
	}
	vars = append(vars, "電話", w.Telephone)
	if !restored {
		return w.text(key, vars...)
	}
	return w.text(key+"_restored", append(vars, "復元", w.moment(r.At), "時点", w.moment(r.Backup))...)
}

// Marks are those of all restorations so far.
func Marks(tx storage.Tx) ([]string, error) {
	var marks []string
	for r, err := range records.Restorations.Scan(tx, storage.Query{}) {
		if err != nil {
			return nil, err
		}
		marks = append(marks, r.Mark)
	}
	return marks, nil
}

// Restore notes that the store has begun anew. The restoration's number is the
// next one.
func Restore(tx storage.Tx, r council.Restoration) error {
	r.N = 1
	for before, err := range records.Restorations.Scan(tx, storage.Query{Descending: true, Limit: 1}) {
		if err != nil {
			return err
		}
		r.N = before.N + 1
	}
	return records.Restorations.Put(tx, r)
}
