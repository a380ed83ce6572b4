package main

import (
	"context"
	"errors"
	"flag"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line"
)

// check prints every fault of configuration and flows and, with --live, what
// LINE says about the channels.
func check(ctx context.Context, in invocation) int {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(in.err)
	live := flags.Bool("live", false, "also ask LINE")
	if err := flags.Parse(in.args); err != nil {
		return exitUsage
	}
	if flags.NArg() > 0 {
		say(in.err, "mimamori: check takes no %q", flags.Arg(0))
		return exitUsage
	}
	c, err := config.Load(in.config)
	var faults config.Faults
	if err != nil && !errors.As(err, &faults) {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	for _, f := range faults {
		say(in.out, "%s", f)
	}
	n := len(faults)
	if c != nil {
		for _, w := range c.Warnings {
			say(in.out, "warning: %s", w)
		}
		of := app.Check(c)
		for _, f := range of {
			say(in.out, "%s", f)
		}
		n += len(of)
	}
	if n > 0 {
		say(in.out, "%s: %s", in.config, plural(n, "fault"))
		return exitFaults
	}
	say(in.out, "%s: no faults, %s", in.config, plural(len(c.Councils), "council"))
	if *live {
		return checkLive(ctx, in, c)
	}
	return exitDone
}

var levels = map[line.Level]string{line.Good: "ok", line.Doubtful: "doubtful", line.Wrong: "WRONG"}

func checkLive(ctx context.Context, in invocation, c *config.Config) int {
	findings, err := app.CheckLive(ctx, c, app.Options{})
	if err != nil {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	code := exitDone
	for _, f := range findings {
		say(in.out, "%s: %s: %s: %s", f.Council, levels[f.Level], f.What, f.Found)
		if f.Want != "" {
			say(in.out, "    right would be: %s", f.Want)
		}
		if f.Level == line.Wrong {
			code = exitFaults
		}
	}
	return code
}
