package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"
)

// Class says what a caller may do after an error.
type Class int

// The classes of errors.
const (
	// Ambiguous: LINE may or may not have acted (time-out, 5xx, broken
	// connection, an answer that is not LINE's). With a retry key, try again;
	// without, see Error.NotSent.
	Ambiguous Class = iota
	// RateLimited: too many requests; nothing was done. Try again later, at
	// the earliest after RetryAfter.
	RateLimited
	// QuotaOut: the month's messages are used up; nothing was sent. Replies
	// still go out.
	QuotaOut
	// InvalidReplyToken: expired, unknown, or used before.
	InvalidReplyToken
	// Permanent: LINE refuses this request and always will.
	Permanent
	// Unauthorized: the channel access token is not accepted, or the account
	// may not do this. Nothing was done; the configuration must change.
	Unauthorized
	// NotFound: no such person, group or content, or no longer.
	NotFound
	// NotReady: LINE is still preparing the content; ask again later.
	NotReady
	// InvalidQuote: LINE does not take the token of what is quoted. Without it
	// the messages may go out.
	InvalidQuote
)

// String is the class in words, for logs and metrics.
func (c Class) String() string {
	switch c {
	case Ambiguous:
		return "ambiguous"
	case RateLimited:
		return "rate limited"
	case QuotaOut:
		return "quota out"
	case InvalidReplyToken:
		return "invalid reply token"
	case Permanent:
		return "permanent"
	case Unauthorized:
		return "unauthorized"
	case NotFound:
		return "not found"
	case NotReady:
		return "not ready"
	case InvalidQuote:
		return "invalid quote token"
	default:
		return "class " + strconv.Itoa(int(c))
	}
}

// Error is what every method of Client fails with. Its text never holds a
// token, a body, a message or anybody's id.
type Error struct {
	Class Class
	// Op is what was tried: "push", "reply", "profile" …
	Op string
	// Status is LINE's HTTP status, 0 when no answer came.
	Status int
	// RetryAfter is how long LINE wants to be left alone, 0 when it does not say.
	RetryAfter time.Duration
	// RequestID is LINE's name for the request, for asking their support.
	RequestID string
	// Reason is a few words of our own.
	Reason string
	// NotSent: the request certainly did not reach LINE (no connection, or held
	// back here), so that even an ambiguous reply cannot have gone out.
	NotSent bool

	cause error // context.Canceled or context.DeadlineExceeded, else nil
}

// Error says what failed, without any content.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line: %s: %s", e.Op, e.Class)
	if e.Status != 0 {
		fmt.Fprintf(&b, ", status %d", e.Status)
	}
	if e.Reason != "" {
		fmt.Fprintf(&b, ": %s", e.Reason)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap is the context's error when the caller's context ended the call.
// Other causes are not kept: they quote URLs, and those hold ids.
func (e *Error) Unwrap() error { return e.cause }

// ClassOf tells the class of an error of this package; ok is false for others.
func ClassOf(err error) (class Class, ok bool) {
	var e *Error
	if errors.As(err, &e) {
		return e.Class, true
	}
	return 0, false
}

// answer is LINE's response, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
	// broken: the connection ended, or the size cap was met, before the end.
	broken bool
}

// fault turns a non-2xx answer into an error. op is needed because "Invalid
// reply token" means something to a reply only. Statuses and messages:
// https://developers.line.biz/en/reference/messaging-api/#status-codes
func (a answer) fault(op string, now time.Time) *Error {
	e := &Error{Class: Permanent, Op: op, Status: a.status, RequestID: cleanID(a.header.Get("X-Line-Request-Id"))}
	var said messaging_api.ErrorResponse
	theirs := json.Unmarshal(a.body, &said) == nil && said.Message != ""
	switch {
	case a.status >= 500, a.status == http.StatusRequestTimeout:
		e.Class, e.Reason = Ambiguous, "the server failed"
	case a.status < 400, a.status == http.StatusProxyAuthRequired, !theirs && e.RequestID == "":
		// A proxy or a sign-in page stands between: LINE has decided nothing.
		e.Class, e.Reason = Ambiguous, "the answer is not LINE's"
	case a.status == http.StatusTooManyRequests:
		if strings.Contains(strings.ToLower(said.Message), "monthly limit") {
			e.Class, e.Reason = QuotaOut, "the month's messages are used up"
			break
		}
		e.Class, e.Reason = RateLimited, "too many requests"
	case a.status == http.StatusUnauthorized:
		e.Class, e.Reason = Unauthorized, "the channel access token is not accepted"
	case a.status == http.StatusForbidden:
		e.Class, e.Reason = Unauthorized, "the account may not do this"
	case a.status == http.StatusNotFound:
		e.Class, e.Reason = NotFound, "no such person, group or content"
	case a.status == http.StatusGone:
		e.Class, e.Reason = NotFound, "the content was taken back"
	case a.status == http.StatusBadRequest && op == opReply && strings.EqualFold(strings.TrimSuffix(said.Message, "."), "Invalid reply token"):
		e.Class, e.Reason = InvalidReplyToken, "expired or used"
	case a.status == http.StatusRequestEntityTooLarge:
		e.Reason = "the request is larger than 2 MB"
	case a.status == http.StatusBadRequest && ofQuote(said):
		e.Class, e.Reason = InvalidQuote, "what is quoted is not known"
	case strings.HasPrefix(said.Message, "Failed to send messages"):
		e.Reason = "the recipient cannot be reached"
	default:
		e.Reason = refusedWhere(said)
	}
	if s := a.header.Get("Retry-After"); s != "" {
		e.RetryAfter = retryAfter(s, a.header.Get("Date"), now)
	}
	return e
}

// ofQuote tells whether LINE refuses a quote token. Which words it uses is not
// documented.
func ofQuote(said messaging_api.ErrorResponse) bool {
	names := func(s string) bool {
		return strings.Contains(strings.ReplaceAll(strings.ToLower(s), " ", ""), "quotetoken")
	}
	return names(said.Message) || slices.ContainsFunc(said.Details, func(d messaging_api.ErrorDetail) bool { return names(d.Property) })
}

// refusedWhere names the properties that LINE refuses: their paths only, whose
// letters cannot hold anybody's words.
func refusedWhere(said messaging_api.ErrorResponse) string {
	var where []string
	for _, d := range said.Details {
		if len(where) == 3 {
			break
		}
		if validPath(d.Property) {
			where = append(where, d.Property)
		}
	}
	if len(where) == 0 {
		return "refused"
	}
	return "refused: " + strings.Join(where, ", ")
}

func validPath(s string) bool {
	if s == "" || len(s) > 120 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
			c != '.' && c != '[' && c != ']' && c != '_' && c != '/' {
			return false
		}
	}
	return true
}

// retryAfter reads seconds or an HTTP date, at most a day. A date is measured
// against the answer's own Date, so that a wrong clock here does no harm.
func retryAfter(s, date string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
		d = time.Duration(min(max(n, 0), 86400)) * time.Second
	} else if at, err := http.ParseTime(s); err == nil {
		if t, err := http.ParseTime(date); err == nil {
			now = t
		}
		d = at.Sub(now)
	}
	return min(max(d, 0), 24*time.Hour)
}

// broken turns a failed exchange into an error without quoting it.
func broken(ctx context.Context, op string, err error, notSent bool) *Error {
	e := &Error{Class: Ambiguous, Op: op, Reason: "the connection broke", NotSent: notSent}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(context.Cause(ctx), context.Canceled):
		e.Reason, e.cause = "given up by the caller", context.Canceled
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded):
		e.Reason, e.cause = "no answer in time", context.DeadlineExceeded
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Reason = "no answer in time"
	case errors.Is(err, errTooLarge):
		e.Reason = "the answer is too large"
	case notSent:
		e.Reason = "no connection"
	}
	return e
}

// cleanID keeps a request id only if it looks like one.
func cleanID(s string) string {
	if validKey(s) {
		return s
	}
	return ""
}
