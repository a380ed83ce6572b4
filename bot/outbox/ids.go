package outbox

import "github.com/google/uuid"

// Random names deliveries and retry keys by random UUIDs of crypto/rand.
type Random struct{}

// ID is a random UUID.
func (Random) ID() string { return uuid.NewString() }

// RetryKey is a random UUID.
func (Random) RetryKey() string { return uuid.NewString() }
