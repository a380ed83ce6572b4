package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"go.etcd.io/bbolt"

	"mimamori.example/mimamori/storage"
)

// unwritable tells whether an error is the system's that it does not write:
// the disk is full, broken or read-only.
func unwritable(err error) bool {
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EROFS, syscall.EIO} {
		if errors.Is(err, no) {
			return true
		}
	}
	return err != nil && strings.Contains(err.Error(), "file resize error") // bbolt does not wrap this one
}

// Present implements storage.Watched: the file at the path is the one that is
// open, and as long as what it holds.
func (s *Store) Present() error {
	if err := s.Err(); err != nil {
		return err
	}
	s.watching.Lock()
	defer s.watching.Unlock()
	open, err := s.file.Stat()
	if err != nil {
		return s.stop(fmt.Errorf("storage/bolt: %w", err))
	}
	there, err := os.Stat(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s.stop(fmt.Errorf("%w at %s any more: the file was deleted while it was in use; this process still has it open: "+
			"write a backup before you stop it", storage.ErrAbsent, s.path))
	case err != nil:
		return fmt.Errorf("storage/bolt: %w", err) // perhaps for now
	case !os.SameFile(open, there):
		return s.stop(fmt.Errorf("%w at %s any more: another file has taken its place; this process still has the first one open: "+
			"write a backup before you stop it", storage.ErrAbsent, s.path))
	case open.Size() < s.size:
		return s.stop(damaged("%s has been shortened while it was in use, to %d bytes of %d", s.path, open.Size(), s.size))
	}
	s.size = open.Size()
	return nil
}

// stop ends writing for good, as a failed commit does.
func (s *Store) stop(err error) error {
	s.committer.Fail(err)
	return s.Err()
}

// update is db.Update, except that a panic of bbolt's leaves everything as it
// is: to undo anything, bbolt would read the whole file again.
func (s *Store) update(fn func(*bbolt.Tx) error) error {
	return s.guarded(func() error {
		tx, err := s.db.Begin(true)
		if err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			if unwritable(err) {
				return fmt.Errorf("%w: %w", storage.ErrUnwritable, err)
			}
			return err
		}
		return nil
	})
}

// guarded runs what reads pages. One that cannot be read, or that is not what it
// should be, stops the store; any other panic goes on its way.
func (s *Store) guarded(fn func() error) (err error) {
	// What lies behind the end of a shortened file, or on a bad sector, is a
	// fault of memory to the program.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if !unreadable(v, debug.Stack()) {
			panic(v)
		}
		err = s.hurt(fmt.Sprintf("a page cannot be read (%T)", v))
	}()
	err = fn()
	if stopped := s.judge(err); stopped != nil {
		return stopped
	}
	return err
}

// judge stops the store when an error tells of damage, and then says so.
func (s *Store) judge(err error) error {
	p, panicked := errors.AsType[*storage.PanicError](err)
	switch {
	case err == nil || errors.Is(err, storage.ErrClosed):
		return nil
	case panicked && unreadable(p.Value, p.Stack):
		return s.hurt(fmt.Sprintf("a page cannot be read (%T)", p.Value))
	case errors.Is(err, errRecord):
		return s.hurt("a stored record cannot be read")
	}
	return nil
}

// hurt stops the store for damage.
func (s *Store) hurt(what string) error {
	s.broken.Store(true)
	return s.stop(damaged("%s: %s", s.path, what))
}

// unreadable tells whether a panic came from a page: memory that is not there,
// or one of bbolt's own doubts.
func unreadable(v any, stack []byte) bool {
	if e, is := v.(runtime.Error); is {
		if _, fault := e.(interface{ Addr() uintptr }); fault {
			return true
		}
	}
	// Behind the newest call of panic stands who panicked, or what the runtime
	// did for it.
	_, rest, found := bytes.Cut(stack, []byte("\npanic("))
	if !found {
		return false
	}
	for line := range bytes.Lines(rest) {
		if bytes.HasPrefix(line, []byte("\t")) || bytes.HasPrefix(line, []byte("{")) || bytes.HasPrefix(line, []byte("0x")) {
			continue
		}
		if !bytes.HasPrefix(line, []byte("runtime.")) {
			return bytes.HasPrefix(line, []byte("go.etcd.io/bbolt"))
		}
	}
	return false
}
