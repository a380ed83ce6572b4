package dialogue

import (
	"testing"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// member10 is what is kept of the member U10, clerk2 of the second clerk, bound
// whether the secretariat's group is one.
func (s *stand) member10() (state council.MemberState) {
	s.work(func(w *casework.Work) error {
		m, _, err := w.Member("U10")
		state = m.State
		return err
	})
	return state
}

func (s *stand) clerk2() (state council.ClerkState) {
	s.read(func(tx storage.Tx) error {
		c, _, err := records.Clerks.Get(tx, "U02")
		state = c.State
		return err
	})
	return state
}

func (s *stand) bound() (is bool) {
	s.work(func(w *casework.Work) error {
		_, ok, err := w.Secretariat()
		is = ok
		return err
	})
	return is
}

func (s *stand) read(do func(storage.Tx) error) {
	s.t.Helper()
	if err := s.store.View(s.t.Context(), town, do); err != nil {
		s.t.Fatal(err)
	}
}

// LINE delivers in any order. Whatever the order, what the events leave behind
// is what the newest of them says.
func TestOrderOfEvents(t *testing.T) {
	in := func(kind string) Event { return Event{Kind: kind, Group: group, People: []string{"U02"}} }
	alone := func(kind string) Event {
		return Event{Kind: kind, User: "U10", Text: "メニュー", Media: "sticker", Data: "m:resume"}
	}
	bot := func(kind string) Event { return Event{Kind: kind, Group: group} }
	said := Event{Kind: Said, Group: group, User: "U02", Text: "おはようございます"}
	sticker := Event{Kind: SentOther, Group: group, User: "U02", Media: "sticker"}
	reachable := func(s *stand) string { return string(s.member10()) }
	second := func(s *stand) string {
		if s.clerk2() == council.ClerkGone {
			return "gone"
		}
		return "there"
	}
	secretariat := func(s *stand) string {
		if s.bound() {
			return "bound"
		}
		return "not bound"
	}
	for name, c := range map[string]struct {
		older, newer Event
		look         func(*stand) string
		want         string
	}{
		"follow after unfollow":        {alone(Unfollowed), alone(Followed), reachable, "active"},
		"unfollow after follow":        {alone(Followed), alone(Unfollowed), reachable, "blocked"},
		"words after unfollow":         {alone(Unfollowed), alone(Said), reachable, "active"},
		"unfollow after words":         {alone(Said), alone(Unfollowed), reachable, "blocked"},
		"tap after unfollow":           {alone(Unfollowed), alone(Tapped), reachable, "active"},
		"unfollow after tap":           {alone(Tapped), alone(Unfollowed), reachable, "blocked"},
		"sticker after unfollow":       {alone(Unfollowed), alone(SentOther), reachable, "active"},
		"unfollow after sticker":       {alone(SentOther), alone(Unfollowed), reachable, "blocked"},
		"joining after leaving":        {in(Left), in(Joined), second, "there"},
		"leaving after joining":        {in(Joined), in(Left), second, "gone"},
		"words after leaving":          {in(Left), said, second, "there"},
		"leaving after words":          {said, in(Left), second, "gone"},
		"group sticker after leaving":  {in(Left), sticker, second, "there"},
		"leaving after group sticker":  {sticker, in(Left), second, "gone"},
		"account let in after put out": {bot(BotLeft), bot(BotJoined), secretariat, "not bound"}, // it has lost its clerks
		"account put out after let in": {bot(BotJoined), bot(BotLeft), secretariat, "not bound"},
		"account put out after words":  {said, bot(BotLeft), secretariat, "not bound"},
	} {
		for _, turned := range []bool{false, true} {
			t.Run(name+map[bool]string{false: ", in order", true: ", turned round"}[turned], func(t *testing.T) {
				s := newStand(t, nil)
				s.secretariat()
				s.member("U10", "shop", "A-1")
				s.hands.Advance(time.Hour)
				c.older.At, c.newer.At = s.hands.Now(), s.hands.Now().Add(time.Second)
				s.hands.Advance(time.Minute)
				first, second := c.older, c.newer
				if turned {
					first, second = second, first
				}
				s.turn(first)
				said := len(s.said)
				s.turn(second)
				want := c.want
				if turned && c.newer.Kind == BotJoined {
					want = "bound" // the clerks were never taken to have lost it
				}
				if got := c.look(s); got != want {
					t.Errorf("%s, want %s", got, want)
				}
				stale := c.older.Kind
				if turned && stale != Said && stale != Tapped && stale != SentOther && len(s.said) > said {
					t.Errorf("an event that is over says %+v", s.said[said:])
				}
			})
		}
	}
}

// What had been known to be over is over for whoever comes later: the people of
// a group who were never seen in it, a group that was never heard of, a clerk.
func TestOlderEventsOfTheUnknown(t *testing.T) {
	t.Run("joining of who has left", func(t *testing.T) {
		s := newStand(t, nil)
		s.secretariat()
		at := s.hands.Now()
		s.hands.Advance(time.Minute)
		s.turn(Event{Kind: Left, Group: group, People: []string{"U07"}})
		said := len(s.said)
		s.turn(Event{Kind: Joined, Group: group, People: []string{"U07"}, At: at})
		s.turn(Event{Kind: Said, Group: group, User: "U07", Text: "こんにちは", At: at.Add(time.Second)})
		if len(s.said) > said {
			t.Errorf("the group is told %+v", s.said[said:])
		}
	})
	t.Run("letting in where it was put out", func(t *testing.T) {
		s := newStand(t, nil)
		s.secretariat()
		at := s.hands.Now()
		s.hands.Advance(time.Minute)
		s.turn(Event{Kind: BotLeft, Group: "C09"})
		said := len(s.said)
		s.turn(Event{Kind: BotJoined, Group: "C09", At: at})
		if len(s.said) > said {
			t.Errorf("a group that the account has left is told %+v", s.said[said:])
		}
	})
	t.Run("a code in a group that was left", func(t *testing.T) {
		s := newStand(t, nil)
		var code string
		s.work(func(w *casework.Work) (err error) {
			code, _, err = w.NewSetupCode()
			return err
		})
		s.turn(Event{Kind: BotJoined, Group: group})
		at := s.hands.Now().Add(time.Second)
		s.hands.Advance(time.Minute)
		s.turn(Event{Kind: BotLeft, Group: group})
		s.turn(Event{Kind: Said, Group: group, User: clerk, Text: code, At: at})
		if s.bound() {
			t.Error("bound")
		}
	})
	t.Run("leaving before the code", func(t *testing.T) {
		s := newStand(t, nil)
		at := s.hands.Now()
		s.hands.Advance(time.Minute)
		s.secretariat()
		s.turn(Event{Kind: BotLeft, Group: group, At: at})
		s.turn(Event{Kind: Left, Group: group, People: []string{clerk}, At: at})
		s.turn(Event{Kind: Said, Group: group, User: clerk, Text: "受付26-0001 担当する"})
		if !s.bound() {
			t.Error("not bound")
		}
		s.read(func(tx storage.Tx) error {
			c, _, err := records.Clerks.Get(tx, clerk)
			if c.State != council.ClerkApproved {
				t.Errorf("the clerk is %s", c.State)
			}
			return err
		})
	})
}
