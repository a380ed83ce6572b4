package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/storagetest"
)

// filled makes a store of some hundred pages and returns its bytes.
func filledFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	s := open(t, path, Options{NoSync: true})
	for i := range 20 {
		err := s.Update(t.Context(), fmt.Sprint("c", i%3), func(tx storage.Tx) error {
			for j := range 50 {
				if err := storagetest.Things.Put(tx, doc{ID: fmt.Sprint(i, "-", j), Colour: "red", Text: strings.Repeat("x", 300)}); err != nil {
					return err
				}
			}
			return tx.Enqueue(storage.Item{ID: fmt.Sprint(i), Recipient: "R", Lane: "l", Body: bytes.Repeat([]byte("y"), 9000)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := readMeta(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return b[:p.end*p.size] // bbolt takes room in advance
}

// What is there and is no whole store is refused with words, and nothing of it
// is changed; what is not there does not come into being.
func TestOpenNeverMakes(t *testing.T) {
	whole := filledFile(t)
	page := os.Getpagesize()
	for name, tt := range map[string]struct {
		file []byte // nil: none
		want error
	}{
		"no file":            {nil, storage.ErrAbsent},
		"an empty file":      {[]byte{}, storage.ErrDamaged},
		"one byte":           {whole[:1], storage.ErrDamaged},
		"one page":           {whole[:page], storage.ErrDamaged},
		"two pages":          {whole[:2*page], storage.ErrDamaged},
		"four pages":         {whole[:4*page], storage.ErrDamaged},
		"half the file":      {whole[:len(whole)/2], storage.ErrDamaged},
		"one page too few":   {whole[:len(whole)-page], storage.ErrDamaged},
		"zeros":              {make([]byte, 100*page), storage.ErrDamaged},
		"no store but whole": {whole, nil},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "db")
			if tt.file != nil {
				if err := os.WriteFile(path, tt.file, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Open(path, storagetest.Definitions(), Options{})
			if tt.want == nil {
				if err = errors.Join(err, s.Close()); err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %v with the path", err, tt.want)
			}
			after, err := os.ReadFile(path)
			if tt.file == nil && !errors.Is(err, os.ErrNotExist) || tt.file != nil && !bytes.Equal(after, tt.file) {
				t.Error("the file is another one afterwards")
			}
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 1 {
				t.Errorf("beside it: %v %v", left, err)
			}
		})
	}
}

// Whatever has become of a file's pages: it opens and is whole, or it is
// refused. bbolt alone would end the process.
func TestDamagedPages(t *testing.T) {
	whole := filledFile(t)
	page := os.Getpagesize()
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for i := range 400 {
		b := bytes.Clone(whole)
		at := 2 + r.IntN(len(whole)/page-2)
		p := b[at*page : (at+1)*page]
		switch i % 5 {
		case 0: // a page of zeros
			clear(p)
		case 1: // another page in its stead
			from := r.IntN(len(whole) / page)
			copy(p, whole[from*page:])
		case 2: // a number on it
			p[r.IntN(64)] ^= 1 << r.IntN(8)
		case 3: // a sector of something else
			for i := range p[:512] {
				p[i] = byte(r.Uint32())
			}
		case 4: // another page that says it is this one
			copy(p, whole[r.IntN(len(whole)/page)*page:])
			copy(p, whole[at*page:at*page+8])
		}
		path := filepath.Join(t.TempDir(), "db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, storagetest.Definitions(), Options{NoSync: true})
		if err != nil {
			if !errors.Is(err, storage.ErrDamaged) {
				t.Errorf("damage %d of page %d: %v", i, at, err)
			}
			refused++
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if refused < 50 {
		t.Errorf("only %d were refused", refused)
	}
}

// A store is made whole or not at all, and never over what is there.
func TestMake(t *testing.T) {
	dir := t.TempDir()
	path, boom := filepath.Join(dir, "db"), errors.New("boom")
	kept := func(s storage.Store) error {
		return s.Update(t.Context(), "c", func(tx storage.Tx) error { return storagetest.Things.Put(tx, doc{ID: "kept"}) })
	}
	err := Make(path, storagetest.Definitions(), Options{}, func(s storage.Store) error { return errors.Join(kept(s), boom) })
	if left, _ := os.ReadDir(dir); !errors.Is(err, boom) || len(left) > 0 {
		t.Errorf("failed with %v, left behind %v", err, left)
	}
	if err := Make(path, storagetest.Definitions(), Options{}, kept); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v %v", info, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind %v", left)
	}
	if err := Make(path, storagetest.Definitions(), Options{}, kept); !errors.Is(err, storage.ErrPresent) {
		t.Errorf("over a store: %v", err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := Make(path, storagetest.Definitions(), Options{}, kept); !errors.Is(err, storage.ErrPresent) {
		t.Errorf("over an empty file: %v", err)
	}
}
