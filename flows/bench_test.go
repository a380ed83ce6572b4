package flows_test

import (
	"testing"

	"mimamori.example/mimamori/flows"
)

func BenchmarkAdvance(b *testing.B) {
	f := small()
	r := flows.Begin(f, "s1", now)
	for _, in := range []struct {
		name string
		flows.Input
	}{
		{"tap", flows.Input{Kind: flows.Tap, Session: "s1", Turn: 1, Choice: "good"}},
		{"typed", flows.Input{Kind: flows.Typed, Text: "Good"}},
		{"unmatched", flows.Input{Kind: flows.Typed, Text: "neither of them"}},
	} {
		b.Run(in.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				flows.Advance(f, r.Session, in.Input, now)
			}
		})
	}
}
