package dialogue

import (
	"context"
	"errors"
	"strings"
	"testing"

	"mimamori.example/mimamori/storage"
)

// failing is a store whose transactions do something of their own instead of
// reading a document of a kind.
type failing struct {
	storage.Store
	kind string
	do   func() error // nil: nothing is wrong
}

func (f *failing) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	return f.Store.Update(ctx, council, func(tx storage.Tx) error { return fn(failingTx{tx, f}) })
}

type failingTx struct {
	storage.Tx
	f *failing
}

func (t failingTx) GetDoc(kind, id string) ([]byte, bool, error) {
	if t.f.do != nil && kind == t.f.kind {
		return nil, false, t.f.do()
	}
	return t.Tx.GetDoc(kind, id)
}

// take takes an event that has its id, as LINE may deliver it several times, and
// tells what then waits to be sent to a person or group.
func (s *stand) take(talks *Talks, ev Event) ([]storage.Item, error) {
	s.deliver()
	ev.At, ev.Received, ev.MessageID = s.hands.Now(), s.hands.Now(), "P"+ev.ID
	err := talks.Turn(s.t.Context(), town, ev)
	var waits []storage.Item
	s.view(func(tx storage.Tx) (err error) {
		waits, err = tx.Queued("", 100)
		return err
	})
	return waits, err
}

func outcome(err error) string {
	_, givenUp := errors.AsType[*GivenUp](err)
	switch {
	case err == nil:
		return "kept"
	case givenUp:
		return "given up"
	}
	return "to come again"
}

// An event that the program cannot deal with is told so to whoever wrote, once,
// and is not asked for again.
func TestFaultIsGivenUp(t *testing.T) {
	faults := map[string]struct {
		harm  func(s *stand)
		told  bool
		panic bool
	}{
		"a panic":                     {func(s *stand) { s.desk.NewID = func() string { panic("田中") } }, true, true},
		"a panic of the recogniser's": {func(s *stand) { s.desk.Personal = func(string) bool { panic("田中") } }, true, true},
		"too much is said":            {func(s *stand) { s.desk.Telephone = strings.Repeat("0", 40000) }, false, false},
	}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, nil)
			s.member("U10", "shop", "A-1")
			s.secretariat()
			whole := *s.desk
			f.harm(s)
			ev := Event{ID: "X1", Kind: Said, User: "U10", Text: "報告", ReplyToken: "r1"}
			if name == "too much is said" {
				ev.Text = "白い車でした"
			}
			said, err := s.take(s.talks, ev)
			if outcome(err) != "given up" || strings.Contains(err.Error(), "田中") {
				t.Fatalf("not given up: %v", err)
			}
			if _, panicked := errors.AsType[*storage.PanicError](err); panicked != f.panic {
				t.Errorf("the cause is lost: %v", err)
			}
			if f.told && (len(said) != 1 || said[0].Recipient != "U10" || !strings.Contains(string(said[0].Body), "処理できませんでした") || !strings.Contains(string(said[0].Body), "r1")) {
				t.Errorf("said %v", said)
			}
			if !f.told && len(said) != 0 {
				t.Errorf("said %v", said)
			}
			if said, err := s.take(s.talks, ev); err != nil && outcome(err) != "given up" || len(said) != 0 {
				t.Errorf("delivered again: %v, %v", said, err)
			}
			*s.desk = whole
			ev.ID = "X2"
			if said, err := s.take(s.talks, ev); err != nil || len(said) == 0 || said[0].Recipient != "U10" {
				t.Errorf("the next one: %v, %v", said, err)
			}
		})
	}
}

// In the group, where anybody may write, it is only said where that is free.
func TestFaultInTheGroup(t *testing.T) {
	s := newStand(t, nil)
	s.secretariat()
	s.desk.NewID = func() string { panic("田中") }
	for token, times := range map[string]int{"": 0, "r1": 1} {
		said, err := s.take(s.talks, Event{ID: "X" + token, Kind: Said, User: "U33", Group: group, Text: "こんにちは", ReplyToken: token})
		if outcome(err) != "given up" || len(said) != times {
			t.Errorf("with %q: %v, %v", token, said, err)
		}
	}
	if said, err := s.take(s.talks, Event{ID: "X3", Kind: Joined, Group: group, People: []string{"U34"}, ReplyToken: "r3"}); err == nil || len(said) != 0 {
		t.Errorf("nobody asked: %v, %v", said, err)
	}
}

// What the store cannot do now it may do later: the event is to come again.
func TestStoreTroubleIsNotGivenUp(t *testing.T) {
	disk := errors.New("disk")
	for name, do := range map[string]func() error{
		"an error": func() error { return disk },
		"a panic":  func() error { panic("a damaged page") },
	} {
		for _, kind := range []string{"member", "talk", "person"} {
			t.Run(name+" of a "+kind, func(t *testing.T) {
				s := newStand(t, nil)
				s.member("U10", "shop", "A-1")
				store := &failing{Store: s.store, kind: kind, do: do}
				talks := New(store, s, crowd{s}, s.hands, map[string]Council{town: s.talks.councils[town].Council})
				if kind == "member" { // which is found by scanning
					store.kind = "person"
				}
				ev := Event{ID: "X1", Kind: Said, User: "U10", Text: "停止", ReplyToken: "r1"}
				if kind == "talk" {
					ev.Text = "報告"
				}
				_, err := s.take(talks, ev)
				if outcome(err) != "to come again" || name == "an error" && !errors.Is(err, disk) {
					t.Fatalf("%v", err)
				}
				store.do = nil
				if said, err := s.take(talks, ev); err != nil || len(said) == 0 || said[0].Recipient != "U10" {
					t.Errorf("delivered again: %v, %v", said, err)
				}
			})
		}
	}
}
