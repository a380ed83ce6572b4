package dialogue

import (
	"context"
	"testing"
	"time"
)

// hung is a LINE that does not answer while it is down.
type hung struct {
	down  bool
	asked int
}

func (h *hung) Name(ctx context.Context, _, _, user string) string {
	h.asked++
	if h.down {
		<-ctx.Done()
		return ""
	}
	return "名" + user
}

func (h *hung) Count(ctx context.Context, _, _ string) int {
	h.asked++
	if h.down {
		<-ctx.Done()
		return -1
	}
	return 2
}

// A LINE that does not tell names in time is waited for once, not once per event
// of a body, which would never be over in time. It is asked again soon.
func TestHungNamesAreNotWaitedForTwice(t *testing.T) {
	s := newStand(t, nil)
	s.secretariat()
	line := &hung{down: true}
	s.talks = New(s.store, s, line, s.hands, map[string]Council{town: s.talks.councils[town].Council})
	s.talks.patience = time.Millisecond
	for _, ev := range []Event{
		{Kind: Joined, Group: group, People: []string{"U50"}}, {Kind: Said, Group: group, User: "U51", Text: "はい"},
		{Kind: Joined, Group: group, People: []string{"U52"}}, {Kind: Said, Group: group, User: "U53", Text: s.id()},
	} {
		s.turn(ev)
	}
	if line.asked != 1 {
		t.Errorf("asked %d times", line.asked)
	}
	line.down = false
	s.hands.Advance(askPause)
	s.turn(Event{Kind: Joined, Group: group, People: []string{"U54"}})
	if line.asked != 3 { // the name, and how many are there
		t.Errorf("asked %d times once it is back", line.asked)
	}
	now := s.hands.Now()
	s.talks.asks.hold(town, now.Add(askPause))
	if s.talks.asks.allowed(town, now) || !s.talks.asks.allowed(town, now.Add(-time.Hour)) || !s.talks.asks.allowed("other", now) {
		t.Error("a pause holds another council, or goes on when the clock is set back")
	}
}
