package app

import (
	"context"
	"fmt"
	"io"
)

// Do runs one of the councils' commands inside the running program.
func (a *App) Do(ctx context.Context, name string, args []string, out io.Writer) error {
	do, ok := a.parts.Commands[name]
	if !ok {
		return fmt.Errorf("app: no command %q", name)
	}
	return do(ctx, Env{Config: a.config, Store: a.store, Clock: a.o.Clock, Log: a.log, Rand: a.o.Rand, Running: true}, args, out)
}
