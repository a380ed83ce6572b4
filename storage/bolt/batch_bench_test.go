package bolt

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/storage"
)

// batchDoc stands for what a council keeps: a talk, a case, or what became of a
// delivery.
type batchDoc struct {
	ID, Index, Text string
}

var (
	batchTalks = storage.NewKind("talk", func(d *batchDoc) string { return d.ID },
		storage.Index[batchDoc]{Name: "due", Value: func(d *batchDoc) string { return d.Index }})
	batchCases = storage.NewKind("case", func(d *batchDoc) string { return d.ID },
		storage.Index[batchDoc]{Name: "due", Value: func(d *batchDoc) string { return d.Index }},
		storage.Index[batchDoc]{Name: "open", Value: func(d *batchDoc) string { return d.Index }},
		storage.Index[batchDoc]{Name: "reporter", Value: func(d *batchDoc) string { return d.ID + d.Index }})
	batchSettled = storage.NewKind("settled", func(d *batchDoc) string { return d.ID },
		storage.Index[batchDoc]{Name: "time", Value: func(d *batchDoc) string { return d.Index }})
)

// BenchmarkBatch is one batch after another, each of so many turns and of what
// an outbox commits for as many deliveries, by hand and without syncing: what
// the committer's goroutine does, and the pages that it writes. Sizes and the
// order of keys are those of the program in bot/app/benchtest: four councils,
// answers with lists of choices, a case and its card at every fourth turn.
func BenchmarkBatch(b *testing.B) {
	for _, turns := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(turns), func(b *testing.B) { benchBatch(b, turns) })
	}
}

const batchCouncils = 4

// batchAnswers are the sizes of a report's answers, batchCard that of its card.
var batchAnswers = []int{9700, 3700, 3200, 750}

const batchCard = 7200

func benchBatch(b *testing.B, turns int) {
	defs := []storage.Definition{batchTalks.Definition(), batchCases.Definition(), batchSettled.Definition()}
	s, err := Open(filepath.Join(b.TempDir(), "db"), defs, Options{Create: true, NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	now := time.Date(2027, 4, 1, 9, 0, 0, 0, time.UTC)
	stamp := func() string { now = now.Add(time.Millisecond); return now.Format(time.RFC3339Nano) }
	body := []byte(strings.Repeat(`{"type":"button"}`, 600))
	text := strings.Repeat("a talk ", 80)
	var n, pages, writes int
	turn := func(tx storage.Tx) error {
		n++
		member := fmt.Sprintf("U%08x", n/4*2654435761&0xffffffff)
		if _, err := tx.Once(now, fmt.Sprint("event ", n)); err != nil {
			return err
		}
		if _, _, err := batchTalks.Get(tx, member); err != nil {
			return err
		}
		item := storage.Item{ID: fmt.Sprintf("0199-%032d", n), Recipient: member, Lane: "casework", Due: now, Enqueued: now, Body: body[:batchAnswers[n%4]]}
		if err := tx.Enqueue(item); err != nil {
			return err
		}
		if n%4 != 3 {
			return batchTalks.Put(tx, batchDoc{ID: member, Index: stamp(), Text: text})
		}
		if err := batchTalks.Delete(tx, member); err != nil {
			return err
		}
		item.ID, item.Recipient, item.Body = item.ID+"c", "G", body[:batchCard]
		if err := tx.Enqueue(item); err != nil {
			return err
		}
		return batchCases.Put(tx, batchDoc{ID: fmt.Sprintf("2027-%08d", n), Index: stamp(), Text: text + text})
	}
	commit := func(do func(do func(council int, fn func(storage.Tx) error))) {
		begun, err := s.begin(nil)
		if err != nil {
			b.Fatal(err)
		}
		bt := begun.(*batch)
		do(func(council int, fn func(storage.Tx) error) {
			if err, broken := bt.Do(b.Context(), fmt.Sprint("council-", council%batchCouncils), fn); err != nil || broken != nil {
				b.Fatal(err, broken)
			}
		})
		before := s.db.Stats()
		if err := bt.Commit(); err != nil {
			b.Fatal(err)
		}
		after := s.db.Stats()
		st := after.Sub(&before).TxStats
		pages, writes = pages+int(st.GetPageCount()), writes+int(st.GetWrite())
	}
	var claims []storage.Claim
	random := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for b.Loop() {
		commit(func(do func(int, func(storage.Tx) error)) {
			for range turns {
				do(n/4, turn)
			}
			random.Shuffle(len(claims), func(i, j int) { claims[i], claims[j] = claims[j], claims[i] })
			for _, c := range claims[len(claims)/4:] {
				var council int
				if _, err := fmt.Sscanf(c.Council, "council-%d", &council); err != nil {
					b.Fatal(err)
				}
				do(council, func(tx storage.Tx) error {
					if err := tx.Settle(c); err != nil {
						return err
					}
					return batchSettled.Put(tx, batchDoc{ID: c.ID, Index: stamp(), Text: text[:200]})
				})
			}
		})
		rest := claims[:len(claims)/4]
		if claims, err = s.Claim(b.Context(), storage.ClaimRequest{Now: now, Lease: time.Minute, Max: 2 * turns}); err != nil {
			b.Fatal(err)
		}
		claims = append(claims, rest...)
	}
	b.ReportMetric(float64(pages)/float64(n), "pages/turn")
	b.ReportMetric(float64(writes)/float64(n), "writes/turn")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/turn")
}
