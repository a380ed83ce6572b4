package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is an engine of one list. Its batches wait at a gate, so that tests
// decide what shares a commit.
type fake struct {
	mu      sync.Mutex
	kept    []string
	batches []int // functions of each commit

	gate   chan struct{} // nil: open
	began  chan struct{} // told when a batch begins
	commit func(n int) error
	broken func(council string) error
	begin  func() error
}

type fakeBatch struct {
	f     *fake
	added []string
	n     int
}

func (f *fake) begins() (Batch, error) {
	if f.began != nil {
		f.began <- struct{}{}
	}
	if f.gate != nil {
		<-f.gate
	}
	if f.begin != nil {
		if err := f.begin(); err != nil {
			return nil, err
		}
	}
	return &fakeBatch{f: f}, nil
}

func (b *fakeBatch) Do(_ context.Context, council string, fn func(Tx) error) (error, error) {
	b.n++
	if b.f.broken != nil {
		if err := b.f.broken(council); err != nil {
			return nil, err
		}
	}
	err := fn(nil)
	if err == nil {
		b.added = append(b.added, council)
	}
	return err, nil
}

func (b *fakeBatch) Commit() error {
	b.f.mu.Lock()
	defer b.f.mu.Unlock()
	if b.f.commit != nil {
		if err := b.f.commit(b.n); err != nil {
			return err
		}
	}
	b.f.kept = append(b.f.kept, b.added...)
	b.f.batches = append(b.f.batches, b.n)
	return nil
}

func (b *fakeBatch) Rollback() { b.added = nil }

func fine(Tx) error { return nil }

// together queues functions behind a gate and lets them go at once. It returns
// their errors, by name.
func together(t *testing.T, c *Committer, f *fake, fns map[string]func(Tx) error) map[string]error {
	t.Helper()
	f.gate, f.began = make(chan struct{}), make(chan struct{}, 100)
	first := make(chan error, 1)
	go func() { first <- c.Do(t.Context(), "first", fine) }()
	<-f.began // it waits at the gate; the others gather behind it
	var mu sync.Mutex
	errs := map[string]error{}
	var wg sync.WaitGroup
	for name, fn := range fns {
		wg.Go(func() {
			err := c.Do(t.Context(), name, fn)
			mu.Lock()
			defer mu.Unlock()
			errs[name] = err
		})
	}
	for c.Waiting() < len(fns) {
		runtime.Gosched()
	}
	close(f.gate)
	wg.Wait()
	if err := <-first; err != nil {
		t.Errorf("the one before: %v", err)
	}
	return errs
}

func newFake(t *testing.T, f *fake, o CommitterOptions) *Committer {
	o.Begin = f.begins
	c := NewCommitter(o)
	t.Cleanup(c.Close)
	return c
}

var errNo = errors.New("no")

func TestCommitterShares(t *testing.T) {
	f := &fake{}
	var panics []*PanicError
	c := newFake(t, f, CommitterOptions{OnPanic: func(p *PanicError) { panics = append(panics, p) }})
	errs := together(t, c, f, map[string]func(Tx) error{
		"a": fine, "b": fine,
		"refused": func(Tx) error { return errNo },
		"panics":  func(Tx) error { panic("a name") },
		"index":   func(Tx) error { return []error{}[len(fmt.Sprint())] },
		"exits":   func(Tx) error { runtime.Goexit(); return nil },
	})
	var p *PanicError
	switch {
	case errs["a"] != nil || errs["b"] != nil:
		t.Errorf("good ones: %v, %v", errs["a"], errs["b"])
	case errs["refused"] != errNo: //nolint:errorlint // unchanged is what is tested
		t.Errorf("refused: %v", errs["refused"])
	case !errors.As(errs["panics"], &p) || p.Value != "a name" || strings.Contains(p.Error(), "a name") || len(p.Stack) == 0:
		t.Errorf("panicked: %v", errs["panics"])
	case !errors.As(errs["index"], &p) || !strings.Contains(p.Error(), "index out of range"):
		t.Errorf("panicked: %v", errs["index"])
	case !errors.Is(errs["exits"], errGoexit):
		t.Errorf("exited: %v", errs["exits"])
	case len(panics) < 2:
		t.Errorf("%d panics were told", len(panics))
	}
	slices.Sort(f.kept)
	if fmt.Sprint(f.kept) != "[a b first]" {
		t.Errorf("kept %q", f.kept)
	}
	if f.kept = nil; c.Do(t.Context(), "later", fine) != nil || len(f.kept) != 1 {
		t.Error("it does not go on")
	}
}

func TestCommitterBrokenBatch(t *testing.T) {
	f := &fake{broken: func(council string) error {
		if council == "breaks" {
			return errNo
		}
		return nil
	}}
	c := newFake(t, f, CommitterOptions{})
	errs := together(t, c, f, map[string]func(Tx) error{"a": fine, "b": fine, "breaks": fine})
	if errs["a"] != nil || errs["b"] != nil || !errors.Is(errs["breaks"], errNo) {
		t.Errorf("%v", errs)
	}
	slices.Sort(f.kept)
	if fmt.Sprint(f.kept) != "[a b first]" || c.Err() != nil {
		t.Errorf("kept %q, %v", f.kept, c.Err())
	}
}

func TestCommitterFailedCommit(t *testing.T) {
	for _, recoverable := range []bool{false, true} {
		t.Run(fmt.Sprintf("recoverable %v", recoverable), func(t *testing.T) {
			f := &fake{commit: func(n int) error {
				if n > 1 {
					return errNo
				}
				return nil
			}}
			c := newFake(t, f, CommitterOptions{Recoverable: func(error) bool { return recoverable }})
			errs := together(t, c, f, map[string]func(Tx) error{"a": fine, "b": fine, "refused": func(Tx) error { return errors.New("x") }})
			for name, err := range errs {
				if !errors.Is(err, errNo) || !strings.Contains(err.Error(), "outcome unknown") || errors.Is(err, ErrClosed) {
					t.Errorf("%s: %v", name, err)
				}
			}
			err := c.Do(t.Context(), "later", fine)
			if recoverable && (err != nil || c.Err() != nil) || !recoverable && (!errors.Is(err, ErrClosed) || !errors.Is(c.Err(), errNo)) {
				t.Errorf("later: %v; %v", err, c.Err())
			}
		})
	}
}

// Those who wait behind a failed commit are told that nothing of theirs was kept.
func TestCommitterWaitingBehindAFailure(t *testing.T) {
	f := &fake{commit: func(int) error { return errNo }, gate: make(chan struct{}), began: make(chan struct{}, 9)}
	c := newFake(t, f, CommitterOptions{})
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- c.Do(t.Context(), "a", fine) }()
	<-f.began
	go func() { second <- c.Do(t.Context(), "b", fine) }()
	for c.Waiting() == 0 {
		runtime.Gosched()
	}
	close(f.gate)
	if err := <-first; errors.Is(err, ErrClosed) {
		t.Errorf("in the batch: %v", err)
	}
	if err := <-second; !errors.Is(err, ErrClosed) {
		t.Errorf("behind it: %v", err)
	}
}

func TestCommitterCannotBegin(t *testing.T) {
	down := true
	f := &fake{begin: func() error {
		if down {
			return errNo
		}
		return nil
	}}
	c := newFake(t, f, CommitterOptions{})
	if err := c.Do(t.Context(), "a", fine); !errors.Is(err, errNo) || c.Err() != nil {
		t.Errorf("%v, %v", err, c.Err())
	}
	down = false
	if err := c.Do(t.Context(), "a", fine); err != nil {
		t.Error(err)
	}
}

func TestCommitterFullQueue(t *testing.T) {
	f := &fake{gate: make(chan struct{}), began: make(chan struct{}, 9)}
	c := newFake(t, f, CommitterOptions{Queue: 2})
	errs := make(chan error, 3)
	do := func(name string) { errs <- c.Do(t.Context(), name, fine) }
	go do("running")
	<-f.began
	go do("1")
	go do("2")
	for c.Waiting() < 2 {
		runtime.Gosched()
	}
	if err := c.Do(t.Context(), "3", fine); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many: %v", err)
	}
	close(f.gate)
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// Given up while waiting: not run at all. Given up later: outcome unknown.
func TestCommitterContext(t *testing.T) {
	f := &fake{gate: make(chan struct{}), began: make(chan struct{}, 9)}
	c := newFake(t, f, CommitterOptions{})
	running := make(chan error, 1)
	go func() { running <- c.Do(t.Context(), "running", fine) }()
	<-f.began
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, 1)
	ran := false
	go func() { waiting <- c.Do(ctx, "waiting", func(Tx) error { ran = true; return nil }) }()
	for c.Waiting() == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-waiting; !errors.Is(err, ErrBusy) || !errors.Is(err, context.Canceled) {
		t.Errorf("given up while waiting: %v", err)
	}
	close(f.gate)
	if err := <-running; err != nil {
		t.Error(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	inside, release := make(chan struct{}), make(chan struct{})
	go func() { running <- c.Do(ctx, "begun", func(Tx) error { close(inside); <-release; return nil }) }()
	<-inside
	cancel()
	if err := <-running; err == nil || errors.Is(err, ErrBusy) || !errors.Is(err, context.Canceled) {
		t.Errorf("given up when it had begun: %v", err)
	}
	close(release)
	if err := c.Do(t.Context(), "later", fine); err != nil || ran {
		t.Errorf("%v; a function that was given up ran: %v", err, ran)
	}
	if fmt.Sprint(f.kept) != "[running begun later]" {
		t.Errorf("kept %q", f.kept)
	}
}

func TestCommitterClose(t *testing.T) {
	f := &fake{gate: make(chan struct{}), began: make(chan struct{}, 9)}
	c := newFake(t, f, CommitterOptions{})
	errs := make(chan error, 2)
	go func() { errs <- c.Do(t.Context(), "a", fine) }()
	<-f.began
	go func() { errs <- c.Do(t.Context(), "b", fine) }()
	for c.Waiting() == 0 {
		runtime.Gosched()
	}
	closed := make(chan struct{})
	go func() { c.Close(); close(closed) }()
	close(f.gate)
	<-closed
	for range 2 {
		if err := <-errs; err != nil {
			t.Errorf("queued before Close: %v", err)
		}
	}
	if err := c.Do(t.Context(), "c", fine); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	c.Close()
}

// A lone writer is not kept waiting for others who do not come.
func TestCommitterLingersOnlyWhenBusy(t *testing.T) {
	f := &fake{}
	c := newFake(t, f, CommitterOptions{Linger: time.Hour})
	for range 100 {
		if err := c.Do(t.Context(), "a", fine); err != nil {
			t.Fatal(err)
		}
	}
	// After a large batch one waits for as many again, and gets them.
	fns := map[string]func(Tx) error{}
	for i := range 20 {
		fns[fmt.Sprint(i)] = fine
	}
	f.batches = nil
	if errs := together(t, c, f, fns); len(errs) != 20 {
		t.Errorf("%v", errs)
	}
	var wg sync.WaitGroup
	for name := range fns {
		wg.Go(func() {
			if err := c.Do(t.Context(), name, fine); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if fmt.Sprint(f.batches) != "[1 20 20]" {
		t.Errorf("batches of %v", f.batches)
	}
}
