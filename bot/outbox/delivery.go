package outbox

import "mimamori.example/mimamori/bot/message"

// The words of package message under the names used here. They are defined
// there because casework, which hears of outcomes, lies below this package.
type (
	// Delivery is what the body of a queue item says.
	Delivery = message.Delivery
	// Reason says why a delivery has failed.
	Reason = message.Reason
)

// Reasons that Hooks.Failed is told.
const (
	Stuck    = message.Stuck
	QuotaOut = message.QuotaOut
	Expired  = message.Expired
	Refused  = message.Refused
	Stale    = message.Stale
)
