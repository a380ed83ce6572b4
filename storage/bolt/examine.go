package bolt

import (
	"bytes"
	"context"
	"encoding/json"

	"go.etcd.io/bbolt"
)

// A step of an examination reads so many entries, or bytes.
const (
	examineEntries = 500
	examineBytes   = 1 << 20
)

// place is how far an examination has come.
type place struct {
	council, table []byte // nil: the first
	key            []byte // the last one that was read
}

// Examine implements storage.Watched. It follows every branch down to every
// entry and reads what stands there, each step in a snapshot of its own: what
// was written meanwhile is read in this step or not at all, and has just been
// written. There are no checksums in the file: a changed letter inside a word is
// not found.
func (s *Store) Examine(ctx context.Context) error {
	for at := (place{}); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		more := false
		err := s.read(ctx, func(btx *bbolt.Tx) (err error) {
			at, more, err = examine(btx, at)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}

// examine does one step. The place it returns shares no memory with the file.
func examine(btx *bbolt.Tx, at place) (place, bool, error) {
	councils := btx.Bucket(bucketCouncils)
	council, ok := child(councils, at.council, at.council != nil)
	if !ok {
		return at, false, nil
	}
	if !bytes.Equal(council, at.council) {
		at = place{council: council}
	}
	root := councils.Bucket(council)
	table, ok := child(root, at.table, at.table != nil)
	if !ok { // on to the next council
		return place{council: append(council, 0)}, true, nil
	}
	if !bytes.Equal(table, at.table) {
		at = place{council: council, table: table}
	}
	c := root.Bucket(table).Cursor()
	k, v := c.First()
	if at.key != nil {
		if k, v = c.Seek(at.key); bytes.Equal(k, at.key) {
			k, v = c.Next()
		}
	}
	for n, size := 0, 0; k != nil; k, v = c.Next() {
		if at.key != nil && bytes.Compare(k, at.key) <= 0 {
			return at, false, errRecord
		}
		if err := legible(table, v); err != nil {
			return at, false, err
		}
		at.key = append(at.key[:0:0], k...)
		if n, size = n+1, size+len(k)+len(v); n >= examineEntries || size >= examineBytes {
			return at, true, nil
		}
	}
	return place{council: council, table: append(table, 0)}, true, nil
}

// child is the bucket with the least name from from on, or the first.
func child(b *bbolt.Bucket, from []byte, given bool) ([]byte, bool) {
	c := b.Cursor()
	k, v := c.First()
	if given {
		k, v = c.Seek(from)
	}
	for ; k != nil; k, v = c.Next() {
		if v == nil { // a bucket
			return bytes.Clone(k), true
		}
	}
	return nil, false
}

// legible tells whether an entry of a table says something.
func legible(table, v []byte) error {
	switch {
	case bytes.HasPrefix(table, []byte("d:")):
		doc, err := decodeRecord(v, nil)
		if err == nil && !json.Valid(doc) {
			err = errRecord
		}
		return err
	case string(table) == "queue":
		_, err := decodeItem(v)
		return err
	case string(table) == "queue.body":
		_, err := unpack(v)
		return err
	}
	return nil // what matters stands in the key
}
