// Package bolt keeps a store in one file, in one process. It writes through
// bbolt, a tree of pages that is never changed in place, and syncs each commit
// to the disk before it is acknowledged; many transactions share one commit, and
// run while the commit before theirs waits for the disk.
package bolt

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"mimamori.example/mimamori/storage"
)

// Options of Open; the zero value is good.
type Options struct {
	// Wait is how long to wait for another process to let go of the file.
	// Default 1 s.
	Wait time.Duration
	// Logger hears of panics. nil: nobody does.
	Logger *slog.Logger
	// Committer changes how transactions share commits; its functions are
	// overwritten, except OnCommit.
	Committer storage.CommitterOptions
	// Create makes the file, with mode 0600, when there is none. Who serves does
	// not set it: a store that has gone would be a new one without a word.
	Create bool
	// NoSync leaves syncing to the operating system. Only for tests: what was
	// acknowledged may be lost, and the file damaged.
	NoSync bool

	beforeCommit func() error // tests let a commit fail
}

// Open opens the file at path for these kinds. It answers storage.ErrHeld when
// another process has it open, storage.ErrAbsent when there is none, and
// storage.ErrDamaged when it is empty, shortened or not whole; then it has
// written nothing.
func Open(path string, defs []storage.Definition, o Options) (*Store, error) {
	if err := storage.CheckDefinitions(defs); err != nil {
		return nil, fmt.Errorf("storage/bolt: %w", err)
	}
	if o.Wait <= 0 {
		o.Wait = time.Second
	}
	s := &Store{o: o, path: path, layout: newLayout(defs), wake: make(chan struct{}, 1)}
	if err := s.openFile(path); err != nil {
		return nil, err
	}
	if err := storage.Protect(s.prepare); err != nil {
		if unwritable(err) {
			err = fmt.Errorf("%w: %w", storage.ErrUnwritable, err)
		}
		return nil, errors.Join(fmt.Errorf("storage/bolt: open %s: %w", path, err), s.db.Close())
	}
	c := o.Committer
	c.BeginAfter = s.begin
	c.Recoverable = nil
	c.OnPanic = func(p *storage.PanicError) {
		if o.Logger != nil {
			o.Logger.Error("a transaction panicked", "error", p, "stack", string(p.Stack))
		}
	}
	s.committer = storage.NewCommitter(c)
	return s, nil
}

// Make makes a new store at path, with what fill puts into it: whole, or not at
// all. It answers storage.ErrPresent when anything is there, and storage.ErrHeld
// as well when another process has that open.
func Make(path string, defs []storage.Definition, o Options, fill func(storage.Store) error) (err error) {
	if _, err := os.Lstat(path); err == nil {
		err = fmt.Errorf("%w: %s", storage.ErrPresent, path)
		if there := (&Store{o: Options{Wait: 10 * time.Millisecond}}).sound(path); errors.Is(there, storage.ErrHeld) {
			return fmt.Errorf("%w: %w", storage.ErrHeld, err)
		}
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+"-new-*")
	if err != nil {
		return fmt.Errorf("storage/bolt: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o.Create = true
	made := filepath.Join(dir, "store")
	s, err := Open(made, defs, o)
	if err != nil {
		return err
	}
	if err := errors.Join(fill(s), s.Close()); err != nil {
		return err
	}
	// Link refuses to replace what has come into being meanwhile.
	if err := os.Link(made, path); err != nil {
		return fmt.Errorf("storage/bolt: %w", err)
	}
	return syncDirectory(filepath.Dir(path))
}

// mapped is how much address space is taken at least, so that the file can
// grow without waiting for readers.
const mapped = 1 << 30

func (s *Store) openFile(path string) error {
	info, err := os.Stat(path)
	absent := errors.Is(err, os.ErrNotExist)
	switch {
	case absent && !s.o.Create:
		return fmt.Errorf("%w at %s", storage.ErrAbsent, path)
	case err != nil && !absent:
		return fmt.Errorf("storage/bolt: %w", err)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("storage/bolt: %s is not a file", path)
	case err == nil && info.Mode().Perm()&0o077 != 0:
		if err := os.Chmod(path, 0o600); err != nil {
			return fmt.Errorf("storage/bolt: others may read the file: %w", err)
		}
	}
	if !absent {
		if err := s.sound(path); err != nil {
			return err
		}
	}
	size := mapped
	if info != nil && info.Size()*2 > int64(size) {
		size = int(info.Size() * 2)
	}
	if s.db, err = s.bbolt(path, &bbolt.Options{InitialMmapSize: size}, absent); err != nil {
		return err
	}
	if absent && !s.o.NoSync {
		if err := syncDirectory(filepath.Dir(path)); err != nil {
			return errors.Join(err, s.db.Close())
		}
	}
	return nil
}

// bbolt opens the file, which comes into being only when create is set.
func (s *Store) bbolt(path string, o *bbolt.Options, create bool) (db *bbolt.DB, err error) {
	o.Timeout = s.o.Wait
	o.FreelistType = bbolt.FreelistMapType
	o.NoFreelistSync = true // found again at start; saves writing it each time
	o.NoSync = s.o.NoSync
	o.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		if !create {
			flag &^= os.O_CREATE
		}
		f, err := os.OpenFile(name, flag, mode)
		s.file = f
		return f, err
	}
	err = storage.Protect(func() (err error) { db, err = bbolt.Open(path, 0o600, o); return err })
	_, refused := errors.AsType[syscall.Errno](err)
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, fmt.Errorf("storage/bolt: %s: %w", path, storage.ErrHeld)
	case err != nil && refused: // by the system
		return nil, fmt.Errorf("storage/bolt: open %s: %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, damaged("%v", err))
	}
	return db, nil
}

// sound looks at the file before bbolt does, while nobody writes to it.
func (s *Store) sound(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("storage/bolt: %w", err)
	case info.Size() == 0:
		return fmt.Errorf("%s: %w", path, damaged("it is empty"))
	}
	db, err := s.bbolt(path, &bbolt.Options{ReadOnly: true}, false)
	if err != nil {
		return err
	}
	if info, err = s.file.Stat(); err == nil {
		err = checkPages(s.file, info.Size())
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// syncDirectory makes a new file's name last.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("storage/bolt: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("storage/bolt: sync %s: %w", dir, err)
	}
	return nil
}

// prepare checks or writes what the file says of itself and reads the queue.
func (s *Store) prepare() error {
	if !s.o.Create {
		err := s.db.View(func(btx *bbolt.Tx) error {
			meta := btx.Bucket(bucketMeta)
			if meta == nil || meta.Get(keyFormat) == nil {
				return damaged("it holds no store of this program")
			}
			return s.checkFormat(meta)
		})
		if err != nil {
			return err
		}
	}
	return s.db.Update(func(btx *bbolt.Tx) error {
		meta, err := btx.CreateBucketIfNotExists(bucketMeta)
		if err != nil {
			return err
		}
		councils, err := btx.CreateBucketIfNotExists(bucketCouncils)
		if err != nil {
			return err
		}
		if err := s.checkFormat(meta); err != nil {
			return err
		}
		if err := s.checkKinds(btx, meta); err != nil {
			return err
		}
		var opened uint64 = 1
		if v := meta.Get(keyOpened); len(v) == 8 {
			opened += binary.BigEndian.Uint64(v)
		}
		if err := meta.Put(keyOpened, binary.BigEndian.AppendUint64(nil, opened)); err != nil {
			return err
		}
		s.schedule = newSchedule(opened)
		if v := meta.Get(keyHold); len(v) > 0 {
			s.schedule.hold(string(v[1:]), true)
		}
		return councils.ForEachBucket(func(council []byte) error {
			queue := councils.Bucket(council).Bucket(s.layout.names[tableQueue])
			if queue == nil {
				return nil
			}
			return queue.ForEach(func(k, v []byte) error {
				st, err := decodeItem(v)
				if err != nil || len(k) != 8 {
					return errRecord
				}
				s.schedule.add(newEntry(string(council), binary.BigEndian.Uint64(k), st))
				return nil
			})
		})
	})
}

func (s *Store) checkFormat(meta *bbolt.Bucket) error {
	v := meta.Get(keyFormat)
	switch {
	case v == nil:
		return meta.Put(keyFormat, []byte{format})
	case len(v) != 1:
		return errRecord
	case v[0] != format:
		return fmt.Errorf("the file has format %d, this program knows format %d only: write a backup with the program that made the file, and restore it with this one", v[0], format)
	}
	return nil
}

// storedKinds is how the file remembers the indexes of its kinds.
type storedKinds map[string][]string

// checkKinds builds the indexes of kinds whose indexes have changed since the
// file was last open.
func (s *Store) checkKinds(btx *bbolt.Tx, meta *bbolt.Bucket) error {
	known := storedKinds{}
	if v := meta.Get(keyKinds); v != nil {
		if err := json.Unmarshal(v, &known); err != nil {
			return errRecord
		}
	}
	changed := false
	for _, d := range s.layout.defs {
		before, ok := known[d.Name]
		if ok && slices.Equal(before, d.Indexes) {
			continue
		}
		if ok {
			if err := s.rebuild(btx, d, before); err != nil {
				return err
			}
		}
		known[d.Name] = append([]string{}, d.Indexes...)
		changed = true
	}
	if !changed {
		return nil
	}
	v, err := json.Marshal(known)
	if err != nil {
		return err
	}
	return meta.Put(keyKinds, v)
}

// rebuild indexes every document of a kind anew.
func (s *Store) rebuild(btx *bbolt.Tx, d storage.Definition, before []string) error {
	k := s.layout.kinds[d.Name]
	councils := btx.Bucket(bucketCouncils)
	return councils.ForEachBucket(func(council []byte) error {
		root := councils.Bucket(council)
		docs := root.Bucket(s.layout.names[k.docs])
		if docs == nil {
			return nil
		}
		for _, x := range before {
			err := root.DeleteBucket([]byte("i:" + d.Name + ":" + x))
			if err != nil && !errors.Is(err, bbolterrors.ErrBucketNotFound) {
				return err
			}
		}
		records := map[string][]byte{}
		err := docs.ForEach(func(id, record []byte) error {
			doc, err := decodeRecord(record, nil)
			if err != nil {
				return err
			}
			values, err := d.Values(doc)
			if err != nil {
				return fmt.Errorf("index the kind %s anew: %w", d.Name, err)
			}
			records[string(id)] = encodeRecord(doc, values)
			for i, v := range values {
				if v == "" {
					continue
				}
				if err := storage.CheckValue(d.Indexes[i], v); err != nil {
					return fmt.Errorf("index the kind %s anew: %w", d.Name, err)
				}
				index, err := root.CreateBucketIfNotExists(s.layout.names[k.indexes[i]])
				if err != nil {
					return err
				}
				if err := index.Put([]byte(v+"\x00"+string(id)), nothing); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for id, record := range records {
			if err := docs.Put([]byte(id), record); err != nil {
				return err
			}
		}
		return nil
	})
}
