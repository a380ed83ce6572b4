package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"mimamori.example/mimamori/storage"
)

// presence is what a schema holds.
type presence int

const (
	nothing    presence = iota
	unfinished          // a store that was begun and not finished
	present
)

// look tells what there is. It reads only.
func look(ctx context.Context, conn *pgx.Conn) (presence, error) {
	var tables bool
	err := conn.QueryRow(ctx, `SELECT to_regclass(quote_ident(current_schema()) || '.mimamori_migration') IS NOT NULL`).Scan(&tables)
	switch {
	case err != nil:
		return nothing, fmt.Errorf("look for a store: %w", err)
	case !tables:
		return nothing, nil
	}
	// The column is younger than the table.
	var rows int
	var whole bool
	err = conn.QueryRow(ctx, `SELECT count(*), coalesce(bool_and(coalesce((to_jsonb(m)->>'whole')::boolean, true)), false)
		FROM mimamori_meta m`).Scan(&rows, &whole)
	switch {
	case err != nil:
		return present, fmt.Errorf("%w: what it says of itself cannot be read: %w", storage.ErrDamaged, err)
	case rows == 0:
		return present, fmt.Errorf("%w: its tables have been emptied", storage.ErrDamaged)
	case !whole:
		return unfinished, nil
	}
	return present, nil
}

// admit lets a store be opened, or tells why not.
func admit(ctx context.Context, conn *pgx.Conn, o Options) error {
	what, err := look(ctx, conn)
	switch {
	case err != nil:
		return err
	case what == nothing && !o.Create:
		return fmt.Errorf("%w in this database (schema and search_path as they are)", storage.ErrAbsent)
	case what == unfinished && !o.filling:
		return fmt.Errorf("%w: it is being restored, or that has failed", storage.ErrDamaged)
	}
	return nil
}

// making is the key of the lock under which a store is made.
const making = `SELECT pg_try_advisory_lock(hashtextextended('mimamori make ' || current_schema(), 0))`

// Make makes a new store, with what fill puts into it: whole, or not at all. It
// answers storage.ErrPresent when there is one, and storage.ErrHeld while
// another process makes one. What an earlier one has left unfinished is removed.
func Make(ctx context.Context, dsn string, defs []storage.Definition, o Options, fill func(storage.Store) error) (err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("storage/postgres: connect: %w", err)
	}
	after := context.WithoutCancel(ctx)
	defer func() { err = errors.Join(err, conn.Close(after)) }()
	var alone bool
	if err := conn.QueryRow(ctx, making).Scan(&alone); err != nil {
		return fmt.Errorf("storage/postgres: lock to make a store: %w", err)
	}
	if !alone {
		return fmt.Errorf("storage/postgres: %w", storage.ErrHeld)
	}
	what, err := look(ctx, conn)
	switch {
	case what == present:
		return errors.Join(storage.ErrPresent, err)
	case err != nil:
		return fmt.Errorf("storage/postgres: %w", err)
	case what == unfinished:
		if err := remove(ctx, conn); err != nil {
			return err
		}
	}
	o.Create, o.filling = true, true
	s, err := Open(ctx, dsn, defs, o)
	if err == nil {
		err = errors.Join(fill(s), s.Close())
	}
	if err == nil {
		if _, err = conn.Exec(ctx, `UPDATE mimamori_meta SET whole = true`); err == nil {
			return nil
		}
		err = fmt.Errorf("storage/postgres: finish the store: %w", err)
	}
	return errors.Join(err, remove(after, conn))
}

// remove drops every table of a store that was not finished.
func remove(ctx context.Context, conn *pgx.Conn) error {
	if what, err := look(ctx, conn); err != nil || what != unfinished {
		return err
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()
			AND (tablename LIKE 'mimamori\_%' OR tablename IN (SELECT 'doc_' || kind FROM mimamori_kind))`)
		if err != nil {
			return err
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, t := range tables {
			if _, err := tx.Exec(ctx, "DROP TABLE "+t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("storage/postgres: remove what was not finished: %w", err)
	}
	return nil
}
