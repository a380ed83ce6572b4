package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/archive"
	"mimamori.example/mimamori/storage/bolt"
	"mimamori.example/mimamori/storage/postgres"
	"mimamori.example/mimamori/storage/postgres/postgrestest"
	"mimamori.example/mimamori/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2027, 5, 1, 8, 30, 0, 0, time.FixedZone("JST", 9*3600))

func closing(t testing.TB, s storage.Store) storage.Store {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openBolt(t testing.TB, defs ...storage.Definition) storage.Store {
	t.Helper()
	if defs == nil {
		defs = storagetest.Definitions()
	}
	s, err := bolt.Open(filepath.Join(t.TempDir(), "db"), defs, bolt.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	return closing(t, s)
}

func openPostgres(t testing.TB) storage.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgrestest.Schema(t), storagetest.Definitions(), postgres.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	return closing(t, s)
}

// fill stores a little, or much, of everything.
func fill(t testing.TB, s storage.Store, councils, n int) {
	t.Helper()
	for c := range councils {
		for from := 0; from < n; from += 100 {
			err := s.Update(t.Context(), fmt.Sprint("c", c), func(tx storage.Tx) error { return fillStep(tx, from, min(from+100, n)) })
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	claims, err := s.Claim(t.Context(), storage.ClaimRequest{Now: now, Lease: time.Minute, Max: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		if err := s.Update(t.Context(), c.Council, func(tx storage.Tx) error { return tx.Park(c, now.Add(time.Hour), []byte("parked")) }); err != nil {
			t.Fatal(err)
		}
	}
}

func fillStep(tx storage.Tx, from, to int) error {
	for i := from; i < to; i++ {
		d := storagetest.Thing{ID: fmt.Sprint("見守り ", i), Colour: fmt.Sprint("色", i%7), Size: fmt.Sprint(i % 3), N: i, Text: "<a> \"\\\n\u2028😀"}
		if err := errors.Join(storagetest.Things.Put(tx, d), storagetest.Plain.Put(tx, d)); err != nil {
			return err
		}
		if _, err := tx.Once(now.Add(time.Duration(i)*time.Second), fmt.Sprint("event ", i)); err != nil {
			return err
		}
		err := tx.Enqueue(storage.Item{
			ID: fmt.Sprint("item ", i), Recipient: fmt.Sprint("R", i%5), Lane: "casework",
			Due: now.Add(time.Duration(-i) * time.Microsecond), Enqueued: now, Body: []byte{0, 0xff, byte(i)},
		})
		if err != nil {
			return err
		}
		for _, sequence := range []string{"case 2027", "cases", "notice"} {
			if _, err := tx.Next(sequence); err != nil {
				return err
			}
		}
	}
	// An item as old as items can be.
	if from == 0 {
		return tx.Enqueue(storage.Item{ID: "oldest", Recipient: "Z", Lane: "notice"})
	}
	return nil
}

// moved is a dump as it must be after a restore: sequences of cases skip ahead,
// the store is held.
func moved(t testing.TB, lines []string, reason string) []string {
	t.Helper()
	out := []string{fmt.Sprintf("held %q <nil>", reason)}
	for _, l := range lines {
		var council, name string
		var last int
		if _, err := fmt.Sscanf(l, "%s sequence case%s %d", &council, &name, &last); err == nil || strings.Contains(l, " sequence case 2027 ") {
			i := strings.LastIndexByte(l, ' ')
			if _, err := fmt.Sscan(l[i+1:], &last); err != nil {
				t.Fatal(err)
			}
			l = fmt.Sprint(l[:i+1], last+100)
		}
		if !strings.HasPrefix(l, "held ") {
			out = append(out, l)
		}
	}
	return out
}

func export(t testing.TB, s storage.Store) []byte {
	t.Helper()
	var b bytes.Buffer
	written, err := archive.Export(t.Context(), s, &b, now)
	if err != nil {
		t.Fatal(err)
	}
	read, err := archive.Verify(bytes.NewReader(b.Bytes()))
	if err != nil || fmt.Sprint(read) != fmt.Sprint(written) || fmt.Sprint(read.Kinds) != fmt.Sprint(written.Kinds) {
		t.Fatalf("reads %v, %v, written was %v", read, err, written)
	}
	return b.Bytes()
}

func TestBackupAndRestore(t *testing.T) {
	engines := map[string]func(testing.TB) storage.Store{
		"bolt":     func(t testing.TB) storage.Store { return openBolt(t) },
		"postgres": openPostgres,
	}
	for from, openFrom := range engines {
		for to, openTo := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				a, b := openFrom(t), openTo(t)
				fill(t, a, 2, 620) // more than a page, more than a step
				before := storagetest.Dump(t, a)
				sum, err := archive.Import(t.Context(), bytes.NewReader(export(t, a)), b)
				if err != nil {
					t.Fatal(err)
				}
				if sum.Councils != 2 || sum.Documents != 2*2*620 || sum.Items != 2*621 || !sum.Created.Equal(now) {
					t.Errorf("restored %v", sum)
				}
				if want, got := moved(t, before, "restored from a backup of 2027-04-30T23:30:00Z"), storagetest.Dump(t, b); !slices.Equal(got, want) {
					t.Errorf("restored %d lines, want %d: %s", len(got), len(want), firstDifference(got, want))
				}
				storagetest.CheckIndexes(t, b, storagetest.Definitions())
				if after := storagetest.Dump(t, a); !slices.Equal(after, before) {
					t.Error("the source has changed")
				}
				checkQueue(t, b)
			})
		}
	}
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%q, want %q", got[i], want[i])
		}
	}
	return "one is longer"
}

// checkQueue releases a restored store and sees that order and parking are as
// they were.
func checkQueue(t *testing.T, s storage.Store) {
	t.Helper()
	r := storage.ClaimRequest{Now: now, Lease: time.Minute, Max: 100}
	if claims, err := s.Claim(t.Context(), r); err != nil || len(claims) > 0 {
		t.Fatalf("a held store gave out %d items, %v", len(claims), err)
	}
	if err := s.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Now = now.Add(time.Hour)
	claims, err := s.Claim(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	parked := 0
	for _, c := range claims {
		if c.Parked {
			parked++
			if c.Attempts != 2 || string(c.State) != "parked" {
				t.Errorf("parked item %+v", c)
			}
		}
	}
	// Five recipients and Z in two councils; two were parked, one of them Z's
	// only item or not, as the engines may choose among the oldest.
	if parked != 2 || len(claims) < 12 || len(claims) > 14 {
		t.Errorf("%d claimed, %d of them parked", len(claims), parked)
	}
}

func TestCopy(t *testing.T) {
	a, b := openBolt(t), openBolt(t)
	fill(t, a, 1, 20)
	before := storagetest.Dump(t, a)
	dir := t.TempDir()
	if _, err := archive.Copy(t.Context(), a, b, dir, now); err != nil {
		t.Fatal(err)
	}
	if got, want := storagetest.Dump(t, b), moved(t, before, "copied from another store at 2027-04-30T23:30:00Z"); !slices.Equal(got, want) {
		t.Error(firstDifference(got, want))
	}
	if reason, held, err := a.Held(t.Context()); !held || err != nil {
		t.Errorf("the source is not held: %q, %v", reason, err)
	}
	if err := a.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Copy(t.Context(), a, b, dir, now); !errors.Is(err, archive.ErrNotEmpty) {
		t.Errorf("copied into a store that holds something: %v", err)
	}
	if got := storagetest.Dump(t, a); !slices.Equal(got, before) {
		t.Errorf("a copy that failed has changed the source: %s", firstDifference(got, before))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestExportFile(t *testing.T) {
	s := openBolt(t)
	fill(t, s, 1, 10)
	dir := t.TempDir()
	path := filepath.Join(dir, "backup")
	sum, err := archive.ExportFile(t.Context(), s, path, now)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := archive.ExportFile(t.Context(), s, path, now); err == nil {
		t.Error("replaced a file that existed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := archive.ExportFile(ctx, s, path+"2", now); err == nil {
		t.Error("exported though nobody waited for it")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	read, err := archive.ImportFile(t.Context(), path, openBolt(t))
	if err != nil || read.SHA256 != sum.SHA256 {
		t.Errorf("read %v, %v, written %v", read, err, sum)
	}
}

// While it is written to, an export holds one state of each council.
func TestExportIsASnapshot(t *testing.T) {
	for name, open := range map[string]func(testing.TB) storage.Store{
		"bolt": func(t testing.TB) storage.Store { return openBolt(t) }, "postgres": openPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			fill(t, s, 1, 700)
			before := storagetest.Dump(t, s)
			w := &meddler{do: func() error {
				return s.Update(t.Context(), "c0", func(tx storage.Tx) error {
					if err := storagetest.Plain.Put(tx, storagetest.Thing{ID: "見守り 99", Text: "changed"}); err != nil {
						return err
					}
					_, err := tx.Next("zzz")
					return err
				})
			}}
			if _, err := archive.Export(t.Context(), s, w, now); err != nil {
				t.Fatal(err)
			}
			if w.times == 0 {
				t.Fatal("nothing was written while the export ran")
			}
			b := openBolt(t)
			if _, err := archive.Import(t.Context(), bytes.NewReader(w.Bytes()), b); err != nil {
				t.Fatal(err)
			}
			if got, want := storagetest.Dump(t, b), moved(t, before, "restored from a backup of 2027-04-30T23:30:00Z"); !slices.Equal(got, want) {
				t.Error(firstDifference(got, want))
			}
		})
	}
}

// meddler is a file whose store is written to between its blocks.
type meddler struct {
	bytes.Buffer
	do    func() error
	times int
}

func (m *meddler) Write(b []byte) (int, error) {
	// The first bytes are gzip's header, before any council is read.
	if m.Len() > 100 && m.times < 5 {
		m.times++
		if err := m.do(); err != nil {
			return 0, err
		}
	}
	return m.Buffer.Write(b)
}

// refused imports what must be refused, and sees that nothing was written.
func refused(t *testing.T, b []byte, s storage.Store, want error) {
	t.Helper()
	before := storagetest.Dump(t, s)
	_, err := archive.Import(t.Context(), bytes.NewReader(b), s)
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
	if after := storagetest.Dump(t, s); !slices.Equal(before, after) {
		t.Errorf("something was written: %q", after)
	}
}

func TestRefused(t *testing.T) {
	full := openBolt(t)
	fill(t, full, 1, 5)
	whole := export(t, full)
	t.Run("a store that is not empty", func(t *testing.T) { refused(t, whole, full, archive.ErrNotEmpty) })
	t.Run("a kind that is not known", func(t *testing.T) {
		refused(t, whole, openBolt(t, storagetest.Things.Definition()), archive.ErrForeign)
	})
	empty := openBolt(t)
	t.Run("cut off anywhere", func(t *testing.T) {
		for n := range whole {
			if _, err := archive.Verify(bytes.NewReader(whole[:n])); !errors.Is(err, archive.ErrDamaged) {
				t.Fatalf("cut off after %d of %d bytes: %v", n, len(whole), err)
			}
		}
		refused(t, whole[:len(whole)-1], empty, archive.ErrDamaged)
		refused(t, whole[:len(whole)/2], empty, archive.ErrDamaged)
	})
	t.Run("damaged anywhere", func(t *testing.T) {
		sum, err := archive.Verify(bytes.NewReader(whole))
		if err != nil {
			t.Fatal(err)
		}
		for n := range whole {
			b := slices.Clone(whole)
			b[n] ^= 0x10
			// Some bytes of gzip's header mean nothing.
			if read, err := archive.Verify(bytes.NewReader(b)); err == nil && (n > 10 || read.SHA256 != sum.SHA256) {
				t.Fatalf("byte %d of %d damaged: accepted", n, len(whole))
			}
		}
		b := slices.Clone(whole)
		b[len(b)/2] ^= 1
		refused(t, b, empty, archive.ErrDamaged)
	})
	t.Run("something behind", func(t *testing.T) {
		refused(t, append(slices.Clone(whole), 'x'), empty, archive.ErrDamaged)
		refused(t, append(slices.Clone(whole), whole...), empty, archive.ErrDamaged)
	})
	t.Run("no archive", func(t *testing.T) {
		refused(t, nil, empty, archive.ErrDamaged)
		refused(t, []byte("hello"), empty, archive.ErrDamaged)
	})
}
