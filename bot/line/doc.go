// Package line is the only place that knows LINE's JSON and LINE's server.
//
// Three parts, each usable alone:
//
//   - What comes in: VerifySignature checks a webhook's raw body, Decode turns
//     it into an Envelope that holds only what this program needs.
//   - What is shown: Renderer turns neutral messages (package message) into
//     LINE's message objects and refuses what LINE would refuse. Its result is
//     frozen by the outbox and never rendered again.
//   - What goes out: Client sends frozen messages and asks LINE for facts, on
//     top of LINE's own SDK. Its errors say what a caller may do next.
//
// Platform facts stand beside the code that needs them; their source is LINE's
// Messaging API reference (https://developers.line.biz/en/reference/messaging-api/).
package line
