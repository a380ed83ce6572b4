package bolt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
	"mimamori.example/mimamori/storage/storagetest"
)

// BenchmarkStore is Update with turns of talk, while an outbox claims and
// settles. Beside it there are two lines of bare bbolt with the same rows: a
// commit per turn, and a commit for all who wait. The difference to the second
// is what the store itself costs.
//
//	go test ./storage/bolt -run '^$' -bench .
func BenchmarkStore(b *testing.B) {
	storagetest.BenchClients(b, func(b *testing.B) func(int64) error {
		var commits atomic.Int64
		o := bolt.Options{}
		o.Committer.OnCommit = func(int, error) { commits.Add(1) }
		o.Create = true
		s, err := bolt.Open(filepath.Join(b.TempDir(), "db"), storagetest.BenchDefinitions(), o)
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(b.Context())
		var wg sync.WaitGroup
		wg.Go(func() { storagetest.BenchDrain(ctx, b, s) })
		b.Cleanup(func() {
			stop()
			wg.Wait()
			b.Logf("%d commits", commits.Load())
			if err := s.Close(); err != nil {
				b.Error(err)
			}
		})
		return func(i int64) error {
			return s.Update(b.Context(), "c", func(tx storage.Tx) error { return storagetest.BenchTurn(tx, i) })
		}
	})
}

// BenchmarkBareCommit is a bbolt commit per turn.
func BenchmarkBareCommit(b *testing.B) {
	storagetest.BenchClients(b, func(b *testing.B) func(int64) error {
		db := benchOpen(b)
		return func(i int64) error { return db.Update(func(tx *bbolt.Tx) error { return benchRows(tx, i) }) }
	})
}

// BenchmarkBareGrouped is a bbolt commit for all who wait.
func BenchmarkBareGrouped(b *testing.B) {
	type waiting struct {
		i    int64
		done chan error
	}
	storagetest.BenchClients(b, func(b *testing.B) func(int64) error {
		db := benchOpen(b)
		queue := make(chan waiting, 1000)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for first := range queue {
				batch := []waiting{first}
				for len(queue) > 0 {
					batch = append(batch, <-queue)
				}
				err := db.Update(func(tx *bbolt.Tx) error {
					for _, w := range batch {
						if err := benchRows(tx, w.i); err != nil {
							return err
						}
					}
					return nil
				})
				for _, w := range batch {
					w.done <- err
				}
			}
		}()
		b.Cleanup(func() { close(queue); <-ended })
		return func(i int64) error {
			w := waiting{i, make(chan error, 1)}
			queue <- w
			return <-w.done
		}
	})
}

func benchOpen(b *testing.B) *bbolt.DB {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "db"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30})
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error {
			for _, name := range []string{"once", "session", "case", "a", "b", "c", "d", "queue"} {
				if _, err := tx.CreateBucket([]byte(name)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return db
}

// benchRows writes the rows of a turn, encoded alike.
func benchRows(tx *bbolt.Tx, i int64) error {
	var errs []error
	put := func(bucket, key string, v []byte) {
		errs = append(errs, tx.Bucket([]byte(bucket)).Put([]byte(key), v))
	}
	id := fmt.Sprint("U", i%5000)
	put("once", fmt.Sprintf("%013d event", i), []byte{1})
	var d storagetest.BenchDoc
	if raw := tx.Bucket([]byte("session")).Get([]byte(id)); raw != nil {
		errs = append(errs, json.Unmarshal(raw, &d))
	}
	d.ID, d.A, d.Text = id, fmt.Sprint(i), storagetest.BenchText
	raw, err := json.Marshal(d)
	put("session", id, raw)
	errs = append(errs, err)
	if i%5 == 0 {
		c := storagetest.BenchDoc{ID: fmt.Sprintf("2027-%07d", i), A: "open", B: id, C: fmt.Sprint(i), D: "district", Text: storagetest.BenchText + storagetest.BenchText}
		raw, err := json.Marshal(c)
		put("case", c.ID, raw)
		errs = append(errs, err)
		for name, v := range map[string]string{"a": c.A, "b": c.B, "c": c.C, "d": c.D} {
			put(name, v+"\x00"+c.ID, []byte{})
		}
	}
	put("queue", fmt.Sprintf("%013d", i), storagetest.BenchBody)
	return errors.Join(errs...)
}
