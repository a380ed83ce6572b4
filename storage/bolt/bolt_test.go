package bolt_test

import (
	"context"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
	"mimamori.example/mimamori/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// file is a storagetest.Database.
type file struct{ path string }

func (f file) Open(t testing.TB, defs []storage.Definition) storage.Store {
	t.Helper()
	s, err := bolt.Open(f.path, defs, bolt.Options{Create: true})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

func (file) Shared() bool { return false }

func (file) Check(t testing.TB, s storage.Store) {
	t.Helper()
	if err := s.(*bolt.Store).Check(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestSuite(t *testing.T) {
	storagetest.Run(t, func(t testing.TB) storagetest.Database {
		return file{filepath.Join(t.TempDir(), "db")}
	})
}
