package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"mimamori.example/mimamori/storage"
)

// ErrNotEmpty tells that the store to be restored into holds something.
var ErrNotEmpty = errors.New("storage/archive: the store is not empty")

// ErrForeign tells that an archive is sound but holds documents that this
// program cannot keep: of a kind it does not know, or not as it writes them.
var ErrForeign = errors.New("storage/archive: the archive is not of this program")

// Unfinished is why a store is held while it is being restored, and for ever
// when that failed in between.
const Unfinished = "a restore was begun and not finished; throw this store away and restore into an empty one"

// skipped is how far sequences of cases jump on: receipt numbers given out
// between the backup and the loss are not given out again.
const skipped = 100

// CopiedAway is how the reason begins for which the source of a copy is held.
const CopiedAway = "copied into another store at "

// Import restores an archive into an empty store. It reads r twice: first all
// of it is verified, also against the kinds of s, and nothing is written when
// anything is wrong; then it is written in steps. The store is held from the
// first step on, and stays so until it is released.
func Import(ctx context.Context, r io.ReadSeeker, s storage.Store) (Summary, error) {
	return restore(ctx, r, s, "restored from a backup of ")
}

// ImportFile is Import of a file.
func ImportFile(ctx context.Context, path string, s storage.Store) (sum Summary, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, fmt.Errorf("storage/archive: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return Import(ctx, f, s)
}

func restore(ctx context.Context, r io.ReadSeeker, s storage.Store, reason string) (Summary, error) {
	sum, err := verifyFor(ctx, r, s)
	if err != nil {
		return sum, err
	}
	councils, err := s.Councils(ctx)
	switch {
	case err != nil:
		return sum, fmt.Errorf("storage/archive: import: %w", err)
	case len(councils) > 0:
		return sum, ErrNotEmpty
	}
	if err := s.Hold(ctx, Unfinished); err != nil {
		return sum, fmt.Errorf("storage/archive: import: %w", err)
	}
	written, err := writeAll(ctx, r, s)
	switch {
	case err != nil:
		return sum, fmt.Errorf("storage/archive: import: %w", err)
	case written.SHA256 != sum.SHA256:
		return sum, fmt.Errorf("%w: it has changed while it was read", ErrDamaged)
	}
	if err := s.Hold(ctx, reason+sum.Created.UTC().Format(time.RFC3339)); err != nil {
		return sum, fmt.Errorf("storage/archive: import: %w", err)
	}
	return sum, nil
}

// derive finds the index values of documents by the kinds of a store.
func derive(s storage.Store) (func(*document) ([]string, error), error) {
	d, ok := s.(storage.Definer)
	if !ok {
		return nil, fmt.Errorf("storage/archive: %T does not tell its kinds", s)
	}
	defs := map[string]storage.Definition{}
	for _, d := range d.Definitions() {
		defs[d.Name] = d
	}
	return func(doc *document) ([]string, error) {
		d, ok := defs[doc.Kind]
		if !ok {
			return nil, fmt.Errorf("%w: it holds documents of kind %s", ErrForeign, doc.Kind)
		}
		values, err := d.Values(doc.Doc)
		if err == nil {
			err = storage.CheckDocument(d, doc.ID, doc.Doc, values)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: a document of kind %s: %w", ErrForeign, doc.Kind, err)
		}
		return values, nil
	}, nil
}

// verifyFor is Verify, and besides whether s can keep what it reads.
func verifyFor(ctx context.Context, r io.ReadSeeker, s storage.Store) (Summary, error) {
	values, err := derive(s)
	if err != nil {
		return Summary{}, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return Summary{}, fmt.Errorf("storage/archive: %w", err)
	}
	return read(r, func(l line) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if l.Document == nil {
			return nil
		}
		_, err := values(l.Document)
		return err
	})
}

// A step ends with so many lines or bytes.
const (
	stepLines = storage.MaxWrites / 2
	stepBytes = 4 << 20
)

func writeAll(ctx context.Context, r io.ReadSeeker, s storage.Store) (Summary, error) {
	values, err := derive(s)
	if err != nil {
		return Summary{}, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return Summary{}, err
	}
	var council string
	var step []line
	size := 0
	write := func() error {
		if len(step) == 0 {
			return nil
		}
		err := s.Update(ctx, council, func(tx storage.Tx) error {
			for _, l := range step {
				if err := put(tx, l, values); err != nil {
					return err
				}
			}
			return nil
		})
		step, size = step[:0], 0
		return err
	}
	sum, err := read(r, func(l line) error {
		if l.Council != "" {
			err := write()
			council = l.Council
			return err
		}
		step = append(step, l)
		switch {
		case l.Document != nil:
			size += len(l.Document.Doc)
		case l.Item != nil:
			size += len(l.Item.Body) + len(l.Item.State)
		}
		if len(step) >= stepLines || size >= stepBytes {
			return write()
		}
		return nil
	})
	if err != nil {
		return sum, err
	}
	return sum, write()
}

func put(tx storage.Tx, l line, values func(*document) ([]string, error)) error {
	switch {
	case l.Document != nil:
		v, err := values(l.Document)
		if err != nil {
			return err
		}
		return tx.PutDoc(l.Document.Kind, l.Document.ID, l.Document.Doc, v)
	case l.Key != nil:
		_, err := tx.Once(time.UnixMicro(l.Key.At), l.Key.Key)
		return err
	case l.Sequence != nil:
		n := l.Sequence.Last
		if strings.HasPrefix(l.Sequence.Name, "case") {
			n = min(n+skipped, storage.MaxSequence)
		}
		return tx.Skip(l.Sequence.Name, n)
	}
	a, ok := tx.(storage.Archiver)
	if !ok {
		return fmt.Errorf("%T cannot be restored into", tx)
	}
	return a.RestoreItem(l.Item.item())
}

// Copy copies a store into an empty one, of the same engine or the other,
// through a file in dir that is removed again. Both are held from then on, so
// that the same is not sent twice; whoever goes on with the copy releases that.
// Nobody should write to from meanwhile. When it fails, from is as it was.
func Copy(ctx context.Context, from, to storage.Store, dir string, now time.Time) (sum Summary, err error) {
	before, held, err := from.Held(ctx)
	if err != nil {
		return sum, fmt.Errorf("storage/archive: copy: %w", err)
	}
	f, err := os.CreateTemp(dir, "copy-*")
	if err != nil {
		return sum, fmt.Errorf("storage/archive: copy: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if err := from.Hold(ctx, CopiedAway+now.UTC().Format(time.RFC3339)); err != nil {
		return sum, fmt.Errorf("storage/archive: copy: %w", err)
	}
	defer func() {
		if err == nil {
			return
		}
		undo := context.WithoutCancel(ctx)
		if held {
			err = errors.Join(err, from.Hold(undo, before))
		} else {
			err = errors.Join(err, from.Release(undo))
		}
	}()
	if _, err := Export(ctx, from, f, now); err != nil {
		return sum, err
	}
	return restore(ctx, f, to, "copied from another store at ")
}
