package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/postgres/postgrestest"
	"mimamori.example/mimamori/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, dsn string, o Options) *Store {
	t.Helper()
	o.Create = true
	s, err := Open(context.WithoutCancel(t.Context()), dsn, storagetest.Definitions(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// database is a storagetest.Database.
type database struct{ dsn string }

func (d database) Open(t testing.TB, defs []storage.Definition) storage.Store {
	t.Helper()
	s, err := Open(context.WithoutCancel(t.Context()), d.dsn, defs, Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (database) Shared() bool { return true }

func (database) Check(t testing.TB, s storage.Store) {
	t.Helper()
	if err := s.(*Store).Check(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestSuite(t *testing.T) {
	storagetest.Run(t, func(t testing.TB) storagetest.Database { return database{postgrestest.Schema(t)} })
}

// Without the lock on the council's row, the suite's test must fail in all
// three ways; otherwise it would show nothing.
func TestAnomaliesWithoutTheLock(t *testing.T) {
	dsn := postgrestest.Schema(t)
	a, b := open(t, dsn, Options{unlocked: true}), open(t, dsn, Options{unlocked: true})
	found, err := storagetest.Anomalies(t.Context(), a, b)
	if err != nil || len(found) != 3 {
		t.Errorf("found %q, %v, want a lost update, a write skew and a phantom", found, err)
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

func TestWakesOtherProcesses(t *testing.T) {
	dsn := postgrestest.Schema(t)
	a, b := open(t, dsn, Options{}), open(t, dsn, Options{})
	defer func() {
		if err := errors.Join(a.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	}()
	<-b.Wake() // it listens now
	started := time.Now()
	err := a.Update(t.Context(), "c", func(tx storage.Tx) error {
		return tx.Enqueue(storage.Item{ID: "1", Recipient: "R", Lane: "casework"})
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-b.Wake():
	case <-time.After(time.Minute):
		t.Fatal("the other process was not woken")
	}
	if took := time.Since(started); took >= lookAgain {
		t.Errorf("woken after %v, by looking again only", took)
	}
}

// Settings that a session cannot change are played by a function that is found
// before the server's own.
func TestRefusesAServerThatDoesNotSync(t *testing.T) {
	const play = `CREATE FUNCTION %s.current_setting(text) RETURNS text LANGUAGE sql AS
		$$ SELECT CASE $1 WHEN '%s' THEN '%s' ELSE pg_catalog.current_setting($1) END $$`
	for _, tt := range []struct{ setting, value, fault string }{
		{"fsync", "off", "fsync = off"},
		{"synchronous_commit", "off", "synchronous_commit is off"},
		{"server_encoding", "SQL_ASCII", "encoding SQL_ASCII"},
		{"server_version_num", "120000", "PostgreSQL 13"},
	} {
		dsn := postgrestest.Schema(t)
		name := dsn[strings.LastIndex(dsn, "search_path=")+len("search_path="):]
		postgrestest.Exec(t, dsn, fmt.Sprintf(play, name, tt.setting, tt.value))
		_, err := Open(t.Context(), dsn+",pg_catalog", nil, Options{})
		if err == nil || !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: %v", tt.setting, err)
		}
	}
	dsn := postgrestest.Schema(t)
	_, err := Open(t.Context(), postgrestest.With(dsn, "synchronous_commit", "off"), nil, Options{})
	if err == nil || !strings.Contains(err.Error(), "synchronous_commit is off") {
		t.Errorf("error %v", err)
	}
	if err := open(t, dsn, Options{}).Close(); err != nil {
		t.Error(err)
	}
}

func TestRefusesALaterDatabase(t *testing.T) {
	dsn := postgrestest.Schema(t)
	if err := open(t, dsn, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	postgrestest.Exec(t, dsn, `INSERT INTO mimamori_migration (version, name) VALUES (999, 'later')`)
	if _, err := Open(t.Context(), dsn, nil, Options{}); err == nil || !strings.Contains(err.Error(), "older than the database") {
		t.Errorf("error %v", err)
	}
}

func TestManyOpenAtOnce(t *testing.T) {
	dsn := postgrestest.Schema(t)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			s, err := Open(t.Context(), dsn, storagetest.Definitions(), Options{Create: true, MaxConns: 2})
			if err != nil {
				t.Error(err)
				return
			}
			err = s.Update(t.Context(), "c", func(tx storage.Tx) error {
				return storagetest.Things.Put(tx, storagetest.Thing{ID: fmt.Sprint(i), Colour: "red"})
			})
			if err := errors.Join(err, s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := open(t, dsn, Options{})
	if got := storagetest.Dump(t, s); len(got) != 4 {
		t.Errorf("the database holds %q", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// More councils than connections: they wait for each other and get through.
func TestFewConnections(t *testing.T) {
	s := open(t, postgrestest.Schema(t), Options{MaxConns: 2})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := s.Update(t.Context(), fmt.Sprint("c", i%10), func(tx storage.Tx) error {
				return storagetest.Things.Put(tx, storagetest.Thing{ID: fmt.Sprint(i)})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A broken connection loses what ran on it, and nothing else.
func TestBrokenConnection(t *testing.T) {
	dsn := postgrestest.Schema(t)
	s := open(t, dsn, Options{})
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	put := func(id string, kill bool) error {
		return s.Update(t.Context(), "c", func(tx storage.Tx) error {
			if kill {
				postgrestest.Exec(t, dsn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE application_name = 'mimamori' AND state = 'idle in transaction'`)
			}
			return storagetest.Things.Put(tx, storagetest.Thing{ID: id})
		})
	}
	if err := put("1", false); err != nil {
		t.Fatal(err)
	}
	if err := put("2", true); err == nil {
		t.Error("stored on a connection that was broken")
	}
	if err := put("3", false); err != nil || s.Err() != nil {
		t.Errorf("after a broken connection: %v, %v", err, s.Err())
	}
	if got := storagetest.Dump(t, s); len(got) != 2 {
		t.Errorf("the database holds %q", got)
	}
}

func TestIndexesChange(t *testing.T) {
	dsn := postgrestest.Schema(t)
	type doc = storagetest.Thing
	define := func(indexes ...storage.Index[doc]) *storage.Kind[doc] {
		return storage.NewKind("thing", func(d *doc) string { return d.ID }, indexes...)
	}
	colour := storage.Index[doc]{Name: "colour", Value: func(d *doc) string { return d.Colour }}
	size := storage.Index[doc]{Name: "size", Value: func(d *doc) string { return d.Size }}
	for i, k := range []*storage.Kind[doc]{define(), define(colour), define(size, colour), define(size), define()} {
		s, err := Open(t.Context(), dsn, []storage.Definition{k.Definition()}, Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Update(t.Context(), "c", func(tx storage.Tx) error {
			return k.Put(tx, doc{ID: fmt.Sprint(i), Colour: fmt.Sprint(9 - i), Size: "x"})
		})
		if err != nil {
			t.Error(err)
		}
		storagetest.CheckIndexes(t, s, []storage.Definition{k.Definition()})
		if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
			t.Error(err)
		}
	}
}
