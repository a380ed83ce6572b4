package storage

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Batch is one transaction of an engine that many functions share. A Batch is
// used on one goroutine at a time.
type Batch interface {
	// Do runs fn for a council. When fn returns an error, that error is
	// returned unchanged, nothing of fn stays in the batch and the batch can be
	// used on. broken means that the batch cannot be used any more: what ran in
	// it before will run again in another one.
	Do(ctx context.Context, council string, fn func(Tx) error) (err, broken error)
	// Commit keeps the batch, on disk, when it returns.
	Commit() error
	// Rollback gives the batch up. It may follow a failed Do or Commit.
	Rollback()
}

// Overlapping is a Batch whose functions may run while the one before it is
// being committed.
type Overlapping interface {
	Batch
	// Rest is called when nothing runs in the batch for a while. What could
	// hold up the commit before it is to be let go.
	Rest()
}

// CommitterOptions says how a Committer works. Only Begin or BeginAfter is
// needed.
type CommitterOptions struct {
	// Begin starts a batch. Its error goes to all who wait for that batch.
	Begin func() (Batch, error)
	// BeginAfter is Begin for an engine that can overlap batches: the new one
	// sees what before has written, which perhaps is being committed (nil: there
	// is none). Functions run meanwhile; their batch is committed, and their
	// callers are answered, only when before is on disk.
	BeginAfter func(before Overlapping) (Overlapping, error)
	// Queue is how many functions may wait; one more is ErrBusy. Default 4096.
	Queue int
	// MaxBatch is how many functions share a commit at most. Default 512.
	MaxBatch int
	// Linger is how long a batch waits for more functions, when the one before
	// had LingerFrom or more and this one has fewer than it. Defaults: 0.5 ms
	// and 16; a negative Linger never waits. Batches that overlap never linger:
	// they take what comes until the commit before them is over.
	Linger     time.Duration
	LingerFrom int
	// Recoverable tells of a failed commit that the engine may go on writing
	// after it, for instance when only a connection broke. nil: never. Nor with
	// BeginAfter: what runs next builds on what was to be committed.
	Recoverable func(error) bool
	// OnCommit, when set, is told after each commit how many functions shared it.
	OnCommit func(functions int, err error)
	// OnPanic, when set, is told of each panic: the caller may have gone.
	OnPanic func(*PanicError)
}

// Committer lets many transactions share one commit. It takes whatever is
// queued, runs it in order on one goroutine and commits once; while it commits
// the next batch gathers, or, with BeginAfter, runs already. An engine's Update
// hands its function to Do.
type Committer struct {
	o     CommitterOptions
	queue chan *job
	done  chan struct{} // closed when the loop has ended

	before     Overlapping   // the batch that is being committed
	committing chan struct{} // closed when it no longer is; nil before the first

	mu     sync.RWMutex // held for writing only to close the queue
	closed bool

	failed atomic.Pointer[error]
	last   int // size of the batch before, for lingering
}

// job is one waiting function.
type job struct {
	ctx     context.Context
	council string
	fn      func(Tx) error
	state   atomic.Int32
	result  error         // of fn, to be told after the commit
	err     error         // what Do returns; set before done is closed
	done    chan struct{} // closed when err is known
}

// States of a job. Its caller drops it, or the loop begins and answers it.
const (
	waiting int32 = iota
	begun
	answered
	dropped
)

// NewCommitter starts a committer. Close ends it.
func NewCommitter(o CommitterOptions) *Committer {
	if o.Queue <= 0 {
		o.Queue = 4096
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = 512
	}
	if o.Linger == 0 {
		o.Linger = 500 * time.Microsecond
	}
	if o.LingerFrom <= 0 {
		o.LingerFrom = 16
	}
	if o.BeginAfter != nil {
		o.Linger = -1
		o.Recoverable = nil
	}
	c := &Committer{o: o, queue: make(chan *job, o.Queue), done: make(chan struct{})}
	go c.loop(nil)
	return c
}

// Do runs fn in a shared transaction and returns once it is committed, with
// the errors that Store.Update describes.
func (c *Committer) Do(ctx context.Context, council string, fn func(Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: not begun: %w", ErrBusy, err)
	}
	j := &job{ctx: ctx, council: council, fn: fn, done: make(chan struct{})}
	if err := c.enqueue(j); err != nil {
		return err
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
	}
	if j.state.CompareAndSwap(waiting, dropped) || j.state.Load() == dropped {
		return fmt.Errorf("%w: not begun: %w", ErrBusy, ctx.Err())
	}
	select {
	case <-j.done: // both at once: the outcome is known
		return j.err
	default:
		return fmt.Errorf("storage: given up during the commit, outcome unknown: %w", ctx.Err())
	}
}

func (c *Committer) enqueue(j *job) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if err := c.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	if c.closed {
		return ErrClosed
	}
	select {
	case c.queue <- j:
		return nil
	default:
		return fmt.Errorf("%w: %d transactions are waiting", ErrBusy, cap(c.queue))
	}
}

// Waiting is how many functions wait for their batch.
func (c *Committer) Waiting() int { return len(c.queue) }

// Err is nil until a commit fails; from then on it says why nothing is written.
func (c *Committer) Err() error {
	if p := c.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// Fail stops the committer as a failed commit does.
func (c *Committer) Fail(err error) { c.failed.CompareAndSwap(nil, &err) }

// Close runs what is queued and returns when the last commit is over.
func (c *Committer) Close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.queue)
	}
	c.mu.Unlock()
	<-c.done
}

// begin tells whether the job's function is to run (again): not when its
// caller has gone or it has been answered.
func (j *job) begin() bool {
	if j.ctx.Err() != nil {
		j.state.CompareAndSwap(waiting, dropped)
		j.answer(fmt.Errorf("%w: given up before it ran again: %w", ErrBusy, j.ctx.Err()))
		return false
	}
	return j.state.CompareAndSwap(waiting, begun) || j.state.Load() == begun
}

// answer tells the caller of a job that has begun, once.
func (j *job) answer(err error) {
	if j.state.CompareAndSwap(begun, answered) {
		j.err = err
		close(j.done)
	}
}
