package app

import (
	"context"
	"errors"
	"fmt"
)

// cleanup is what must be undone, last thing first.
type cleanup struct {
	steps []step
}

type step struct {
	name string
	undo func(context.Context) error
}

func (c *cleanup) push(name string, undo func(context.Context) error) {
	c.steps = append(c.steps, step{name, undo})
}

// run undoes everything, whatever fails on the way, and may be called again.
func (c *cleanup) run(ctx context.Context) error {
	var all []error
	for len(c.steps) > 0 {
		last := c.steps[len(c.steps)-1]
		c.steps = c.steps[:len(c.steps)-1]
		if err := last.undo(ctx); err != nil {
			all = append(all, fmt.Errorf("app: stop %s: %w", last.name, err))
		}
	}
	return errors.Join(all...)
}
