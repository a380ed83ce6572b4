package emulator_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// Many people at once, a bot that answers each: everything said is answered in
// the right talk and in order.
func TestManyAtOnce(t *testing.T) {
	const people, each = 8, 10
	w := newWorld(t, emulator.ChannelOptions{})
	w.answer = func(n int, _ http.ResponseWriter, _ *http.Request) {
		ev := w.received()[n-1].Events[0]
		if ev.Type == "message" {
			said := str(ev.Message["text"])
			if r := w.call("POST", "/v2/bot/message/reply", obj{"replyToken": ev.ReplyToken, "messages": []obj{text("re " + said)}}); r.status != 200 {
				t.Errorf("reply: %d %s", r.status, r.raw)
			}
		}
	}
	var all sync.WaitGroup
	for p := range people {
		id := w.e.AddUser(fmt.Sprint(p))
		all.Go(func() {
			for i := range each {
				h, err := w.e.Say(id, "", fmt.Sprintf("%d/%d", p, i))
				if err != nil {
					t.Error(err)
					return
				}
				if i%3 == 0 {
					if s, err := h.Status(t.Context()); s != 200 || err != nil {
						t.Errorf("%d %v", s, err)
					}
				}
			}
		})
	}
	all.Wait()
	w.settle()
	for p, who := range w.e.People() {
		talk, err := w.e.Talk(who.ID, "")
		if err != nil || len(talk) != 2*each {
			t.Fatalf("%d messages, %v", len(talk), err)
		}
		said, answered := 0, 0
		for _, m := range talk {
			switch m.Text {
			case fmt.Sprintf("%d/%d", p, said):
				said++
			case fmt.Sprintf("re %d/%d", p, answered):
				answered++
			default:
				t.Errorf("%q is out of order after %d and %d", m.Text, said, answered)
			}
		}
	}
}

func TestAfterClose(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Redelivery: emulator.Redelivery{On: true}})
	hana := w.e.AddUser("Hana")
	w.answer = fail(99)
	if _, err := w.e.Say(hana, "", "waits for its redelivery"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if err := w.e.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := w.e.Say(hana, "", "too late")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := h.Status(t.Context()); s != 0 || !errors.Is(err, emulator.ErrClosed) {
		t.Errorf("%d %v", s, err)
	}
	w.settle()
	if n := len(w.received()); n != 1 {
		t.Errorf("%d webhooks", n)
	}
}
