package outbox

import "github.com/google/uuid"

// Random names deliveries and retry keys by random UUIDs of crypto/rand. Those of
// deliveries begin with the time, so that what is stored by them lies together:
// keys that are spread cost a page of the store each.
type Random struct{}

// ID is a random UUID of version 7.
func (Random) ID() string { return uuid.Must(uuid.NewV7()).String() }

// RetryKey is a random UUID.
func (Random) RetryKey() string { return uuid.NewString() }
