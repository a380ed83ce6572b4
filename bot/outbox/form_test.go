package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// room is a group that LINE counts, and the one who says who may read.
type room struct {
	mu     sync.Mutex
	people int // LINE's answer; negative: an error
	hangs  bool
	known  int // as many may be there
	fault  error
	out    []message.Outgoing
	asked  []int
}

func (r *room) set(change func(*room)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

func (r *room) count(ctx context.Context, _, _ string) (int, error) {
	r.mu.Lock()
	people, hangs := r.people, r.hangs
	r.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	if people < 0 {
		return 0, errors.New("no answer")
	}
	return people, nil
}

func (r *room) MayRead(_ storage.Tx, _ string, people int, _ time.Time) (bool, []message.Outgoing, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, people)
	return people >= 0 && people <= r.known, r.out, r.fault
}

func twoForms(body string) message.Outgoing {
	return message.Outgoing{To: message.Recipient{Kind: message.ToGroup, ID: "C1"},
		Messages: []message.Message{message.Text{Body: body}}, Bare: []message.Message{message.Text{Body: "…"}}}
}

func withRoom(r *room) func(*outbox.Options) {
	return func(o *outbox.Options) {
		o.GroupCount, o.Audience, o.CountTimeout = r.count, r, 50*time.Millisecond
	}
}

// Which form goes out, under which key: the full one only where LINE has counted
// in time and everybody may read it.
func TestForm(t *testing.T) {
	const full, bare = `push C1 k2 ["card"]`, `push C1 k3 ["…"]`
	for name, c := range map[string]struct {
		room *room
		want string
	}{
		"all are known":      {&room{people: 2, known: 2}, full},
		"one too many":       {&room{people: 3, known: 2}, bare},
		"LINE has a fault":   {&room{people: -1, known: 2}, bare},
		"LINE does not say":  {&room{people: 2, known: 2, hangs: true}, bare},
		"who knows it fails": {&room{people: 2, known: 2, fault: errors.New("fault")}, bare},
	} {
		t.Run(name, func(t *testing.T) {
			line := &script{}
			h := newHouse(t, line, withRoom(c.room))
			h.put(twoForms("card"))
			h.run()
			h.idle()
			if got := line.said(); !slices.Equal(got, []string{c.want}) {
				t.Errorf("called %q, want %q", got, c.want)
			}
			if s, _ := h.settled("d1"); c.want != "push C1 "+s.RetryKey+" "+strings.SplitN(c.want, " ", 4)[3] {
				t.Errorf("on record is the key %s", s.RetryKey)
			}
		})
	}
	t.Run("nobody knows", func(t *testing.T) {
		line := &script{}
		h := newHouse(t, line)
		h.put(twoForms("card"))
		h.run()
		h.idle()
		if got := line.said(); !slices.Equal(got, []string{bare}) {
			t.Errorf("called %q", got)
		}
	})
}

// An attempt is repeated as it was. Who has come in meanwhile reads nothing: the
// other form goes out under its own key, and stays.
func TestFormOfAttempts(t *testing.T) {
	const full, bare = `push C1 k2 ["card"]`, `push C1 k3 ["…"]`
	for name, c := range map[string]struct {
		people []int // at each attempt
		want   []string
		twice  bool
	}{
		"nothing changes":               {[]int{2, 2, 2}, []string{full, full, full}, false},
		"somebody comes in":             {[]int{2, 3, 3}, []string{full, bare, bare}, true},
		"LINE no longer counts":         {[]int{2, -1, 2}, []string{full, bare, bare}, true},
		"somebody goes":                 {[]int{3, 2, 2}, []string{bare, bare, bare}, false},
		"somebody comes and goes again": {[]int{2, 3, 2}, []string{full, bare, bare}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &room{people: c.people[0], known: 2}
			line := &script{answers: []error{doubt, doubt}}
			h := newHouse(t, line, withRoom(r))
			h.put(twoForms("card"))
			h.run()
			h.idle()
			for _, n := range c.people[1:] {
				r.set(func(r *room) { r.people = n })
				h.advance(10 * time.Second)
			}
			if got := line.said(); !slices.Equal(got, c.want) {
				t.Errorf("called %q, want %q", got, c.want)
			}
			if s, _ := h.settled("d1"); s.MaybeTwice != c.twice {
				t.Errorf("maybe twice: %v", s.MaybeTwice)
			}
		})
	}
}

// The choice is on record before the call, with the mark of a reply, and hooks
// are told of it; a restart goes on in that form.
func TestFormIsOnRecord(t *testing.T) {
	for _, reply := range []bool{false, true} {
		for form, people := range map[string]int{message.FormFull: 2, message.FormBare: 3} {
			t.Run(fmt.Sprint(form, reply), func(t *testing.T) {
				line := &script{answers: []error{doubt}}
				r := &room{people: people, known: 2}
				h := newHouse(t, line, withRoom(r))
				var seen []outbox.Delivery
				var mu sync.Mutex
				line.during = func(string) {
					mu.Lock()
					defer mu.Unlock()
					h.update(func(tx storage.Tx) error {
						items, err := tx.Queued("", 10)
						for _, it := range items {
							d, err := outbox.ReadItem(it)
							if err != nil {
								return err
							}
							seen = append(seen, d)
						}
						return err
					})
				}
				var told []string
				h.hooks.set(func(d outbox.Delivery, event string) ([]message.Outgoing, error) {
					if strings.HasPrefix(event, "delivered") {
						told = append(told, d.State.Form, fmt.Sprint(d.ShownBare(d.Parts[0])))
					}
					return nil, nil
				})
				o := twoForms("card")
				if reply {
					o.Reply = &message.ReplyToken{Token: "t", Expires: h.clock.Now().Add(50 * time.Second)}
				}
				h.put(o)
				h.run()
				h.idle()
				h.halt()
				h.reopen()
				h.run()
				h.advance(10 * time.Second)
				if len(seen) < 2 || seen[0].State.Form != form || seen[0].State.Tried != reply || seen[1].State.Form != form {
					t.Errorf("on record: %+v", seen)
				}
				calls := line.said()
				if len(calls) != 2 || calls[0] != calls[1] {
					t.Errorf("called %q", calls)
				}
				if want := []string{form, fmt.Sprint(form == message.FormBare)}; !slices.Equal(told, want) {
					t.Errorf("told %q, want %q", told, want)
				}
			})
		}
	}
}

// What is said at once to the group is one delivery; what has no bare form is
// the same in both.
func TestFormsTogether(t *testing.T) {
	r := &room{people: 3, known: 2, out: []message.Outgoing{text("U1", "who is that?")}}
	line := &script{}
	h := newHouse(t, line, withRoom(r))
	plain := twoForms("plain")
	plain.Bare = nil
	var parts []string
	h.hooks.set(func(d outbox.Delivery, _ string) ([]message.Outgoing, error) {
		for _, p := range d.Parts {
			if d.To.Kind != message.ToGroup {
				continue
			}
			parts = append(parts, fmt.Sprint(d.ShownBare(p)))
		}
		return nil, nil
	})
	h.put(plain, twoForms("card"), plain)
	h.run()
	h.idle()
	got := line.said() // recipients do not wait for each other
	slices.Sort(got)
	if want := []string{`push C1 k3 ["plain","…","plain"]`, `push U1 k5 ["who is that?"]`}; !slices.Equal(got, want) {
		t.Errorf("called %q, want %q", got, want)
	}
	if want := []string{"false", "true", "false"}; !slices.Equal(parts, want) {
		t.Errorf("bare parts %q, want %q", parts, want)
	}
	h.update(func(tx storage.Tx) error {
		for _, o := range []message.Outgoing{
			{To: message.Recipient{Kind: message.ToGroup, ID: "C1"}, Messages: plain.Messages, Bare: []message.Message{}},
			{To: to("U1"), Messages: plain.Messages, Bare: plain.Messages},
		} {
			if err := h.post.Put(tx, h.clock.Now(), o); !errors.Is(err, outbox.ErrOutgoing) {
				t.Errorf("%+v: %v", o, err)
			}
		}
		return nil
	})
}
