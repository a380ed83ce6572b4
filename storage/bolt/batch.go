package bolt

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"mimamori.example/mimamori/storage"
)

// batch is what many functions write in one bbolt transaction. That is begun
// only when it is committed: functions read a snapshot, and above it what the
// batch before this one, which is perhaps being committed at the same time, and
// the functions before them have written. Each function writes into an overlay
// of its own, which is kept only when the function has succeeded.
type batch struct {
	s       *Store
	view    *bbolt.Tx // the snapshot; nil while nobody reads it
	spaces  map[string]*space
	overlay []layer // reused from function to function

	before  *changes // of the batch before this one, if any
	changes          // of the functions that were kept
	running marks    // of the one that runs; reused as the overlay is
	steps   []step
	touched []*entry
	hold    *holdChange
}

// changes are what functions have written, apart from the schedule.
type changes struct {
	councils map[string][]written // by table
	marks
}

// written is what stands in a table's stead; nil is a deletion.
type written map[string][]byte

// of is what was written for a council, nil when nothing was.
func (c *changes) of(council string) []written {
	if c == nil {
		return nil
	}
	return c.councils[council]
}

// marks are what functions have done to the queue.
type marks struct {
	given  map[*entry]string // settled or given back: the lease that has ended
	queued map[itemKey]bool  // added, or settled
}

func newMarks() marks { return marks{given: map[*entry]string{}, queued: map[itemKey]bool{}} }

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

// begin makes a batch that sees what before, which may still be on its way to
// the disk, has written.
func (s *Store) begin(before storage.Overlapping) (storage.Overlapping, error) {
	b := &batch{
		s: s, overlay: make([]layer, len(s.layout.names)),
		changes: changes{councils: map[string][]written{}, marks: newMarks()}, running: newMarks(),
	}
	if before != nil {
		b.before = &before.(*batch).changes
	}
	return b, nil
}

// look opens the snapshot that functions read.
func (b *batch) look() error {
	if b.view != nil {
		return nil
	}
	view, err := b.s.begun()
	if err != nil {
		return err
	}
	b.view, b.spaces = view, map[string]*space{}
	return nil
}

// Rest implements storage.Overlapping. A commit that needs more address space waits
// for all snapshots.
func (b *batch) Rest() {
	if b.view != nil {
		b.s.end(b.view)
		b.view, b.spaces = nil, nil
	}
}

// Do implements storage.Batch.
func (b *batch) Do(_ context.Context, council string, fn func(storage.Tx) error) (err, broken error) {
	broken = b.s.guarded(func() (broken error) {
		err, broken = b.do(council, fn)
		return broken
	})
	if err != nil {
		if stopped := b.s.judge(err); stopped != nil {
			return nil, stopped
		}
	}
	return err, broken
}

func (b *batch) do(council string, fn func(storage.Tx) error) (err, broken error) {
	if err := b.look(); err != nil {
		return nil, err
	}
	t := &tx{
		s: b.s, council: council, b: b, layers: b.overlay, marks: b.running,
		earlier: [2][]written{b.of(council), b.before.of(council)},
	}
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
	b.keep(t)
	kept = true
	return nil, nil
}

func (b *batch) space(council string) *space {
	sp := b.spaces[council]
	if sp == nil {
		sp = openSpace(b.view, council, len(b.s.layout.names))
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

// keep takes over what a function has written.
func (b *batch) keep(t *tx) {
	for i := range t.layers {
		m := t.layers[i].m
		if len(m) == 0 {
			continue
		}
		tables := b.councils[t.council]
		if tables == nil {
			tables = make([]written, len(b.s.layout.names))
			b.councils[t.council] = tables
		}
		if tables[i] == nil {
			tables[i] = make(written, len(m))
		}
		maps.Copy(tables[i], m)
	}
	if t.hold != nil {
		b.hold = t.hold
	}
	b.steps = append(b.steps, t.steps...)
	b.touched = append(b.touched, t.touched...)
	b.marks.add(t.marks)
}

// write puts what was kept into a bbolt transaction: in the order of the keys,
// in which bbolt finds their pages soonest.
func (b *batch) write(tx *bbolt.Tx) error {
	for council, tables := range b.councils {
		root, err := tx.Bucket(bucketCouncils).CreateBucketIfNotExists([]byte(council))
		if err != nil {
			return err
		}
		for n, m := range tables {
			if len(m) == 0 {
				continue
			}
			bucket, err := root.CreateBucketIfNotExists(b.s.layout.names[n])
			if err != nil {
				return err
			}
			if err := m.write(filled(bucket, table(n))); err != nil {
				return err
			}
		}
	}
	meta := tx.Bucket(bucketMeta)
	switch {
	case b.hold == nil:
		return nil
	case b.hold.held:
		return meta.Put(keyHold, []byte("-"+b.hold.reason))
	}
	return meta.Delete(keyHold)
}

func (m written) write(bucket *bbolt.Bucket) error {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		var err error
		if v := m[k]; v == nil {
			err = bucket.Delete([]byte(k))
		} else {
			err = bucket.Put([]byte(k), v)
		}
		if err != nil {
			return err
		}
	}
	return nil
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

// Commit implements storage.Batch. A batch that wrote nothing costs no sync.
func (b *batch) Commit() error {
	b.Rest()
	b.before = nil // or batches would hold one another for ever
	if len(b.councils) == 0 && b.hold == nil {
		b.Rollback()
		return nil
	}
	if b.s.o.beforeCommit != nil {
		if err := b.s.o.beforeCommit(); err != nil {
			return err
		}
	}
	if err := b.s.Present(); err != nil { // or it would be kept where nobody finds it
		return err
	}
	if err := b.s.update(b.write); err != nil {
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
	b.Rest()
}
