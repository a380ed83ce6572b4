package play

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"mimamori.example/mimamori/bot/app"
)

// ascending is a source of bytes that are the same in each performance.
type ascending byte

// Read implements io.Reader.
func (a *ascending) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(*a)
		*a++
	}
	return len(p), nil
}

// Backup writes a backup, as the operator's command does.
func (w *World) Backup(ctx context.Context, name string) error {
	return w.App.Do(ctx, "backup", []string{filepath.Join(w.o.Dir, "backup-"+name)}, io.Discard)
}

// Restore loses the store and goes on from a backup, as after a fire.
func (w *World) Restore(ctx context.Context, name string) error {
	if err := w.Stop(ctx); err != nil {
		return err
	}
	discard := w.o.Discard
	if discard == nil {
		discard = func(context.Context) error { return os.Remove(w.Config.Storage.Path) }
	}
	if err := discard(ctx); err != nil {
		return fmt.Errorf("play: throw the store away: %w", err)
	}
	o := app.Options{Clock: w.o.Clock, Rand: &w.marks}
	if err := app.Restore(ctx, w.Config, o, filepath.Join(w.o.Dir, "backup-"+name), io.Discard); err != nil {
		return err
	}
	// Before the start: a program that runs notices a release only with its next look.
	if err := app.RunCommand(ctx, w.Config, o, "release", nil, io.Discard); err != nil {
		return err
	}
	return w.Start(ctx)
}
