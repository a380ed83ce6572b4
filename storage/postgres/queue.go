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
			(council, id, recipient, lane, due, ready, enqueued, attempts, parked, body, state, passes, yields, blocked)
		SELECT $1::text, $2::text, $3::text, $4::text, $5::timestamptz, $5::timestamptz, $6::timestamptz, $7::int, $8::bool,
			$9::bytea, $10::bytea, $11::bool, $12::bool,
			NOT $8::bool AND line.head IS NOT NULL AND NOT ($11::bool AND line.head AND line.passing = 0)
		FROM (SELECT (array_agg(yields ORDER BY position))[1] AS head, count(*) FILTER (WHERE passes AND NOT yields) AS passing
			FROM mimamori_queue WHERE council = $1 AND recipient = $3 AND lane = $4 AND NOT parked) line
		WHERE true ON CONFLICT (council, id) DO NOTHING`,
		t.council, it.ID, it.Recipient, it.Lane, micros(it.Due), micros(it.Enqueued), it.Attempts, it.Parked, bytesOf(it.Body), bytesOf(it.State), it.Passes, it.Yields)
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

// unblock is the end of a statement that changes a line: it lets go who may go
// of those that stay, which are the rows of rest: the first and, when that one
// yields, the first of those that pass and do not yield.
const unblock = `head AS (SELECT position, yields FROM rest ORDER BY position LIMIT 1),
		next AS (
			UPDATE mimamori_queue SET blocked = false WHERE blocked AND position IN (
				SELECT position FROM head
				UNION ALL (SELECT rest.position FROM rest, head WHERE head.yields AND rest.passes AND NOT rest.yields
					ORDER BY rest.position LIMIT 1)))`

// Settle implements storage.Tx. The statement sees the table as it was before,
// so what stays is reckoned without the item that goes.
func (t *tx) Settle(c storage.Claim) error {
	if err := t.claimed(c, nil); err != nil {
		return err
	}
	return t.finish(`WITH gone AS (
			DELETE FROM mimamori_queue WHERE council = $1 AND id = $2 AND lease = $3
			RETURNING position, recipient, lane, parked),
		rest AS (SELECT q.position, q.passes, q.yields FROM mimamori_queue q, gone
			WHERE q.council = $1 AND q.recipient = gone.recipient AND q.lane = gone.lane
			AND NOT q.parked AND NOT gone.parked AND q.position <> gone.position),
		`+unblock+`
		SELECT count(*) FROM gone`, t.council, c.ID, c.Lease)
}

// Postpone implements storage.Tx.
func (t *tx) Postpone(c storage.Claim, due time.Time, state []byte) error {
	return t.giveBack(c, due, state, false, false)
}

// Yield implements storage.Tx.
func (t *tx) Yield(c storage.Claim, due time.Time, state []byte) error {
	return t.giveBack(c, due, state, false, true)
}

// Park implements storage.Tx.
func (t *tx) Park(c storage.Claim, due time.Time, state []byte) error {
	return t.giveBack(c, due, state, true, false)
}

func (t *tx) giveBack(c storage.Claim, due time.Time, state []byte, park, yields bool) error {
	if err := t.claimed(c, state); err != nil {
		return err
	}
	return t.finish(`WITH mine AS (
			SELECT position, recipient, lane, parked, passes, yields FROM mimamori_queue
			WHERE council = $1 AND id = $2 AND lease = $3 FOR UPDATE),
		back AS (
			UPDATE mimamori_queue q SET due = $4, ready = $4, lease = '', parked = q.parked OR $5, state = $6,
				yields = q.yields OR $7
			FROM mine WHERE q.position = mine.position),
		rest AS (
			SELECT q.position, q.passes, q.yields FROM mimamori_queue q, mine
			WHERE ($5 OR $7) AND q.council = $1 AND q.recipient = mine.recipient AND q.lane = mine.lane
			AND NOT q.parked AND NOT mine.parked AND q.position <> mine.position
			UNION ALL SELECT position, passes, yields OR $7 FROM mine WHERE $7 AND NOT $5 AND NOT parked),
		`+unblock+`
		SELECT count(*) FROM mine`, t.council, c.ID, c.Lease, micros(due), park, bytesOf(state), yields)
}

// Take implements storage.Tx.
func (t *tx) Take(recipient, lane string, limit int, want func(storage.Item) bool) ([]storage.Item, error) {
	if err := t.writable(0); err != nil {
		return nil, err
	}
	var wanted []storage.Item
	sql := "SELECT " + itemColumns + ` FROM mimamori_queue WHERE council = $1 AND recipient = $2 AND lane = $3
		AND parked AND lease = '' ORDER BY position`
	err := scan(t, 0, sql, []any{t.council, recipient, lane}, readItem, func(it storage.QueuedItem) (bool, error) {
		if want(it.Item) {
			wanted = append(wanted, it.Item)
		}
		return len(wanted) < limit, nil
	})
	if err != nil {
		return nil, err
	}
	var taken []storage.Item
	for _, it := range wanted {
		if err := t.writable(1); err != nil {
			return nil, err
		}
		rows, err := t.exec(`DELETE FROM mimamori_queue WHERE council = $1 AND id = $2 AND lease = ''`, t.council, it.ID)
		if err != nil {
			return nil, err
		}
		if rows == 1 { // else somebody has claimed it meanwhile
			taken = append(taken, it)
			t.queued = true
		}
	}
	return taken, nil
}

const itemColumns = `id, recipient, lane, due, enqueued, body, state, attempts, parked, passes, yields`

func readItem(rows pgx.Rows) (it storage.QueuedItem, err error) {
	err = rows.Scan(&it.ID, &it.Recipient, &it.Lane, &it.Due, &it.Enqueued, &it.Body, &it.State, &it.Attempts, &it.Parked, &it.Passes, &it.Yields)
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
	if err := s.drawIn(ctx, r); err != nil {
		return nil, err
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
		RETURNING q.council, q.id, q.recipient, q.lane, q.due, q.enqueued, q.body, q.state, q.attempts, q.parked, q.passes, q.lease, was, q.position`,
		micros(r.Now), lanes, r.Max, micros(r.Now.Add(r.Lease)))
	if err != nil {
		return nil, s.failure("claim", err)
	}
	found, err := pgx.CollectRows(rows, func(rows pgx.CollectableRow) (c row, err error) {
		err = rows.Scan(&c.Council, &c.ID, &c.Recipient, &c.Lane, &c.Due, &c.Enqueued, &c.Body, &c.State,
			&c.Attempts, &c.Parked, &c.Passes, &c.Lease, &c.was, &c.position)
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

// drawIn makes due what is due further ahead than anything can be, and ends
// leases that go on for longer than a new one: the clock has been set back.
func (s *Store) drawIn(ctx context.Context, r storage.ClaimRequest) error {
	s.looks.Lock()
	back := r.Now.Before(s.seen)
	s.seen = r.Now
	look := r.Furthest > 0 && (back || s.looked.IsZero() || r.Now.Sub(s.looked) >= storage.LookBack)
	if look {
		s.looked = r.Now
	}
	s.looks.Unlock()
	if !look {
		return nil
	}
	// The clocks of several processes differ a little: a lease is far too long at
	// twice its length.
	_, err := s.pool.Exec(ctx, `UPDATE mimamori_queue SET due = least(due, $1::timestamptz),
			ready = CASE WHEN lease = '' THEN $1::timestamptz ELSE $3::timestamptz END
		WHERE NOT blocked AND ready > least($2::timestamptz, $4::timestamptz)
			AND (lease = '' AND ready > $2 OR lease <> '' AND ready > $4)`,
		micros(r.Now), micros(r.Now.Add(r.Furthest)), micros(r.Now.Add(r.Lease)), micros(r.Now.Add(2*r.Lease)))
	if err != nil {
		return s.failure("claim", err)
	}
	return nil
}

// Hasten implements storage.Store.
func (s *Store) Hasten(ctx context.Context, council string, due, until time.Time, limit int) (int, error) {
	if err := s.Err(); err != nil {
		return 0, fmt.Errorf("%w: %w", storage.ErrClosed, err)
	}
	done, err := s.pool.Exec(ctx, `UPDATE mimamori_queue SET due = $2, ready = $2 WHERE position IN (
			SELECT position FROM mimamori_queue WHERE council = $1 AND NOT blocked AND lease = '' AND ready > $2 AND ready <= $3
			ORDER BY ready, position LIMIT $4 FOR UPDATE SKIP LOCKED)`,
		council, micros(due), micros(until), limit)
	if err != nil {
		return 0, s.failure("hasten", err)
	}
	if done.RowsAffected() > 0 {
		s.changed()
	}
	return int(done.RowsAffected()), nil
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
