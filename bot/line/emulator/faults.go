package emulator

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// FaultKind is what goes wrong with an API call.
type FaultKind string

// Faults before acceptance leave no trace; after acceptance the message has gone
// out, but the caller does not learn it.
const (
	FailBefore  FaultKind = "fail-before"  // answers Status (500) and does nothing
	FailAfter   FaultKind = "fail-after"   // does it and answers Status (500)
	DropBefore  FaultKind = "drop-before"  // breaks the connection, does nothing
	DropAfter   FaultKind = "drop-after"   // does it and breaks the connection
	HangBefore  FaultKind = "hang-before"  // never answers, does nothing
	HangAfter   FaultKind = "hang-after"   // does it and never answers
	Slow        FaultKind = "slow"         // waits Delay of real time, then does it
	RateLimited FaultKind = "rate-limited" // 429, the rate limit's
	QuotaOut    FaultKind = "quota-out"    // 429, the monthly limit's
)

// Fault is a fault to come.
type Fault struct {
	ID   string    `json:"id,omitempty"` // set by Break
	Kind FaultKind `json:"kind"`
	// Channel is a channel id, a bot's user id or basic id; empty means all.
	Channel string `json:"channel,omitempty"`
	// Endpoint is one of Endpoints, such as "push"; empty means all.
	Endpoint string `json:"endpoint,omitempty"`
	// Skip lets that many calls pass first; Times is how many then fail, all of
	// them until Mend when zero.
	Skip  int `json:"skip,omitempty"`
	Times int `json:"times,omitempty"`
	// Status is that of the Fail kinds, 500 when zero.
	Status int `json:"status,omitempty"`
	// Delay is Slow's, in real time.
	Delay time.Duration `json:"delay,omitempty"`
	// Hits counts the calls that it has struck.
	Hits int `json:"hits,omitempty"`
}

// Break scripts a fault and returns its id.
func (e *Emulator) Break(f Fault) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains([]FaultKind{FailBefore, FailAfter, DropBefore, DropAfter, HangBefore, HangAfter, Slow, RateLimited, QuotaOut}, f.Kind) {
		return "", fmt.Errorf("%w: fault %q", ErrUnknown, f.Kind)
	}
	if f.Endpoint != "" && !slices.Contains(e.endpoints(), f.Endpoint) {
		return "", fmt.Errorf("%w: endpoint %q", ErrUnknown, f.Endpoint)
	}
	if f.Channel != "" {
		c, err := e.bot(f.Channel)
		if err != nil {
			return "", err
		}
		f.Channel = c.o.ID
	}
	if f.Status == 0 {
		f.Status = http.StatusInternalServerError
	}
	if f.Status < 200 || f.Status > 599 {
		return "", fmt.Errorf("%w: status %d", ErrUnknown, f.Status)
	}
	e.fault++
	f.ID, f.Hits = strconv.FormatInt(e.fault, 10), 0
	e.faults = append(e.faults, &f)
	e.poke("fault", "")
	return f.ID, nil
}

// Mend takes a fault away; an empty id takes all. Calls from then on pass. Those
// that hang already stay so until their caller has had enough or Close breaks
// them off, as a connection to a server that has come to does.
func (e *Emulator) Mend(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = slices.DeleteFunc(e.faults, func(f *Fault) bool { return id == "" || f.ID == id })
	e.poke("fault", "")
}

// ForgetQuotes makes every quote token invalid, as LINE's of messages that it no
// longer knows.
func (e *Emulator) ForgetQuotes() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.quotes)
}

// Faults lists what is scripted, with the calls struck so far.
func (e *Emulator) Faults() []Fault {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]Fault, 0, len(e.faults))
	for _, f := range e.faults {
		out = append(out, *f)
	}
	return out
}

// struck returns the fault that this call meets, if any. The caller holds mu.
func (e *Emulator) struck(c *Channel, endpoint string) (Fault, bool) {
	for _, f := range e.faults {
		if (f.Channel != "" && f.Channel != c.o.ID) || (f.Endpoint != "" && f.Endpoint != endpoint) {
			continue
		}
		if f.Times > 0 && f.Hits >= f.Times {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		f.Hits++
		return *f, true
	}
	return Fault{}, false
}

// hang waits until the caller has had enough, or the emulator closes.
func (e *Emulator) hang(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-e.ctx.Done():
	}
}

// slow waits in real time.
func (e *Emulator) slow(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-e.ctx.Done():
	}
}
