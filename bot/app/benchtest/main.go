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
//	whole  the program: each report becomes a case, its card reaches the
//	       secretariat's group, and all answers go out, by the emulated LINE
//
// A server that does nothing can be fed faster than one that talks: while D and
// the program run, the emulated LINE has to read, check and keep every message
// that they send, on the same cores as they. D is therefore about the most that
// any program could reach that does this job on this machine under this load,
// and what is between D and "whole" is what the program itself costs: the talk,
// the cases, the outcome of each delivery on record. A turn of A is one exchange
// over HTTP; one that is answered takes two and a quarter, with larger bodies:
// where processors are what is short nothing comes near A.
//
// "server" and "others" are the CPU time per turn, until all is drained, of the
// server under test and of this process (telephones and emulated LINE). Where
// other work runs on the machine they say more than the turns per second, and
// unlike those they count what D or the program had still to send when the load
// ended. Below the lines of each number of connections stand the proportions of
// both.
//
// The members belong to several councils, because LINE takes at most 2,000
// replies a second of one channel. After D and whole all cards must have
// arrived, none twice; the time that took is printed as "drained".
//
// Usage: benchtest [-seconds 3] [-connections 1,16,64,256] [-dir DIR] [-profile FILE]
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
	seconds := flags.Float64("seconds", 3, "how long each line is measured")
	list := flags.String("connections", "1,16,64,256", "numbers of connections")
	dir := flags.String("dir", "", "where the files of the stores are made (default: the system's place for such); a disk, not memory")
	profile := flags.String("profile", "", "where the last whole line leaves a CPU profile of the program")
	if err := flags.Parse(args); err != nil {
		return err
	}
	counts, err := numbers(*list)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %d cores, %.1f s a line, %d turns a report\n\n", runtime.Version(), runtime.NumCPU(), *seconds, len(shortest))
	fmt.Fprintf(out, "%11s  %-29s %8s %9s %9s %6s %8s %8s %8s\n", "connections", "line", "turns/s", "p50", "p99", "of A", "server", "others", "drained")
	for _, connections := range counts {
		speed, cpu := map[string]float64{}, map[string]float64{} // by line
		for _, line := range lines {
			r, err := measure(ctx, line, *dir, *profile, connections, time.Duration(*seconds*float64(time.Second)))
			if err != nil {
				return fmt.Errorf("line %s with %d connections: %w", line.name, connections, err)
			}
			speed[line.name], cpu[line.name] = r.perSecond(), float64(r.perTurn(r.server+r.telephones))
			drained := ""
			if line.speaks {
				drained = r.drained.Round(time.Millisecond).String()
			}
			fmt.Fprintf(out, "%11d  %-5s %-23s %8.0f %9s %9s %5.0f%% %8s %8s %8s\n", connections, line.name, line.does, r.perSecond(),
				r.percentile(50).Round(10*time.Microsecond), r.percentile(99).Round(10*time.Microsecond), 100*r.perSecond()/speed["A"],
				r.perTurn(r.server).Round(time.Microsecond), r.perTurn(r.telephones).Round(time.Microsecond), drained)
		}
		fmt.Fprintf(out, "%11d  turns/s: whole/A %.0f%%, D/A %.0f%% (about the most there could be), whole/D %.0f%%\n", connections,
			100*speed[whole]/speed["A"], 100*speed["D"]/speed["A"], 100*speed[whole]/speed["D"])
		fmt.Fprintf(out, "%11s  CPU of both: whole %.1f times A, D %.1f times A, whole %.1f times D\n\n", "",
			cpu[whole]/cpu["A"], cpu["D"]/cpu["A"], cpu[whole]/cpu["D"])
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
	if line.name != whole {
		profile = ""
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
	began := time.Now()
	if err := folk.settle(ctx, r.reports); err != nil {
		return r, err
	}
	r.drained, r.telephones = time.Since(began), cpuTime()-own
	r.server, err = server.used()
	r.server -= before
	return r, err
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
