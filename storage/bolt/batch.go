package bolt

import (
	"bytes"
	"context"
	"fmt"
	"maps"

	"go.etcd.io/bbolt"

	"mimamori.example/mimamori/storage"
)

// batch is one bbolt transaction that many functions share. Each function
// writes into an overlay, which goes into the bbolt transaction only when the
// function has succeeded.
type batch struct {
	s       *Store
	tx      *bbolt.Tx
	spaces  map[string]*space
	overlay []layer // reused from function to function
	dirty   bool

	steps   []step
	touched []*entry
	marks         // of the functions that were kept
	running marks // of the one that runs; reused as the overlay is
	hold    *holdChange
	key     []byte // scratch
}

// marks are what functions have done to the queue.
type marks struct {
	given  map[*entry]bool  // settled or given back
	queued map[itemKey]bool // added, or settled
}

func newMarks() marks { return marks{given: map[*entry]bool{}, queued: map[itemKey]bool{}} }

// add takes over what a function has done that was kept.
func (m marks) add(of marks) {
	maps.Copy(m.given, of.given)
	maps.Copy(m.queued, of.queued)
}

func (m marks) clear() {
	clear(m.given)
	clear(m.queued)
}

type holdChange struct {
	reason string
	held   bool
}

// space is one council inside a bbolt transaction.
type space struct {
	root   *bbolt.Bucket // nil: nothing stored yet
	tables []opened
}

// opened is a table, once it has been looked for.
type opened struct {
	bucket *bbolt.Bucket // nil when it does not exist
	cursor *bbolt.Cursor // one that nobody uses, if any
	looked bool
}

// layer is what a function has written to a table; nil is a deletion.
type layer struct {
	m      map[string][]byte
	shared bool // a scan reads m: copy before writing
}

func (s *Store) begin() (storage.Batch, error) {
	tx, err := s.db.Begin(true)
	if err != nil {
		return nil, fmt.Errorf("storage/bolt: %w", err)
	}
	return &batch{
		s: s, tx: tx, spaces: map[string]*space{}, overlay: make([]layer, len(s.layout.names)),
		marks: newMarks(), running: newMarks(),
	}, nil
}

// Do implements storage.Batch.
func (b *batch) Do(_ context.Context, council string, fn func(storage.Tx) error) (err, broken error) {
	t := &tx{s: b.s, council: council, b: b, layers: b.overlay, marks: b.running}
	if council != "" {
		t.sp = b.space(council)
	}
	kept := false
	defer func() { // also when fn ends the goroutine
		t.over = true
		for i := range t.layers {
			if t.layers[i].shared {
				t.layers[i] = layer{}
			}
			clear(t.layers[i].m)
		}
		t.marks.clear()
		if !kept {
			b.s.schedule.untouch(t.touched)
		}
	}()
	if err := fn(t); err != nil {
		return err, nil
	}
	if err := b.keep(t); err != nil {
		return nil, err
	}
	kept = true
	return nil, nil
}

func (b *batch) space(council string) *space {
	sp := b.spaces[council]
	if sp == nil {
		sp = openSpace(b.tx, council, len(b.s.layout.names))
		b.spaces[council] = sp
	}
	return sp
}

func openSpace(tx *bbolt.Tx, council string, tables int) *space {
	return &space{
		root:   tx.Bucket(bucketCouncils).Bucket([]byte(council)),
		tables: make([]opened, tables),
	}
}

// table is a council's bucket, nil when it does not exist.
func (sp *space) table(l *layout, t table) *bbolt.Bucket {
	o := &sp.tables[t]
	if !o.looked && sp.root != nil {
		o.bucket = sp.root.Bucket(l.names[t])
		o.looked = true
	}
	return o.bucket
}

// borrow hands out a table's cursor, nil when the table does not exist. Once it
// is handed back it serves the next who reads: bbolt's own Get makes one each
// time. Meanwhile others get another.
func (sp *space) borrow(l *layout, t table) *bbolt.Cursor {
	bucket := sp.table(l, t)
	if bucket == nil {
		return nil
	}
	c := sp.tables[t].cursor
	sp.tables[t].cursor = nil
	if c == nil {
		c = bucket.Cursor()
	}
	return c
}

func (sp *space) handBack(t table, c *bbolt.Cursor) { sp.tables[t].cursor = c }

// get reads a key of a table; nil when there is none.
func (sp *space) get(l *layout, t table, key []byte) []byte {
	c := sp.borrow(l, t)
	if c == nil {
		return nil
	}
	k, v := c.Seek(key)
	sp.handBack(t, c)
	if !bytes.Equal(k, key) {
		return nil
	}
	return v
}

// keep moves a function's overlay into the bbolt transaction.
func (b *batch) keep(t *tx) error {
	for i := range t.layers {
		m := t.layers[i].m
		if len(m) == 0 {
			continue
		}
		bucket, err := b.make(t, table(i))
		if err != nil {
			return err
		}
		for k, v := range m {
			b.key = append(b.key[:0], k...) // bbolt copies it
			if v == nil {
				err = bucket.Delete(b.key)
			} else {
				err = bucket.Put(b.key, v)
			}
			if err != nil {
				return fmt.Errorf("storage/bolt: %w", err)
			}
		}
		b.dirty = true
	}
	if t.hold != nil {
		if err := b.writeHold(t.hold); err != nil {
			return err
		}
	}
	b.steps = append(b.steps, t.steps...)
	b.touched = append(b.touched, t.touched...)
	b.marks.add(t.marks)
	return nil
}

// make is table, creating it.
func (b *batch) make(t *tx, n table) (*bbolt.Bucket, error) {
	if bucket := t.sp.table(b.s.layout, n); bucket != nil {
		return filled(bucket, n), nil
	}
	if t.sp.root == nil {
		root, err := b.tx.Bucket(bucketCouncils).CreateBucketIfNotExists([]byte(t.council))
		if err != nil {
			return nil, fmt.Errorf("storage/bolt: %w", err)
		}
		t.sp.root = root
	}
	bucket, err := t.sp.root.CreateBucketIfNotExists(b.s.layout.names[n])
	if err != nil {
		return nil, fmt.Errorf("storage/bolt: %w", err)
	}
	t.sp.tables[n] = opened{bucket: bucket, looked: true}
	return filled(bucket, n), nil
}

// filled says how full the pages of a table become that is written in order: in
// the queue nothing comes in between later. Keys of once begin with an event's
// time, so that nearly all are the newest; what LINE delivers again comes in
// between and may split a page. bbolt forgets it with the transaction.
func filled(b *bbolt.Bucket, n table) *bbolt.Bucket {
	if n == tableOnce || n == tableQueue || n == tableQueueBody {
		b.FillPercent = 0.9
	}
	return b
}

func (b *batch) writeHold(h *holdChange) error {
	meta := b.tx.Bucket(bucketMeta)
	var err error
	if h.held {
		err = meta.Put(keyHold, []byte("-"+h.reason))
	} else {
		err = meta.Delete(keyHold)
	}
	if err != nil {
		return fmt.Errorf("storage/bolt: %w", err)
	}
	b.hold = h
	b.dirty = true
	return nil
}

// Commit implements storage.Batch. A batch that wrote nothing costs no sync.
func (b *batch) Commit() error {
	if !b.dirty {
		b.Rollback()
		return nil
	}
	if b.s.o.beforeCommit != nil {
		if err := b.s.o.beforeCommit(); err != nil {
			return err
		}
	}
	if err := b.tx.Commit(); err != nil {
		return fmt.Errorf("storage/bolt: %w", err)
	}
	b.s.schedule.committed(b.steps, b.touched)
	if b.hold != nil {
		b.s.schedule.hold(b.hold.reason, b.hold.held)
	}
	if len(b.steps) > 0 || b.hold != nil {
		b.s.wakeUp()
	}
	b.touched = nil
	return nil
}

// Rollback implements storage.Batch.
func (b *batch) Rollback() {
	b.s.schedule.untouch(b.touched)
	b.touched = nil
	_ = b.tx.Rollback() // after a failed Commit it is over already
}
