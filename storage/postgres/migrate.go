package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"mimamori.example/mimamori/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// advisory is the key of the lock under which one process at a time changes
// the schema; the schema's name is mixed in by the query.
const advisory = `SELECT pg_advisory_xact_lock(hashtextextended('mimamori ' || current_schema(), 0))`

// migrate brings the schema to this program's state, in one transaction. A
// process that stands still meanwhile is given up after its patience, so that
// another can start.
func migrate(ctx context.Context, conn *pgx.Conn, defs []storage.Definition, o Options) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, idleLimit, fmt.Sprint(o.Patience.Milliseconds())); err != nil {
			return fmt.Errorf("limit of the migration: %w", err)
		}
		if _, err := tx.Exec(ctx, advisory); err != nil {
			return fmt.Errorf("lock for migrations: %w", err)
		}
		if err := migrateBase(ctx, tx); err != nil {
			return err
		}
		if o.filling {
			if _, err := tx.Exec(ctx, `UPDATE mimamori_meta SET whole = false`); err != nil {
				return err
			}
		}
		for _, d := range defs {
			if err := migrateKind(ctx, tx, d); err != nil {
				return fmt.Errorf("table of kind %s: %w", d.Name, err)
			}
		}
		return nil
	})
}

func migrateBase(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS mimamori_migration (
		version integer PRIMARY KEY, name text NOT NULL, applied timestamptz NOT NULL DEFAULT now())`)
	if err != nil {
		return err
	}
	var done int
	if err := tx.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM mimamori_migration`).Scan(&done); err != nil {
		return err
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	sort.Strings(names)
	if done > len(names) {
		return fmt.Errorf("the database has migration %d, this program knows %d: it is older than the database", done, len(names))
	}
	for i, name := range names {
		version, err := strconv.Atoi(strings.TrimPrefix(name, "migrations/")[:4])
		if err != nil || version != i+1 {
			return fmt.Errorf("migration %s is not number %d", name, i+1)
		}
		if version <= done {
			continue
		}
		sql, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, string(sql)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO mimamori_migration (version, name) VALUES ($1, $2)`, version, name); err != nil {
			return err
		}
	}
	return nil
}

// Names of a kind's table and of an index's column. storage.CheckName lets only
// letters, digits and _ through.
func tableOf(kind string) string   { return "doc_" + kind }
func columnOf(index string) string { return "ix_" + index }

// migrateKind makes the kind's table, or brings its index columns up to date.
func migrateKind(ctx context.Context, tx pgx.Tx, d storage.Definition) error {
	var have []string
	err := tx.QueryRow(ctx, `SELECT indexes FROM mimamori_kind WHERE kind = $1`, d.Name).Scan(&have)
	isNew := err == pgx.ErrNoRows //nolint:errorlint // pgx answers it as it is
	if err != nil && !isNew {
		return err
	}
	if !isNew && slices.Equal(have, d.Indexes) {
		return nil
	}
	table := tableOf(d.Name)
	var sql strings.Builder
	if isNew {
		fmt.Fprintf(&sql, `CREATE TABLE %s (council text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
			document jsonb NOT NULL, PRIMARY KEY (council, id));`, table)
	}
	for _, x := range have {
		if !slices.Contains(d.Indexes, x) {
			fmt.Fprintf(&sql, "ALTER TABLE %s DROP COLUMN %s;", table, columnOf(x))
		}
	}
	for _, x := range d.Indexes {
		if !slices.Contains(have, x) {
			fmt.Fprintf(&sql, `ALTER TABLE %[1]s ADD COLUMN %[2]s text COLLATE "C";
				CREATE INDEX ON %[1]s (council, %[2]s, id) WHERE %[2]s IS NOT NULL;`, table, columnOf(x))
		}
	}
	if _, err := tx.Exec(ctx, sql.String()); err != nil {
		return err
	}
	if !isNew {
		if err := reindex(ctx, tx, d); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO mimamori_kind (kind, indexes) VALUES ($1, $2)
		ON CONFLICT (kind) DO UPDATE SET indexes = excluded.indexes`, d.Name, append([]string{}, d.Indexes...))
	return err
}

// reindex fills the index columns from the documents, page by page.
func reindex(ctx context.Context, tx pgx.Tx, d storage.Definition) error {
	if len(d.Indexes) == 0 {
		return nil
	}
	sets := make([]string, len(d.Indexes))
	for i, x := range d.Indexes {
		sets[i] = fmt.Sprintf("%s = $%d", columnOf(x), i+3)
	}
	update := fmt.Sprintf("UPDATE %s SET %s WHERE council = $1 AND id = $2", tableOf(d.Name), strings.Join(sets, ", "))
	page := fmt.Sprintf(`SELECT council, id, document FROM %s WHERE (council, id) > ($1, $2)
		ORDER BY council, id LIMIT 500`, tableOf(d.Name))
	council, id := "", ""
	for {
		rows, err := tx.Query(ctx, page, council, id)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		for rows.Next() {
			var doc []byte
			if err := rows.Scan(&council, &id, &doc); err != nil {
				rows.Close()
				return err
			}
			values, err := d.Values(doc)
			if err == nil {
				err = storage.CheckDocument(d, id, doc, values)
			}
			if err != nil {
				rows.Close()
				return fmt.Errorf("index anew: %w", err)
			}
			b.Queue(update, append([]any{council, id}, columns(values)...)...)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if b.Len() == 0 {
			return nil
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
	}
}

// columns are index values as they are stored: NULL leaves out of the index.
func columns(values []string) []any {
	args := make([]any, len(values))
	for i, v := range values {
		if v != "" {
			args[i] = v
		}
	}
	return args
}
