package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/postgres/postgrestest"
	"mimamori.example/mimamori/storage/storagetest"
)

// BenchmarkStore is that of storage/bolt, with one council and with eight,
// which write at the same time.
//
//	.ci/postgres go test ./storage/postgres -run '^$' -bench .
func BenchmarkStore(b *testing.B) {
	for _, councils := range []int64{1, 8} {
		b.Run(fmt.Sprintf("councils=%d", councils), func(b *testing.B) {
			storagetest.BenchClients(b, func(b *testing.B) func(int64) error {
				s, err := Open(b.Context(), postgrestest.Schema(b), storagetest.BenchDefinitions(), Options{Create: true})
				if err != nil {
					b.Fatal(err)
				}
				ctx, stop := context.WithCancel(b.Context())
				var wg sync.WaitGroup
				wg.Go(func() { storagetest.BenchDrain(ctx, b, s) })
				b.Cleanup(func() {
					stop()
					wg.Wait()
					if err := s.Close(); err != nil {
						b.Error(err)
					}
				})
				return func(i int64) error {
					return s.Update(b.Context(), fmt.Sprint("c", i%councils), func(tx storage.Tx) error { return storagetest.BenchTurn(tx, i) })
				}
			})
		})
	}
}
