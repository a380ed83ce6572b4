package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"mimamori.example/mimamori/storage"
)

// Enqueue implements storage.Tx.
func (t *tx) Enqueue(it storage.Item) error { return t.RestoreItem(storage.QueuedItem{Item: it}) }

// RestoreItem implements storage.Archiver.
func (t *tx) RestoreItem(it storage.QueuedItem) error {
	if err := storage.CheckItem(it.Item); err != nil {
		return err
	}
	if err := t.writable(1); err != nil {
		return err
	}
	rows, err := t.exec(`INSERT INTO mimamori_queue
			(council, id, recipient, lane, due, ready, enqueued, attempts, parked, blocked, body, state)
		SELECT $1::text, $2::text, $3::text, $4::text, $5::timestamptz, $5::timestamptz, $6::timestamptz, $7::int, $8::bool,
			NOT $8::bool AND EXISTS (SELECT FROM mimamori_queue
				WHERE council = $1 AND recipient = $3 AND lane = $4 AND NOT parked), $9::bytea, $10::bytea
		ON CONFLICT (council, id) DO NOTHING`,
		t.council, it.ID, it.Recipient, it.Lane, micros(it.Due), micros(it.Enqueued), it.Attempts, it.Parked, bytesOf(it.Body), bytesOf(it.State))
	switch {
	case err != nil:
		return err
	case rows == 0:
		return fmt.Errorf("%w: an item of this id is queued already", storage.ErrInvalid)
	}
	t.queued = true
	return nil
}

// bytesOf makes no bytes of nil, which would be NULL.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// claimed prepares for acting on a claimed item.
func (t *tx) claimed(c storage.Claim, state []byte) error {
	if err := t.writable(1); err != nil {
		return err
	}
	if err := storage.CheckState(state); err != nil {
		return err
	}
	switch {
	case c.Council != t.council:
		return fmt.Errorf("%w: a claim of another council", storage.ErrInvalid)
	case c.Lease == "":
		return storage.ErrLost
	}
	return storage.CheckKey("item id", c.ID)
}

// finish runs a statement on a claimed item that tells how many it found.
func (t *tx) finish(sql string, args ...any) error {
	var n int
	if _, err := t.row([]any{&n}, sql, args...); err != nil {
		return err
	}
	if n == 0 {
		return storage.ErrLost
	}
	t.queued = true
	return nil
}

// Amend implements storage.Tx.
func (t *tx) Amend(c storage.Claim, state []byte) error {
	if err := t.claimed(c, state); err != nil {
		return err
	}
	rows, err := t.exec(`UPDATE mimamori_queue SET state = $4 WHERE council = $1 AND id = $2 AND lease = $3`,
		t.council, c.ID, c.Lease, bytesOf(state))
	if err == nil && rows == 0 {
		return storage.ErrLost
	}
	return err
}

// Settle implements storage.Tx. The statement sees the table as it was before,
// so the item that comes next is looked for behind the one that goes.
func (t *tx) Settle(c storage.Claim) error {
	if err := t.claimed(c, nil); err != nil {
		return err
	}
	return t.finish(`WITH gone AS (
			DELETE FROM mimamori_queue WHERE council = $1 AND id = $2 AND lease = $3
			RETURNING position, recipient, lane, parked),
		next AS (
			UPDATE mimamori_queue SET blocked = false WHERE position = (
				SELECT min(q.position) FROM mimamori_queue q, gone
				WHERE q.council = $1 AND q.recipient = gone.recipient AND q.lane = gone.lane
				AND NOT q.parked AND NOT gone.parked AND q.position > gone.position))
		SELECT count(*) FROM gone`, t.council, c.ID, c.Lease)
}

// Postpone implements storage.Tx.
func (t *tx) Postpone(c storage.Claim, due time.Time, state []byte) error {
	return t.giveBack(c, due, state, false)
}

// Park implements storage.Tx.
func (t *tx) Park(c storage.Claim, due time.Time, state []byte) error {
	return t.giveBack(c, due, state, true)
}

func (t *tx) giveBack(c storage.Claim, due time.Time, state []byte, park bool) error {
	if err := t.claimed(c, state); err != nil {
		return err
	}
	return t.finish(`WITH mine AS (
			SELECT position, recipient, lane, parked FROM mimamori_queue
			WHERE council = $1 AND id = $2 AND lease = $3 FOR UPDATE),
		back AS (
			UPDATE mimamori_queue q SET due = $4, ready = $4, lease = '', parked = q.parked OR $5, state = $6
			FROM mine WHERE q.position = mine.position),
		next AS (
			UPDATE mimamori_queue SET blocked = false WHERE position = (
				SELECT min(q.position) FROM mimamori_queue q, mine
				WHERE $5 AND q.council = $1 AND q.recipient = mine.recipient AND q.lane = mine.lane
				AND NOT q.parked AND NOT mine.parked AND q.position > mine.position))
		SELECT count(*) FROM mine`, t.council, c.ID, c.Lease, micros(due), park, bytesOf(state))
}

const itemColumns = `id, recipient, lane, due, enqueued, body, state, attempts, parked`

func readItem(rows pgx.Rows) (it storage.QueuedItem, err error) {
	err = rows.Scan(&it.ID, &it.Recipient, &it.Lane, &it.Due, &it.Enqueued, &it.Body, &it.State, &it.Attempts, &it.Parked)
	it.Due, it.Enqueued = it.Due.UTC(), it.Enqueued.UTC()
	return it, err
}

// Queued implements storage.Tx.
func (t *tx) Queued(recipient string, limit int) ([]storage.Item, error) {
	switch {
	case t.over:
		return nil, errOver
	case limit < 1:
		return nil, fmt.Errorf("%w: a limit of %d", storage.ErrInvalid, limit)
	}
	w := &where{}
	w.add("council = %s", t.council)
	if recipient != "" {
		if err := storage.CheckKey("recipient", recipient); err != nil {
			return nil, err
		}
		w.add("recipient = %s", recipient)
	}
	w.add("true ORDER BY position LIMIT %s", limit)
	var items []storage.Item
	sql := "SELECT " + itemColumns + " FROM mimamori_queue WHERE " + w.sql()
	err := scan(t, limit, sql, w.args, readItem, func(it storage.QueuedItem) (bool, error) {
		items = append(items, it.Item)
		return true, nil
	})
	return items, err
}

// OnceKeys implements storage.Archiver.
func (t *tx) OnceKeys(fn func(at time.Time, key string) (bool, error)) error {
	if t.over {
		return errOver
	}
	type row struct {
		at  time.Time
		key string
	}
	return scan(t, 0, `SELECT at, key FROM mimamori_once WHERE council = $1 ORDER BY at, key`, []any{t.council},
		func(rows pgx.Rows) (r row, err error) { err = rows.Scan(&r.at, &r.key); return r, err },
		func(r row) (bool, error) { return fn(r.at.UTC(), r.key) })
}

// Sequences implements storage.Archiver.
func (t *tx) Sequences(fn func(name string, last uint64) (bool, error)) error {
	if t.over {
		return errOver
	}
	type row struct {
		name string
		last int64
	}
	return scan(t, 0, `SELECT name, last FROM mimamori_sequence WHERE council = $1 ORDER BY name`, []any{t.council},
		func(rows pgx.Rows) (r row, err error) { err = rows.Scan(&r.name, &r.last); return r, err },
		func(r row) (bool, error) { return fn(r.name, uint64(r.last)) })
}

// QueuedItems implements storage.Archiver.
func (t *tx) QueuedItems(fn func(storage.QueuedItem) (bool, error)) error {
	if t.over {
		return errOver
	}
	sql := `SELECT ` + itemColumns + ` FROM mimamori_queue WHERE council = $1 ORDER BY position`
	return scan(t, 0, sql, []any{t.council}, readItem, fn)
}

// Claim implements storage.Store. Rows that another transaction is acting on
// are passed over.
func (s *Store) Claim(ctx context.Context, r storage.ClaimRequest) ([]storage.Claim, error) {
	if err := storage.CheckClaim(r); err != nil {
		return nil, err
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", storage.ErrClosed, err)
	}
	type row struct {
		storage.Claim
		was      time.Time
		position int64
	}
	var lanes []string
	if len(r.Lanes) > 0 {
		lanes = r.Lanes
	}
	rows, err := s.pool.Query(ctx, `WITH found AS (
			SELECT position, ready AS was FROM mimamori_queue
			WHERE NOT blocked AND ready <= $1 AND ($2::text[] IS NULL OR lane = ANY($2))
			AND NOT (SELECT held FROM mimamori_meta)
			ORDER BY ready, position LIMIT $3 FOR UPDATE SKIP LOCKED)
		UPDATE mimamori_queue q SET ready = $4, lease = gen_random_uuid()::text, attempts = attempts + 1
		FROM found WHERE q.position = found.position
		RETURNING q.council, q.id, q.recipient, q.lane, q.due, q.enqueued, q.body, q.state, q.attempts, q.parked, q.lease, was, q.position`,
		micros(r.Now), lanes, r.Max, micros(r.Now.Add(r.Lease)))
	if err != nil {
		return nil, s.failure("claim", err)
	}
	found, err := pgx.CollectRows(rows, func(rows pgx.CollectableRow) (c row, err error) {
		err = rows.Scan(&c.Council, &c.ID, &c.Recipient, &c.Lane, &c.Due, &c.Enqueued, &c.Body, &c.State,
			&c.Attempts, &c.Parked, &c.Lease, &c.was, &c.position)
		c.Due, c.Enqueued = c.Due.UTC(), c.Enqueued.UTC()
		return c, err
	})
	if err != nil {
		return nil, s.failure("claim", err)
	}
	slices.SortFunc(found, func(a, b row) int {
		if c := a.was.Compare(b.was); c != 0 {
			return c
		}
		return int(a.position - b.position)
	})
	var claims []storage.Claim
	for _, f := range found {
		claims = append(claims, f.Claim)
	}
	return claims, nil
}

// NextDue implements storage.Store.
func (s *Store) NextDue(ctx context.Context) (time.Time, bool, error) {
	var due *time.Time
	err := s.pool.QueryRow(ctx, `SELECT min(ready) FROM mimamori_queue
		WHERE NOT blocked AND NOT (SELECT held FROM mimamori_meta)`).Scan(&due)
	switch {
	case err != nil:
		return time.Time{}, false, s.failure("next due", err)
	case due == nil:
		return time.Time{}, false, nil
	}
	return due.UTC(), true, nil
}

// QueueStats implements storage.Store.
func (s *Store) QueueStats(ctx context.Context, _ time.Time) (storage.QueueStats, error) {
	st := storage.QueueStats{Waiting: map[string]int{}, Oldest: map[string]time.Time{}}
	rows, err := s.pool.Query(ctx, `SELECT lane, count(*), count(*) FILTER (WHERE parked), min(enqueued)
		FROM mimamori_queue GROUP BY lane`)
	if err != nil {
		return st, s.failure("queue", err)
	}
	var lane string
	var waiting, parked int
	var oldest time.Time
	_, err = pgx.ForEachRow(rows, []any{&lane, &waiting, &parked, &oldest}, func() error {
		st.Waiting[lane], st.Oldest[lane] = waiting, oldest.UTC()
		st.Parked += parked
		return nil
	})
	if err != nil {
		return st, s.failure("queue", err)
	}
	return st, nil
}
