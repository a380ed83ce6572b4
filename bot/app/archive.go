package app

import (
	"context"
	"errors"
	"io"

	"mimamori.example/mimamori/bot/config"
)

// backup writes a copy of everything while the program runs.
func backup(context.Context, Env, []string, io.Writer) error {
	return errors.New("backup is not built yet")
}

// Restore reads a backup into the empty store of a configuration, which is
// held from then on.
func Restore(context.Context, *config.Config, string, io.Writer) error {
	return errors.New("restore is not built yet")
}

// Copy copies the store of one configuration into the empty store of another.
// Both are held from then on, so that two programs cannot send the same.
func Copy(_ context.Context, from, to *config.Config, _ io.Writer) error {
	return errors.New("copy is not built yet")
}
