// Package archive writes a store into one file and reads it back: for backups,
// and for moving from one engine to another. The file is independent of the
// engine.
//
// It is gzip over lines of JSON. The first line is the header. Then come the
// councils, each begun by a line of its own: documents in the order of kinds
// and ids, deduplication keys, sequences, queue items. The last line, the
// trailer, counts the others and holds their SHA-256, so that a file that was
// cut off or damaged is found out before anything of it is used.
package archive

import (
	"encoding/json"
	"fmt"
	"time"
)

// Format is the version of the format that this program writes and reads.
const Format = 1

// maxLine is the longest line that is read: a document or item body of the
// largest size, in the longest spelling.
const maxLine = 8 << 20

// header is the first line.
type header struct {
	Archive string              `json:"archive"` // what
	Format  int                 `json:"format"`
	Created time.Time           `json:"created"`
	Kinds   map[string][]string `json:"kinds"` // names of their indexes
}

// what a header says it is.
const what = "mimamori store"

// line is every line between header and trailer. One of the pointers, or
// Council, is set.
type line struct {
	Council  string    `json:"council,omitempty"`
	Document *document `json:"document,omitempty"`
	Key      *key      `json:"key,omitempty"`
	Sequence *sequence `json:"sequence,omitempty"`
	Item     *item     `json:"item,omitempty"`
	End      *trailer  `json:"end,omitempty"`
}

type document struct {
	Kind string          `json:"kind"`
	ID   string          `json:"id"`
	Doc  json.RawMessage `json:"doc"`
}

// Times are microseconds since 1970: what engines keep, whatever the year.
type key struct {
	At  int64  `json:"at"`
	Key string `json:"key"`
}

type sequence struct {
	Name string `json:"name"`
	Last uint64 `json:"last"`
}

type item struct {
	ID        string `json:"id"`
	Recipient string `json:"recipient"`
	Lane      string `json:"lane"`
	Due       int64  `json:"due"`
	Enqueued  int64  `json:"enqueued"`
	Attempts  int    `json:"attempts,omitempty"`
	Parked    bool   `json:"parked,omitempty"`
	Passes    bool   `json:"passes,omitempty"`
	Yields    bool   `json:"yields,omitempty"`
	Body      []byte `json:"body,omitempty"` // base64
	State     []byte `json:"state,omitempty"`
}

// trailer is the last line.
type trailer struct {
	Counts
	SHA256 string `json:"sha256"` // of all bytes before the trailer, hexadecimal
}

// Counts is how much of each an archive holds.
type Counts struct {
	Councils  int `json:"councils"`
	Documents int `json:"documents"`
	Keys      int `json:"keys"`
	Sequences int `json:"sequences"`
	Items     int `json:"items"`
}

// Summary describes an archive.
type Summary struct {
	Created time.Time // when it was written
	Counts
	Kinds  map[string]int // documents of each kind
	SHA256 string         // of its contents, hexadecimal
}

// String tells the counts in words.
func (s Summary) String() string {
	return fmt.Sprintf("%d councils, %d documents, %d deduplication keys, %d sequences, %d items waiting, of %s",
		s.Councils, s.Documents, s.Keys, s.Sequences, s.Items, s.Created.UTC().Format(time.RFC3339))
}
