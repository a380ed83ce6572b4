// Package outbox is what goes out. Post freezes what an action wants said into
// deliveries, inside the action's transaction; Outbox takes them from the
// queue, sends them and settles what became of them.
//
// The promise is: never twice, never silently lost. It rests on three things.
//
//   - A push carries its retry key from the first attempt, so LINE accepts it
//     once however often it is tried within 24 hours; 409 means it is there.
//   - A reply has no such key. That it is about to be tried is committed before
//     the call; after doubt or a restart the token itself is tried again. LINE
//     takes a token once: 200 says that it goes out now, 400 "Invalid reply
//     token" well within the token's life that it had gone out before.
//   - The outcome is settled in one transaction with what follows from it. If
//     that fails after a successful call, the delivery is claimed again when
//     the lease ends, and the same rules find out that it has been sent.
//
// What remains in doubt after the token's life is pushed and counted
// (maybe_twice). Nothing older than a day goes out: LINE forgets retry keys
// after 24 hours and would send again.
//
// What is for one recipient goes out in the order of the commits. While the
// first of it fails, replies and what is urgent go before it; after two minutes
// everybody does. After an outage the first success wakes what is paused.
//
// rules.go holds the decisions as pure functions; the other files carry them
// out.
package outbox
