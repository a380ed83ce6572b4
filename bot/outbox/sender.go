package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"mimamori.example/mimamori/bot/message"
)

// Sent is LINE's answer to what it has accepted.
type Sent struct {
	Messages []message.Sent // empty for a multicast
	// Accepted: an earlier attempt with this retry key had been accepted (409).
	Accepted bool
}

// Sender is a council's LINE channel. messages is the frozen array. It answers
// with a SendError; any other error counts as Ambiguous.
type Sender interface {
	Reply(ctx context.Context, council, token string, messages json.RawMessage) (Sent, error)
	Push(ctx context.Context, council, to, retryKey string, messages json.RawMessage) (Sent, error)
	Multicast(ctx context.Context, council string, to []string, retryKey string, messages json.RawMessage) (Sent, error)
	// Leave leaves a group; having left it already is no error.
	Leave(ctx context.Context, council, group string) error
}

// Mailer is the second channel. id is the same at every attempt and belongs
// into the Message-ID, by which mail servers recognise a repetition.
type Mailer interface {
	Mail(ctx context.Context, council, to, id string, letter Letter) error
}

// Class says what an error means for the delivery.
type Class int

// The classes of errors.
const (
	Ambiguous         Class = iota // timeout, broken connection, 5xx: it may have been accepted
	RateLimited                    // 429 or a full mailbox: not accepted, later it may be
	NoQuota                        // 429 of the monthly limit
	InvalidReplyToken              // 400: used, expired or unknown
	Rejected                       // any other 4xx: never
	Unauthorized                   // 401, 403: the channel's fault and not this delivery's
	Unsent                         // no connection: it certainly did not go out
	InvalidQuote                   // 400: the token of what is quoted; without it the messages may go
)

var classNames = [...]string{"ambiguous", "rate_limited", "no_quota", "invalid_reply_token", "rejected", "unauthorized", "unsent", "invalid_quote"}

// String is the name used in metrics.
func (c Class) String() string {
	if c < 0 || int(c) >= len(classNames) {
		return "unknown"
	}
	return classNames[c]
}

// SendError is a failed call. Its text never holds content or recipients.
type SendError struct {
	Class      Class
	RetryAfter time.Duration // from Retry-After; 0: not said
	Err        error
}

// Error names the class and what is behind it.
func (e *SendError) Error() string {
	if e.Err == nil {
		return "outbox: " + e.Class.String()
	}
	return "outbox: " + e.Class.String() + ": " + e.Err.Error()
}

// Unwrap gives what is behind it.
func (e *SendError) Unwrap() error { return e.Err }

// classify reads an error; what nobody has classified may have been accepted.
func classify(err error) SendError {
	if e, ok := errors.AsType[*SendError](err); ok {
		return *e
	}
	return SendError{Class: Ambiguous, Err: err}
}
