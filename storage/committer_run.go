package storage

import (
	"errors"
	"fmt"
	"time"
)

// run is one batch on its way through the loop. It outlives a function that
// ends the goroutine, so that the others of the batch can run again.
type run struct {
	jobs    []*job // answered and dropped ones are passed over
	current *job   // whose function is running
	batch   Batch
}

func (c *Committer) loop(carry []*job) {
	r := &run{jobs: carry}
	ended := false
	defer func() {
		if ended {
			c.settled()
			close(c.done)
			return
		}
		// A function called runtime.Goexit, which cannot be stopped: this
		// goroutine ends, another takes over the rest of the batch.
		if r.batch != nil {
			c.rollback(r)
		}
		if r.current != nil {
			r.current.answer(errGoexit)
		}
		go c.loop(r.jobs)
	}()
	for {
		if len(r.jobs) == 0 {
			first, ok := <-c.queue
			if !ok {
				ended = true
				return
			}
			r.jobs = c.gather(first)
		}
		c.run(r)
	}
}

// gather takes what is queued, and lingers only while batches are large.
func (c *Committer) gather(first *job) []*job {
	jobs := make([]*job, 1, max(len(c.queue)+1, c.last))
	jobs[0] = first
	last := c.last
	var timeout <-chan time.Time
	for len(jobs) < c.o.MaxBatch {
		select {
		case j, ok := <-c.queue:
			if !ok {
				c.last = len(jobs)
				return jobs
			}
			jobs = append(jobs, j)
			continue
		default:
		}
		if c.o.Linger < 0 || last < c.o.LingerFrom || len(jobs) >= last {
			break
		}
		if timeout == nil {
			timer := time.NewTimer(c.o.Linger)
			defer timer.Stop()
			timeout = timer.C
		}
		select {
		case j, ok := <-c.queue:
			if !ok {
				c.last = len(jobs)
				return jobs
			}
			jobs = append(jobs, j)
		case <-timeout:
			c.last = len(jobs)
			return jobs
		}
	}
	c.last = len(jobs)
	return jobs
}

// run tries once to carry the jobs through. When the batch breaks they stay in
// r.jobs, without the one at which it broke, and are tried again.
func (c *Committer) run(r *run) {
	if err := c.Err(); err != nil {
		r.answerAll(fmt.Errorf("%w: %w", ErrClosed, err))
		return
	}
	err := Protect(func() (err error) { r.batch, err = c.begin(); return err })
	if err != nil {
		r.answerAll(fmt.Errorf("storage: the transaction could not be begun, nothing was kept: %w", err))
		return
	}
	functions := 0
	for i := 0; i < len(r.jobs) || c.more(r); i++ {
		j := r.jobs[i]
		if !j.begin() {
			continue
		}
		functions++
		r.current = j
		var broken error
		j.result, broken = c.do(r.batch, j)
		r.current = nil
		if broken != nil {
			c.rollback(r)
			j.answer(fmt.Errorf("storage: the transaction failed, nothing was kept: %w", broken))
			return
		}
	}
	if b, is := r.batch.(Overlapping); is { // full, or the queue is closed
		b.Rest()
	}
	if c.settled(); c.Err() != nil { // the commit that this batch builds on has failed
		c.rollback(r)
		r.answerAll(fmt.Errorf("%w: %w", ErrClosed, c.Err()))
		return
	}
	whole := &run{jobs: r.jobs, batch: r.batch}
	r.jobs, r.batch = nil, nil
	overlapping, is := whole.batch.(Overlapping)
	if !is {
		c.commit(whole, functions)
		return
	}
	over := make(chan struct{})
	c.before, c.committing = overlapping, over
	go func() {
		defer close(over)
		c.commit(whole, functions)
	}()
}

func (c *Committer) begin() (Batch, error) {
	if c.o.BeginAfter == nil {
		return c.o.Begin()
	}
	select {
	case <-c.committing:
		c.settled()
	default:
	}
	return c.o.BeginAfter(c.before)
}

// settled waits until no batch is being committed.
func (c *Committer) settled() {
	if c.committing != nil {
		<-c.committing
	}
	c.before, c.committing = nil, nil
}

// more adds to a batch what has come meanwhile. As long as the batch before it
// is being committed it waits for something.
func (c *Committer) more(r *run) bool {
	waiting := c.committing != nil
	for waiting && len(r.jobs) < c.o.MaxBatch {
		select { // first what is there
		case j, ok := <-c.queue:
			return r.add(j, ok)
		default:
		}
		r.batch.(Overlapping).Rest()
		select {
		case j, ok := <-c.queue:
			return r.add(j, ok)
		case <-c.committing:
			waiting = false
		}
	}
	return false
}

// add is false when the queue is closed.
func (r *run) add(j *job, ok bool) bool {
	if ok {
		r.jobs = append(r.jobs, j)
	}
	return ok
}

// commit ends a batch and answers all whose functions ran in it.
func (c *Committer) commit(r *run, functions int) {
	err := Protect(r.batch.Commit)
	if c.o.OnCommit != nil && functions > 0 {
		c.o.OnCommit(functions, err)
	}
	if err == nil {
		for _, j := range r.jobs {
			j.answer(j.result)
		}
		return
	}
	c.rollback(r)
	if c.o.Recoverable == nil || !c.o.Recoverable(err) {
		c.Fail(fmt.Errorf("storage: a commit failed: %w", err))
	}
	r.answerAll(fmt.Errorf("storage: the commit failed, outcome unknown: %w", err))
}

// do runs one function. Its panics are its own; the engine's break the batch.
func (c *Committer) do(b Batch, j *job) (err, broken error) {
	broken = Protect(func() (broken error) {
		err, broken = b.Do(j.ctx, j.council, func(tx Tx) error {
			return Protect(func() error { return j.fn(tx) })
		})
		return broken
	})
	if c.o.OnPanic != nil {
		var p *PanicError
		if errors.As(broken, &p) || errors.As(err, &p) {
			c.o.OnPanic(p)
		}
	}
	return err, broken
}

func (c *Committer) rollback(r *run) {
	b := r.batch
	r.batch = nil
	if err := Protect(func() error { b.Rollback(); return nil }); err != nil {
		c.Fail(fmt.Errorf("storage: a rollback failed: %w", err))
	}
}

func (r *run) answerAll(err error) {
	for _, j := range r.jobs {
		j.state.CompareAndSwap(waiting, begun)
		j.answer(err)
	}
	r.jobs = nil
}
