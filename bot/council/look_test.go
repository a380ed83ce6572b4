package council_test

import (
	"testing"
	"time"

	"mimamori.example/mimamori/bot/council"
)

// weekdays is an office that opens from 8:30 to 17:15 on Monday to Friday.
type weekdays struct{}

func (weekdays) at(t time.Time, days, h, m int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, h, m, 0, 0, tokyo)
}
func (weekdays) works(t time.Time) bool {
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}
func (w weekdays) Open(t time.Time) bool {
	t = t.In(tokyo)
	return w.works(t) && !t.Before(w.at(t, 0, 8, 30)) && t.Before(w.at(t, 0, 17, 15))
}
func (w weekdays) NextOpening(t time.Time) time.Time {
	t = t.In(tokyo)
	for n := 0; ; n++ {
		if at := w.at(t, n, 8, 30); w.works(at) && at.After(t) {
			return at
		}
	}
}
func (w weekdays) AfterWorkingDays(t time.Time, n int) time.Time {
	for range n {
		t = w.NextOpening(w.at(t.In(tokyo), 0, 23, 59))
	}
	return t
}

// never is an office that does not open any more.
type never struct{}

func (never) Open(time.Time) bool                           { return false }
func (never) NextOpening(time.Time) time.Time               { return time.Time{} }
func (never) AfterWorkingDays(time.Time, int) (t time.Time) { return t }

var rules = council.Rules{Levels: map[council.Level]council.Waits{
	council.Danger: {Untaken: 5 * time.Minute, Unanswered: 30 * time.Minute, Idle: 2 * time.Hour, Repeat: 10 * time.Minute, Times: 6},
	council.Soon:   {Untaken: 45 * time.Minute, Unanswered: 2 * time.Hour, Repeat: 75 * time.Minute, Times: 2},
	council.Unsure: {Untaken: time.Hour, Times: 1}, council.Calm: {},
}, Connect: 3, MostDays: 8, From: 7 * time.Hour, Until: 21 * time.Hour, Zone: tokyo}

func day(s string) time.Time {
	t, err := time.ParseInLocation("01-02 15:04", s, tokyo)
	if err != nil {
		panic(err)
	}
	return t.AddDate(2026, 0, 0)
}

// What an open case of each level waits for is brought to mind at these times,
// the first of them. 12-01 is a Tuesday.
func TestLooks(t *testing.T) {
	taken := func(c *council.Case) {
		c.State, c.History = council.Taken, []council.Entry{{At: c.Received, Action: council.Take}}
	}
	instructed := func(c *council.Case) {
		c.State, c.Instructions = council.Instructed, []council.Instruction{{ID: "A", Sent: c.Received, Wants: council.WantsAnswer}}
	}
	owed := func(c *council.Case) { taken(c); c.Owe(council.NotDone, "A", c.Received) }
	handed := func(c *council.Case) { c.State, c.HandedOver = council.HandedOver, c.Received }
	for _, tt := range []struct {
		name, received string
		level          council.Level
		set            func(*council.Case)
		why            council.Why
		who            council.Waiter
		want           []string
	}{
		{"danger", "12-04 21:00", council.Danger, nil, council.NotTaken, council.ForClerk,
			[]string{"12-04 21:05", "12-04 21:15", "12-04 21:25", "12-04 21:35", "12-04 21:45", "12-04 21:55", "12-07 08:30", "12-07 09:30", "12-07 10:30",
				"12-07 11:30", "12-07 12:30", "12-07 13:30", "12-07 14:30", "12-07 15:30", "12-08 08:30", "12-09 08:30", "12-10 08:30", "12-11 08:30", "12-14 08:30"}},
		{"danger, card late", "12-01 10:00", council.Danger, func(c *council.Case) { c.CardShown = day("12-01 10:20") }, council.NotTaken, council.ForClerk, []string{"12-01 10:25"}},
		{"danger, taken", "12-01 03:00", council.Danger, taken, council.NotMoved, council.ForClerk,
			[]string{"12-01 07:00", "12-01 08:30", "12-03 08:30", "12-09 08:30", "12-21 08:30", "12-31 08:30"}},
		{"danger, not done", "12-01 23:00", council.Danger, owed, council.NotDone, council.ForClerk, []string{"12-01 23:05", "12-01 23:15"}},
		{"danger, not answered", "12-01 23:00", council.Danger, instructed, council.NotAnswered, council.ForMember,
			[]string{"12-01 23:30", "12-01 23:40", "12-01 23:50", "12-02 00:00", "12-02 00:10", "12-02 00:20", "12-02 08:30", "12-02 09:30", "12-02 10:30",
				"12-02 11:30", "12-02 12:30", "12-02 13:30", "12-02 14:30", "12-02 15:30", "12-03 08:30", "12-07 08:30", "12-11 08:30", "12-23 08:30"}},
		{"soon", "12-01 10:00", council.Soon, nil, council.NotTaken, council.ForClerk,
			[]string{"12-01 10:45", "12-01 12:00", "12-02 08:30", "12-04 08:30", "12-10 08:30", "12-22 08:30"}},
		{"soon, on a Saturday evening", "12-05 20:30", council.Soon, nil, council.NotTaken, council.ForClerk, []string{"12-06 07:00", "12-06 08:15", "12-07 08:30"}},
		{"soon, not answered", "12-01 10:00", council.Soon, instructed, council.NotAnswered, council.ForMember, []string{"12-01 12:00", "12-01 13:15", "12-02 08:30"}},
		{"soon, taken", "12-01 10:00", council.Soon, taken, council.NotMoved, council.ForClerk, []string{"12-02 08:30", "12-04 08:30"}},
		{"unsure", "12-01 10:00", council.Unsure, nil, council.NotTaken, council.ForClerk, []string{"12-01 11:00", "12-02 08:30", "12-04 08:30"}},
		{"unsure, late in the day", "12-01 17:00", council.Unsure, nil, council.NotTaken, council.ForClerk, []string{"12-02 08:30", "12-03 08:30", "12-07 08:30"}},
		{"unsure, at night", "12-01 20:00", council.Unsure, func(c *council.Case) { c.Set(council.Timer{Kind: council.PostCard, At: day("12-02 08:30")}) },
			council.NotTaken, council.ForClerk, []string{"12-02 09:30"}},
		{"calm", "12-01 10:00", council.Calm, nil, council.NotTaken, council.ForClerk, []string{"12-02 08:30", "12-04 08:30", "12-10 08:30", "12-22 08:30"}},
		{"calm, not answered", "12-01 10:00", council.Calm, instructed, council.NotAnswered, council.ForMember, []string{"12-02 08:30", "12-04 08:30"}},
		{"calm, not done", "12-01 10:00", council.Calm, owed, council.NotDone, council.ForClerk, []string{"12-02 08:30", "12-04 08:30"}},
		{"handed over", "12-01 10:00", council.Calm, handed, council.NotConnected, council.ForCentre, []string{"12-04 08:30", "12-07 08:30", "12-09 08:30", "12-15 08:30", "12-25 08:30"}},
		{"connected", "12-01 10:00", council.Calm, func(c *council.Case) { taken(c); c.State = council.Connected }, council.NotMoved, council.ForClerk, []string{"12-02 08:30"}},
		{"a day ahead", "12-01 10:00", council.Danger, func(c *council.Case) {
			instructed(c)
			c.Set(council.Timer{Kind: council.FollowUp, At: day("12-20 10:00"), Ref: "A"})
		}, council.DayAhead, council.ForDay, []string{"12-20 10:00"}},
		{"an old case that does not say what it wants", "12-01 10:00", council.Calm, func(c *council.Case) { instructed(c); c.Instructions[0].Wants = "" },
			council.NotAnswered, council.ForMember, []string{"12-02 08:30"}},
	} {
		c := council.Case{Urgent: tt.level.String(), State: council.Received, Received: day(tt.received)}
		if tt.set != nil {
			tt.set(&c)
		}
		for n, want := range tt.want {
			c.Look = council.NextLook(c, rules, weekdays{})
			if got := c.Look; got.Why != tt.why || got.For != tt.who || !got.At.Equal(day(want)) {
				t.Errorf("%s: look %d is at %v for %s, %s, want %s", tt.name, n+1, got.At.In(tokyo).Format("01-02 15:04"), got.For, got.Why, want)
				break
			}
			if again := council.NextLook(c, rules, weekdays{}); again != c.Look {
				t.Errorf("%s: saved again it is another: %+v, %+v", tt.name, c.Look, again)
			}
			c.Look.Raised, c.Look.Last = n+1, c.Look.At
		}
	}
}

// Every open case of every state and level has a look, whatever the rules say
// and however the office opens; a closed one has none.
func TestEveryOpenCaseHasALook(t *testing.T) {
	now := day("12-01 10:00")
	for _, state := range council.States {
		for _, level := range council.Levels {
			for _, r := range []council.Rules{rules, {}} {
				for _, h := range []council.Hours{weekdays{}, never{}} {
					c := council.Case{State: state, Urgent: level.String(), Received: now}
					for raised := range 40 {
						c.Look = council.NextLook(c, r, h)
						if state == council.Closed {
							if c.Look != (council.Look{}) {
								t.Errorf("a closed case has a look: %+v", c.Look)
							}
							break
						}
						if c.Look.For == "" || c.Look.Why == "" || !c.Look.At.After(c.Look.Last) || c.Due() != c.Look.At {
							t.Fatalf("%s, %s, %d: %+v", state, level, raised, c.Look)
						}
						if wait := c.Look.At.Sub(now); wait > 15*24*time.Hour {
							t.Fatalf("%s, %s, %d: waits %v", state, level, raised, wait)
						}
						now = c.Look.At
						c.Look.Raised, c.Look.Last = raised+1, now
					}
				}
			}
		}
	}
}

// What has changed begins anew; what has not goes on.
func TestLooksBeginAnew(t *testing.T) {
	c := council.Case{State: council.Received, Urgent: "calm", Received: day("12-01 10:00")}
	c.Look = council.NextLook(c, rules, weekdays{})
	c.Look.Raised, c.Look.Last = 3, day("12-10 08:30")
	c.Urgent, c.Grown = "danger", day("12-11 10:00")
	if l := council.NextLook(c, rules, weekdays{}); l.Raised != 0 || !l.At.Equal(day("12-11 10:05")) {
		t.Errorf("a case that has become dangerous: %+v", l)
	}
	c.State = council.Taken
	c.Owe(council.NotReplied, "", day("12-12 10:00"))
	c.Owe(council.NotReplied, "", day("12-12 10:04"))
	if c.Look = council.NextLook(c, rules, weekdays{}); !c.Look.At.Equal(day("12-12 10:05")) {
		t.Errorf("who writes again has waited for less: %+v", c.Look)
	}
}

// Who may be told when.
func TestWhenTheGroupMayBeTold(t *testing.T) {
	for _, tt := range []struct {
		level   council.Level
		t, want string
	}{
		{council.Danger, "12-05 03:00", "12-05 03:00"},
		{council.Soon, "12-05 06:59", "12-05 07:00"}, {council.Soon, "12-05 07:00", "12-05 07:00"}, {council.Soon, "12-05 20:59", "12-05 20:59"},
		{council.Soon, "12-05 21:00", "12-06 07:00"}, {council.Soon, "12-01 23:59", "12-02 07:00"},
		{council.Unsure, "12-01 17:14", "12-01 17:14"}, {council.Unsure, "12-01 17:15", "12-02 08:30"}, {council.Unsure, "12-04 20:00", "12-07 08:30"},
		{council.Calm, "12-01 08:29", "12-01 08:30"},
	} {
		if got := rules.When(tt.level, day(tt.t), weekdays{}); !got.Equal(day(tt.want)) {
			t.Errorf("%v at %s: %v", tt.level, tt.t, got)
		}
		if may := rules.May(tt.level, day(tt.t), weekdays{}); may != (tt.t == tt.want) {
			t.Errorf("%v at %s: may %v", tt.level, tt.t, may)
		}
	}
}
