package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/storagetest"
)

// full opens a store that holds what filledFile holds.
func full(t *testing.T) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	if err := os.WriteFile(path, filledFile(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path, Options{}), path
}

// What becomes of the file while it is in use is noticed by a look, and by the
// next commit: nothing is acknowledged into a file that nobody finds again.
func TestFileGoesAway(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(t *testing.T, path string) error
		want error
	}{
		"deleted": {func(_ *testing.T, path string) error { return os.Remove(path) }, storage.ErrAbsent},
		"replaced": {func(t *testing.T, path string) error {
			return os.Rename(copied(t, path), path)
		}, storage.ErrAbsent},
		"shortened": {func(_ *testing.T, path string) error { return os.Truncate(path, int64(6*os.Getpagesize())) }, storage.ErrDamaged},
		"emptied":   {func(_ *testing.T, path string) error { return os.Truncate(path, 0) }, storage.ErrDamaged},
	} {
		for how, notice := range map[string]func(*testing.T, *Store) error{
			"by a look":   func(_ *testing.T, s *Store) error { return s.Present() },
			"by a commit": func(t *testing.T, s *Store) error { return put(t, s, "lost") },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				s, path := full(t)
				if err := errors.Join(s.Present(), put(t, s, "kept"), s.Present()); err != nil {
					t.Fatal(err)
				}
				if err := c.do(t, path); err != nil {
					t.Fatal(err)
				}
				if err := notice(t, s); err == nil {
					t.Error("not noticed")
				}
				if err := s.Err(); !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("the store says %v", err)
				}
				if err := put(t, s, "after"); !errors.Is(err, storage.ErrClosed) {
					t.Errorf("afterwards: %v", err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func copied(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := path + "-other"
	if err := os.WriteFile(other, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return other
}

// spoil makes every page but the first four something else, as a disk does.
func spoil(t *testing.T, path string, with byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	page := int64(os.Getpagesize())
	for at := 4 * page; at+page <= info.Size(); at += page {
		if _, err := f.WriteAt(bytes.Repeat([]byte{with}, int(page)), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A page that cannot be read stops the store when it is first met, whoever meets
// it, and ends neither the process nor the one who asked.
func TestUnreadablePages(t *testing.T) {
	read := func(t *testing.T, s *Store) error {
		return s.View(t.Context(), "c0", func(tx storage.Tx) error {
			return tx.ScanDocs("thing", storage.Query{}, func(string, []byte) (bool, error) { return true, nil })
		})
	}
	for name, meet := range map[string]func(*testing.T, *Store) error{
		"a view": read,
		"a turn": func(t *testing.T, s *Store) error {
			return s.Update(t.Context(), "c0", func(tx storage.Tx) error {
				_, _, err := tx.GetDoc("thing", "0-1")
				return err
			})
		},
		"a commit":       func(t *testing.T, s *Store) error { return put(t, s, "new") },
		"an examination": func(t *testing.T, s *Store) error { return s.Examine(t.Context()) },
	} {
		for how, spoiled := range map[string]func(t *testing.T, path string){
			"zeros": func(t *testing.T, path string) { spoil(t, path, 0) },
			"noise": func(t *testing.T, path string) { spoil(t, path, 0x55) },
			"a hole behind the end": func(t *testing.T, path string) {
				if err := os.Truncate(path, int64(4*os.Getpagesize())); err != nil {
					t.Fatal(err)
				}
			},
			"nothing at all": func(t *testing.T, path string) {
				if err := os.Truncate(path, 0); err != nil {
					t.Fatal(err)
				}
			},
		} {
			t.Run(name+" meets "+how, func(t *testing.T) {
				s, path := full(t)
				spoiled(t, path)
				if err := meet(t, s); err == nil {
					t.Error("nothing was noticed")
				}
				if err := s.Err(); !errors.Is(err, storage.ErrDamaged) {
					t.Errorf("the store says %v", err)
				}
				if err := put(t, s, "after"); !errors.Is(err, storage.ErrClosed) {
					t.Errorf("afterwards: %v", err)
				}
				if err := read(t, s); err == nil {
					t.Error("read afterwards")
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// An examination reads everything, in steps, and finds what no turn has met.
func TestExamine(t *testing.T) {
	s, path := full(t)
	steps := 0
	for at, more := (place{}), true; more; steps++ {
		var err error
		err = s.read(t.Context(), func(btx *bbolt.Tx) error { at, more, err = examine(btx, at); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	if steps < 10 {
		t.Errorf("%d steps", steps)
	}
	if err := s.Examine(t.Context()); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Examine(ended); !errors.Is(err, context.Canceled) || s.Err() != nil {
		t.Errorf("given up: %v, %v", err, s.Err())
	}
	// The last document of the last council becomes something else, in place.
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; ; { // on every page that still holds it, also old ones
		i := bytes.Index(b[at:], []byte(`{"id":"17-49"`))
		if i < 0 {
			break
		}
		if _, err := f.WriteAt([]byte("#"), int64(at+i)); err != nil {
			t.Fatal(err)
		}
		at += i + 1
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Examine(t.Context()); !errors.Is(err, storage.ErrDamaged) || s.Err() == nil {
		t.Errorf("%v, %v", err, s.Err())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

const fullDisk = "MIMAMORI_TEST_FULL_DISK"

// TestFullDiskChild is the process that may write no more than a little; alone
// it has nothing to do.
func TestFullDiskChild(t *testing.T) {
	path := os.Getenv(fullDisk)
	if path == "" {
		return
	}
	s, err := Open(path, storagetest.Definitions(), Options{})
	if err != nil {
		if !errors.Is(err, storage.ErrUnwritable) {
			t.Errorf("open: %v", err)
		}
		return
	}
	for err == nil {
		err = s.Update(t.Context(), "c", func(tx storage.Tx) error {
			return storagetest.Things.Put(tx, doc{ID: "big", Text: strings.Repeat("x", 900_000)})
		})
	}
	if !errors.Is(s.Err(), storage.ErrUnwritable) {
		t.Errorf("the store says %v", s.Err())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Where nothing more can be written, the store says so, at a commit and at the
// start, and the file is whole.
func TestFullDisk(t *testing.T) {
	s, path := full(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, blocks := range map[string]int64{"at a commit": info.Size()/512 + 64, "at the start": 16} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f "$1"; exec "$2" -test.run='^TestFullDiskChild$'`, "sh", fmt.Sprint(blocks), self)
			cmd.Env = append(os.Environ(), fullDisk+"="+path)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			s := open(t, path, Options{})
			if err := errors.Join(s.Check(t.Context()), s.Examine(t.Context()), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}
