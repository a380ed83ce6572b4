package bolt_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
)

type doc struct {
	ID   string `json:"id"`
	A, B string
	C, D string
	Text string
}

var sessions = storage.NewKind("session", func(d *doc) string { return d.ID })
var cases = storage.NewKind("case", func(d *doc) string { return d.ID },
	storage.Index[doc]{Name: "a", Value: func(d *doc) string { return d.A }},
	storage.Index[doc]{Name: "b", Value: func(d *doc) string { return d.B }},
	storage.Index[doc]{Name: "c", Value: func(d *doc) string { return d.C }},
	storage.Index[doc]{Name: "d", Value: func(d *doc) string { return d.D }})

func BenchmarkTurns(b *testing.B) {
	text := string(make1k())
	for _, clients := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			s, err := bolt.Open(filepath.Join(b.TempDir(), "db"), []storage.Definition{sessions.Definition(), cases.Definition()}, bolt.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var n atomic.Int64
			b.SetParallelism(clients / 2)
			now := time.Now()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					err := s.Update(b.Context(), "c", func(tx storage.Tx) error {
						if _, err := tx.Once(now.Add(time.Duration(i)*time.Millisecond), fmt.Sprint(i)); err != nil {
							return err
						}
						id := fmt.Sprint("U", i%1000)
						d, _, err := sessions.Get(tx, id)
						if err != nil {
							return err
						}
						d.ID, d.Text = id, text
						if err := sessions.Put(tx, d); err != nil {
							return err
						}
						if i%5 == 0 {
							if err := cases.Put(tx, doc{ID: fmt.Sprint(i), A: "open", B: id, C: fmt.Sprint(i), D: "x", Text: text + text}); err != nil {
								return err
							}
						}
						body, _ := json.Marshal(text)
						return tx.Enqueue(storage.Item{ID: fmt.Sprint(i), Recipient: id, Lane: "casework", Due: now, Enqueued: now, Body: body})
					})
					if err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
		})
	}
}

func make1k() []byte {
	b := make([]byte, 1000)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return b
}
