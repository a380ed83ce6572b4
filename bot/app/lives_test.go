package app

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/recogniser"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// lives are the stores that go on from one another's backups.
type lives struct {
	t      *testing.T
	r      *rand.Rand
	o      Options
	hands  *clock.Manual
	config *config.Config
	desk   *casework.Desk
	given  map[string]int // number → the life that gave it out
	life   int
}

func (l *lives) path(name string) string {
	return filepath.Join(filepath.Dir(l.config.Storage.Path), name)
}

// reports takes some reports, and drills.
func (l *lives) reports(n int) {
	l.t.Helper()
	s, err := OpenStore(l.t.Context(), l.config.Storage, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	m := council.Member{ID: "A-001", Card: "A-001", Organisation: "bank", User: alice, State: council.MemberActive}
	for range n {
		l.hands.Advance(time.Minute)
		var no string
		err := s.Update(l.t.Context(), "minato", func(tx storage.Tx) error {
			if err := records.Members.Put(tx, m); err != nil {
				return err
			}
			c, err := l.desk.Work(tx, l.hands.Now()).Receive(m, casework.Report{})
			no = c.No
			return err
		})
		if err != nil {
			l.t.Fatal(err)
		}
		if before, twice := l.given[no]; twice {
			l.t.Fatalf("%s was given out in life %d and again in life %d", no, before, l.life)
		}
		l.given[no] = l.life
	}
	if err := s.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// Whatever backups are made and restored, in whatever order, no receipt number
// is given out twice: not by a store that begins before the year's first
// report, not by the second store of one backup, and not when a store that was
// copied goes on after all.
func TestNumbersAreNeverGivenOutTwice(t *testing.T) {
	c := testConfig(t, "http://127.0.0.1:9")
	words, err := Catalog(&c.Councils[0])
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{8})
	l := &lives{t: t, r: rand.New(rand.NewPCG(9, 17)), config: c, given: map[string]int{},
		hands: clock.NewManual(time.Date(2026, 3, 20, 9, 0, 0, 0, config.Tokyo))}
	l.o = Options{Clock: l.hands, Rand: random}
	l.desk = &casework.Desk{Settings: settings(&c.Councils[0]), Catalog: words, Personal: func(string) bool { return false }, NewID: newID(random)}
	var backups []string
	backup := func() {
		path := l.path(fmt.Sprint("backup-", len(backups)))
		if err := RunCommand(t.Context(), c, l.o, "backup", []string{path}, io.Discard); err != nil {
			t.Fatal(err)
		}
		backups = append(backups, path)
	}
	backup() // of the empty store
	for l.life = range 40 {
		l.reports(l.r.IntN(4))
		if l.r.IntN(2) == 0 {
			backup()
		}
		l.reports(l.r.IntN(4))
		l.hands.Advance(time.Duration(l.r.IntN(2000)) * time.Minute)
		if l.r.IntN(5) == 0 { // copied, and both go on
			other := *c
			other.Storage.Path, other.Control = l.path("copy"), l.path("c")
			if err := Copy(t.Context(), c, &other, l.o, io.Discard); err != nil {
				t.Fatal(err)
			}
			copied := *l
			copied.config = &other
			copied.reports(3)
			if err := RunCommand(t.Context(), c, l.o, "release", nil, io.Discard); err != nil {
				t.Fatal(err)
			}
			l.reports(3)
			if err := os.Remove(other.Storage.Path); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Remove(c.Storage.Path); err != nil {
			t.Fatal(err)
		}
		if err := Restore(t.Context(), c, l.o, backups[l.r.IntN(len(backups))], io.Discard); err != nil {
			t.Fatal(err)
		}
		if err := RunCommand(t.Context(), c, l.o, "release", nil, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.given) < 100 {
		t.Errorf("only %d numbers were given out", len(l.given))
	}
}

// Marks differ, and a number that bears one is no personal detail.
func TestMarks(t *testing.T) {
	personal := recogniser.New().Personal
	random := rand.NewChaCha8([32]byte{1})
	seen := map[string]bool{}
	for range 200 {
		mark, err := newMark(random)
		if err != nil || len(mark) != council.MarkLength || seen[mark] {
			t.Errorf("%q %v", mark, err)
		}
		seen[mark] = true
		for _, drill := range []bool{false, true} {
			for _, says := range []string{"%s", "受付%sの件です", "きのうの%sについて、家族と話しました", "受付番号 %s はどうなりましたか"} {
				if text := fmt.Sprintf(says, council.ReceiptNo(2026, mark, 101, drill)); personal(text) {
					t.Errorf("%q is taken for a personal detail", text)
				}
			}
		}
	}
}
