package emulator_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// fail answers the first n webhooks with 503.
func fail(n int) func(int, http.ResponseWriter, *http.Request) {
	return func(i int, w http.ResponseWriter, _ *http.Request) {
		if i <= n {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

func texts(events []event) []string {
	var out []string
	for _, e := range events {
		out = append(out, str(e.Message["text"]))
	}
	return out
}

func TestHoldAndRelease(t *testing.T) {
	for _, c := range []struct {
		batch, reverse bool
		bodies         int
		want           string
	}{
		{false, false, 3, "abc"}, {false, true, 3, "cba"}, {true, false, 1, "abc"}, {true, true, 1, "cba"},
	} {
		w := newWorld(t, emulator.ChannelOptions{})
		hana, ken := w.e.AddUser("Hana"), w.e.AddUser("Ken")
		w.bot.Hold()
		var handles []*emulator.Handle
		for i, s := range []string{"a", "b", "c"} {
			who := hana
			if i == 1 {
				who = ken
			}
			h, err := w.e.Say(who, "", s)
			if err != nil {
				t.Fatal(err)
			}
			handles = append(handles, h)
		}
		w.settle()
		if n := len(w.received()); n != 0 {
			t.Fatalf("%d webhooks while held", n)
		}
		w.bot.Release(c.batch, c.reverse)
		for _, h := range handles {
			w.must(h, nil)
		}
		got := ""
		for _, s := range texts(w.events()) {
			got += s
		}
		if got != c.want || len(w.received()) != c.bodies {
			t.Errorf("batch %v, reverse %v: %q in %d bodies", c.batch, c.reverse, got, len(w.received()))
		}
	}
}

func TestNoAnswerInTime(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Timeout: 20 * time.Millisecond, Redelivery: emulator.Redelivery{On: true, Count: 1, Interval: time.Minute}})
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	w.answer = func(n int, _ http.ResponseWriter, r *http.Request) {
		if n == 1 {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
	}
	h, err := w.e.Say(w.e.AddUser("Hana"), "", "hi")
	if err != nil {
		t.Fatal(err)
	}
	if status, err := h.Status(t.Context()); status != 0 || err == nil {
		t.Errorf("status %d, %v", status, err)
	}
	w.settle()
	w.clock.Advance(time.Minute)
	w.settle()
	hooks := w.e.Webhooks()
	if len(hooks) != 2 || hooks[0].Error == "" || hooks[1].Status != 200 || hooks[1].Attempt != 2 {
		t.Errorf("attempts: %+v", hooks)
	}
}

func TestRedeliveryIsOffByDefault(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	w.answer = fail(99)
	if _, err := w.e.Say(w.e.AddUser("Hana"), "", "hi"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.clock.Advance(time.Hour)
	w.settle()
	if n := len(w.received()); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	w.answer = func(_ int, rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/elsewhere", http.StatusTemporaryRedirect)
	}
	h, err := w.e.Say(w.e.AddUser("Hana"), "", "hi")
	if err != nil {
		t.Fatal(err)
	}
	if status, err := h.Status(t.Context()); status != 307 || err != nil || len(w.received()) != 1 {
		t.Errorf("%d %v, %d bodies", status, err, len(w.received()))
	}
}

func TestChannelSwitches(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{AnonymousPostbacks: true})
	hana := w.friend("Hana")
	group, err := w.e.AddGroup("G", hana)
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.e.InviteBot(group, ""))
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": group, "messages": []obj{ask}}), 200, "")
	w.must(w.e.Tap(hana, group, "", "No"))
	if pb := w.last(); pb.Type != "postback" || pb.Source["userId"] != nil || pb.Source["groupId"] != group {
		t.Errorf("postback from a group: %+v", pb)
	}

	s := newWorld(t, emulator.ChannelOptions{Standby: true, NoGroups: true})
	s.must(s.e.Say(s.e.AddUser("Ken"), "", "hi"))
	if ev := s.last(); ev.Mode != "standby" || ev.ReplyToken != "" {
		t.Errorf("standby: %+v", ev)
	}
	other, err := s.e.AddGroup("G")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.e.InviteBot(other, ""); !errors.Is(err, emulator.ErrNoGroups) {
		t.Errorf("invited: %v", err)
	}
	s.bot.SetActive(false)
	h, err := s.e.Say(s.e.AddUser("Mari"), "", "hi")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Status(t.Context()); !errors.Is(err, emulator.ErrNoWebhook) {
		t.Errorf("inactive webhook: %v", err)
	}
	if h, err = s.bot.Inject(map[string]any{"type": "novelty", "novelty": map[string]any{"x": 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Status(t.Context()); !errors.Is(err, emulator.ErrNoWebhook) {
		t.Errorf("inactive webhook: %v", err)
	}
	s.bot.SetActive(true)
	s.must(s.bot.Inject(map[string]any{"type": "novelty"}))
	if ev := s.last(); ev.Type != "novelty" || ev.Source != nil || ev.ID == "" {
		t.Errorf("injected: %+v", ev)
	}
}

func TestTwoChannels(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{ID: "1", BasicID: "@one"})
	two, err := w.e.AddChannel(emulator.ChannelOptions{ID: "2", BasicID: "@two"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.e.AddChannel(emulator.ChannelOptions{ID: "2"}); !errors.Is(err, emulator.ErrTaken) {
		t.Errorf("the same id again: %v", err)
	}
	hana := w.friend("Hana")
	if w.e.IsFriend(hana, "@two") || !w.e.IsFriend(hana, "@one") {
		t.Error("friend of the wrong account")
	}
	w.must(w.e.Say(hana, "@one", "hi"))
	token := w.last().ReplyToken
	w.expect(w.reply(token, "Authorization", "Bearer "+two.Token()), 400, "Invalid reply token")
	if _, err := w.e.Say(hana, "", "which?"); !errors.Is(err, emulator.ErrUnknown) {
		t.Errorf("no bot named among two: %v", err)
	}
	w.expect(w.push(hana, "Authorization", "Bearer "+two.Token()), 200, "")
	if n, err := w.e.Talk(hana, "@two"); len(n) != 0 || err != nil {
		t.Errorf("not a friend of the second: %v %v", n, err)
	}
}
