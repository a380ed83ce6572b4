// Benchtest measures how many turns of talk a second the program takes, beside
// the same turns with nearly nothing done to them, in one run on one machine.
//
// A turn is one signed webhook over HTTP, answered 200. Distinct members each
// send the shortest report: the card's code, an urgency, a kind, and "send".
// The server under test is a process of its own; this one is the emulated LINE
// and all the telephones, on the same cores. For each number of connections it
// prints turns per second and the 50th and 99th percentile of the time to the
// answer, for these lines:
//
//	A      the signature checked and the body parsed by LINE's SDK; nothing stored
//	B      the signature checked, and the rows of a turn in a bbolt commit of their own
//	C      the same rows, in commits shared by all turns that wait
//	D      the work of A and C together, and then, as the program does, one
//	       reply to the emulated LINE per turn and a push of the card per report,
//	       of the program's sizes but made beforehand: no talk, no case
//	turns  the program on a store that is held: the talk, the case, every answer
//	       rendered and committed, but nothing is sent until the load is over
//	whole  the program: each report becomes a case, its card reaches the
//	       secretariat's group, and all answers go out meanwhile
//
// The lines are measured in turn, several times, since a machine that others use
// too is faster at one time than at another.
//
// A turn of A is one exchange over HTTP. One that is answered takes two and a
// quarter, with larger bodies: while D and "whole" run, the emulated LINE has to
// read, check and keep every message that they send, on the same cores. D does
// that and as good as nothing else; how far it is from A is LINE's share of the
// machine, and the price of speaking to it. "turns" beside A is what the program
// itself does until a turn is answered; "drained" is then how long all that it
// had to send took.
//
// "server" and "others" are the CPU time per turn, until all is drained, of the
// server under test and of this process (telephones and emulated LINE); of
// "turns", until the release. Where other work runs on the machine they say more
// than the turns per second, and unlike those they count what D or "whole" had
// still to send when the load ended. Below the lines of each number of
// connections stand the proportions.
//
// The members belong to several councils, because LINE takes at most 2,000
// replies a second of one channel. After D, turns and whole all cards must have
// arrived, none twice; the time that took is printed as "drained".
//
// Usage: benchtest [-rounds 3] [-seconds 2] [-connections 1,16,64,256] [-dir DIR] [-profile FILE]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchtest:", err)
		os.Exit(1)
	}
}

// run measures, or, as its own child, is the server that is measured.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 4 && args[0] == "serve" {
		return profiled(args[3], func() error { return serve(ctx, args[1], args[2], os.Stdin, out) })
	}
	flags := flag.NewFlagSet("benchtest", flag.ContinueOnError)
	seconds := flags.Float64("seconds", 2, "how long each line is measured in a round")
	rounds := flags.Int("rounds", 3, "how often each line is measured, one after the other each time")
	list := flags.String("connections", "1,16,64,256", "numbers of connections")
	dir := flags.String("dir", "", "where the files of the stores are made (default: the system's place for such); a disk, not memory")
	profile := flags.String("profile", "", "where the last lines turns and whole leave a CPU profile of the program: FILE.turns and FILE.whole")
	if err := flags.Parse(args); err != nil {
		return err
	}
	counts, err := numbers(*list)
	if err != nil {
		return err
	}
	if *rounds < 1 {
		return fmt.Errorf("-rounds: %d is none", *rounds)
	}
	fmt.Fprintf(out, "%s, %d cores, %d rounds of %.1f s a line, %d turns a report\n\n", runtime.Version(), runtime.NumCPU(), *rounds, *seconds, len(shortest))
	heading(out)
	for _, connections := range counts {
		measured := make([]result, len(lines))
		for range *rounds {
			for i, line := range lines {
				r, err := measure(ctx, line, *dir, *profile, connections, time.Duration(*seconds*float64(time.Second)))
				if err != nil {
					return fmt.Errorf("line %s with %d connections: %w", line.name, connections, err)
				}
				measured[i] = measured[i].and(r)
			}
		}
		report(out, connections, measured)
	}
	return nil
}

// measure starts a server on an empty folder, drives it and stops it.
func measure(ctx context.Context, line contender, dir, profile string, connections int, d time.Duration) (r result, err error) {
	home, err := os.MkdirTemp(dir, "mimamori-bench-*")
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	var folk people = madeUp{}
	if line.name != turns && line.name != whole {
		profile = ""
	} else if profile != "" {
		profile += "." + line.name
	}
	if line.speaks {
		w, err := newWorld(ctx, home)
		if err != nil {
			return result{}, err
		}
		defer func() { err = errors.Join(err, w.close()) }()
		folk = w
	}
	server, err := start(ctx, line.name, home, profile)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	before, err := server.used()
	if err != nil {
		return r, err
	}
	own := cpuTime()
	if r, err = drive(ctx, load{url: server.url, connections: connections, lasts: d, people: folk}); err != nil {
		return r, err
	}
	used := func() error {
		now, err := server.used()
		r.server, r.telephones = now-before, cpuTime()-own
		return err
	}
	if line.name == turns { // the cost of what follows is that of "whole"
		if err := errors.Join(used(), server.release()); err != nil {
			return r, err
		}
		used = func() error { return nil }
	}
	began := time.Now()
	if err := folk.settle(ctx, r.reports); err != nil {
		return r, err
	}
	r.drained = time.Since(began)
	return r, used()
}

func numbers(list string) (counts []int, err error) {
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-connections: %q is no number of connections", s)
		}
		counts = append(counts, n)
	}
	return counts, nil
}

// profiled writes a CPU profile of what do does, if a file is named.
func profiled(file string, do func() error) error {
	if file == "" {
		return do()
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = do()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}
