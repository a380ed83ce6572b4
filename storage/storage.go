// Package storage keeps documents and a queue of deliveries for many councils.
//
// It holds two small contracts. Documents: a Kind declares a key and indexes;
// inside a transaction of one council they are read, written, deleted and
// scanned in index order, beside deduplication keys (Once) and counters
// (Next). Queue: items are enqueued in the same transaction, claimed under a
// lease in order per recipient and lane, and settled in a transaction again.
//
// Two engines keep the contracts: storage/bolt (one file, one process) and
// storage/postgres. storage/storagetest is the suite that both must pass.
// The package imports nothing else of this program.
package storage

import (
	"context"
	"errors"
	"time"
)

// Errors that callers branch on. Any other error of Update means that the
// outcome is unknown: the changes may or may not have been kept, so whatever
// is tried again needs a deduplication key (Tx.Once).
var (
	// ErrClosed: the store has been closed, or has stopped writing after a
	// failed commit. Nothing of the transaction was kept.
	ErrClosed = errors.New("storage: closed")
	// ErrBusy: the queue of waiting transactions is full, or the context ended
	// before this one was begun. Nothing of the transaction was kept.
	ErrBusy = errors.New("storage: busy")
	// ErrHeld: the database is in use by another process.
	ErrHeld = errors.New("storage: held by another process")
	// ErrLost: the lease of a claimed item has run out and another worker has
	// the item, or it is settled. The transaction that saw it must be given up.
	ErrLost = errors.New("storage: lease lost")
	// ErrInvalid: a council, key, index or name that the contract does not allow.
	ErrInvalid = errors.New("storage: invalid")
	// ErrReadOnly: a write inside View.
	ErrReadOnly = errors.New("storage: read-only transaction")
	// ErrAbsent: there is no store. It is never made by opening it.
	ErrAbsent = errors.New("storage: there is no store")
	// ErrPresent: a new store was to be made where something is already.
	ErrPresent = errors.New("storage: there is a store already")
	// ErrDamaged: what is there is not a whole store.
	ErrDamaged = errors.New("storage: the store is damaged")
	// ErrUnwritable: what is there is whole, and nothing can be written to it, as
	// when the disk is full.
	ErrUnwritable = errors.New("storage: the store cannot be written")
)

// Store is what every engine offers. It is safe for use by many goroutines.
type Store interface {
	// Update runs fn in a transaction of one council. Transactions of one
	// council are serialisable. When fn returns an error nothing of it is kept
	// and Update returns that error unchanged. fn may run more than once and
	// may share its commit with others: it must not send, log or change state
	// outside itself other than results that it sets afresh each time, nor call
	// the store: it would wait for itself. After
	// ctx has ended fn is not begun; when it ends while the commit is under
	// way the outcome is unknown and fn may still be running, so the caller
	// must not touch what fn writes to unless Update returned nil.
	Update(ctx context.Context, council string, fn func(Tx) error) error

	// View runs fn on one snapshot of one council. Writes answer ErrReadOnly.
	View(ctx context.Context, council string, fn func(Tx) error) error

	// Claim leases due items of all councils, those first that could be claimed
	// earliest (since their due time or the end of a lease): of each recipient
	// and lane only the first unsettled, unparked item, every parked one that is
	// due, and those that pass (see Item.Passes). It returns none while the store
	// is held.
	Claim(ctx context.Context, r ClaimRequest) ([]Claim, error)

	// Hasten makes at most limit waiting items of a council due at due, those
	// first that are due soonest: of those that would be due after it, and not
	// after until. It tells how many. It is no part of a transaction: an engine
	// may forget it when it is opened anew.
	Hasten(ctx context.Context, council string, due, until time.Time, limit int) (int, error)

	// Wake returns a channel that receives (never blocking the sender, at most
	// one pending) after a commit that enqueued, settled, postponed or released
	// something, also by another process where the engine is shared. It may
	// receive without cause. All callers share one channel.
	Wake() <-chan struct{}

	// NextDue tells when the earliest item that can be claimed becomes due;
	// false when there is none, or the store is held. Leased items count from
	// the lease's end.
	NextDue(ctx context.Context) (time.Time, bool, error)

	// QueueStats describes what waits, due or not, for health and metrics.
	QueueStats(ctx context.Context, now time.Time) (QueueStats, error)

	// Councils lists the councils that have anything stored.
	Councils(ctx context.Context) ([]string, error)

	// Held tells whether nothing may go out (after a restore or copy), and why.
	Held(ctx context.Context) (reason string, held bool, err error)
	// Hold and Release set and clear that. A hold outlives restarts.
	Hold(ctx context.Context, reason string) error
	Release(ctx context.Context) error

	// Err is nil while the store can write; after a failed commit it says why
	// the engine has stopped.
	Err() error

	// Close waits for running transactions and frees the database.
	Close() error
}

// Watched is what a Store may offer besides: an eye on what it is kept in. What
// it finds stops the store, as a failed commit does.
type Watched interface {
	// Present tells whether the store still is where it was opened, and whole as
	// far as that is quickly seen.
	Present() error
	// Examine reads everything, in short steps, while the store is in use.
	Examine(ctx context.Context) error
}

// Tx is one transaction of one council. It is good only inside the function
// that received it and only on that goroutine. It writes at most MaxWrites
// documents, keys and items. Times are kept to the microsecond.
//
// Documents are reached through a Kind; the methods with raw bytes are what a
// Kind calls and what an engine implements.
type Tx interface {
	// Council is the council whose data this transaction sees.
	Council() string

	// GetDoc returns a document, for reading only and only until the
	// transaction ends. It is the same JSON value as was put, perhaps spelt
	// otherwise.
	GetDoc(kind, id string) (doc []byte, ok bool, err error)
	// PutDoc stores doc, a JSON text, as id; it must not be changed any more.
	// values holds one value per index of the kind's definition, in its order;
	// an empty value leaves the document out of that index.
	PutDoc(kind, id string, doc []byte, values []string) error
	// DeleteDoc removes id; an absent one is no error.
	DeleteDoc(kind, id string) error
	// ScanDocs calls fn in order until it returns false, with the documents as
	// they are when the scan begins. fn may write; the scan does not meet that.
	ScanDocs(kind string, q Query, fn func(id string, doc []byte) (bool, error)) error

	// Once records a deduplication key and tells whether this is its first
	// time. at must be the same for every repetition (the event's own time):
	// the key is stored under it, kept for OnceKept and then pruned.
	Once(at time.Time, key string) (first bool, err error)
	// PruneOnce deletes at most limit keys older than before and returns how many.
	PruneOnce(before time.Time, limit int) (int, error)

	// Next returns 1, 2, 3 … of the named sequence; numbers of a transaction
	// that failed are used again. Skip moves the sequence on by n.
	Next(sequence string) (uint64, error)
	Skip(sequence string, n uint64) error

	// Enqueue puts an item at the end of its recipient's lane. Its Body must not
	// be changed any more. An ID that is already queued is ErrInvalid.
	Enqueue(Item) error
	// Amend replaces a claimed item's state and keeps its lease: what must be on
	// record before the item is acted on. Like the next three it answers ErrLost
	// when the claim is no longer good.
	Amend(c Claim, state []byte) error
	// Settle removes a claimed item; the next in its lane becomes the first.
	Settle(c Claim) error
	// Postpone gives a claimed item back, to be claimed from due on, with this
	// state. It keeps its place: those behind it wait.
	Postpone(c Claim, due time.Time, state []byte) error
	// Park is Postpone, except that from now on those behind it pass. What is
	// parked stays so, whatever is done with it later.
	Park(c Claim, due time.Time, state []byte) error
	// Yield is Postpone, except that from now on those behind it that may pass
	// (see Item.Passes) do so; the others wait.
	Yield(c Claim, due time.Time, state []byte) error
	// Take removes and returns, oldest first, at most limit parked items of a
	// recipient's lane that nobody has claimed and that want wants.
	Take(recipient, lane string, limit int, want func(Item) bool) ([]Item, error)
	// Queued lists at most limit waiting items of a recipient, oldest first, all
	// lanes; of everybody when the recipient is empty. It may read the whole
	// queue: it is for tests, and nothing that serves asks it.
	Queued(recipient string, limit int) ([]Item, error)
}

// OnceKept is how long a deduplication key is kept at least.
const OnceKept = 7 * 24 * time.Hour

// Item is one thing to be delivered.
type Item struct {
	ID        string    // unique within the council, chosen by the caller
	Recipient string    // order is kept per recipient and lane
	Lane      string    // "casework", "notice" …: lanes do not wait for each other
	Due       time.Time // not claimed before
	Enqueued  time.Time // for statistics
	// Passes: once the first of its lane has yielded (Tx.Yield), this item does
	// not wait for what is in front of it, except for others that pass and have
	// not yielded either. Once let by, it stays so while the store is open.
	Passes bool
	// Body is written once, State as often as something happens to the item; the
	// engine looks into neither. A state has at most MaxState bytes.
	Body, State []byte
}

// Claim is an item under a lease.
type Claim struct {
	Item
	Council  string
	Lease    string // proves the claim in Amend, Settle, Postpone, Park
	Attempts int    // how often it was claimed, this time included
	Parked   bool
}

// ClaimRequest asks for due items.
type ClaimRequest struct {
	Lanes []string // only these; empty: all
	Now   time.Time
	Lease time.Duration // afterwards another worker may claim the item
	Max   int
	// Furthest is how far ahead of Now a due time can be at most; 0: any. One
	// further ahead was written when the clock was wrong, and counts as due; a
	// lease that would end later than one from now on ends then. It is looked for
	// when Now has gone back, and every LookBack.
	Furthest time.Duration
}

// LookBack is how often Claim looks for due times that are too far ahead.
const LookBack = 15 * time.Second

// QueueStats describes the items that wait.
type QueueStats struct {
	Waiting map[string]int // per lane, parked ones included
	Parked  int
	Oldest  map[string]time.Time // per lane: when the oldest waiting item was enqueued
}
