package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"

	"mimamori.example/mimamori/storage"
)

// Store is a database on a PostgreSQL server. It implements storage.Store.
type Store struct {
	pool  *pgxpool.Pool
	o     Options
	defs  []storage.Definition
	kinds map[string]*kind
	self  string // tells our own notifications from those of others

	failed atomic.Pointer[error]
	wake   chan struct{}
	notify chan struct{}
	stop   context.CancelFunc
	wg     sync.WaitGroup

	looks        sync.Mutex // of seen and looked
	seen, looked time.Time  // the latest claim's time; when it looked for what is due too far ahead

	mu         sync.RWMutex // held for reading while a view runs
	closed     bool
	committers map[string]*storage.Committer // by council
	close      sync.Once
}

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Definer  = (*Store)(nil)
	_ storage.Archiver = (*tx)(nil)
)

func newStore(pool *pgxpool.Pool, defs []storage.Definition, o Options, self string) *Store {
	s := &Store{
		pool: pool, o: o, defs: defs, kinds: map[string]*kind{}, self: self,
		wake: make(chan struct{}, 1), notify: make(chan struct{}, 1),
		committers: map[string]*storage.Committer{},
	}
	for _, d := range defs {
		s.kinds[d.Name] = newKind(d)
	}
	return s
}

// Definitions implements storage.Definer.
func (s *Store) Definitions() []storage.Definition { return s.defs }

// Update implements storage.Store. Each council has a committer of its own, so
// that councils write at the same time.
func (s *Store) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	if err := storage.CheckCouncil(council); err != nil {
		return err
	}
	c, err := s.committer(council)
	if err != nil {
		return err
	}
	return c.Do(ctx, council, fn)
}

func (s *Store) committer(council string) (*storage.Committer, error) {
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", storage.ErrClosed, err)
	}
	s.mu.RLock()
	c, closed := s.committers[council], s.closed
	s.mu.RUnlock()
	if closed {
		return nil, storage.ErrClosed
	}
	if c != nil {
		return c, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, storage.ErrClosed
	}
	if c = s.committers[council]; c == nil {
		o := s.o.Committer
		o.Begin = func() (storage.Batch, error) { return s.begin(council) }
		o.Recoverable = s.recoverable
		o.OnPanic = func(p *storage.PanicError) {
			s.o.Logger.Error("a transaction panicked", "error", p, "stack", string(p.Stack))
		}
		c = storage.NewCommitter(o)
		s.committers[council] = c
	}
	return c, nil
}

// recoverable tells whether a failed commit lets the store go on writing. A
// broken connection does, and a server that restarts: the next transaction
// finds out what was kept. An input or output error of the server, or damaged
// data, stops the store for all councils.
func (s *Store) recoverable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && len(pg.Code) == 5 && (pg.Code[:2] == "58" || pg.Code[:2] == "XX") {
		err = fmt.Errorf("storage/postgres: the server cannot write: %w", err)
		s.failed.CompareAndSwap(nil, &err)
		return false
	}
	return true
}

// View implements storage.Store.
func (s *Store) View(ctx context.Context, council string, fn func(storage.Tx) error) (err error) {
	if err := storage.CheckCouncil(council); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: not begun: %w", storage.ErrBusy, err)
	}
	conn, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	t := &tx{s: s, council: council, conn: conn.Conn(), ctx: ctx, readOnly: true}
	t.pending.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	defer func() {
		t.over = true
		if t.sent {
			// A connection on which this fails is not used again.
			_, _ = conn.Exec(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	return t.failed
}

// acquire takes a connection and keeps Close from overtaking.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	s.mu.RLock()
	closed := s.closed
	s.mu.RUnlock()
	if closed {
		return nil, storage.ErrClosed
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, s.failure("connect", err)
	}
	return conn, nil
}

// failure names an operation's error, and tells when the store is closed.
func (s *Store) failure(operation string, err error) error {
	if errors.Is(err, puddle.ErrClosedPool) {
		return storage.ErrClosed
	}
	return fmt.Errorf("storage/postgres: %s: %w", operation, err)
}

// Councils implements storage.Store.
func (s *Store) Councils(ctx context.Context) ([]string, error) {
	var names []string
	rows, err := s.pool.Query(ctx, `SELECT council FROM mimamori_council ORDER BY council`)
	if err == nil {
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		return nil, s.failure("councils", err)
	}
	return names, nil
}

// Held implements storage.Store.
func (s *Store) Held(ctx context.Context) (reason string, held bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT hold, held FROM mimamori_meta`).Scan(&reason, &held)
	if err != nil {
		return "", false, s.failure("held", err)
	}
	return reason, held, nil
}

// Hold implements storage.Store.
func (s *Store) Hold(ctx context.Context, reason string) error {
	return s.setHold(ctx, reason, true)
}

// Release implements storage.Store.
func (s *Store) Release(ctx context.Context) error { return s.setHold(ctx, "", false) }

func (s *Store) setHold(ctx context.Context, reason string, held bool) error {
	if err := s.Err(); err != nil {
		return fmt.Errorf("%w: %w", storage.ErrClosed, err)
	}
	if _, err := s.pool.Exec(ctx, `UPDATE mimamori_meta SET held = $1, hold = $2`, held, reason); err != nil {
		return s.failure("hold", err)
	}
	s.changed()
	return nil
}

// Err implements storage.Store.
func (s *Store) Err() error {
	if p := s.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// Close implements storage.Store. It waits for views, too.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.mu.Lock()
		s.closed = true
		committers := slices.Collect(maps.Values(s.committers))
		s.mu.Unlock()
		for _, c := range committers {
			c.Close()
		}
		s.stop()
		s.wg.Wait()
		s.pool.Close()
	})
	return nil
}

// micros is a time as PostgreSQL keeps it.
func micros(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }
