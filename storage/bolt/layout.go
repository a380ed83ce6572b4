package bolt

import (
	"encoding/binary"
	"fmt"
	"time"

	"mimamori.example/mimamori/storage"
)

// The file:
//
//	meta                     format, opened (how often), hold (reason), kinds
//	councils/<council>/
//	    d:<kind>             id → record
//	    i:<kind>:<index>     value 0 id → nothing
//	    once                 time key → 1
//	    seq                  name → last number
//	    queue                position → item
//	    queue.body           position → packed body, apart from what changes
//
// Times and positions are eight bytes, big-endian, so that they sort. Items are
// found by their id in the schedule, which is in memory: a table of ids and one
// of recipients cost each delivery four changes in scattered pages.
//
// Format 1 had those tables as well, and format 2 bodies as they are. A program
// of then would misread a newer file, so each refuses the others'.
const format = 3

var (
	bucketMeta     = []byte("meta")
	bucketCouncils = []byte("councils")
	keyFormat      = []byte("format")
	keyOpened      = []byte("opened")
	keyHold        = []byte("hold")
	keyKinds       = []byte("kinds")
)

// A table is a bucket of a council, by its number in layout.names.
type table int

const (
	tableOnce table = iota
	tableSequences
	tableQueue
	tableQueueBody
	tableFirstKind
)

// keyPosition holds, among the sequences, the last position given to an item.
// No sequence of a caller can have this name.
const keyPosition = "\x00queue"

// layout numbers the buckets of a council.
type layout struct {
	names [][]byte
	kinds map[string]*kind
	defs  []storage.Definition
}

type kind struct {
	def     storage.Definition
	docs    table
	indexes []table
}

func newLayout(defs []storage.Definition) *layout {
	l := &layout{
		names: [][]byte{[]byte("once"), []byte("seq"), []byte("queue"), []byte("queue.body")},
		kinds: map[string]*kind{},
		defs:  defs,
	}
	add := func(name string) table {
		l.names = append(l.names, []byte(name))
		return table(len(l.names) - 1)
	}
	for _, d := range defs {
		k := &kind{def: d, docs: add("d:" + d.Name)}
		for _, x := range d.Indexes {
			k.indexes = append(k.indexes, add("i:"+d.Name+":"+x))
		}
		l.kinds[d.Name] = k
	}
	return l
}

func (l *layout) kind(name string) (*kind, error) {
	k, ok := l.kinds[name]
	if !ok {
		return nil, fmt.Errorf("%w: kind %q is not defined", storage.ErrInvalid, name)
	}
	return k, nil
}

// index is the table of one index of the kind, docs for "".
func (k *kind) index(name string) (table, error) {
	if name == "" {
		return k.docs, nil
	}
	for i, x := range k.def.Indexes {
		if x == name {
			return k.indexes[i], nil
		}
	}
	return 0, fmt.Errorf("%w: kind %s has no index %q", storage.ErrInvalid, k.def.Name, name)
}

// A record is a document with its index values in front: a count, then length
// and bytes of each. Without them a changed document's old entries could not
// be found, as the engine does not look into documents.
func encodeRecord(doc []byte, values []string) []byte {
	size := 1 + len(doc)
	for _, v := range values {
		size += 2 + len(v)
	}
	b := make([]byte, 0, size)
	b = append(b, byte(len(values)))
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, uint16(len(v)))
		b = append(b, v...)
	}
	return append(b, doc...)
}

// decodeRecord returns the document and calls each, when given, with the values.
func decodeRecord(b []byte, each func(i int, value []byte)) ([]byte, error) {
	if len(b) == 0 {
		return nil, errRecord
	}
	n := int(b[0])
	b = b[1:]
	for i := range n {
		if len(b) < 2 {
			return nil, errRecord
		}
		size := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+size {
			return nil, errRecord
		}
		if each != nil {
			each(i, b[2:2+size])
		}
		b = b[2+size:]
	}
	return b, nil
}

var errRecord = fmt.Errorf("%w: a stored record cannot be read", storage.ErrDamaged)

// micros is a time as it is stored: microseconds, as PostgreSQL keeps them.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// sortable makes signed numbers sort as bytes.
func sortable(us int64) uint64 { return uint64(us) ^ 1<<63 }

func appendTime(b []byte, us int64) []byte {
	return binary.BigEndian.AppendUint64(b, sortable(us))
}

func positionKey(seq uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], seq)
	return string(b[:])
}

// stored is an item as the file holds it.
type stored struct {
	id, recipient, lane string
	due, enqueued       int64
	attempts            int
	parked              bool
	passes, yields      bool
	state               []byte
}

// item is the item with the body that was stored of it.
func (s stored) item(packed []byte) (storage.Item, error) {
	body, err := unpack(packed)
	return storage.Item{
		ID: s.id, Recipient: s.recipient, Lane: s.lane,
		Due: fromMicros(s.due), Enqueued: fromMicros(s.enqueued), Passes: s.passes,
		Body: body, State: append([]byte(nil), s.state...),
	}, err
}

func encodeItem(s stored) []byte {
	b := make([]byte, 0, 32+len(s.id)+len(s.recipient)+len(s.lane)+len(s.state))
	var flags byte
	for i, is := range [...]bool{s.parked, s.passes, s.yields} {
		if is {
			flags |= 1 << i
		}
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, uint64(s.attempts))
	b = binary.AppendVarint(b, s.due)
	b = binary.AppendVarint(b, s.enqueued)
	for _, t := range []string{s.id, s.recipient, s.lane} {
		b = binary.AppendUvarint(b, uint64(len(t)))
		b = append(b, t...)
	}
	return append(b, s.state...)
}

// decodeItem reads what encodeItem wrote; state shares b's memory.
func decodeItem(b []byte) (stored, error) {
	var s stored
	if len(b) == 0 {
		return s, errRecord
	}
	s.parked, s.passes, s.yields = b[0]&1 != 0, b[0]&2 != 0, b[0]&4 != 0
	b = b[1:]
	attempts, n := binary.Uvarint(b)
	if n <= 0 {
		return s, errRecord
	}
	s.attempts = int(attempts)
	b = b[n:]
	for _, p := range []*int64{&s.due, &s.enqueued} {
		v, n := binary.Varint(b)
		if n <= 0 {
			return s, errRecord
		}
		*p = v
		b = b[n:]
	}
	for _, p := range []*string{&s.id, &s.recipient, &s.lane} {
		size, n := binary.Uvarint(b)
		if n <= 0 || uint64(len(b)-n) < size {
			return s, errRecord
		}
		*p = string(b[n : n+int(size)])
		b = b[n+int(size):]
	}
	s.state = b
	return s, nil
}
