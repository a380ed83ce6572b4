package dialogue

import (
	"errors"
	"time"

	"mimamori.example/mimamori/storage"
)

// watched is a transaction that remembers whether the store has failed in it.
type watched struct {
	tx     storage.Tx
	failed bool // the store answered with an error that is its own
	inside bool // the store is at work; it stays so when it panics
}

// note remembers an answer of the store's. To be asked for something invalid is
// the asker's fault.
func (w *watched) note(err error) error {
	w.inside = false
	w.failed = w.failed || err != nil && !errors.Is(err, storage.ErrInvalid)
	return err
}

// Council implements storage.Tx.
func (w *watched) Council() string { return w.tx.Council() }

// GetDoc implements storage.Tx.
func (w *watched) GetDoc(kind, id string) ([]byte, bool, error) {
	w.inside = true
	doc, ok, err := w.tx.GetDoc(kind, id)
	return doc, ok, w.note(err)
}

// PutDoc implements storage.Tx.
func (w *watched) PutDoc(kind, id string, doc []byte, values []string) error {
	w.inside = true
	return w.note(w.tx.PutDoc(kind, id, doc, values))
}

// DeleteDoc implements storage.Tx.
func (w *watched) DeleteDoc(kind, id string) error {
	w.inside = true
	return w.note(w.tx.DeleteDoc(kind, id))
}

// ScanDocs implements storage.Tx. What fn returns or does is not the store's.
func (w *watched) ScanDocs(kind string, q storage.Query, fn func(id string, doc []byte) (bool, error)) error {
	var own error
	w.inside = true
	err := w.tx.ScanDocs(kind, q, func(id string, doc []byte) (bool, error) {
		w.inside = false
		more, err := fn(id, doc)
		w.inside, own = true, err
		return more, err
	})
	if own != nil {
		w.inside = false
		return err
	}
	return w.note(err)
}

// Once implements storage.Tx.
func (w *watched) Once(at time.Time, key string) (bool, error) {
	w.inside = true
	first, err := w.tx.Once(at, key)
	return first, w.note(err)
}

// Next implements storage.Tx.
func (w *watched) Next(sequence string) (uint64, error) {
	w.inside = true
	n, err := w.tx.Next(sequence)
	return n, w.note(err)
}

// Enqueue implements storage.Tx.
func (w *watched) Enqueue(it storage.Item) error {
	w.inside = true
	return w.note(w.tx.Enqueue(it))
}

// PruneOnce implements storage.Tx.
func (w *watched) PruneOnce(before time.Time, limit int) (int, error) {
	w.inside = true
	n, err := w.tx.PruneOnce(before, limit)
	return n, w.note(err)
}

// Skip implements storage.Tx.
func (w *watched) Skip(sequence string, n uint64) error {
	w.inside = true
	return w.note(w.tx.Skip(sequence, n))
}

// Amend implements storage.Tx.
func (w *watched) Amend(c storage.Claim, state []byte) error {
	w.inside = true
	return w.note(w.tx.Amend(c, state))
}

// Settle implements storage.Tx.
func (w *watched) Settle(c storage.Claim) error {
	w.inside = true
	return w.note(w.tx.Settle(c))
}

// Postpone implements storage.Tx.
func (w *watched) Postpone(c storage.Claim, due time.Time, state []byte) error {
	w.inside = true
	return w.note(w.tx.Postpone(c, due, state))
}

// Park implements storage.Tx.
func (w *watched) Park(c storage.Claim, due time.Time, state []byte) error {
	w.inside = true
	return w.note(w.tx.Park(c, due, state))
}

// Yield implements storage.Tx.
func (w *watched) Yield(c storage.Claim, due time.Time, state []byte) error {
	w.inside = true
	return w.note(w.tx.Yield(c, due, state))
}

// Take implements storage.Tx.
func (w *watched) Take(recipient, lane string, limit int, want func(storage.Item) bool) ([]storage.Item, error) {
	w.inside = true
	items, err := w.tx.Take(recipient, lane, limit, func(it storage.Item) bool {
		w.inside = false
		wanted := want(it)
		w.inside = true
		return wanted
	})
	return items, w.note(err)
}

// Queued implements storage.Tx.
func (w *watched) Queued(recipient string, limit int) ([]storage.Item, error) {
	w.inside = true
	items, err := w.tx.Queued(recipient, limit)
	return items, w.note(err)
}
