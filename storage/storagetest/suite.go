// Package storagetest is the suite that every engine of storage must pass. A
// test of the engine calls Run. At the end of every test the database is closed
// and opened again, must hold exactly what it held before, its indexes must
// agree with its documents, and the engine's own integrity check must pass.
package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"mimamori.example/mimamori/storage"
)

// Database is one empty database of the engine under test.
type Database interface {
	// Open opens the database. It fails the test when that does not work.
	Open(t testing.TB, defs []storage.Definition) storage.Store
	// Shared tells whether several stores may have the database open at once.
	Shared() bool
	// Check looks for damage in an open database, by the engine's own means.
	Check(t testing.TB, s storage.Store)
}

// Thing is the document of the suite.
type Thing struct {
	ID     string `json:"id"`
	Colour string `json:"colour,omitempty"`
	Size   string `json:"size,omitempty"`
	N      int    `json:"n"`
	Text   string `json:"text,omitempty"`
}

// The kinds of the suite: one with two indexes, one without any.
var (
	Things = storage.NewKind("thing", func(d *Thing) string { return d.ID },
		storage.Index[Thing]{Name: "colour", Value: func(d *Thing) string { return d.Colour }},
		storage.Index[Thing]{Name: "size", Value: func(d *Thing) string { return d.Size }})
	Plain = storage.NewKind("plain", func(d *Thing) string { return d.ID })
)

// Definitions are the kinds of the suite.
func Definitions() []storage.Definition {
	return []storage.Definition{Things.Definition(), Plain.Definition()}
}

// Run runs the whole suite; create makes an empty database for one test.
func Run(t *testing.T, create func(testing.TB) Database) {
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"documents", documentTests},
		{"scans", scanTests},
		{"transactions", transactionTests},
		{"isolation", isolationTests},
		{"councils", councilTests},
		{"keys", keyTests},
		{"queue", queueTests},
		{"leases", leaseTests},
		{"passing", passingTests},
		{"models", modelTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, tt := range group.tests {
				t.Run(tt.name, func(t *testing.T) {
					e := &env{TB: t, db: create(t)}
					e.open()
					t.Cleanup(e.end)
					tt.run(e)
				})
			}
		})
	}
}

type test struct {
	name string
	run  func(*env)
}

// env is one test with its database.
type env struct {
	testing.TB
	db Database
	s  storage.Store
}

func (e *env) open() { e.s = e.db.Open(e, Definitions()) }

// reopen closes the store and opens the database again.
func (e *env) reopen() {
	e.Helper()
	if err := e.s.Close(); err != nil {
		e.Fatalf("close: %v", err)
	}
	e.open()
}

// end is the last part of every test. The test's own context is over by then.
func (e *env) end() {
	before := Dump(e, e.s)
	e.reopen()
	after := Dump(e, e.s)
	if !slices.Equal(before, after) {
		e.Errorf("after reopening the database holds\n%q\nbefore it held\n%q", after, before)
	}
	CheckIndexes(e, e.s, Definitions())
	e.db.Check(e, e.s)
	if err := e.s.Close(); err != nil {
		e.Errorf("close: %v", err)
	}
}

// ctx is good after the test's own has ended, too.
func (e *env) ctx() context.Context { return context.WithoutCancel(e.Context()) }

func (e *env) update(council string, fn func(tx storage.Tx) error) {
	e.Helper()
	if err := e.s.Update(e.ctx(), council, fn); err != nil {
		e.Fatalf("update: %v", err)
	}
}

func (e *env) view(council string, fn func(tx storage.Tx) error) {
	e.Helper()
	if err := e.s.View(e.ctx(), council, fn); err != nil {
		e.Fatalf("view: %v", err)
	}
}

// put stores things in one transaction.
func (e *env) put(council string, things ...Thing) {
	e.Helper()
	e.update(council, func(tx storage.Tx) error {
		for _, d := range things {
			if err := Things.Put(tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// ids scans a kind and returns the ids in order.
func ids(tx storage.Tx, k *storage.Kind[Thing], q storage.Query) ([]string, error) {
	found := []string{}
	for d, err := range k.Scan(tx, q) {
		if err != nil {
			return nil, err
		}
		found = append(found, d.ID)
	}
	return found, nil
}

// wantIDs compares a scan with what it must find, in Update and in View.
func (e *env) wantIDs(council string, q storage.Query, want ...string) {
	e.Helper()
	check := func(tx storage.Tx) error {
		got, err := ids(tx, Things, q)
		if err == nil && !slices.Equal(got, want) {
			err = fmt.Errorf("%+v finds %q, want %q", q, got, want)
		}
		return err
	}
	e.view(council, check)
	e.update(council, check)
}

func (e *env) wantErr(err, want error) {
	e.Helper()
	if !errors.Is(err, want) {
		e.Fatalf("error %v, want %v", err, want)
	}
}

// Dump lists everything in a store as lines of text, for comparing.
func Dump(t testing.TB, s storage.Store) []string {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	councils, err := s.Councils(ctx)
	if err != nil {
		t.Fatalf("councils: %v", err)
	}
	slices.Sort(councils)
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if reason, held, err := s.Held(ctx); err != nil || held {
		add("held %q %v", reason, err)
	}
	defs := s.(storage.Definer).Definitions()
	for _, council := range councils {
		err := s.View(ctx, council, func(tx storage.Tx) error {
			for _, d := range defs {
				err := tx.ScanDocs(d.Name, storage.Query{}, func(id string, doc []byte) (bool, error) {
					add("%s %s %s %s", council, d.Name, id, canonical(doc))
					return true, nil
				})
				if err != nil {
					return err
				}
			}
			a := tx.(storage.Archiver)
			err := a.OnceKeys(func(at time.Time, key string) (bool, error) {
				add("%s once %v %s", council, at.UnixMicro(), key)
				return true, nil
			})
			if err != nil {
				return err
			}
			err = a.Sequences(func(name string, last uint64) (bool, error) {
				add("%s sequence %s %d", council, name, last)
				return true, nil
			})
			if err != nil {
				return err
			}
			return a.QueuedItems(func(it storage.QueuedItem) (bool, error) {
				add("%s item %s %s %s %d %d %q %v %v %v", council, it.ID, it.Recipient, it.Lane,
					it.Due.UnixMicro(), it.Enqueued.UnixMicro(), append(it.Body, it.State...), it.Parked, it.Passes, it.Yields)
				return true, nil
			})
		})
		if err != nil {
			t.Fatalf("dump of %s: %v", council, err)
		}
	}
	return lines
}

// CheckIndexes compares every index of a store with its documents.
func CheckIndexes(t testing.TB, s storage.Store, defs []storage.Definition) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	councils, err := s.Councils(ctx)
	if err != nil {
		t.Fatalf("councils: %v", err)
	}
	for _, council := range councils {
		err := s.View(ctx, council, func(tx storage.Tx) error {
			for _, d := range defs {
				if err := checkKind(tx, d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("indexes of %s: %v", council, err)
		}
	}
}

func checkKind(tx storage.Tx, d storage.Definition) error {
	want := make([][]string, len(d.Indexes))
	err := tx.ScanDocs(d.Name, storage.Query{}, func(id string, doc []byte) (bool, error) {
		values, err := d.Values(doc)
		for i, v := range values {
			if v != "" {
				want[i] = append(want[i], v+"\x00"+id)
			}
		}
		return true, err
	})
	if err != nil {
		return err
	}
	for i, name := range d.Indexes {
		slices.Sort(want[i])
		var got []string
		err := tx.ScanDocs(d.Name, storage.Query{Index: name}, func(id string, doc []byte) (bool, error) {
			values, err := d.Values(doc)
			if err != nil {
				return false, err
			}
			got = append(got, values[i]+"\x00"+id)
			return true, nil
		})
		if err != nil {
			return err
		}
		if !slices.Equal(got, want[i]) {
			return fmt.Errorf("index %s of %s holds %q, the documents say %q", name, d.Name, got, want[i])
		}
	}
	return nil
}

// mismatch is err or, where there is none, what was found to be wrong.
func mismatch(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	return fmt.Errorf(format, args...)
}
