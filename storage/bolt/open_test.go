package bolt

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/storagetest"
)

type doc = storagetest.Thing

func open(t *testing.T, path string, o Options) *Store {
	t.Helper()
	o.Create = true
	s, err := Open(path, storagetest.Definitions(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *Store, id string) error {
	return s.Update(t.Context(), "c", func(tx storage.Tx) error { return storagetest.Things.Put(tx, doc{ID: id}) })
}

func TestFileMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	for range 2 {
		s := open(t, path, Options{})
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o644); err != nil { // found out and mended
			t.Fatal(err)
		}
	}
	if _, err := Open(t.TempDir(), nil, Options{}); err == nil {
		t.Error("opened a folder")
	}
}

const holdChild = "MIMAMORI_TEST_HOLD"

// TestHoldChild is the other process of TestHeld; alone it has nothing to do.
func TestHoldChild(t *testing.T) {
	path := os.Getenv(holdChild)
	if path == "" {
		return
	}
	s := open(t, path, Options{})
	fmt.Println("holding")
	if _, err := fmt.Scanln(new(string)); err != nil && err.Error() != "unexpected newline" {
		t.Log(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestHeldByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestHoldChild$")
	cmd.Env = append(os.Environ(), holdChild+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	if n, err := out.Read(b); err != nil || !strings.HasPrefix(string(b[:n]), "holding") {
		t.Fatalf("the other process says %q, %v", b[:n], err)
	}
	if _, err := Open(path, storagetest.Definitions(), Options{Wait: 10 * time.Millisecond}); !errors.Is(err, storage.ErrHeld) {
		t.Errorf("error %v, want that another process holds it", err)
	}
	if _, err := in.Write([]byte("go\n")); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if err := open(t, path, Options{}).Close(); err != nil {
		t.Error(err)
	}
}

// After a failed commit nothing is written any more, and what had been
// acknowledged is there.
func TestCommitFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	var mu sync.Mutex
	failing := false
	s := open(t, path, Options{beforeCommit: func() error {
		mu.Lock()
		defer mu.Unlock()
		if failing {
			return errors.New("disk on fire")
		}
		return nil
	}})
	if err := put(t, s, "kept"); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	failing = true
	mu.Unlock()
	if err := put(t, s, "lost"); err == nil || !strings.Contains(err.Error(), "outcome unknown") || errors.Is(err, storage.ErrClosed) {
		t.Errorf("error %v, want that the outcome is unknown", err)
	}
	mu.Lock()
	failing = false
	mu.Unlock()
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("the store says %v", err)
	}
	if err := put(t, s, "after"); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("after a failed commit: %v", err)
	}
	if _, err := s.Claim(t.Context(), storage.ClaimRequest{Now: time.Unix(0, 0), Lease: time.Second, Max: 1}); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("claimed after a failed commit: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = open(t, path, Options{})
	if got := storagetest.Dump(t, s); len(got) != 1 || !strings.Contains(got[0], "kept") {
		t.Errorf("the file holds %q", got)
	}
	if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
		t.Error(err)
	}
}

// While its settling is on the way to the disk, an item whose lease is over is
// not given to another worker; when the settling fails, it is.
func TestClaimDuringCommit(t *testing.T) {
	during := func() {}
	s := open(t, filepath.Join(t.TempDir(), "db"), Options{beforeCommit: func() error { during(); return nil }})
	now := time.Date(2027, 4, 1, 9, 0, 0, 0, time.UTC)
	claim := func(after time.Duration) []storage.Claim {
		claims, err := s.Claim(t.Context(), storage.ClaimRequest{Now: now.Add(after), Lease: time.Second, Max: 9})
		if err != nil {
			t.Error(err)
		}
		return claims
	}
	err := s.Update(t.Context(), "c", func(tx storage.Tx) error {
		return errors.Join(tx.Enqueue(storage.Item{ID: "1", Recipient: "A", Lane: "l"}), tx.Enqueue(storage.Item{ID: "2", Recipient: "B", Lane: "l"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	claims := claim(0)
	looked := false
	during = func() {
		looked = true
		if got := claim(time.Hour); len(got) != 1 || got[0].ID != "2" {
			t.Errorf("claimed during the commit: %v", got)
		}
	}
	if err := s.Update(t.Context(), "c", func(tx storage.Tx) error { return tx.Settle(claims[0]) }); err != nil || !looked {
		t.Fatalf("%v, the commit was seen: %v", err, looked)
	}
	during = func() {}
	again := claim(2 * time.Hour)
	if len(again) != 1 || again[0].ID != "2" {
		t.Fatalf("claimed %v", again)
	}
	no := errors.New("no")
	err = s.Update(t.Context(), "c", func(tx storage.Tx) error { return errors.Join(tx.Settle(again[0]), no) })
	if !errors.Is(err, no) {
		t.Error(err)
	}
	if got := claim(3 * time.Hour); len(got) != 1 {
		t.Errorf("after a settling that failed: %v", got)
	}
	if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
		t.Error(err)
	}
}

// Many who wait share a commit.
func TestCommitsAreShared(t *testing.T) {
	var mu sync.Mutex
	commits, functions := 0, 0
	o := Options{}
	o.Committer.OnCommit = func(n int, err error) {
		mu.Lock()
		defer mu.Unlock()
		if commits++; err != nil {
			t.Error(err)
		}
		functions += n
	}
	s := open(t, filepath.Join(t.TempDir(), "db"), o)
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for i := range 10 {
				if err := put(t, s, fmt.Sprint(w, "-", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if functions != 640 || commits > 320 {
		t.Errorf("%d transactions in %d commits", functions, commits)
	}
}

func TestIndexesChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	define := func(indexes ...storage.Index[doc]) *storage.Kind[doc] {
		return storage.NewKind("thing", func(d *doc) string { return d.ID }, indexes...)
	}
	colour := storage.Index[doc]{Name: "colour", Value: func(d *doc) string { return d.Colour }}
	size := storage.Index[doc]{Name: "size", Value: func(d *doc) string { return d.Size }}
	for i, k := range []*storage.Kind[doc]{define(), define(colour), define(size, colour), define(size), define(), define(colour)} {
		s, err := Open(path, []storage.Definition{k.Definition()}, Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, council := range []string{"c", "d"} {
			err = s.Update(t.Context(), council, func(tx storage.Tx) error {
				return k.Put(tx, doc{ID: fmt.Sprint(i), Colour: fmt.Sprint(9 - i), Size: "x"})
			})
			if err != nil {
				t.Error(err)
			}
		}
		storagetest.CheckIndexes(t, s, []storage.Definition{k.Definition()})
		if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	good := storagetest.Things.Definition()
	bad := func(change func(*storage.Definition)) []storage.Definition {
		d := good
		change(&d)
		return []storage.Definition{d}
	}
	for name, defs := range map[string][]storage.Definition{
		"a kind twice":   {good, good},
		"a kind's name":  bad(func(d *storage.Definition) { d.Name = "Thing; DROP" }),
		"an index's":     bad(func(d *storage.Definition) { d.Indexes = []string{"a b"} }),
		"an index twice": bad(func(d *storage.Definition) { d.Indexes = []string{"a", "a"} }),
		"no values":      bad(func(d *storage.Definition) { d.Values = nil }),
	} {
		if _, err := Open(filepath.Join(t.TempDir(), "db"), defs, Options{}); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "db")
	for other, want := range map[string]string{
		"\x01":                     "has format 1", // of a program that found items by tables of their own
		"\x02":                     "has format 2", // and of one that stored bodies as they are
		string([]byte{format + 1}): fmt.Sprintf("has format %d", format+1),
		"":                         "damaged",
		"12":                       "damaged",
	} {
		s := open(t, path, Options{})
		err := s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put(keyFormat, []byte(other)) })
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, storagetest.Definitions(), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a file of format %q: %v", other, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, storagetest.Definitions(), Options{}); err == nil {
		t.Error("opened what is no database")
	}
}

// Damage that Check must find: without that, it proves nothing.
func TestCheckFindsDamage(t *testing.T) {
	for name, damage := range map[string]func(root *bbolt.Bucket) error{
		"an index entry too few": func(b *bbolt.Bucket) error { return b.Bucket([]byte("i:thing:colour")).Delete([]byte("red\x00a")) },
		"an index entry too many": func(b *bbolt.Bucket) error {
			return b.Bucket([]byte("i:thing:colour")).Put([]byte("red\x00b"), nothing)
		},
		"a document gone":        func(b *bbolt.Bucket) error { return b.Bucket([]byte("d:thing")).Delete([]byte("a")) },
		"an item gone":           func(b *bbolt.Bucket) error { return b.Bucket([]byte("queue")).Delete([]byte(positionKey(1))) },
		"an item without a body": func(b *bbolt.Bucket) error { return b.Bucket([]byte("queue.body")).Delete([]byte(positionKey(1))) },
		"a body of no item": func(b *bbolt.Bucket) error {
			return b.Bucket([]byte("queue.body")).Put([]byte(positionKey(2)), nothing)
		},
		"a body that cannot be unpacked": func(b *bbolt.Bucket) error {
			return b.Bucket([]byte("queue.body")).Put([]byte(positionKey(1)), []byte{squeezed, 9})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), "db"), Options{})
			err := s.Update(t.Context(), "c", func(tx storage.Tx) error {
				return errors.Join(storagetest.Things.Put(tx, doc{ID: "a", Colour: "red"}),
					tx.Enqueue(storage.Item{ID: "i", Recipient: "R", Lane: "l"}))
			})
			if err := errors.Join(err, s.Check(t.Context())); err != nil {
				t.Fatal(err)
			}
			err = s.db.Update(func(tx *bbolt.Tx) error { return damage(tx.Bucket(bucketCouncils).Bucket([]byte("c"))) })
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Check(t.Context()); err == nil {
				t.Error("not found")
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encodeRecord([]byte("{}"), []string{"a", "", "b"}))
	f.Add(encodeItem(stored{id: "i", recipient: "R", lane: "l", due: -5, attempts: 3, parked: true, state: []byte("x")}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var values []string
		if doc, err := decodeRecord(b, func(_ int, v []byte) { values = append(values, string(v)) }); err == nil {
			if again := encodeRecord(doc, values); string(again) != string(b) {
				t.Errorf("record %x becomes %x", b, again)
			}
		}
		if s, err := decodeItem(b); err == nil {
			if again, err := decodeItem(encodeItem(s)); err != nil || fmt.Sprint(again) != fmt.Sprint(s) {
				t.Errorf("item %v becomes %v, %v", s, again, err)
			}
		}
	})
}
