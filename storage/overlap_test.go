package storage

import (
	"errors"
	"runtime"
	"slices"
	"testing"
)

// overlapped is a batch of fake whose commit waits at a gate of its own.
type overlapped struct {
	fakeBatch
	before  Overlapping
	rested  chan struct{}
	leave   chan error // lets its commit go on, with this result
	dropped bool
}

func (b *overlapped) Rest() {
	select {
	case b.rested <- struct{}{}:
	default:
	}
}

func (b *overlapped) Commit() error {
	if err := <-b.leave; err != nil {
		return err
	}
	return b.fakeBatch.Commit()
}

func (b *overlapped) Rollback() { b.dropped = true }

// overlapping starts a committer whose batches the test receives as they begin.
func overlapping(t *testing.T, f *fake) (*Committer, <-chan *overlapped) {
	t.Helper()
	begun := make(chan *overlapped, 10)
	c := NewCommitter(CommitterOptions{BeginAfter: func(before Overlapping) (Overlapping, error) {
		b := &overlapped{fakeBatch: fakeBatch{f: f}, before: before, rested: make(chan struct{}, 1), leave: make(chan error, 1)}
		begun <- b
		return b, nil
	}})
	t.Cleanup(c.Close)
	return c, begun
}

// do gives the committer a function; ran is closed when it runs.
func do(t *testing.T, c *Committer, name string) (ran chan struct{}, answer chan error) {
	t.Helper()
	ran, answer = make(chan struct{}), make(chan error, 1)
	go func() {
		answer <- c.Do(t.Context(), name, func(Tx) error { close(ran); return nil })
	}()
	return ran, answer
}

// runs gives the committer a function and waits until it has run, in a batch of
// its own.
func runs(t *testing.T, c *Committer, begun <-chan *overlapped, name string) (*overlapped, chan error) {
	t.Helper()
	ran, answer := do(t, c, name)
	<-ran
	return <-begun, answer
}

// unanswered fails when somebody has been told.
func unanswered(t *testing.T, answer <-chan error) {
	t.Helper()
	select {
	case err := <-answer:
		t.Fatalf("answered before its commit: %v", err)
	default:
	}
}

// While a batch is being committed the functions of the next run, all that come
// until then. They are answered when their own batch is on disk.
func TestOverlap(t *testing.T) {
	f := &fake{}
	c, begun := overlapping(t, f)
	one, first := runs(t, c, begun, "first")
	two, second := runs(t, c, begun, "second")
	if one.before != nil || two.before != Overlapping(one) {
		t.Errorf("the first follows %v, the second %v", one.before, two.before)
	}
	<-two.rested // it waits for the first
	ran, third := do(t, c, "third")
	<-ran
	unanswered(t, first)
	one.leave <- nil
	if err := <-first; err != nil {
		t.Error(err)
	}
	unanswered(t, second)
	unanswered(t, third)
	two.leave <- nil
	if err := errors.Join(<-second, <-third); err != nil {
		t.Error(err)
	}
	three, fourth := runs(t, c, begun, "fourth")
	three.leave <- nil
	if err := <-fourth; err != nil {
		t.Error(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.kept, []string{"first", "second", "third", "fourth"}) || !slices.Equal(f.batches, []int{1, 2, 1}) {
		t.Errorf("kept %v in commits of %v", f.kept, f.batches)
	}
}

// What builds on a commit that fails is not kept either, and told so.
func TestOverlapBehindAFailure(t *testing.T) {
	f := &fake{}
	c, begun := overlapping(t, f)
	one, first := runs(t, c, begun, "first")
	two, second := runs(t, c, begun, "second")
	one.leave <- errNo
	if err := <-first; !errors.Is(err, errNo) || errors.Is(err, ErrClosed) {
		t.Errorf("in the batch: %v", err)
	}
	if err := <-second; !errors.Is(err, ErrClosed) || !errors.Is(err, errNo) {
		t.Errorf("behind it: %v", err)
	}
	if err := c.Do(t.Context(), "later", fine); !errors.Is(err, ErrClosed) {
		t.Errorf("later: %v", err)
	}
	c.Close()
	if !one.dropped || !two.dropped || len(f.kept) > 0 {
		t.Errorf("dropped %v and %v, kept %v", one.dropped, two.dropped, f.kept)
	}
}

// Close waits for the commit that is under way, and commits what has run.
func TestOverlapClose(t *testing.T) {
	f := &fake{}
	c, begun := overlapping(t, f)
	one, first := runs(t, c, begun, "first")
	two, second := runs(t, c, begun, "second")
	closed := make(chan struct{})
	go func() { c.Close(); close(closed) }()
	select {
	case <-closed:
		t.Fatal("closed during a commit")
	default:
	}
	one.leave <- nil
	two.leave <- nil
	<-closed
	if err := errors.Join(<-first, <-second); err != nil || len(f.kept) != 2 {
		t.Errorf("kept %v: %v", f.kept, err)
	}
}

// A function that panics takes nobody with it,
// while another batch is being committed as well.
func TestOverlapFaults(t *testing.T) {
	f := &fake{}
	c, begun := overlapping(t, f)
	one, first := runs(t, c, begun, "first")
	answer := make(chan error, 1)
	go func() { answer <- c.Do(t.Context(), "panics", func(Tx) error { panic("x") }) }()
	two := <-begun
	<-two.rested
	ran, good := do(t, c, "good")
	<-ran
	one.leave <- nil
	two.leave <- nil
	var p *PanicError
	if err := <-answer; !errors.As(err, &p) {
		t.Errorf("panicked: %v", err)
	}
	if err := errors.Join(<-first, <-good); err != nil {
		t.Error(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.kept, []string{"first", "good"}) {
		t.Errorf("kept %v", f.kept)
	}
}

// A batch that takes nothing more waits for the commit before it, too, and must
// not hold that up meanwhile: neither when it is full nor at the end.
func TestOverlapRestsWhileItWaits(t *testing.T) {
	for name, most := range map[string]int{"full": 1, "closed": 10} {
		t.Run(name, func(t *testing.T) {
			f := &fake{}
			begun := make(chan *overlapped, 10)
			c := NewCommitter(CommitterOptions{MaxBatch: most, BeginAfter: func(before Overlapping) (Overlapping, error) {
				b := &overlapped{fakeBatch: fakeBatch{f: f}, before: before, rested: make(chan struct{}, 1), leave: make(chan error, 1)}
				begun <- b
				return b, nil
			}})
			_, first := do(t, c, "first")
			one := <-begun
			proceed, answer := make(chan struct{}), make(chan error, 1)
			running := make(chan struct{})
			go func() {
				answer <- c.Do(t.Context(), "second", func(Tx) error { close(running); <-proceed; return nil })
			}()
			<-running
			two := <-begun
			if name == "closed" {
				go c.Close()
				for open := true; open; runtime.Gosched() {
					c.mu.RLock()
					open = !c.closed
					c.mu.RUnlock()
				}
			}
			close(proceed)
			one.leave <- nil
			two.leave <- nil
			c.Close()
			select {
			case <-two.rested:
			default:
				t.Error("it waited and did not rest")
			}
			if err := errors.Join(<-first, <-answer); err != nil {
				t.Error(err)
			}
		})
	}
}
