package archive

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mimamori.example/mimamori/storage"
)

// Export writes everything in s to w while s is in use. Of each council it
// writes one snapshot, which is held until that council is written: w should be
// a file, not a slow connection. It reads page by page, so memory does not grow
// with the store. now is what the archive says as the time of its making.
func Export(ctx context.Context, s storage.Store, w io.Writer, now time.Time) (Summary, error) {
	sum, err := export(ctx, s, w, now)
	if err != nil {
		return sum, fmt.Errorf("storage/archive: export: %w", err)
	}
	return sum, nil
}

func export(ctx context.Context, s storage.Store, w io.Writer, now time.Time) (Summary, error) {
	d, ok := s.(storage.Definer)
	if !ok {
		return Summary{}, fmt.Errorf("%T does not tell its kinds", s)
	}
	councils, err := s.Councils(ctx)
	if err != nil {
		return Summary{}, err
	}
	slices.Sort(councils)
	z := gzip.NewWriter(w)
	e := &exporter{w: z, hash: sha256.New(), sum: Summary{Created: now.UTC().Truncate(time.Microsecond), Kinds: map[string]int{}}}
	defs := slices.Clone(d.Definitions())
	slices.SortFunc(defs, func(a, b storage.Definition) int { return compare(a.Name, b.Name) })
	h := header{Archive: what, Format: Format, Created: e.sum.Created, Kinds: map[string][]string{}}
	for _, d := range defs {
		h.Kinds[d.Name] = append([]string{}, d.Indexes...)
	}
	if err := e.write(h); err != nil {
		return e.sum, err
	}
	for _, council := range councils {
		err := s.View(ctx, council, func(tx storage.Tx) error { return e.council(ctx, tx, defs) })
		if err != nil {
			return e.sum, fmt.Errorf("council %s: %w", council, err)
		}
	}
	e.sum.SHA256 = hex.EncodeToString(e.hash.Sum(nil))
	if err := e.write(line{End: &trailer{Counts: e.sum.Counts, SHA256: e.sum.SHA256}}); err != nil {
		return e.sum, err
	}
	return e.sum, z.Close()
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

type exporter struct {
	w    io.Writer
	hash hash.Hash
	sum  Summary
}

// write writes one line.
func (e *exporter) write(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	b = append(b, '\n')
	e.hash.Write(b)
	_, err = e.w.Write(b)
	return err
}

// council writes one council. A View's function runs once.
func (e *exporter) council(ctx context.Context, tx storage.Tx, defs []storage.Definition) error {
	a, ok := tx.(storage.Archiver)
	if !ok {
		return fmt.Errorf("%T cannot be archived", tx)
	}
	e.sum.Councils++
	if err := e.write(line{Council: tx.Council()}); err != nil {
		return err
	}
	for _, d := range defs {
		err := tx.ScanDocs(d.Name, storage.Query{}, func(id string, doc []byte) (bool, error) {
			e.sum.Documents++
			e.sum.Kinds[d.Name]++
			return e.line(ctx, line{Document: &document{Kind: d.Name, ID: id, Doc: doc}})
		})
		if err != nil {
			return err
		}
	}
	err := a.OnceKeys(func(at time.Time, k string) (bool, error) {
		e.sum.Keys++
		return e.line(ctx, line{Key: &key{At: at.UnixMicro(), Key: k}})
	})
	if err != nil {
		return err
	}
	err = a.Sequences(func(name string, last uint64) (bool, error) {
		e.sum.Sequences++
		return e.line(ctx, line{Sequence: &sequence{Name: name, Last: last}})
	})
	if err != nil {
		return err
	}
	return a.QueuedItems(func(it storage.QueuedItem) (bool, error) {
		e.sum.Items++
		return e.line(ctx, line{Item: &item{
			ID: it.ID, Recipient: it.Recipient, Lane: it.Lane, Due: it.Due.UnixMicro(), Enqueued: it.Enqueued.UnixMicro(),
			Attempts: it.Attempts, Parked: it.Parked, Passes: it.Passes, Yields: it.Yields, Body: it.Body, State: it.State,
		}})
	})
}

func (e *exporter) line(ctx context.Context, l line) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return true, e.write(l)
}

// ExportFile exports into a new file with mode 0600, reads it back whole to
// verify it, and only then gives it its name. An existing file is not touched.
func ExportFile(ctx context.Context, s storage.Store, path string, now time.Time) (sum Summary, err error) {
	if _, err := os.Lstat(path); err == nil {
		return sum, fmt.Errorf("storage/archive: %s exists already", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".backup-*") // made with mode 0600
	if err != nil {
		return sum, fmt.Errorf("storage/archive: %w", err)
	}
	defer func() {
		if f != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if sum, err = Export(ctx, s, f, now); err != nil {
		return sum, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return sum, fmt.Errorf("storage/archive: %w", err)
	}
	read, err := Verify(f)
	switch {
	case err != nil:
		return sum, err
	case read.SHA256 != sum.SHA256:
		return sum, errors.New("storage/archive: the file reads otherwise than it was written")
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return sum, fmt.Errorf("storage/archive: %w", err)
	}
	// Link refuses to replace what has come into being meanwhile.
	if err := os.Link(f.Name(), path); err != nil {
		return sum, errors.Join(fmt.Errorf("storage/archive: %w", err), os.Remove(f.Name()))
	}
	name := f.Name()
	f = nil
	if err := errors.Join(os.Remove(name), syncDirectory(filepath.Dir(path))); err != nil {
		return sum, fmt.Errorf("storage/archive: %w", err)
	}
	return sum, nil
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
