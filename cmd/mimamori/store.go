package main

import (
	"context"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/config"
)

// restore reads a backup into an empty store.
func restore(ctx context.Context, in invocation) int {
	c, code := load(in)
	if c == nil {
		return code
	}
	if err := app.Restore(ctx, c, in.args[0], in.out); err != nil {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	return exitDone
}

// copyStore copies the store of one configuration into another's.
func copyStore(ctx context.Context, in invocation) int {
	from, code := load(in)
	if from == nil {
		return code
	}
	var to *config.Config
	in.config = in.args[0]
	if to, code = load(in); to == nil {
		return code
	}
	if err := app.Copy(ctx, from, to, in.out); err != nil {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	return exitDone
}
