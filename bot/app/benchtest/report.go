package main

import (
	"fmt"
	"io"
	"time"
)

// figures are what was measured of a line.
type figures struct {
	contender
	result
}

func heading(out io.Writer) {
	fmt.Fprintf(out, "%11s  %-29s %8s %9s %9s %8s %8s %8s\n", "connections", "line", "turns/s", "p50", "p99", "server", "others", "drained")
}

func (f figures) print(out io.Writer, connections int) {
	drained := ""
	if f.speaks {
		drained = f.drained.Round(time.Millisecond).String()
	}
	fmt.Fprintf(out, "%11d  %-5s %-23s %8.0f %9s %9s %8s %8s %8s\n", connections, f.name, f.does, f.perSecond(),
		f.percentile(50).Round(10*time.Microsecond), f.percentile(99).Round(10*time.Microsecond),
		f.perTurn(f.server).Round(time.Microsecond), f.perTurn(f.telephones).Round(time.Microsecond), drained)
}

// proportions compares the lines of one number of connections. A line that was
// measured twice counts with its mean.
func proportions(out io.Writer, connections int, all []figures) {
	speed, cpu, times := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, f := range all {
		times[f.name]++
		speed[f.name] += f.perSecond()
		cpu[f.name] += float64(f.perTurn(f.server + f.telephones))
	}
	for name, n := range times {
		speed[name] /= n
		cpu[name] /= n
	}
	part := func(of map[string]float64, a, b string) string {
		return fmt.Sprintf("%s/%s %.0f%%", a, b, 100*of[a]/of[b])
	}
	fmt.Fprintf(out, "%11d  turns/s: %s, %s, %s, %s\n", connections,
		part(speed, turns, "A"), part(speed, whole, "A"), part(speed, "D", "A"), part(speed, whole, "D"))
	fmt.Fprintf(out, "%11s  CPU of both: %s, %s, %s, %s\n\n", "",
		part(cpu, turns, "A"), part(cpu, whole, "A"), part(cpu, "D", "A"), part(cpu, whole, "D"))
}
