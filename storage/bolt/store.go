package bolt

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"mimamori.example/mimamori/storage"
)

// Store is a database in one file. It implements storage.Store.
type Store struct {
	db        *bbolt.DB
	file      *os.File // which db has open
	path      string
	broken    atomic.Bool // db met damage, and may hold locks for ever
	o         Options
	layout    *layout
	schedule  *schedule
	committer *storage.Committer
	packer    packer // used by the committer's functions, one after another
	wake      chan struct{}
	close     sync.Once
	closeErr  error

	watching sync.Mutex
	size     int64 // of the file, when it was last looked at: it only grows

	views sync.RWMutex // held for reading by views, for writing to close
	over  bool
}

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Definer  = (*Store)(nil)
	_ storage.Archiver = (*tx)(nil)
	_ storage.Watched  = (*Store)(nil)
)

// Definitions implements storage.Definer.
func (s *Store) Definitions() []storage.Definition { return s.layout.defs }

// Update implements storage.Store.
func (s *Store) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	if err := storage.CheckCouncil(council); err != nil {
		return err
	}
	return s.committer.Do(ctx, council, fn)
}

// View implements storage.Store.
func (s *Store) View(ctx context.Context, council string, fn func(storage.Tx) error) error {
	if err := storage.CheckCouncil(council); err != nil {
		return err
	}
	return s.read(ctx, func(btx *bbolt.Tx) error {
		t := &tx{s: s, council: council, sp: openSpace(btx, council, len(s.layout.names))}
		defer func() { t.over = true }()
		return fn(t)
	})
}

// readable tells whether reading may begin.
func (s *Store) readable(ctx context.Context) error {
	s.views.RLock()
	defer s.views.RUnlock()
	if s.over {
		return storage.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: not begun: %w", storage.ErrBusy, err)
	}
	return nil
}

// read runs fn on a snapshot of the whole file.
func (s *Store) read(ctx context.Context, fn func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: not begun: %w", storage.ErrBusy, err)
	}
	return s.guarded(func() error {
		btx, err := s.begun()
		if err != nil {
			return err
		}
		defer s.end(btx)
		return fn(btx)
	})
}

// begun opens a snapshot.
func (s *Store) begun() (*bbolt.Tx, error) {
	s.views.RLock()
	defer s.views.RUnlock() // bbolt waits for its own readers
	if s.over {
		return nil, storage.ErrClosed
	}
	if s.broken.Load() {
		return nil, fmt.Errorf("%w: %w", storage.ErrClosed, s.Err())
	}
	btx, err := s.db.Begin(false)
	if err != nil {
		return nil, fmt.Errorf("storage/bolt: %w", err)
	}
	return btx, nil
}

// end frees a snapshot.
func (s *Store) end(btx *bbolt.Tx) {
	if !s.broken.Load() {
		_ = btx.Rollback() // of a reader it only frees the snapshot
	}
}

// Claim implements storage.Store. It writes nothing.
func (s *Store) Claim(ctx context.Context, r storage.ClaimRequest) ([]storage.Claim, error) {
	if err := storage.CheckClaim(r); err != nil {
		return nil, err
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", storage.ErrClosed, err)
	}
	var claims []storage.Claim
	if err := s.readable(ctx); err != nil {
		return nil, err
	}
	entries := s.schedule.claim(r)
	if len(entries) == 0 {
		return nil, nil
	}
	// Begun after claiming: what is claimed has been committed.
	err := s.read(context.WithoutCancel(ctx), func(btx *bbolt.Tx) error {
		spaces := map[string]*space{}
		for _, e := range entries {
			sp := spaces[e.council]
			if sp == nil {
				sp = openSpace(btx, e.council, len(s.layout.names))
				spaces[e.council] = sp
			}
			position := []byte(positionKey(e.seq))
			record, body := sp.get(s.layout, tableQueue, position), sp.get(s.layout, tableQueueBody, position)
			if record == nil || body == nil {
				return errRecord
			}
			st, err := decodeItem(record)
			if err != nil {
				return err
			}
			it, err := st.item(body)
			if err != nil {
				return err
			}
			claims = append(claims, storage.Claim{
				Item: it, Council: e.council, Lease: e.lease, Attempts: e.attempts, Parked: e.parked,
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claims, nil
}

// Hasten implements storage.Store.
func (s *Store) Hasten(_ context.Context, council string, due, until time.Time, limit int) (int, error) {
	if err := s.Err(); err != nil {
		return 0, fmt.Errorf("%w: %w", storage.ErrClosed, err)
	}
	n := s.schedule.hasten(council, micros(due), micros(until), limit)
	if n > 0 {
		s.wakeUp()
	}
	return n, nil
}

// Wake implements storage.Store.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func (s *Store) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// NextDue implements storage.Store.
func (s *Store) NextDue(context.Context) (time.Time, bool, error) {
	due, ok := s.schedule.nextDue()
	return due, ok, nil
}

// QueueStats implements storage.Store.
func (s *Store) QueueStats(context.Context, time.Time) (storage.QueueStats, error) {
	return s.schedule.stats(), nil
}

// Councils implements storage.Store.
func (s *Store) Councils(ctx context.Context) ([]string, error) {
	var names []string
	err := s.read(ctx, func(btx *bbolt.Tx) error {
		return btx.Bucket(bucketCouncils).ForEachBucket(func(k []byte) error {
			names = append(names, string(k))
			return nil
		})
	})
	return names, err
}

// Held implements storage.Store.
func (s *Store) Held(context.Context) (string, bool, error) {
	reason, held := s.schedule.isHeld()
	return reason, held, nil
}

// Hold implements storage.Store.
func (s *Store) Hold(ctx context.Context, reason string) error {
	return s.setHold(ctx, holdChange{reason: reason, held: true})
}

// Release implements storage.Store.
func (s *Store) Release(ctx context.Context) error { return s.setHold(ctx, holdChange{}) }

func (s *Store) setHold(ctx context.Context, h holdChange) error {
	return s.committer.Do(ctx, "", func(t storage.Tx) error {
		t.(*tx).hold = &h
		return nil
	})
}

// Err implements storage.Store.
func (s *Store) Err() error { return s.committer.Err() }

// Close implements storage.Store. It waits for views, too.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.committer.Close()
		if s.broken.Load() { // db's own Close would wait for ever
			s.closeErr = s.file.Close()
			return
		}
		s.views.Lock()
		s.over = true
		s.views.Unlock()
		if err := s.db.Close(); err != nil {
			s.closeErr = fmt.Errorf("storage/bolt: close: %w", err)
		}
	})
	return s.closeErr
}
