package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mimamori.example/mimamori/storage"
)

// batch is one transaction of a council's committer. It holds the lock on the
// council's row, and each function runs under a savepoint.
type batch struct {
	s      *Store
	conn   *pgxpool.Conn
	ctx    context.Context // bounds the whole batch; not the callers'
	cancel context.CancelFunc
	dirty  bool
	queued bool // the queue has changed
}

const (
	lockRow   = `SELECT 1 FROM mimamori_council WHERE council = $1 FOR UPDATE`
	insertRow = `INSERT INTO mimamori_council (council) VALUES ($1) ON CONFLICT DO NOTHING`

	// idleLimit has the server end a transaction, and free its locks, when the
	// client sends nothing for so many milliseconds.
	idleLimit = `SELECT set_config('idle_in_transaction_session_timeout', $1, true)`
)

func (s *Store) begin(council string) (storage.Batch, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.o.Patience)
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("storage/postgres: connect: %w", err)
	}
	b := &batch{s: s, conn: conn, ctx: ctx, cancel: cancel}
	if err := b.lock(council); err != nil {
		b.Rollback()
		return nil, fmt.Errorf("storage/postgres: begin: %w", err)
	}
	return b, nil
}

// lock waits until no other process writes for the council. The row of a new
// council goes with the transaction, so one that writes nothing leaves none.
func (b *batch) lock(council string) error {
	found := false
	pb := &pgx.Batch{}
	pb.Queue("BEGIN")
	pb.Queue(idleLimit, fmt.Sprint(b.s.o.Stall.Milliseconds()))
	if !b.s.o.unlocked {
		pb.Queue(lockRow, council).Query(func(rows pgx.Rows) error {
			found = rows.Next()
			rows.Close()
			return rows.Err()
		})
	}
	if err := b.conn.SendBatch(b.ctx, pb).Close(); err != nil || found {
		return err
	}
	pb = &pgx.Batch{}
	pb.Queue(insertRow, council)
	if !b.s.o.unlocked {
		pb.Queue(lockRow, council)
	}
	return b.conn.SendBatch(b.ctx, pb).Close()
}

// Do implements storage.Batch.
func (b *batch) Do(_ context.Context, council string, fn func(storage.Tx) error) (err, broken error) {
	t := &tx{s: b.s, council: council, conn: b.conn.Conn(), ctx: b.ctx}
	t.pending.Queue("SAVEPOINT one")
	defer func() { t.over = true }()
	err = fn(t)
	if err == nil && t.failed == nil && (t.sent || t.pending.Len() > 1) {
		t.pending.Queue("RELEASE SAVEPOINT one")
		if t.flush() == nil {
			b.dirty = b.dirty || t.dirty
			b.queued = b.queued || t.queued
			return nil, nil
		}
	}
	if t.sent {
		if _, undo := b.conn.Exec(b.ctx, "ROLLBACK TO SAVEPOINT one"); undo != nil {
			return nil, errors.Join(t.failed, undo)
		}
	}
	if err == nil {
		err = t.failed
	}
	return err, nil
}

// Commit implements storage.Batch. A batch that wrote nothing is rolled back.
func (b *batch) Commit() error {
	if !b.dirty {
		b.Rollback()
		return nil
	}
	tag, err := b.conn.Exec(b.ctx, "COMMIT")
	if err != nil {
		return fmt.Errorf("storage/postgres: %w", err)
	}
	if tag.String() != "COMMIT" {
		return errors.New("storage/postgres: the server rolled back instead")
	}
	queued := b.queued
	b.release()
	if queued {
		b.s.changed()
	}
	return nil
}

// Rollback implements storage.Batch.
func (b *batch) Rollback() {
	if b.conn == nil {
		return
	}
	if !b.conn.Conn().IsClosed() && b.conn.Conn().PgConn().TxStatus() != 'I' {
		// A connection on which this fails is not used again.
		_, _ = b.conn.Exec(b.ctx, "ROLLBACK")
	}
	b.release()
}

func (b *batch) release() {
	b.conn.Release()
	b.conn = nil
	b.cancel()
}
