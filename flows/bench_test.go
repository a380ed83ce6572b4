package flows_test

import (
	"testing"

	"mimamori.example/mimamori/flows"
)

func BenchmarkAdvance(b *testing.B) {
	f := small()
	r := flows.Begin(f, "s1", now)
	for b.Loop() {
		flows.Advance(f, r.Session, flows.Input{Kind: flows.Tap, Session: "s1", Turn: 1, Choice: "good"}, now)
	}
}
