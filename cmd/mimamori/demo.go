package main

import "context"

// demo plays a report without a LINE account.
func demo(_ context.Context, in invocation) int {
	say(in.err, "mimamori: the demo is not built yet")
	return exitFailed
}
