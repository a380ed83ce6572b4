package outbox_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
)

// act is a stretch of a delivery's life: the clock moves on, then these calls
// have been made since the last act, and these events heard in all.
type act struct {
	after  time.Duration
	calls  []string
	events []string
}

// The one delivery of these tests is d1 with key k2, to u1.
const (
	aReply = `reply tok ["hello"]`
	aPush  = `push u1 k2 ["hello"]`
)

func TestRules(t *testing.T) {
	unquotedPush := "push u1 " + uuid.NewSHA1(uuid.NameSpaceOID, []byte("k2")).String() + ` ["hello"]`
	delivered1, delivered0 := []string{"delivered 1"}, []string{"delivered 0"}
	cases := []struct {
		name    string
		push    bool // no token
		answers []error
		acts    []act
		outcome string // of the settled record; "" while it waits
		how     string
		counted map[string]int
	}{
		{name: "a reply goes out", outcome: "sent", how: "reply",
			acts: []act{{0, []string{aReply}, delivered1}}},
		{name: "a push goes out", push: true, outcome: "sent", how: "push",
			acts: []act{{0, []string{aPush}, delivered1}}},
		{name: "409 is success", push: true, answers: []error{doubt, errAccepted}, outcome: "sent", how: "push",
			acts: []act{{0, []string{aPush}, nil}, {time.Second, []string{aPush}, delivered0}}},
		{name: "a doubtful reply whose token still works goes out now", answers: []error{doubt, nil}, outcome: "sent", how: "reply",
			acts: []act{{0, []string{aReply}, nil}, {time.Second, []string{aReply}, delivered1}}},
		{name: "a doubtful reply whose token is used has gone out", answers: []error{doubt, badToken}, outcome: "taken_as_sent", how: "reply",
			acts:    []act{{0, []string{aReply}, nil}, {time.Second, []string{aReply}, delivered0}},
			counted: map[string]int{"taken_as_sent": 1, "maybe_twice": 0}},
		{name: "a doubtful reply beyond the token's life is pushed and counted", answers: []error{doubt}, outcome: "sent", how: "push",
			acts:    []act{{0, []string{aReply}, nil}, {51 * time.Second, []string{aPush}, delivered1}},
			counted: map[string]int{"maybe_twice": 1, "taken_as_sent": 0}},
		{name: "a token that was no good from the start is pushed, in no doubt", answers: []error{badToken}, outcome: "sent", how: "push",
			acts:    []act{{0, []string{aReply, aPush}, delivered1}},
			counted: map[string]int{"maybe_twice": 0, "taken_as_sent": 0}},
		{name: "after that doubt about the push stays the key's matter", answers: []error{badToken, doubt, errAccepted}, outcome: "sent", how: "push",
			acts:    []act{{0, []string{aReply, aPush}, nil}, {time.Second, []string{aPush}, delivered0}},
			counted: map[string]int{"maybe_twice": 0, "taken_as_sent": 0}},
		{name: "a rate limit leaves no doubt", answers: []error{limited(5 * time.Second), badToken}, outcome: "sent", how: "push",
			acts:    []act{{0, []string{aReply}, nil}, {4 * time.Second, nil, nil}, {time.Second, []string{aReply, aPush}, delivered1}},
			counted: map[string]int{"maybe_twice": 0, "taken_as_sent": 0}},
		{name: "doubt outlives a rate limit", answers: []error{doubt, limited(0), badToken}, outcome: "taken_as_sent", how: "reply",
			acts: []act{{0, []string{aReply}, nil}, {time.Second, []string{aReply}, nil}, {2 * time.Second, []string{aReply}, delivered0}}},
		{name: "no connection leaves no doubt", answers: []error{unsent, badToken}, outcome: "sent", how: "push",
			acts:    []act{{0, []string{aReply}, nil}, {time.Second, []string{aReply, aPush}, delivered1}},
			counted: map[string]int{"maybe_twice": 0}},
		{name: "a rate limit longer than the token's life", answers: []error{limited(time.Hour)}, outcome: "sent", how: "push",
			acts:    []act{{0, []string{aReply}, nil}, {49 * time.Second, nil, nil}, {time.Second, []string{aPush}, delivered1}},
			counted: map[string]int{"maybe_twice": 0}},
		{name: "back-off doubles", push: true, answers: []error{doubt, doubt, doubt, nil}, outcome: "sent", how: "push",
			acts: []act{{0, []string{aPush}, nil}, {time.Second, []string{aPush}, nil}, {time.Second, nil, nil},
				{time.Second, []string{aPush}, nil}, {3 * time.Second, nil, nil}, {time.Second, []string{aPush}, delivered1}}},
		{name: "a refusal settles at once", push: true, answers: []error{rejected}, outcome: "refused", how: "push",
			acts: []act{{0, []string{aPush}, []string{"refused"}}, {time.Hour, nil, []string{"refused"}}}},
		{name: "a refused reply is not pushed", answers: []error{rejected}, outcome: "refused", how: "reply",
			acts: []act{{0, []string{aReply}, []string{"refused"}}}},
		{name: "what is quoted is refused: once more without, under another key", push: true, answers: []error{badQuote}, outcome: "sent", how: "push",
			acts: []act{{0, []string{aPush, unquotedPush}, delivered1}}},
		{name: "the same after doubt, and in doubt again", push: true, answers: []error{doubt, badQuote, doubt, errAccepted}, outcome: "sent", how: "push",
			acts: []act{{0, []string{aPush}, nil}, {time.Second, []string{aPush, unquotedPush}, nil}, {2 * time.Second, []string{unquotedPush}, delivered0}}},
		{name: "refused without it too", push: true, answers: []error{badQuote, badQuote}, outcome: "refused", how: "push",
			acts: []act{{0, []string{aPush, unquotedPush}, []string{"refused"}}}},
		{name: "a reply whose quote is refused", answers: []error{badQuote}, outcome: "sent", how: "reply",
			acts: []act{{0, []string{aReply, aReply}, delivered1}}},
		{name: "a reply whose quote is refused and whose token is used up by it", answers: []error{badQuote, badToken}, outcome: "sent", how: "push",
			acts: []act{{0, []string{aReply, aReply, unquotedPush}, delivered1}}},
		{name: "a channel that is not let in is tried on", push: true, answers: []error{badChannel, nil}, outcome: "sent", how: "push",
			acts: []act{{0, []string{aPush}, nil}, {time.Second, []string{aPush}, delivered1}}},
		{name: "two minutes: told once, in time, and tried on", push: true,
			answers: []error{limited(time.Hour), nil}, outcome: "sent", how: "push",
			acts: []act{{0, []string{aPush}, nil}, {2*time.Minute - time.Second, nil, nil},
				{time.Second, nil, []string{"stuck"}}, {30 * time.Minute, nil, []string{"stuck"}},
				{28 * time.Minute, []string{aPush}, []string{"stuck", "delivered 1"}}},
			counted: map[string]int{"reported stuck": 1}},
		{name: "the month's quota is out: told once, tried every hour", push: true,
			answers: []error{noQuota, noQuota, nil}, outcome: "sent", how: "push",
			acts: []act{{0, []string{aPush}, []string{"quota_out"}}, {59 * time.Minute, nil, []string{"quota_out"}},
				{time.Minute, []string{aPush}, []string{"quota_out"}}, {time.Hour, []string{aPush}, []string{"quota_out", "delivered 1"}}},
			counted: map[string]int{"reported quota_out": 1, "reported stuck": 0}},
		{name: "a day has passed before it could be tried again", push: true, answers: repeat(doubt, 2000), outcome: "expired", how: "none",
			acts: []act{{0, []string{aPush}, nil}, {24*time.Hour - 10*time.Minute, nil, []string{"expired"}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := &script{answers: c.answers}
			h := newHouse(t, s)
			if c.push {
				h.put(text("u1", "hello"))
			} else {
				h.put(h.reply("u1", "hello", "tok"))
			}
			h.run()
			seen := 0
			for i, a := range c.acts {
				h.advance(a.after)
				calls := s.said()
				if !slices.Equal(calls[seen:], a.calls) {
					t.Errorf("act %d: calls %q, want %q", i, calls[seen:], a.calls)
				}
				seen = len(calls)
				if got := h.events("d1"); !slices.Equal(got, a.events) {
					t.Errorf("act %d: events %q, want %q", i, got, a.events)
				}
			}
			got, _ := h.settled("d1")
			if got.Outcome != c.outcome || got.How != c.how {
				t.Errorf("settled %q by %q, want %q by %q", got.Outcome, got.How, c.outcome, c.how)
			}
			if n := h.waiting(); (n == 0) != (c.outcome != "") {
				t.Errorf("%d still wait", n)
			}
			for what, n := range c.counted {
				if got := h.tally.get(what); got != n {
					t.Errorf("%s counted %d times, want %d", what, got, n)
				}
			}
			if want := h.tally.get("maybe_twice") == 1; got.MaybeTwice != want {
				t.Error("the record disagrees with the count of maybe_twice")
			}
		})
	}
}

func repeat(err error, n int) []error { return slices.Repeat([]error{err}, n) }

// Every call of a push carries the same key and the same bytes, and none is
// made in the last minutes of LINE's 24 hours.
func TestPushesAreIdenticalForADay(t *testing.T) {
	s := &script{answers: repeat(doubt, 5000)}
	h := newHouse(t, s)
	h.put(text("u1", "a <b> & \u2028 見守り"))
	h.run()
	h.idle()
	var last time.Duration
	for at := time.Duration(0); at < 25*time.Hour; at += 5 * time.Minute {
		before := len(s.said())
		h.advance(5 * time.Minute)
		if len(s.said()) > before {
			last = at + 5*time.Minute
		}
	}
	calls := s.said()
	if len(calls) < 280 {
		t.Errorf("only %d calls in a day", len(calls))
	}
	for i, c := range calls {
		if c != calls[0] {
			t.Fatalf("call %d differs: %q and %q", i, c, calls[0])
		}
	}
	if last >= 24*time.Hour {
		t.Errorf("last call after %v", last)
	}
	if got := h.events("d1"); !slices.Equal(got, []string{"stuck", "expired"}) {
		t.Errorf("events %q", got)
	}
}

// What is stuck lets others pass, keeps its key, and is delivered in the end.
func TestStuckHeadLetsOthersPass(t *testing.T) {
	s := &script{}
	h := newHouse(t, s)
	h.put(text("g1", "first"))
	h.put(text("g1", "second"))
	h.put(text("u2", "apart"))
	s.during = func(string) {}
	failing := true
	sender := &picky{script: s, refuse: func(ms string) error {
		if failing && ms == `["first"]` {
			return doubt
		}
		return nil
	}}
	h.options.Sender = sender
	h.run()
	h.idle()
	if got := s.said(); !slices.Equal(got, []string{`push u2 k6 ["apart"]`}) {
		t.Errorf("recipients wait for each other, or order is lost: %q", got)
	}
	h.advance(2 * time.Minute)
	if got := s.said(); len(got) != 2 || got[1] != `push g1 k4 ["second"]` {
		t.Errorf("after two minutes: %q", got)
	}
	sender.set(func() { failing = false })
	h.advance(5 * time.Minute)
	if got := s.said(); len(got) != 3 || got[2] != `push g1 k2 ["first"]` {
		t.Errorf("in the end: %q", got)
	}
	if got := h.events("d1"); !slices.Equal(got, []string{"stuck", "delivered 1"}) {
		t.Errorf("events %q", got)
	}
}

// What has waited for two minutes behind another is stuck with its first
// failure, and lets others pass as well.
func TestStuckBehindStuck(t *testing.T) {
	s := &script{}
	h := newHouse(t, &picky{script: s, refuse: func(ms string) error {
		if ms != `["third"]` {
			return doubt
		}
		return nil
	}})
	for _, body := range []string{"first", "second", "third"} {
		h.put(text("g1", body))
	}
	h.run()
	h.idle()
	h.advance(2*time.Minute - time.Second)
	if got := s.said(); len(got) != 0 {
		t.Errorf("before two minutes: %q", got)
	}
	h.advance(time.Second)
	if got := s.said(); len(got) != 1 {
		t.Errorf("after two minutes: %q", got)
	}
	for _, id := range []string{"d1", "d3"} {
		if got := h.events(id); !slices.Equal(got, []string{"stuck"}) {
			t.Errorf("events of %s: %q", id, got)
		}
	}
}

// The token's answer comes when its life may be over: it does not tell whether
// the reply had gone out.
func TestInvalidTokenTooLate(t *testing.T) {
	s := &script{answers: []error{doubt, badToken}}
	h := newHouse(t, s)
	s.during = func(string) {
		if h.clock.Now().After(start) {
			h.clock.Set(start.Add(52 * time.Second))
		}
	}
	h.put(h.reply("u1", "hello", "tok"))
	h.run()
	h.idle()
	h.advance(48 * time.Second)
	if got := s.said(); !slices.Equal(got, []string{aReply, aReply, aPush}) {
		t.Errorf("calls %q", got)
	}
	if h.tally.get("maybe_twice") != 1 || h.tally.get("taken_as_sent") != 0 {
		t.Error("it is not counted as maybe twice")
	}
}

// Replies overtake pushes that wait for quota.
func TestRepliesPassWhatWaitsForQuota(t *testing.T) {
	s := &script{answers: []error{noQuota}}
	h := newHouse(t, s)
	h.put(text("u1", "push"))
	h.put(h.reply("u1", "reply", "tok"))
	h.run()
	h.idle()
	if got := s.said(); len(got) != 2 || got[1] != `reply tok ["reply"]` {
		t.Errorf("calls %q", got)
	}
	if got := h.events("d3"); !slices.Equal(got, []string{"delivered 1"}) {
		t.Errorf("the reply: %q", got)
	}
}

// The month turns in Japan, not in Greenwich.
func TestQuotaComesBackWithTheMonth(t *testing.T) {
	s := &script{answers: []error{noQuota}}
	h := newHouse(t, s)
	h.clock.Set(time.Date(2026, 7, 31, 14, 40, 0, 0, time.UTC)) // 23:40 in Japan
	h.put(text("u1", "push"))
	h.run()
	h.idle()
	h.advance(20*time.Minute - time.Second)
	if got := len(s.said()); got != 1 {
		t.Errorf("%d calls before the month turns", got)
	}
	h.advance(time.Second)
	if got := len(s.said()); got != 2 {
		t.Errorf("%d calls when the month has turned", got)
	}
}

func TestLetters(t *testing.T) {
	s := &script{answers: []error{doubt, nil}}
	h := newHouse(t, s, func(o *outbox.Options) { o.Mailer = s })
	h.put(message.Outgoing{To: message.Recipient{Kind: message.ToMail, ID: "a@example.jp"}, Messages: []message.Message{
		message.CaseCard{Alt: "【0001】\n危険", Heading: "0001", Rows: []message.Row{{Label: "種類", Value: "訪問"}}}}})
	h.run()
	h.idle()
	h.advance(time.Second)
	want := "mail a@example.jp k2 【0001】"
	if got := s.said(); !slices.Equal(got, []string{want, want}) {
		t.Errorf("calls %q", got)
	}
	if n := h.tally.get("maybe_twice"); n != 1 {
		t.Errorf("a letter after doubt is counted %d times", n)
	}
}

func TestNoMailServer(t *testing.T) {
	h := newHouse(t, &script{})
	h.put(message.Outgoing{To: message.Recipient{Kind: message.ToMail, ID: "a@example.jp"}, Messages: []message.Message{message.Text{Body: "x"}}})
	h.run()
	h.idle()
	if got := h.events("d1"); !slices.Equal(got, []string{"refused"}) {
		t.Errorf("events %q", got)
	}
}
