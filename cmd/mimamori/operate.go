package main

import (
	"context"
	"errors"
	"path/filepath"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/storage"
)

// operate runs a command inside the running program, or on the store itself
// when none runs.
func operate(ctx context.Context, in invocation) int {
	c, code := load(in)
	if c == nil {
		return code
	}
	err := app.Operate(ctx, c, app.Options{Version: version(), Log: app.NewLogger(c.Log, in.err)}, in.name, in.args, in.out)
	switch {
	case errors.Is(err, storage.ErrHeld):
		say(in.err, "mimamori: another process holds the store and does not answer at %s: %v", c.Control, err)
		return exitFailed
	case err != nil:
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	return exitDone
}

// operateOnFile is operate for a command whose word is a file: the running
// program may stand in another directory.
func operateOnFile(ctx context.Context, in invocation) int {
	path, err := filepath.Abs(in.args[0])
	if err != nil {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	in.args = []string{path}
	return operate(ctx, in)
}
