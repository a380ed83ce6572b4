package emulator

import (
	"encoding/json"
	"log/slog"
	"slices"
	"time"
)

// Send is one call that a bot made.
type Send struct {
	Seq      int64         `json:"seq"` // counts calls and webhooks together
	Time     time.Time     `json:"time"`
	Channel  string        `json:"channel,omitempty"` // id; empty when the token was no channel's
	Endpoint string        `json:"endpoint"`          // one of Endpoints, empty when there is none
	Method   string        `json:"method"`
	Path     string        `json:"path"`
	RetryKey string        `json:"retryKey,omitempty"`
	Body     string        `json:"body,omitempty"` // of JSON calls
	Status   int           `json:"status"`         // what was decided, also when a fault kept it back
	Answer   string        `json:"answer,omitempty"`
	Request  string        `json:"requestId"`
	Took     time.Duration `json:"took"` // real time
	// Fault is the fault that struck, if one did.
	Fault FaultKind `json:"fault,omitempty"`
	// Accepted says that the call took effect, whatever the caller was told.
	Accepted bool `json:"accepted,omitempty"`
	// To are the ids that it went to, Counted how many messages were counted.
	To      []string `json:"to,omitempty"`
	Counted int      `json:"counted,omitempty"`
	// Messages are the ids of the messages sent.
	Messages []string `json:"messages,omitempty"`
	// Remark is what LINE would not say: a retry key used for another body.
	Remark string `json:"remark,omitempty"`
}

// Webhook is one attempt to deliver a webhook.
type Webhook struct {
	Seq       int64           `json:"seq"`
	Time      time.Time       `json:"time"`
	Channel   string          `json:"channel"`
	URL       string          `json:"url"`
	Body      json.RawMessage `json:"body"`
	Signature string          `json:"signature"`
	Events    []string        `json:"events"`  // webhookEventIds
	Attempt   int             `json:"attempt"` // from 1; beyond it is a redelivery
	Status    int             `json:"status"`  // 0: no answer
	Answer    string          `json:"answer,omitempty"`
	Error     string          `json:"error,omitempty"`
	Took      time.Duration   `json:"took"` // real time
}

// Sends lists the API calls, oldest first, as many as Options.KeepLog says.
func (e *Emulator) Sends() []Send {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.sends)
}

// Webhooks lists the attempts to deliver webhooks, oldest first.
func (e *Emulator) Webhooks() []Webhook {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.hooks)
}

// ForgetLog empties both logs.
func (e *Emulator) ForgetLog() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sends, e.hooks = nil, nil
	e.poke("send", "")
	e.poke("webhook", "")
}

func (e *Emulator) logSend(s Send) {
	e.seq++
	s.Seq = e.seq
	e.sends = trim(append(e.sends, s), e.keep)
	e.log.Debug("api call", slog.String("endpoint", s.Endpoint), slog.Int("status", s.Status), slog.String("fault", string(s.Fault)))
	e.poke("send", "")
}

// logWebhook notes an attempt; chat is as in Change.
func (e *Emulator) logWebhook(w Webhook, chat string) {
	e.seq++
	w.Seq = e.seq
	e.hooks = trim(append(e.hooks, w), e.keep)
	e.log.Debug("webhook", slog.Int("status", w.Status), slog.Int("attempt", w.Attempt), slog.Int("events", len(w.Events)))
	e.poke("webhook", chat)
}

// trim drops the older half at twice the size, so that dropping is cheap.
func trim[T any](s []T, keep int) []T {
	if len(s) < 2*keep {
		return s
	}
	return append([]T(nil), s[len(s)-keep:]...)
}
