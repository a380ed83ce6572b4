package outbox

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"mimamori.example/mimamori/storage"
)

// SettledKept is how long it stays on record what became of a delivery.
const SettledKept = 30 * 24 * time.Hour

// Settled is what remains of a delivery: no words, no recipient.
type Settled struct {
	ID         string    `json:"id"`
	Lane       string    `json:"lane"`
	How        string    `json:"how"`     // reply, push, multicast, mail, none
	Outcome    string    `json:"outcome"` // sent, taken_as_sent, or a final Reason
	MaybeTwice bool      `json:"maybe_twice,omitempty"`
	HookFailed bool      `json:"hook_failed,omitempty"` // what follows from it could not be done
	Hash       string    `json:"hash"`                  // SHA-256 of the messages, hexadecimal
	MessageIDs []string  `json:"message_ids,omitempty"` // LINE's
	Created    time.Time `json:"created"`
	At         time.Time `json:"at"`
	Attempts   int       `json:"attempts"` // failed ones before this
	RetryKey   string    `json:"retry_key"`
	With       string    `json:"with,omitempty"` // the delivery that it went along with
}

// Outcomes of what was not refused.
const (
	outcomeSent  = "sent"
	outcomeTaken = "taken_as_sent"
)

const settledByTime = "time"

// settledKind is ordered by time, for pruning.
var settledKind = storage.NewKind("settled",
	func(s *Settled) string { return s.ID },
	storage.Index[Settled]{Name: settledByTime, Value: func(s *Settled) string { return stamp(s.At) }})

// Definitions are the kinds that an engine must know to run an outbox on it.
func Definitions() []storage.Definition {
	return []storage.Definition{settledKind.Definition(), usageKind.Definition()}
}

// stamp writes a time so that stamps sort as times do.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405.000000000Z") }

// Outcome tells what became of a delivery; false while it waits, and once the
// record is pruned.
func Outcome(tx storage.Tx, id string) (Settled, bool, error) { return settledKind.Get(tx, id) }

// PruneSettled deletes at most limit records older than SettledKept and tells
// how many it was. It is one step of the schedule's housekeeping.
func PruneSettled(tx storage.Tx, now time.Time, limit int) (int, error) {
	q := storage.Query{Index: settledByTime, Until: stamp(now.Add(-SettledKept)), Limit: limit}
	var ids []string
	for s, err := range settledKind.Scan(tx, q) {
		if err != nil {
			return 0, err
		}
		ids = append(ids, s.ID)
	}
	for _, id := range ids {
		if err := settledKind.Delete(tx, id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
