package main

import (
	"fmt"
	"io"
	"time"
)

func heading(out io.Writer) {
	fmt.Fprintf(out, "%11s  %-29s %8s %9s %9s %8s %8s %8s\n", "connections", "line", "turns/s", "p50", "p99", "server", "others", "drained")
}

// report prints what was measured of the lines, and what they are to each other.
func report(out io.Writer, connections int, measured []result) {
	speed, cpu := map[string]float64{}, map[string]float64{} // by line
	for i, line := range lines {
		r, drained := measured[i], ""
		if line.speaks {
			drained = r.drained.Round(time.Millisecond).String()
		}
		fmt.Fprintf(out, "%11d  %-5s %-23s %8.0f %9s %9s %8s %8s %8s\n", connections, line.name, line.does, r.perSecond(),
			r.percentile(50).Round(10*time.Microsecond), r.percentile(99).Round(10*time.Microsecond),
			r.perTurn(r.server).Round(time.Microsecond), r.perTurn(r.telephones).Round(time.Microsecond), drained)
		speed[line.name], cpu[line.name] = r.perSecond(), float64(r.perTurn(r.server+r.telephones))
	}
	part := func(of map[string]float64, a, b string) string {
		return fmt.Sprintf("%s/%s %.0f%%", a, b, 100*of[a]/of[b])
	}
	fmt.Fprintf(out, "%11d  turns/s: %s, %s, %s, %s\n", connections,
		part(speed, turns, "A"), part(speed, whole, "A"), part(speed, "D", "A"), part(speed, whole, "D"))
	fmt.Fprintf(out, "%11s  CPU of both: %s, %s, %s, %s\n\n", "",
		part(cpu, turns, "A"), part(cpu, whole, "A"), part(cpu, "D", "A"), part(cpu, whole, "D"))
}
