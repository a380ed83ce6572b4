package main

import (
	"context"

	"mimamori.example/mimamori/bot/app"
)

// serve runs the program until it is told to stop. Faults of the flows keep it
// from starting, as those of the configuration do.
func serve(ctx context.Context, in invocation) int {
	c, code := load(in)
	if c == nil {
		return code
	}
	if faults := app.Check(c); len(faults) > 0 {
		for _, f := range faults {
			say(in.err, "%s", f)
		}
		say(in.err, "mimamori: the flows have %s", plural(len(faults), "fault"))
		return exitFaults
	}
	app.PaceMemory()
	log := app.NewLogger(c.Log, in.err)
	for _, w := range c.Warnings {
		log.WarnContext(ctx, "doubtful configuration", "field", w.Field, "problem", w.Problem, "line", w.Line)
	}
	a, err := app.New(c, app.Options{Version: version(), Log: log})
	if err != nil {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	if err := a.Run(ctx); err != nil {
		// Start's errors have not been logged, and the rest bears repeating.
		log.ErrorContext(ctx, "ended", "error", err)
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	return exitDone
}
