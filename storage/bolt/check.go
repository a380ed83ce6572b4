package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// Check looks for damage: in the file's pages, between documents and indexes,
// between the queue's tables, and between the queue and what Claim goes by. It
// reads everything, so it is for tests and for an operator's doubts. Nothing may be
// written meanwhile: it would take pages that a commit frees for damage.
func (s *Store) Check(ctx context.Context) error {
	return s.read(ctx, func(btx *bbolt.Tx) error {
		var errs []error
		for err := range btx.Check() {
			errs = append(errs, fmt.Errorf("storage/bolt: pages: %w", err))
		}
		councils := btx.Bucket(bucketCouncils)
		waiting := 0
		err := councils.ForEachBucket(func(council []byte) error {
			sp := openSpace(btx, string(council), len(s.layout.names))
			for _, k := range s.layout.kinds {
				if err := s.checkIndexes(sp, k); err != nil {
					errs = append(errs, fmt.Errorf("storage/bolt: %s of %s: %w", k.def.Name, council, err))
				}
			}
			n, err := s.checkQueue(sp, string(council))
			if err != nil {
				errs = append(errs, fmt.Errorf("storage/bolt: queue of %s: %w", council, err))
			}
			waiting += n
			return nil
		})
		s.schedule.mu.Lock()
		defer s.schedule.mu.Unlock()
		if len(s.schedule.byID) != waiting {
			errs = append(errs, fmt.Errorf("storage/bolt: %d items are scheduled, %d stored", len(s.schedule.byID), waiting))
		}
		return errors.Join(append(errs, err)...)
	})
}

// entries counts a table's keys.
func (sp *space) entries(l *layout, n table) (int, error) {
	b := sp.table(l, n)
	if b == nil {
		return 0, nil
	}
	count := 0
	err := b.ForEach(func(_, _ []byte) error { count++; return nil })
	return count, err
}

func (s *Store) checkIndexes(sp *space, k *kind) error {
	docs := sp.table(s.layout, k.docs)
	want := make([]int, len(k.indexes))
	if docs != nil {
		err := docs.ForEach(func(id, record []byte) error {
			var missing error
			_, err := decodeRecord(record, func(i int, value []byte) {
				if len(value) == 0 || i >= len(want) {
					return
				}
				want[i]++
				key := string(value) + "\x00" + string(id)
				b := sp.table(s.layout, k.indexes[i])
				if b == nil || !hasKey(b, key) {
					missing = fmt.Errorf("an entry of index %s is missing", k.def.Indexes[i])
				}
			})
			return errors.Join(err, missing)
		})
		if err != nil {
			return err
		}
	}
	for i, n := range k.indexes {
		if got, err := sp.entries(s.layout, n); err != nil || got != want[i] {
			return errors.Join(err, fmt.Errorf("index %s has %d entries, the documents %d", k.def.Indexes[i], got, want[i]))
		}
	}
	return nil
}

func hasKey(b *bbolt.Bucket, key string) bool {
	k, _ := b.Cursor().Seek([]byte(key))
	return string(k) == key
}

func (s *Store) checkQueue(sp *space, council string) (int, error) {
	items := sp.table(s.layout, tableQueue)
	n := 0
	if items != nil {
		err := items.ForEach(func(position, record []byte) error {
			n++
			st, err := decodeItem(record)
			if err != nil {
				return err
			}
			packed := sp.table(s.layout, tableQueueBody).Get(position)
			if packed == nil {
				return errors.New("an item has no body")
			}
			if _, err := unpack(packed); err != nil {
				return err
			}
			s.schedule.mu.Lock()
			defer s.schedule.mu.Unlock()
			e := s.schedule.byID[itemKey{council, st.id}]
			// A due time may have been drawn in.
			if e == nil || e.seq != binary.BigEndian.Uint64(position) || e.due > st.due || e.parked != st.parked ||
				e.recipient != st.recipient || e.lane != st.lane || e.touched != 0 {
				return errors.New("an item is not scheduled as it is stored")
			}
			return nil
		})
		if err != nil {
			return n, err
		}
	}
	if got, err := sp.entries(s.layout, tableQueueBody); err != nil || got != n {
		return n, errors.Join(err, fmt.Errorf("%d bodies for %d items", got, n))
	}
	return n, nil
}
