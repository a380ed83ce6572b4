package webhook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/storage"
)

// work runs the turns of one body and tells whether all have committed within
// TurnTimeout. Turns that are late run on behind the answer; they share
// nothing with it but a channel that never blocks them.
func (h *Handler) work(ctx context.Context, council string, lanes [][]dialogue.Event) bool {
	workers := min(len(lanes), maxLanes, h.o.MaxTurns)
	if !h.admit(workers) {
		h.o.Observer.WebhookShed(council)
		for _, lane := range lanes {
			h.sorry.say(council, lane)
		}
		return false
	}
	// LINE hanging up does not undo what somebody has said.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), TurnTimeout)
	defer cancel()
	queue := make(chan []dialogue.Event, len(lanes))
	for _, lane := range lanes {
		queue <- lane
	}
	close(queue)
	results := make(chan bool, len(lanes))
	for range workers {
		h.running.Go(func() {
			defer func() { <-h.slots }()
			for lane := range queue {
				results <- h.lane(ctx, council, lane)
			}
		})
	}
	all := true
	for range lanes {
		select {
		case ok := <-results:
			all = all && ok
		case <-ctx.Done():
			return false
		}
	}
	return all
}

// admit takes n slots, or none.
func (h *Handler) admit(n int) bool {
	for i := range n {
		select {
		case h.slots <- struct{}{}:
		default:
			for range i {
				<-h.slots
			}
			return false
		}
	}
	return true
}

// lane takes the events of one chat one after the other. Behind one that
// failed nothing is begun, because LINE delivers all of them again and in
// order; only a fault of the program, which would fail for ever, is passed by: where
// the event could be recorded as seen, as if it had been dealt with.
func (h *Handler) lane(ctx context.Context, council string, events []dialogue.Event) bool {
	all := true
	for i, ev := range events {
		begun := ctx.Err() == nil
		outcome := h.turn(ctx, council, ev)
		switch outcome {
		case TurnGivenUp: // answered where the store could be written
		case TurnCommitted:
			if ev.Group == "" && h.o.Held() {
				h.sorry.say(council, events[i:i+1]) // nobody sees it for now
			}
		case TurnPanicked:
			h.sorry.say(council, events[i:i+1])
			all = false
		case TurnLate:
			if begun {
				h.again(council, events[i:])
				return false
			}
			h.sorry.say(council, events[i:])
			return false
		default:
			h.sorry.say(council, events[i:])
			return false
		}
	}
	return all
}

// again takes the first of a chat's events once more, behind the answer. It
// was given up while it was under way: it may have been kept, and is answered
// then; an apology would be wrong, and would use up the reply token, which the
// outbox may take for its own reply's having gone out. The event's
// deduplication key makes a second time harmless. Only when that fails too the
// apology is tried. The second try goes without the token, because the apology
// may take it while that try is being kept after all.
func (h *Handler) again(council string, events []dialogue.Event) {
	select {
	case h.doubts <- struct{}{}:
	default:
		h.o.Observer.WebhookApology(council, ApologySkipped)
		return
	}
	h.running.Go(func() {
		defer func() { <-h.doubts }()
		ctx, cancel := context.WithTimeout(context.Background(), doubtTimeout)
		defer cancel()
		ev := events[0]
		ev.ReplyToken = ""
		if err := h.guarded(ctx, council, ev); err != nil && outcomeOf(err) != TurnGivenUp { // counted and logged the first time
			h.sorry.say(council, events)
		}
	})
}

func (h *Handler) turn(ctx context.Context, council string, ev dialogue.Event) string {
	began := time.Now()
	err := h.guarded(ctx, council, ev)
	outcome := outcomeOf(err)
	h.o.Observer.WebhookTurn(council, ev.Kind, outcome, time.Since(began))
	p, panicked := errors.AsType[*storage.PanicError](err)
	if panicked {
		h.panicked(ctx, council, ev.Kind, p.Stack)
	}
	switch {
	case outcome == TurnGivenUp:
		h.o.Log.ErrorContext(ctx, "an event was given up: the program cannot deal with it", "council", council,
			"event", ev.Kind, "outcome", outcome, "error_types", errorTypes(err))
	case panicked:
	case err != nil && outcome != TurnPanicked:
		h.o.StoreFailed(err)
		h.o.Log.ErrorContext(ctx, "a turn failed", "council", council, "event", ev.Kind,
			"outcome", outcome, "error_types", errorTypes(err))
	}
	return outcome
}

func (h *Handler) panicked(ctx context.Context, council, kind string, stack []byte) {
	h.o.Log.ErrorContext(ctx, "a turn panicked", "council", council, "event", kind, "stack", string(stack))
}

var errPanicked = errors.New("webhook: the turn panicked")

// guarded turns a panic into an error. The panic's value may hold what was
// said, so only the stack is logged, which holds none of it.
func (h *Handler) guarded(ctx context.Context, council string, ev dialogue.Event) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
			h.panicked(ctx, council, ev.Kind, debug.Stack())
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	return h.o.Turner.Turn(ctx, council, ev)
}

func outcomeOf(err error) string {
	if err == nil {
		return TurnCommitted
	}
	_, panicked := errors.AsType[*storage.PanicError](err)
	_, givenUp := errors.AsType[*dialogue.GivenUp](err)
	switch {
	case givenUp:
		return TurnGivenUp
	case panicked, errors.Is(err, errPanicked):
		return TurnPanicked
	case errors.Is(err, storage.ErrBusy):
		return TurnBusy
	case errors.Is(err, storage.ErrClosed):
		return TurnClosed
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return TurnLate
	}
	return TurnFailed
}

// errorTypes names the types an error is wrapped from: enough to find its
// origin, and no word of its text, which might quote what was said.
func errorTypes(err error) string {
	var types []string
	for ; err != nil && len(types) < 8; err = errors.Unwrap(err) {
		types = append(types, fmt.Sprintf("%T", err))
	}
	return strings.Join(types, " < ")
}
