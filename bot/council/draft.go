package council

import "time"

// DraftKept is how long a draft may be sent.
const DraftKept = 30 * time.Minute

// Draft is an instruction that a clerk is preparing: what is chosen, what is
// still missing, and, once nothing is, the exact text.
type Draft struct {
	ID        string
	Case      string
	Version   int    // of the case when the draft was shown
	Recipient string // member id
	Kind      string // instruction's id, "free" or "correction"
	Label     string
	Values    map[string]string // placeholders filled in by the clerk
	Set       string            // answer set of a question
	Missing   []string
	FollowUp  time.Time
	Text      string // frozen; "" while something is missing
	By        string // clerk's user id
	MessageID string // the message that opened it, so that an unsend finds it
	At        time.Time
	State     DraftState
	Who       string // name of the clerk who sent or dropped it
}

// DraftState is what became of a draft.
type DraftState string

// The states of a draft.
const (
	DraftOpen    DraftState = "open"
	DraftSent    DraftState = "sent"
	DraftDropped DraftState = "dropped"
)

// Expired tells whether the draft is too old to be sent.
func (o *Draft) Expired(now time.Time) bool { return now.Sub(o.At) > DraftKept }
