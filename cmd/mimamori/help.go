package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"text/tabwriter"
)

func help(_ context.Context, in invocation) int {
	say(in.out, "mimamori - LINE accounts of the councils that watch over people at risk of consumer fraud")
	say(in.out, "見守りネットワークのLINE窓口\n")
	say(in.out, "Usage: mimamori COMMAND [arguments] [--config FILE]\n")
	t := tabwriter.NewWriter(in.out, 0, 4, 2, ' ', 0)
	for _, c := range commands() {
		// Written before Flush, these cannot fail.
		_, _ = fmt.Fprintf(t, "  %s\t%s\n", join(c.name, c.args), c.english)
		_, _ = fmt.Fprintf(t, "  \t%s\n", c.japanese)
	}
	_ = t.Flush()
	say(in.out, "\n--config FILE names the configuration; without it the variable MIMAMORI_CONFIG")
	say(in.out, "does, or it is mimamori.yaml in this directory.")
	say(in.out, "Commands speak to the running program over its control socket. When none runs")
	say(in.out, "they open the store themselves.")
	say(in.out, "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the configuration has faults.")
	return exitDone
}

func usage(w io.Writer, c command) {
	if c.name == "demo" { // which has no use for --config
		say(w, "Usage: mimamori %s\n%s\n%s\n%s", join(c.name, c.args), c.english, c.japanese, demoFlags)
		return
	}
	say(w, "Usage: mimamori %s [--config FILE]\n%s\n%s", join(c.name, c.args), c.english, c.japanese)
}

func join(name, args string) string {
	if args == "" {
		return name
	}
	return name + " " + args
}

func printVersion(_ context.Context, in invocation) int {
	say(in.out, "mimamori %s (%s)", version(), runtime.Version())
	return exitDone
}

// version is what the Go tool has stamped into the program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v, revision, modified := info.Main.Version, "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			revision = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+changes"
		}
	}
	if v == "" || v == "(devel)" {
		v = "devel"
		if revision != "" {
			v += "-" + revision + modified
		}
	}
	return v
}
