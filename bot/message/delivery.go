package message

import (
	"encoding/json"
	"time"
)

// Delivery is what goes to one recipient in one call. All of it but State is
// frozen at birth, in the transaction that decided to say it. It lies in the
// queue in two parts, State apart from the rest. Package outbox makes it; who
// hears of its outcome only reads it.
type Delivery struct {
	ID   string    `json:"id"`
	To   Recipient `json:"to"`
	Lane string    `json:"lane"`
	// Messages is the rendered array, 1 to 5 messages; for ToMail a letter.
	Messages json.RawMessage `json:"messages"`
	// Bare is the other form of Messages, for when people may be in the group who
	// must not read those; nil where there is none. It has a retry key of its own,
	// so that whatever went out under a key is repeated byte by byte.
	Bare    json.RawMessage `json:"-"`
	BareKey string          `json:"bare_key,omitempty"`
	// Refs holds one entry per message: what quoting it means, or "".
	Refs []string `json:"refs,omitempty"`
	// About is the first part's. Parts lists all of them where several things
	// were said to the recipient at once; otherwise it has that one.
	About About  `json:"about"`
	Parts []Part `json:"parts"`
	// RetryKey is a UUID: LINE accepts a push with it once in 24 h.
	RetryKey string      `json:"retry_key"`
	Reply    *ReplyToken `json:"reply,omitempty"`
	Created  time.Time   `json:"created"`
	Urgent   bool        `json:"urgent,omitempty"` // as in Outgoing

	State DeliveryState `json:"state"`
}

// Part is a run of a delivery's messages that came from one Outgoing.
type Part struct {
	About    About `json:"about"`
	Messages int   `json:"messages"` // how many of the delivery's, in order
	// Bare: these differ in the bare form.
	Bare bool `json:"bare,omitempty"`
}

// Forms of a delivery that has two.
const (
	FormFull = "full"
	FormBare = "bare"
)

// ShownBare tells whether a part has gone out, or is to go, in its bare form.
func (d *Delivery) ShownBare(p Part) bool { return p.Bare && d.State.Form == FormBare }

// DeliveryState is what has happened to a delivery that still waits.
type DeliveryState struct {
	// Tried: the reply (or the e-mail) may have been sent already.
	Tried bool `json:"tried,omitempty"`
	// Spent: the reply token is known to be of no use any more.
	Spent bool `json:"spent,omitempty"`
	// Form is the one that the last attempt used, or is about to; "" before the
	// first, and where there is only one. After bare it stays bare.
	Form string `json:"form,omitempty"`
	// Unquoted: LINE has refused what is quoted; it goes out without, under
	// another retry key.
	Unquoted bool `json:"unquoted,omitempty"`
	// Since is when a delivery was first seen that a clock ahead of ours had
	// made; the zero time for the others.
	Since time.Time `json:"since,omitzero"`
	// Doubted: a push may have been taken; its retry key keeps it from coming twice.
	Doubted bool `json:"doubted,omitempty"`
	// Attempts that have failed.
	Attempts int `json:"attempts,omitempty"`
	// Stuck and QuotaOut: that reason has been reported.
	Stuck    bool `json:"stuck,omitempty"`
	QuotaOut bool `json:"quota_out,omitempty"`
}

// Sent is one message that LINE has accepted. Quoting it names ID.
type Sent struct {
	ID         string `json:"id"`
	QuoteToken string `json:"quote_token,omitempty"`
}

// Reason says why a delivery has failed, for now or for good.
type Reason string

// The reasons. After Stuck and QuotaOut the delivery is tried on, and each is
// told once per delivery; after the others it is gone.
const (
	Stuck    Reason = "stuck"     // not accepted for two minutes
	QuotaOut Reason = "quota_out" // the month's messages are used up, or kept for casework
	Expired  Reason = "expired"   // not accepted for a day: its retry key is no longer safe
	Stale    Reason = "stale"     // never sent: it is no longer so
	Refused  Reason = "refused"   // LINE, or the mail server, will never accept it
)

// Final tells whether the delivery is gone.
func (r Reason) Final() bool { return r == Expired || r == Refused || r == Stale }
