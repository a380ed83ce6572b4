package storage

import (
	"encoding/json"
	"fmt"
	"iter"
	"unicode/utf8"
)

// Query selects documents in the order of an index. The zero value selects
// all of them in the order of their ids.
type Query struct {
	Index string // "" is the order of the ids
	From  string // first value wanted; "" is the beginning
	Until string // first value no longer wanted; "" is the end
	// After continues behind a position that Kind.Position named, in the
	// direction of the scan.
	After      Position
	Descending bool
	Limit      int // 0: no limit
}

// Position names a place in an index: a value and, among equal values, an id.
// Equal values are ordered by id, bytewise.
type Position struct{ Value, ID string }

// Prefix selects the values of an index that begin with p.
func Prefix(index, p string) Query {
	return Query{Index: index, From: p, Until: after(p)}
}

// Equal selects the documents whose value is exactly v. No document has a value
// that CheckValue refuses: asked for such a one, it selects none.
func Equal(index, v string) Query {
	if CheckValue(index, v) != nil {
		return Query{Index: index, From: "\x00", Until: "\x00"}
	}
	return Query{Index: index, From: v, Until: v + "\x00"}
}

// after is the smallest text behind all those that begin with p, "" when there
// is none. Characters sort as their bytes do, and a bound stays valid UTF-8.
func after(p string) string {
	for p != "" {
		r, size := utf8.DecodeLastRuneInString(p)
		p = p[:len(p)-size]
		switch {
		case r == utf8.RuneError && size == 1: // not UTF-8: no value begins so
		case r == 0xd7ff:
			return p + "\ue000" // past the surrogates
		case r < utf8.MaxRune:
			return p + string(r+1)
		}
	}
	return ""
}

// Index derives from a document the value under which it is found.
type Index[T any] struct {
	Name string // lower-case letters, digits and _
	// Value of the document; "" leaves it out of the index. It is valid UTF-8,
	// at most 500 bytes, without the byte 0, and ordered bytewise.
	Value func(*T) string
}

// Definition is what an engine must know of a kind before it opens.
type Definition struct {
	Name    string   // lower-case letters, digits and _
	Indexes []string // names, in the order of PutDoc's values
	// Values derives the index values from a stored document: for restoring,
	// and when a kind's indexes have changed since the database was last open.
	Values func(doc []byte) ([]string, error)
}

// Kind is one kind of document: how it is keyed and found. Documents are
// stored as JSON.
type Kind[T any] struct {
	name    string
	key     func(*T) string
	indexes []Index[T]
}

// NewKind declares a kind. The key follows the same rules as an index value
// and is never empty.
func NewKind[T any](name string, key func(*T) string, indexes ...Index[T]) *Kind[T] {
	return &Kind[T]{name: name, key: key, indexes: indexes}
}

// Definition describes the kind to an engine.
func (k *Kind[T]) Definition() Definition {
	d := Definition{Name: k.name, Values: func(raw []byte) ([]string, error) {
		var doc T
		if err := json.Unmarshal(raw, &doc); err != nil {
			return nil, fmt.Errorf("storage: %s: stored document is not of its kind: %w", k.name, err)
		}
		return k.values(&doc), nil
	}}
	for _, x := range k.indexes {
		d.Indexes = append(d.Indexes, x.Name)
	}
	return d
}

// Get returns the document with this id; false when there is none. There is none
// under an id that CheckKey refuses, and that is no error: ids are asked for that
// people have typed, and an answer is what they are owed. Whoever would store
// under such an id still gets ErrInvalid.
func (k *Kind[T]) Get(tx Tx, id string) (T, bool, error) {
	var doc T
	if CheckKey("id", id) != nil {
		return doc, false, nil
	}
	raw, ok, err := tx.GetDoc(k.name, id)
	if err != nil || !ok {
		return doc, false, err
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return doc, false, fmt.Errorf("storage: %s: stored document is not of its kind: %w", k.name, err)
	}
	return doc, true, nil
}

// Put stores the document under its key, in place of an earlier one. Of its
// texts, the character U+0000 is stored as U+FFFD.
func (k *Kind[T]) Put(tx Tx, doc T) error {
	raw, err := json.Marshal(&doc) // a copy would cost more than the pointer
	if err != nil {
		return fmt.Errorf("storage: %s: %w", k.name, err)
	}
	return tx.PutDoc(k.name, k.key(&doc), replaceNUL(raw), k.values(&doc))
}

func (k *Kind[T]) values(doc *T) []string {
	values := make([]string, len(k.indexes))
	for i, x := range k.indexes {
		values[i] = x.Value(doc)
	}
	return values
}

// Delete removes the document with this id; an absent one is no error, nor is an
// id that no document can have.
func (k *Kind[T]) Delete(tx Tx, id string) error {
	if CheckKey("id", id) != nil {
		return nil
	}
	return tx.DeleteDoc(k.name, id)
}

// Scan yields documents in order. After an error it yields no more.
func (k *Kind[T]) Scan(tx Tx, q Query) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := tx.ScanDocs(k.name, q, func(_ string, raw []byte) (bool, error) {
			var doc T
			if err := json.Unmarshal(raw, &doc); err != nil {
				return false, fmt.Errorf("storage: %s: stored document is not of its kind: %w", k.name, err)
			}
			return yield(doc, nil), nil
		})
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// Position names the place of a document in an index ("" for the ids).
func (k *Kind[T]) Position(index string, doc T) Position {
	p := Position{ID: k.key(&doc)}
	p.Value = p.ID
	for _, x := range k.indexes {
		if x.Name == index {
			p.Value = x.Value(&doc)
		}
	}
	return p
}
