package webhook

import "time"

// Why an event was counted and not acted on.
const (
	PassedStandby    = "standby"    // another module is in charge of the chat
	PassedOld        = "old"        // older than MaxAge
	PassedType       = "type"       // a type of event that means nothing to the program, or a new one
	PassedSourceless = "sourceless" // it does not say where it happened
)

// How a turn ended.
const (
	TurnCommitted = "committed"
	TurnBusy      = "busy"     // the store's queue was full: nothing was kept
	TurnClosed    = "closed"   // the store no longer writes: nothing was kept
	TurnLate      = "late"     // the deadline passed: the outcome is unknown
	TurnFailed    = "failed"   // any other error: the outcome is unknown
	TurnPanicked  = "panicked" // a fault of the program: nothing was kept
	TurnGivenUp   = "given_up" // a fault of the program in the event's own turn: recorded as seen, not to be repeated
)

// What became of an apology.
const (
	ApologySent    = "sent"
	ApologyFailed  = "failed"
	ApologySkipped = "skipped" // too many at once
)

// Observer counts what happens at the door. Its methods are called by many
// goroutines and must not block. The council is "" where the path names none
// that is served.
type Observer interface {
	// WebhookAnswered is told the HTTP status of every answer.
	WebhookAnswered(council string, status int)
	// WebhookMalformed is told how many events of a body could not be read.
	WebhookMalformed(council string, events int)
	// WebhookPassed is told of an event that was not acted on.
	WebhookPassed(council, why string)
	// WebhookShed is told of a body turned away because too many turns run.
	WebhookShed(council string)
	// WebhookTurn is told how a turn of a kind of event ended.
	WebhookTurn(council, kind, outcome string, took time.Duration)
	// WebhookApology is told of a direct reply after a failed turn.
	WebhookApology(council, outcome string)
}

type unobserved struct{}

// WebhookAnswered implements Observer.
func (unobserved) WebhookAnswered(string, int) {}

// WebhookMalformed implements Observer.
func (unobserved) WebhookMalformed(string, int) {}

// WebhookPassed implements Observer.
func (unobserved) WebhookPassed(string, string) {}

// WebhookShed implements Observer.
func (unobserved) WebhookShed(string) {}

// WebhookTurn implements Observer.
func (unobserved) WebhookTurn(string, string, string, time.Duration) {}

// WebhookApology implements Observer.
func (unobserved) WebhookApology(string, string) {}
