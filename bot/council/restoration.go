package council

import (
	"fmt"
	"time"
)

// Restoration is one time that a council's store began anew from a backup. What
// its store gave out after that backup, and the other lives of the same backup,
// are not known here: numbers that it gives out bear its mark, so that none is
// given out twice.
type Restoration struct {
	N      int    // counts them
	Mark   string // letters, other than those of any restoration before
	At     time.Time
	Backup time.Time // when the backup was made
}

// MarkLetters are what marks are made of: no vowels, no letter that looks like a
// number. MarkLength of them make one.
const (
	MarkLetters = "BCDFGHJKLMNPQRSTVWXYZ"
	MarkLength  = 4
)

// ReceiptNo writes a receipt number: two digits of the fiscal year and the
// number in it, at least four digits, between them the mark of the restoration,
// if any; drills begin with D.
func ReceiptNo(year int, mark string, n uint64, drill bool) string {
	if mark != "" {
		mark += "-"
	}
	no := fmt.Sprintf("%02d-%s%04d", year%100, mark, n)
	if drill {
		return "D" + no
	}
	return no
}
