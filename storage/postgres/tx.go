package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mimamori.example/mimamori/storage"
)

// kind holds the statements of one kind of document.
type kind struct {
	def              storage.Definition
	get, put, delete string
}

func newKind(d storage.Definition) *kind {
	table := tableOf(d.Name)
	names, places, sets := "council, id, document", "$1, $2, $3", "document = excluded.document"
	for i, x := range d.Indexes {
		names += ", " + columnOf(x)
		places += fmt.Sprintf(", $%d", i+4)
		sets += fmt.Sprintf(", %[1]s = excluded.%[1]s", columnOf(x))
	}
	return &kind{
		def:    d,
		get:    fmt.Sprintf("SELECT document FROM %s WHERE council = $1 AND id = $2", table),
		put:    fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (council, id) DO UPDATE SET %s", table, names, places, sets),
		delete: fmt.Sprintf("DELETE FROM %s WHERE council = $1 AND id = $2", table),
	}
}

// tx is one function's transaction. Statements whose results nobody waits for
// gather in pending and go out with the next one that is waited for.
type tx struct {
	s        *Store
	council  string
	conn     *pgx.Conn
	ctx      context.Context
	readOnly bool
	over     bool
	writes   int

	pending pgx.Batch
	size    int   // bytes of documents in pending
	sent    bool  // something has been sent
	failed  error // the first error of a statement: the function cannot be kept
	dirty   bool
	queued  bool
	cursors int
}

var errOver = errors.New("storage/postgres: the transaction is over")

// maxPending is how many bytes of documents gather before they are sent.
const maxPending = 1 << 20

// flush sends what has gathered. After an error nothing more is sent.
func (t *tx) flush() error {
	if t.failed != nil {
		return t.failed
	}
	if t.pending.Len() == 0 {
		return nil
	}
	b := t.pending
	t.pending, t.size, t.sent = pgx.Batch{}, 0, true
	if err := t.conn.SendBatch(t.ctx, &b).Close(); err != nil {
		t.failed = fmt.Errorf("storage/postgres: %w", err)
	}
	return t.failed
}

// row sends everything with a query of at most one row; false when there is none.
func (t *tx) row(into []any, sql string, args ...any) (found bool, err error) {
	t.pending.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		if found = rows.Next(); found {
			if err := rows.Scan(into...); err != nil {
				return err
			}
		}
		rows.Close()
		return rows.Err()
	})
	err = t.flush()
	return found, err
}

// exec sends everything with a statement and tells how many rows it changed.
func (t *tx) exec(sql string, args ...any) (rows int64, err error) {
	t.pending.Queue(sql, args...).Exec(func(tag pgconn.CommandTag) error { rows = tag.RowsAffected(); return nil })
	err = t.flush()
	return rows, err
}

// later leaves a statement for the next flush.
func (t *tx) later(size int, sql string, args ...any) error {
	t.pending.Queue(sql, args...)
	if t.size += size; t.size > maxPending {
		return t.flush()
	}
	return t.failed
}

// writable counts n writes.
func (t *tx) writable(n int) error {
	switch {
	case t.over:
		return errOver
	case t.readOnly:
		return storage.ErrReadOnly
	case t.writes+n > storage.MaxWrites:
		return fmt.Errorf("%w: more than %d writes in one transaction", storage.ErrInvalid, storage.MaxWrites)
	}
	t.writes += n
	t.dirty = true
	return t.failed
}

func (t *tx) kind(name string) (*kind, error) {
	if t.over {
		return nil, errOver
	}
	k, ok := t.s.kinds[name]
	if !ok {
		return nil, fmt.Errorf("%w: kind %q is not defined", storage.ErrInvalid, name)
	}
	return k, nil
}

// Council implements storage.Tx.
func (t *tx) Council() string { return t.council }

// GetDoc implements storage.Tx.
func (t *tx) GetDoc(kind, id string) ([]byte, bool, error) {
	k, err := t.kind(kind)
	if err != nil {
		return nil, false, err
	}
	if err := storage.CheckKey("id", id); err != nil {
		return nil, false, err
	}
	var doc []byte
	found, err := t.row([]any{&doc}, k.get, t.council, id)
	return doc, found && err == nil, err
}

// PutDoc implements storage.Tx. An error of the server, as for a document that
// is not JSON, may come only from a later call or from Update.
func (t *tx) PutDoc(kind, id string, doc []byte, values []string) error {
	k, err := t.kind(kind)
	if err != nil {
		return err
	}
	if err := storage.CheckDocument(k.def, id, doc, values); err != nil {
		return err
	}
	if err := t.writable(1); err != nil {
		return err
	}
	return t.later(len(doc), k.put, append([]any{t.council, id, doc}, columns(values)...)...)
}

// DeleteDoc implements storage.Tx.
func (t *tx) DeleteDoc(kind, id string) error {
	k, err := t.kind(kind)
	if err != nil {
		return err
	}
	if err := storage.CheckKey("id", id); err != nil {
		return err
	}
	if err := t.writable(1); err != nil {
		return err
	}
	return t.later(len(id), k.delete, t.council, id)
}

// Once implements storage.Tx.
func (t *tx) Once(at time.Time, key string) (bool, error) {
	if err := storage.CheckKey("deduplication key", key); err != nil {
		return false, err
	}
	if err := t.writable(1); err != nil {
		return false, err
	}
	rows, err := t.exec(`INSERT INTO mimamori_once (council, at, key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		t.council, micros(at), key)
	return rows == 1 && err == nil, err
}

// PruneOnce implements storage.Tx.
func (t *tx) PruneOnce(before time.Time, limit int) (int, error) {
	if limit < 1 || limit > storage.MaxWrites {
		return 0, fmt.Errorf("%w: a limit of %d", storage.ErrInvalid, limit)
	}
	if err := t.writable(limit); err != nil {
		return 0, err
	}
	rows, err := t.exec(`DELETE FROM mimamori_once WHERE (council, at, key) IN (
		SELECT council, at, key FROM mimamori_once WHERE council = $1 AND at < $2 ORDER BY at, key LIMIT $3)`,
		t.council, micros(before), limit)
	t.writes -= limit - int(rows)
	return int(rows), err
}

// Next implements storage.Tx.
func (t *tx) Next(sequence string) (uint64, error) { return t.advance(sequence, 1) }

// Skip implements storage.Tx.
func (t *tx) Skip(sequence string, n uint64) error {
	_, err := t.advance(sequence, n)
	return err
}

func (t *tx) advance(sequence string, n uint64) (uint64, error) {
	if err := storage.CheckKey("sequence", sequence); err != nil {
		return 0, err
	}
	if err := t.writable(1); err != nil {
		return 0, err
	}
	beyond := fmt.Errorf("%w: the sequence would go beyond %d", storage.ErrInvalid, uint64(storage.MaxSequence))
	if n > storage.MaxSequence {
		return 0, beyond
	}
	var last int64
	found, err := t.row([]any{&last}, `INSERT INTO mimamori_sequence AS s (council, name, last) VALUES ($1, $2, $3)
		ON CONFLICT (council, name) DO UPDATE SET last = s.last + excluded.last
		WHERE s.last <= $4 - excluded.last RETURNING last`,
		t.council, sequence, int64(n), int64(storage.MaxSequence))
	switch {
	case err != nil:
		return 0, err
	case !found:
		return 0, beyond
	}
	return uint64(last), nil
}

// where builds the conditions of a query.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(format string, args ...any) {
	places := make([]any, len(args))
	for i, a := range args {
		w.args = append(w.args, a)
		places[i] = fmt.Sprintf("$%d", len(w.args))
	}
	w.conditions = append(w.conditions, fmt.Sprintf(format, places...))
}

func (w *where) sql() string { return strings.Join(w.conditions, " AND ") }

// selection is the statement of a query. A bound may hold the byte 0, which no
// value does and which the server does not take: v followed by 0 is what comes
// right behind v.
func (t *tx) selection(k *kind, q storage.Query) (string, []any, error) {
	column := "id"
	if q.Index != "" {
		column = ""
		for _, x := range k.def.Indexes {
			if x == q.Index {
				column = columnOf(x)
			}
		}
		if column == "" {
			return "", nil, fmt.Errorf("%w: kind %s has no index %q", storage.ErrInvalid, k.def.Name, q.Index)
		}
	}
	w := &where{}
	w.add("council = %s", t.council)
	if q.Index != "" {
		w.conditions = append(w.conditions, column+" IS NOT NULL")
	}
	if v, beyond := cutNUL(q.From); beyond {
		w.add(column+" > %s", v)
	} else if v != "" {
		w.add(column+" >= %s", v)
	}
	if v, upTo := cutNUL(q.Until); upTo {
		w.add(column+" <= %s", v)
	} else if v != "" {
		w.add(column+" < %s", v)
	}
	sign, order := ">", ""
	if q.Descending {
		sign, order = "<", " DESC"
	}
	if q.After != (storage.Position{}) {
		if strings.ContainsRune(q.After.Value+q.After.ID, 0) {
			return "", nil, fmt.Errorf("%w: a position with the byte 0", storage.ErrInvalid)
		}
		if q.Index == "" {
			w.add("id "+sign+" %s", q.After.ID)
		} else {
			w.add("("+column+", id) "+sign+" (%s, %s)", q.After.Value, q.After.ID)
		}
	}
	sort := column + order
	if q.Index != "" {
		sort += ", id" + order
	}
	sql := fmt.Sprintf("SELECT id, document FROM %s WHERE %s ORDER BY %s", tableOf(k.def.Name), w.sql(), sort)
	if q.Limit > 0 {
		sql += fmt.Sprintf(" LIMIT %d", q.Limit)
	}
	return sql, w.args, nil
}

func cutNUL(v string) (string, bool) {
	if i := strings.IndexByte(v, 0); i >= 0 {
		return v[:i], true
	}
	return v, false
}

// pageSize is how many rows are fetched at a time.
const pageSize = 200

// ScanDocs implements storage.Tx.
func (t *tx) ScanDocs(kind string, q storage.Query, fn func(string, []byte) (bool, error)) error {
	k, err := t.kind(kind)
	if err != nil {
		return err
	}
	if err := storage.CheckQuery(q); err != nil {
		return err
	}
	sql, args, err := t.selection(k, q)
	if err != nil {
		return err
	}
	type row struct {
		id  string
		doc []byte
	}
	return scan(t, q.Limit, sql, args, func(rows pgx.Rows) (r row, err error) {
		err = rows.Scan(&r.id, &r.doc)
		return r, err
	}, func(r row) (bool, error) { return fn(r.id, r.doc) })
}

// scan reads the rows of a query page by page and calls fn between pages, so
// that fn may use the transaction. A cursor does not see what is written after
// it was opened.
func scan[T any](t *tx, limit int, sql string, args []any, read func(pgx.Rows) (T, error), fn func(T) (bool, error)) error {
	var page []T
	collect := func(rows pgx.Rows) error {
		page = page[:0]
		for rows.Next() {
			r, err := read(rows)
			if err != nil {
				rows.Close()
				return err
			}
			page = append(page, r)
		}
		return rows.Err()
	}
	if limit > 0 && limit <= pageSize {
		t.pending.Queue(sql, args...).Query(collect)
		if err := t.flush(); err != nil {
			return err
		}
		for _, r := range page {
			if more, err := fn(r); err != nil || !more {
				return err
			}
		}
		return nil
	}
	name := fmt.Sprintf("scan%d", t.cursors)
	t.cursors++
	fetch := fmt.Sprintf("FETCH %d FROM %s", pageSize, name)
	t.pending.Queue(fmt.Sprintf("DECLARE %s NO SCROLL CURSOR FOR %s", name, sql), args...)
	for {
		t.pending.Queue(fetch).Query(collect)
		if err := t.flush(); err != nil {
			return err
		}
		for _, r := range page {
			if more, err := fn(r); err != nil || !more {
				return errors.Join(err, t.later(0, "CLOSE "+name))
			}
		}
		if len(page) < pageSize {
			return t.later(0, "CLOSE "+name)
		}
	}
}
