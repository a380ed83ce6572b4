package main

import (
	"context"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/config"
)

// initStore makes the empty store of a new installation.
func initStore(ctx context.Context, in invocation) int {
	c, code := load(in)
	if c == nil {
		return code
	}
	if err := app.InitStore(ctx, c.Storage); err != nil {
		say(in.err, "mimamori: init: %v", err)
		return exitFailed
	}
	say(in.out, "The store is there, and empty. Start the program; `mimamori setup-code COUNCIL` comes next.")
	return exitDone
}

// restore makes a store from a backup.
func restore(ctx context.Context, in invocation) int {
	c, code := load(in)
	if c == nil {
		return code
	}
	if err := app.Restore(ctx, c, app.Options{}, in.args[0], in.out); err != nil {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	return exitDone
}

// copyStore makes another configuration's store from this one's.
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
	if err := app.Copy(ctx, from, to, app.Options{}, in.out); err != nil {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	return exitDone
}
