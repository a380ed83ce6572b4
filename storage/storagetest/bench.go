package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mimamori.example/mimamori/storage"
)

// BenchDoc is a session or a case of the benchmarks.
type BenchDoc struct {
	ID         string `json:"id"`
	A, B, C, D string
	Text       string
}

var (
	benchSessions = storage.NewKind("session", func(d *BenchDoc) string { return d.ID })
	benchCases    = storage.NewKind("case", func(d *BenchDoc) string { return d.ID },
		storage.Index[BenchDoc]{Name: "a", Value: func(d *BenchDoc) string { return d.A }},
		storage.Index[BenchDoc]{Name: "b", Value: func(d *BenchDoc) string { return d.B }},
		storage.Index[BenchDoc]{Name: "c", Value: func(d *BenchDoc) string { return d.C }},
		storage.Index[BenchDoc]{Name: "d", Value: func(d *BenchDoc) string { return d.D }})

	// BenchText is the text of a session, twice that of a case.
	BenchText = strings.Repeat("見守り report ", 55)
	// BenchBody is the body of an item.
	BenchBody = []byte(`[{"type":"text","text":"` + BenchText[:400] + `"}]`)
	benchFrom = time.Date(2027, 4, 1, 9, 0, 0, 0, time.UTC)
)

// BenchClients runs turns from so many goroutines; open prepares and returns
// what makes one turn.
func BenchClients(b *testing.B, open func(b *testing.B) func(i int64) error) {
	for _, clients := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			turn := open(b)
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range clients {
				wg.Go(func() {
					for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
						if err := turn(i); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
		})
	}
}

// BenchDefinitions are the kinds of the benchmarks.
func BenchDefinitions() []storage.Definition {
	return []storage.Definition{benchSessions.Definition(), benchCases.Definition()}
}

// BenchTurn stores what a turn of talk stores: a deduplication key, a session
// of 1 KB that is read and written, an item for the queue, and every fifth time
// a case of 2 KB with four indexes.
func BenchTurn(tx storage.Tx, i int64) error {
	at := benchFrom.Add(time.Duration(i) * time.Millisecond)
	if first, err := tx.Once(at, fmt.Sprint("event ", i)); err != nil || !first {
		return errors.Join(err, errors.New("not the first time"))
	}
	id := fmt.Sprint("U", i%5000)
	d, _, err := benchSessions.Get(tx, id)
	if err != nil {
		return err
	}
	d.ID, d.A, d.Text = id, fmt.Sprint(i), BenchText
	if err := benchSessions.Put(tx, d); err != nil {
		return err
	}
	if i%5 == 0 {
		c := BenchDoc{ID: fmt.Sprintf("2027-%07d", i), A: "open", B: id, C: fmt.Sprint(i), D: "district", Text: BenchText + BenchText}
		if err := benchCases.Put(tx, c); err != nil {
			return err
		}
	}
	return tx.Enqueue(storage.Item{ID: fmt.Sprint(i), Recipient: id, Lane: "casework", Due: benchFrom, Enqueued: benchFrom, Body: BenchBody})
}

// BenchDrain is an outbox that delivers at once, until ctx ends.
func BenchDrain(ctx context.Context, b *testing.B, s storage.Store) {
	for ctx.Err() == nil {
		claims, err := s.Claim(ctx, storage.ClaimRequest{Now: benchFrom, Lease: time.Minute, Max: 64})
		if err != nil {
			if ctx.Err() == nil {
				b.Error(err)
			}
			return
		}
		if len(claims) == 0 {
			select {
			case <-s.Wake():
			case <-ctx.Done():
			}
			continue
		}
		councils := map[string][]storage.Claim{}
		for _, c := range claims {
			councils[c.Council] = append(councils[c.Council], c)
		}
		for council, claims := range councils {
			err := s.Update(ctx, council, func(tx storage.Tx) error {
				for _, c := range claims {
					if err := tx.Settle(c); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil && ctx.Err() == nil {
				b.Error(err)
				return
			}
		}
	}
}
