package storage

import "time"

// QueuedItem is an item with what the queue knows of it besides.
type QueuedItem struct {
	Item
	Attempts int
	Parked   bool
	Yields   bool // see Tx.Yield
}

// Archiver is what a Tx of every engine offers besides, for backup, restore and
// copy. Nothing else should need it.
type Archiver interface {
	Tx
	// OnceKeys yields the deduplication keys, oldest first.
	OnceKeys(fn func(at time.Time, key string) (bool, error)) error
	// Sequences yields the sequences and their last numbers.
	Sequences(fn func(name string, last uint64) (bool, error)) error
	// QueuedItems yields the waiting items in their order.
	QueuedItems(fn func(QueuedItem) (bool, error)) error
	// RestoreItem is Enqueue for an item with a past.
	RestoreItem(QueuedItem) error
}

// Definer is what a Store of every engine offers besides: the kinds it was
// opened with.
type Definer interface{ Definitions() []Definition }
