package main

import (
	"context"

	"mimamori.example/mimamori/bot/play"
)

// demo plays a report without a LINE account, then keeps running.
func demo(ctx context.Context, in invocation) int {
	if err := play.Demo(ctx, in.out); err != nil {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	return exitDone
}
