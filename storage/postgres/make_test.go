package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/postgres/postgrestest"
	"mimamori.example/mimamori/storage/storagetest"
)

// tables counts what a schema holds.
func tables(t *testing.T, dsn string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	err = conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()`).Scan(&n)
	if err := errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return n
}

// An empty database is no store, and opening it does not make one.
func TestOpenNeverMakes(t *testing.T) {
	dsn := postgrestest.Schema(t)
	if _, err := Open(t.Context(), dsn, storagetest.Definitions(), Options{}); !errors.Is(err, storage.ErrAbsent) {
		t.Errorf("an empty database: %v", err)
	}
	if n := tables(t, dsn); n > 0 {
		t.Errorf("%d tables afterwards", n)
	}
	if err := open(t, dsn, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	postgrestest.Exec(t, dsn, `TRUNCATE mimamori_meta`)
	if _, err := Open(t.Context(), dsn, storagetest.Definitions(), Options{}); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("an emptied database: %v", err)
	}
}

// A database of a program before the mark of being whole opens as it is.
func TestOpensAnEarlierDatabase(t *testing.T) {
	dsn := postgrestest.Schema(t)
	if err := open(t, dsn, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	postgrestest.Exec(t, dsn, `ALTER TABLE mimamori_meta DROP COLUMN whole`,
		`ALTER TABLE mimamori_queue DROP COLUMN passes, DROP COLUMN yields`, `DELETE FROM mimamori_migration WHERE version > 1`)
	s, err := Open(t.Context(), dsn, storagetest.Definitions(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A store is made whole or not at all, and never over what is there.
func TestMake(t *testing.T) {
	dsn, boom := postgrestest.Schema(t), errors.New("boom")
	defs := storagetest.Definitions()
	fill := func(s storage.Store) error {
		return s.Update(t.Context(), "c", func(tx storage.Tx) error { return storagetest.Things.Put(tx, storagetest.Thing{ID: "kept"}) })
	}
	err := Make(t.Context(), dsn, defs, Options{}, func(s storage.Store) error {
		if _, err := Open(t.Context(), dsn, defs, Options{}); !errors.Is(err, storage.ErrDamaged) {
			t.Errorf("opened before it was whole: %v", err)
		}
		if err := Make(t.Context(), dsn, defs, Options{}, fill); !errors.Is(err, storage.ErrHeld) {
			t.Errorf("made twice at once: %v", err)
		}
		return errors.Join(fill(s), boom)
	})
	if n := tables(t, dsn); !errors.Is(err, boom) || n > 0 {
		t.Errorf("failed with %v, left %d tables", err, n)
	}
	// What a process that was killed left behind is refused, and made anew.
	s, err := Open(t.Context(), dsn, defs, Options{Create: true, filling: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fill(s), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dsn, defs, Options{}); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("half a store: %v", err)
	}
	if err := Make(t.Context(), dsn, defs, Options{}, fill); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(context.WithoutCancel(t.Context()), dsn, defs, Options{}); err != nil {
		t.Fatal(err)
	}
	if got := storagetest.Dump(t, s); len(got) != 1 {
		t.Errorf("it holds %s", fmt.Sprint(got))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := Make(t.Context(), dsn, defs, Options{}, fill); !errors.Is(err, storage.ErrPresent) {
		t.Errorf("over a store: %v", err)
	}
}
