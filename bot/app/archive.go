package app

import (
	"context"
	"errors"
	"io"
)

// backup writes a copy of everything while the program runs.
func backup(context.Context, Env, []string, io.Writer) error {
	return errors.New("backup is not built yet")
}
