package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"mimamori.example/mimamori/storage"
)

// tx is one function's transaction: a view of the file, and in Update an
// overlay of what the function has written.
type tx struct {
	s       *Store
	council string
	sp      *space
	b       *batch       // nil in View
	layers  []layer      // nil in View
	earlier [2][]written // below them: of the functions before, of the batch before
	over    bool
	writes  int
	key     []byte // scratch

	steps   []step
	touched []*entry
	marks   // of this function; none in View
	hold    *holdChange
}

var errOver = errors.New("storage/bolt: the transaction is over")

// Council implements storage.Tx.
func (t *tx) Council() string { return t.council }

// get reads a key through the overlay; nil when there is none. The result is
// good until the transaction ends.
func (t *tx) get(n table, key string) []byte {
	if t.layers != nil {
		if v, ok := t.layers[n].m[key]; ok {
			return v
		}
	}
	return t.beneath(n, key)
}

// beneath reads a key below the function's overlay.
func (t *tx) beneath(n table, key string) []byte {
	for _, tables := range t.earlier {
		if tables == nil {
			continue
		}
		if v, ok := tables[n][key]; ok {
			return v
		}
	}
	t.key = append(t.key[:0], key...)
	return t.sp.get(t.s.layout, n, t.key)
}

func (t *tx) set(n table, key string, value []byte) {
	l := &t.layers[n]
	switch {
	case l.m == nil:
		l.m = map[string][]byte{}
	case l.shared:
		l.m = maps.Clone(l.m)
		l.shared = false
	}
	l.m[key] = value
}

var nothing = []byte{}

// writable counts n writes.
func (t *tx) writable(n int) error {
	switch {
	case t.over:
		return errOver
	case t.layers == nil:
		return storage.ErrReadOnly
	case t.writes+n > storage.MaxWrites:
		return fmt.Errorf("%w: more than %d writes in one transaction", storage.ErrInvalid, storage.MaxWrites)
	}
	t.writes += n
	return nil
}

// GetDoc implements storage.Tx.
func (t *tx) GetDoc(kind, id string) ([]byte, bool, error) {
	if t.over {
		return nil, false, errOver
	}
	k, err := t.s.layout.kind(kind)
	if err != nil {
		return nil, false, err
	}
	if err := storage.CheckKey("id", id); err != nil {
		return nil, false, err
	}
	record := t.get(k.docs, id)
	if record == nil {
		return nil, false, nil
	}
	doc, err := decodeRecord(record, nil)
	return doc, err == nil, err
}

// PutDoc implements storage.Tx.
func (t *tx) PutDoc(kind, id string, doc []byte, values []string) error {
	k, err := t.s.layout.kind(kind)
	if err != nil {
		return err
	}
	if err := storage.CheckDocument(k.def, id, doc, values); err != nil {
		return err
	}
	if err := t.writable(1); err != nil {
		return err
	}
	if len(values) > 0 {
		if err := t.reindex(k, id, values); err != nil {
			return err
		}
	}
	t.set(k.docs, id, encodeRecord(doc, values))
	return nil
}

// DeleteDoc implements storage.Tx.
func (t *tx) DeleteDoc(kind, id string) error {
	k, err := t.s.layout.kind(kind)
	if err != nil {
		return err
	}
	if err := storage.CheckKey("id", id); err != nil {
		return err
	}
	if err := t.writable(1); err != nil {
		return err
	}
	if err := t.reindex(k, id, nil); err != nil {
		return err
	}
	if t.get(k.docs, id) != nil {
		t.set(k.docs, id, nil)
	}
	return nil
}

// reindex moves a document's index entries to its new values; without any it
// takes them out.
func (t *tx) reindex(k *kind, id string, values []string) error {
	var kept uint32 // bit per index whose entry stays
	if old := t.get(k.docs, id); old != nil {
		_, err := decodeRecord(old, func(i int, value []byte) {
			switch {
			case len(value) == 0 || i >= len(k.indexes):
			case i < len(values) && string(value) == values[i]:
				kept |= 1 << i
			default:
				t.set(k.indexes[i], string(value)+"\x00"+id, nil)
			}
		})
		if err != nil {
			return err
		}
	}
	for i, v := range values {
		if v != "" && kept&(1<<i) == 0 {
			t.set(k.indexes[i], v+"\x00"+id, nothing)
		}
	}
	return nil
}

// Once implements storage.Tx.
func (t *tx) Once(at time.Time, key string) (bool, error) {
	if err := storage.CheckKey("deduplication key", key); err != nil {
		return false, err
	}
	if err := t.writable(1); err != nil {
		return false, err
	}
	b := make([]byte, 0, 8+len(key))
	b = append(appendTime(b, micros(at)), key...)
	k := string(b)
	if t.get(tableOnce, k) != nil {
		return false, nil
	}
	t.set(tableOnce, k, []byte{1})
	return true, nil
}

// PruneOnce implements storage.Tx.
func (t *tx) PruneOnce(before time.Time, limit int) (int, error) {
	if limit < 1 || limit > storage.MaxWrites {
		return 0, fmt.Errorf("%w: a limit of %d", storage.ErrInvalid, limit)
	}
	if err := t.writable(0); err != nil {
		return 0, err
	}
	var old []string
	until := appendTime(nil, micros(before))
	err := t.walk(tableOnce, walkRange{until: until}, func(k, _ []byte) (bool, error) {
		old = append(old, string(k))
		return len(old) < limit, nil
	})
	if err != nil {
		return 0, err
	}
	if err := t.writable(len(old)); err != nil {
		return 0, err
	}
	for _, k := range old {
		t.set(tableOnce, k, nil)
	}
	return len(old), nil
}

// Next implements storage.Tx.
func (t *tx) Next(sequence string) (uint64, error) { return t.advance(sequence, 1) }

// Skip implements storage.Tx.
func (t *tx) Skip(sequence string, n uint64) error {
	_, err := t.advance(sequence, n)
	return err
}

func (t *tx) advance(sequence string, n uint64) (uint64, error) {
	if err := storage.CheckKey("sequence", sequence); err != nil {
		return 0, err
	}
	if err := t.writable(1); err != nil {
		return 0, err
	}
	return t.bump(sequence, n)
}

func (t *tx) bump(sequence string, n uint64) (uint64, error) {
	var last uint64
	if b := t.get(tableSequences, sequence); len(b) == 8 {
		last = binary.BigEndian.Uint64(b)
	}
	if n > storage.MaxSequence-last {
		return 0, fmt.Errorf("%w: the sequence would go beyond %d", storage.ErrInvalid, uint64(storage.MaxSequence))
	}
	last += n
	t.set(tableSequences, sequence, binary.BigEndian.AppendUint64(nil, last))
	return last, nil
}

// indexBound turns a bound of values into one of an index's keys. The byte 0,
// which no value holds but a bound may, stands in a key behind the value.
func indexBound(v string) []byte {
	b := []byte(v)
	if i := strings.IndexByte(v, 0); i >= 0 {
		b = b[:i+1]
		b[i] = 1
	}
	return b
}

// ScanDocs implements storage.Tx.
func (t *tx) ScanDocs(kindName string, q storage.Query, fn func(string, []byte) (bool, error)) error {
	k, err := t.s.layout.kind(kindName)
	if err != nil {
		return err
	}
	n, err := k.index(q.Index)
	if err != nil {
		return err
	}
	if t.over {
		return errOver
	}
	if err := storage.CheckQuery(q); err != nil {
		return err
	}
	r := walkRange{descending: q.Descending}
	if q.Index == "" {
		r.from, r.until = []byte(q.From), []byte(q.Until)
	} else {
		r.from, r.until = indexBound(q.From), indexBound(q.Until)
	}
	if q.After != (storage.Position{}) {
		after := q.After.ID
		if q.Index != "" {
			after = q.After.Value + "\x00" + q.After.ID
		}
		if q.Descending {
			r.lower([]byte(after))
		} else {
			r.raise([]byte(after + "\x00"))
		}
	}
	seen := 0
	docs := t.freeze(k.docs)
	return t.walk(n, r, func(key, record []byte) (bool, error) {
		id := string(key[bytes.LastIndexByte(key, 0)+1:]) // ids do not hold the byte 0
		if q.Index != "" {
			if record = t.frozen(docs, k.docs, id); record == nil {
				return false, errRecord
			}
		}
		doc, err := decodeRecord(record, nil)
		if err != nil {
			return false, err
		}
		seen++
		more, err := fn(id, doc)
		return more && (q.Limit == 0 || seen < q.Limit), err
	})
}
