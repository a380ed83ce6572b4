package bolt

import (
	"encoding/binary"
	"fmt"
	"time"

	"mimamori.example/mimamori/storage"
)

// Enqueue implements storage.Tx.
func (t *tx) Enqueue(it storage.Item) error {
	return t.enqueue(storage.QueuedItem{Item: it})
}

// RestoreItem implements storage.Archiver.
func (t *tx) RestoreItem(it storage.QueuedItem) error { return t.enqueue(it) }

func (t *tx) enqueue(it storage.QueuedItem) error {
	if err := storage.CheckItem(it.Item); err != nil {
		return err
	}
	if err := t.writable(1); err != nil {
		return err
	}
	if t.isQueued(it.ID) {
		return fmt.Errorf("%w: an item of this id is queued already", storage.ErrInvalid)
	}
	seq, err := t.bump(keyPosition, 1)
	if err != nil {
		return err
	}
	s := stored{
		id: it.ID, recipient: it.Recipient, lane: it.Lane,
		due: micros(it.Due), enqueued: micros(it.Enqueued),
		attempts: it.Attempts, parked: it.Parked, passes: it.Passes, yields: it.Yields, state: it.State,
	}
	position := positionKey(seq)
	t.set(tableQueue, position, encodeItem(s))
	t.set(tableQueueBody, position, t.b.s.packer.pack(it.Body))
	t.take(step{do: stepAdd, entry: newEntry(t.council, seq, s)})
	return nil
}

// take notes a change of the queue.
func (t *tx) take(st step) {
	t.steps = append(t.steps, st)
	if st.do == stepGiveBack {
		return
	}
	t.queued[itemKey{t.council, st.entry.id}] = st.do == stepAdd
}

// isQueued tells whether an item of this id waits: as this function has left
// it, else as an earlier one has, of this batch or of the one before, else as it
// was committed. No other batch commits meanwhile.
func (t *tx) isQueued(id string) bool {
	k := itemKey{t.council, id}
	if is, ok := t.queued[k]; ok {
		return is
	}
	if is, ok := t.b.queued[k]; ok {
		return is
	}
	if t.b.before != nil {
		if is, ok := t.b.before.queued[k]; ok {
			return is
		}
	}
	return t.s.schedule.has(k)
}

func newEntry(council string, seq uint64, s stored) *entry {
	return &entry{
		council: council, id: s.id, recipient: s.recipient, lane: s.lane,
		seq: seq, due: s.due, enqueued: s.enqueued, attempts: s.attempts, parked: s.parked, passes: s.passes, yields: s.yields,
	}
}

// claimed finds a claimed item, or ErrLost.
func (t *tx) claimed(c storage.Claim) (*entry, stored, error) {
	if err := t.writable(1); err != nil {
		return nil, stored{}, err
	}
	if c.Council != t.council {
		return nil, stored{}, fmt.Errorf("%w: a claim of another council", storage.ErrInvalid)
	}
	var e *entry
	for _, x := range t.touched {
		if x.id == c.ID && x.lease == c.Lease {
			e = x
		}
	}
	if e == nil {
		if e = t.s.schedule.touch(t.council, c.ID, c.Lease); e == nil {
			return nil, stored{}, storage.ErrLost
		}
		if t.b.given[e] == c.Lease || t.b.before != nil && t.b.before.given[e] == c.Lease {
			// Not to be looked at again: the commit of the batch before changes it.
			t.s.schedule.untouch([]*entry{e})
			return nil, stored{}, storage.ErrLost
		}
		t.touched = append(t.touched, e)
	}
	if t.given[e] == c.Lease {
		return nil, stored{}, storage.ErrLost
	}
	record := t.get(tableQueue, positionKey(e.seq))
	if record == nil {
		return nil, stored{}, errRecord
	}
	s, err := decodeItem(record)
	s.attempts = e.attempts
	return e, s, err
}

// give ends a claim. After the commit the item may be claimed anew.
func (t *tx) give(c storage.Claim, st step) {
	t.given[st.entry] = c.Lease
	t.take(st)
}

// Amend implements storage.Tx.
func (t *tx) Amend(c storage.Claim, state []byte) error {
	if err := storage.CheckState(state); err != nil {
		return err
	}
	e, s, err := t.claimed(c)
	if err != nil {
		return err
	}
	s.state = state
	t.set(tableQueue, positionKey(e.seq), encodeItem(s))
	return nil
}

// Settle implements storage.Tx.
func (t *tx) Settle(c storage.Claim) error {
	e, _, err := t.claimed(c)
	if err != nil {
		return err
	}
	position := positionKey(e.seq)
	t.set(tableQueue, position, nil)
	t.set(tableQueueBody, position, nil)
	t.give(c, step{do: stepRemove, entry: e})
	return nil
}

// Postpone implements storage.Tx.
func (t *tx) Postpone(c storage.Claim, due time.Time, state []byte) error {
	return t.giveBack(c, due, state, giveBack{})
}

// Yield implements storage.Tx.
func (t *tx) Yield(c storage.Claim, due time.Time, state []byte) error {
	return t.giveBack(c, due, state, giveBack{yields: true})
}

// Park implements storage.Tx.
func (t *tx) Park(c storage.Claim, due time.Time, state []byte) error {
	return t.giveBack(c, due, state, giveBack{park: true})
}

// giveBack says who passes an item that is given back.
type giveBack struct{ park, yields bool }

func (t *tx) giveBack(c storage.Claim, due time.Time, state []byte, how giveBack) error {
	if err := storage.CheckState(state); err != nil {
		return err
	}
	e, s, err := t.claimed(c)
	if err != nil {
		return err
	}
	s.state, s.due, s.parked, s.yields = state, micros(due), s.parked || how.park, s.yields || how.yields
	t.set(tableQueue, positionKey(e.seq), encodeItem(s))
	t.give(c, step{do: stepGiveBack, entry: e, due: s.due, park: s.parked, yields: s.yields})
	return nil
}

// Take implements storage.Tx.
func (t *tx) Take(recipient, lane string, limit int, want func(storage.Item) bool) ([]storage.Item, error) {
	if err := t.writable(0); err != nil {
		return nil, err
	}
	aside := t.s.schedule.touchAside(lineKey{t.council, recipient, lane})
	t.touched = append(t.touched, aside...)
	var taken []storage.Item
	for _, e := range aside {
		if len(taken) >= limit {
			break
		}
		if !t.isQueued(e.id) {
			continue
		}
		position := positionKey(e.seq)
		record := t.get(tableQueue, position)
		if record == nil {
			return nil, errRecord
		}
		s, err := decodeItem(record)
		if err != nil {
			return nil, err
		}
		it, err := s.item(t.get(tableQueueBody, position))
		if err != nil {
			return nil, err
		}
		if !want(it) {
			continue
		}
		if err := t.writable(1); err != nil {
			return nil, err
		}
		t.set(tableQueue, position, nil)
		t.set(tableQueueBody, position, nil)
		t.take(step{do: stepRemove, entry: e})
		taken = append(taken, it)
	}
	return taken, nil
}

// Queued implements storage.Tx. It reads the whole queue, though of the bodies
// only those that it returns.
func (t *tx) Queued(recipient string, limit int) ([]storage.Item, error) {
	switch {
	case t.over:
		return nil, errOver
	case limit < 1:
		return nil, fmt.Errorf("%w: a limit of %d", storage.ErrInvalid, limit)
	}
	if recipient != "" {
		if err := storage.CheckKey("recipient", recipient); err != nil {
			return nil, err
		}
	}
	var items []storage.Item
	err := t.walk(tableQueue, walkRange{}, func(k, record []byte) (bool, error) {
		s, err := decodeItem(record)
		if err != nil {
			return false, err
		}
		if recipient == "" || s.recipient == recipient {
			it, err := s.item(t.get(tableQueueBody, string(k)))
			if err != nil {
				return false, err
			}
			items = append(items, it)
		}
		return len(items) < limit, nil
	})
	return items, err
}

// OnceKeys implements storage.Archiver.
func (t *tx) OnceKeys(fn func(at time.Time, key string) (bool, error)) error {
	if t.over {
		return errOver
	}
	return t.walk(tableOnce, walkRange{}, func(k, _ []byte) (bool, error) {
		if len(k) < 8 {
			return false, errRecord
		}
		us := int64(binary.BigEndian.Uint64(k) ^ 1<<63)
		return fn(fromMicros(us), string(k[8:]))
	})
}

// Sequences implements storage.Archiver.
func (t *tx) Sequences(fn func(name string, last uint64) (bool, error)) error {
	if t.over {
		return errOver
	}
	return t.walk(tableSequences, walkRange{}, func(k, v []byte) (bool, error) {
		if len(v) != 8 {
			return false, errRecord
		}
		if string(k) == keyPosition {
			return true, nil
		}
		return fn(string(k), binary.BigEndian.Uint64(v))
	})
}

// QueuedItems implements storage.Archiver.
func (t *tx) QueuedItems(fn func(storage.QueuedItem) (bool, error)) error {
	if t.over {
		return errOver
	}
	return t.walk(tableQueue, walkRange{}, func(k, record []byte) (bool, error) {
		s, err := decodeItem(record)
		if err != nil {
			return false, err
		}
		it, err := s.item(t.get(tableQueueBody, string(k)))
		if err != nil {
			return false, err
		}
		return fn(storage.QueuedItem{Item: it, Attempts: s.attempts, Parked: s.parked, Yields: s.yields})
	})
}
