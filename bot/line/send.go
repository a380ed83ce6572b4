package line

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// MaxMulticast is how many people one multicast may go to.
const MaxMulticast = 500

// maxBody is LINE's limit for a request: 2 MB.
const maxBody = 2_000_000

// Sent is what LINE said about messages it took.
type Sent struct {
	// Messages has one entry per message, in order. It is empty after a
	// multicast, and may be after a retry.
	Messages []SentMessage
	// Accepted: an earlier try with the same retry key had been taken, and
	// nothing was sent now.
	Accepted  bool
	RequestID string
}

// SentMessage is a message as LINE keeps it.
type SentMessage struct {
	ID string
	// QuoteToken lets a later text of the same chat quote it; not every
	// message has one.
	QuoteToken string
}

// Reply answers an event with 1 to 5 frozen messages, free of charge. A token
// works once, within a minute of the event's (re)delivery. There is no retry
// key: after an Ambiguous error without NotSent the reply may have gone out.
func (c *Client) Reply(ctx context.Context, token string, messages json.RawMessage) (Sent, error) {
	if token == "" {
		return Sent{}, &Error{Class: InvalidReplyToken, Op: opReply, NotSent: true, Reason: "no token"}
	}
	sent, err := c.send(ctx, opReply, "/v2/bot/message/reply", "", envelope{"replyToken", token, messages})
	// 200 means that it goes out; only the ids are lost.
	var e *Error
	if errors.As(err, &e) && e.Status/100 == 2 {
		return Sent{RequestID: e.RequestID}, nil
	}
	return sent, err
}

// Push sends 1 to 5 frozen messages to a person, group or room. retryKey is a
// UUID that must be the same on every try of these bytes, from the first on;
// LINE forgets it after 24 hours and would then send again. LINE says 200 also
// when the person has blocked the account.
func (c *Client) Push(ctx context.Context, to, retryKey string, messages json.RawMessage) (Sent, error) {
	if !ValidID(to) {
		return Sent{}, refuse(opPush, "the recipient is not an id of LINE's")
	}
	return c.send(ctx, opPush, "/v2/bot/message/push", retryKey, envelope{"to", to, messages})
}

// Multicast sends 1 to 5 frozen messages to at most 500 people, each in their
// own talk. The order of to is part of the bytes that a retry must repeat.
func (c *Client) Multicast(ctx context.Context, to []string, retryKey string, messages json.RawMessage) (Sent, error) {
	if len(to) == 0 || len(to) > MaxMulticast {
		return Sent{}, refuse(opMulticast, "it needs 1 to 500 recipients")
	}
	for _, id := range to {
		if !validIDOf('U', id) {
			return Sent{}, refuse(opMulticast, "a recipient is not a user's id of LINE's")
		}
	}
	return c.send(ctx, opMulticast, "/v2/bot/message/multicast", retryKey, envelope{"to", to, messages})
}

// Validate asks LINE whether it would take these messages, without sending.
// kind is "reply", "push" or "multicast".
func (c *Client) Validate(ctx context.Context, kind string, messages json.RawMessage) error {
	switch kind {
	case opReply, opPush, opMulticast:
	default:
		return refuse(opValidate, "the kind is not reply, push or multicast")
	}
	_, err := c.post(ctx, opValidate, "/v2/bot/message/validate/"+kind, "", envelope{messages: messages})
	return err
}

// envelope is the body around frozen messages: {"<key>":<value>,"messages":…}.
type envelope struct {
	key      string
	value    any
	messages json.RawMessage
}

// bytes puts the body together. The frozen part is copied, never re-encoded.
func (v envelope) bytes() ([]byte, error) {
	m := bytes.TrimSpace(v.messages)
	if len(m) < 2 || m[0] != '[' || m[len(m)-1] != ']' {
		return nil, errors.New("the messages are not a list")
	}
	var b bytes.Buffer
	b.Grow(len(m) + 128)
	b.WriteByte('{')
	if v.key != "" {
		value, err := json.Marshal(v.value)
		if err != nil {
			return nil, err
		}
		b.WriteString(`"` + v.key + `":`)
		b.Write(value)
		b.WriteByte(',')
	}
	b.WriteString(`"messages":`)
	b.Write(m)
	b.WriteByte('}')
	if b.Len() > maxBody {
		return nil, errors.New("the request would be larger than 2 MB")
	}
	return b.Bytes(), nil
}

// send posts messages and reads what LINE says it made of them.
func (c *Client) send(ctx context.Context, op, path, retryKey string, v envelope) (Sent, error) {
	if op != opReply && !validRetryKey(retryKey) {
		return Sent{}, refuse(op, "the retry key is not a UUID")
	}
	a, err := c.post(ctx, op, path, retryKey, v)
	if err != nil {
		return Sent{}, err
	}
	sent := Sent{RequestID: cleanID(a.header.Get("X-Line-Request-Id"))}
	var body struct {
		Message string `json:"message"`
		Sent    []struct {
			ID         looseID `json:"id"`
			QuoteToken string  `json:"quoteToken"`
		} `json:"sentMessages"`
	}
	unread := a.broken || json.Unmarshal(a.body, &body) != nil
	if a.status == http.StatusConflict {
		accepted := cleanID(a.header.Get("X-Line-Accepted-Request-Id"))
		if op == opReply || accepted == "" && !strings.Contains(body.Message, "already accepted") {
			return Sent{}, a.fault(op, c.clock.Now())
		}
		sent.Accepted = true
		if accepted != "" {
			sent.RequestID = accepted
		}
	} else if unread {
		// With a retry key another try does no harm and brings the ids.
		return Sent{}, &Error{Class: Ambiguous, Op: op, Status: a.status, RequestID: sent.RequestID, Reason: "the answer cannot be read"}
	}
	for _, m := range body.Sent {
		sent.Messages = append(sent.Messages, SentMessage{ID: string(m.ID), QuoteToken: m.QuoteToken})
	}
	return sent, nil
}

// looseID reads a message id written as a string or as a number: LINE's
// examples show the one and its table says the other. The SDK reads only the
// string.
type looseID string

// UnmarshalJSON takes the digits either way.
func (id *looseID) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if !validKey(s) {
		return errors.New("not a message id")
	}
	*id = looseID(s)
	return nil
}

// post sends a body of our own through the SDK, which adds address, token and
// version. The SDK's client has no context of its own, so the request's stands.
func (c *Client) post(ctx context.Context, op, path, retryKey string, v envelope) (answer, error) {
	body, err := v.bytes()
	if err != nil {
		return answer{}, refuse(op, err.Error())
	}
	return c.call(ctx, op, func(ctx context.Context) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.api.Url(path), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/json; charset=UTF-8")
		if retryKey != "" {
			req.Header.Set(retryKeyHeader, retryKey)
		}
		return c.api.Do(req)
	})
}

// refuse is the error for what must not even be tried.
func refuse(op, reason string) *Error {
	return &Error{Class: Permanent, Op: op, NotSent: true, Reason: reason}
}

// validRetryKey tells whether s is a UUID in its usual writing.
func validRetryKey(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return false
			}
		}
	}
	return true
}
