package emulator_test

import (
	"slices"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// A page that shows what Subscribe announces misses nothing: each row does one
// thing that can be seen and names what must be announced.
func TestEveryChangeIsAnnounced(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Chat: true})
	hana, ken := w.friend("Hana"), w.e.AddUser("Ken")
	g := w.group(hana)
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": hana, "messages": []obj{ask}}), 200, "")
	r := w.call("POST", "/v2/bot/richmenu", menu())
	menuID := str(r.body["richMenuId"])
	w.expect(w.call("POST", "/v2/bot/richmenu/"+menuID+"/content", picture(t, 800, 540), "Content-Type", "image/png"), 200, "")
	lone, err := w.e.AddGroup("without a bot", hana)
	if err != nil {
		t.Fatal(err)
	}
	said := w.must(w.e.Say(hana, g, "hi")).Message
	token := w.last().Message["markAsReadToken"]
	quiet := w.must(w.e.Say(hana, lone, "hi")).Message

	type change = emulator.Change
	handle := func(h *emulator.Handle, err error) { t.Helper(); w.must(h, err) }
	fault := ""
	for _, c := range []struct {
		name string
		do   func()
		want []change
	}{
		{"say in a 1:1 talk", func() { handle(w.e.Say(hana, "", "x")) }, []change{{"talk", hana}, {"webhook", hana}}},
		{"say in a group", func() { handle(w.e.Say(hana, g, "x")) }, []change{{"talk", g}, {"webhook", g}}},
		{"push", func() { w.expect(w.push(g), 200, "") }, []change{{"talk", g}, {"send", ""}}},
		{"edit", func() { handle(w.e.Edit(hana, g, said, "y")) }, []change{{"talk", g}, {"webhook", g}}},
		{"edit without a bot", func() { handle(w.e.Edit(hana, lone, quiet, "y")) }, []change{{"talk", lone}}},
		{"mark as read", func() {
			w.expect(w.call("POST", "/v2/bot/chat/markAsRead", obj{"markAsReadToken": token}), 200, "")
		}, []change{{"read", g}, {"send", ""}}},
		{"unsend", func() { handle(w.e.Unsend(hana, g, said)) }, []change{{"talk", g}, {"webhook", g}}},
		{"unsend without a bot", func() { handle(w.e.Unsend(hana, lone, quiet)) }, []change{{"talk", lone}}},
		{"quick replies are there", func() {
			w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": hana, "messages": []obj{ask}}), 200, "")
		}, []change{{"talk", hana}}},
		{"quick reply without words", func() { handle(w.e.Tap(hana, "", "", "No")) }, []change{{"talk", hana}, {"webhook", hana}}},
		{"a picker is there", func() {
			w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": hana, "messages": []obj{quick(act("datetimepicker", "data", "d", "mode", "date"))}}), 200, "")
		}, []change{{"talk", hana}}},
		{"date-time picker", func() { handle(w.e.Pick(hana, "", "", "tap", "2026-06-02")) }, []change{{"talk", hana}, {"webhook", hana}}},
		{"friend", func() { handle(w.e.Friend(ken, "")) }, []change{{"people", ken}, {"webhook", ken}}},
		{"block", func() { handle(w.e.Block(ken, "")) }, []change{{"people", ken}, {"webhook", ken}}},
		{"unblock", func() { handle(w.e.Unblock(ken, "")) }, []change{{"people", ken}, {"webhook", ken}}},
		{"join", func() { handle(w.e.JoinGroup(g, ken)) }, []change{{"people", g}, {"talk", g}, {"webhook", g}}},
		{"leave", func() { handle(w.e.LeaveGroup(g, ken)) }, []change{{"people", g}, {"talk", g}, {"webhook", g}}},
		{"bot leaves", func() { w.expect(w.call("POST", "/v2/bot/group/"+g+"/leave", nil), 200, "") }, []change{{"people", g}, {"talk", g}, {"send", ""}, {"webhook", g}}},
		{"bot is invited", func() { handle(w.e.InviteBot(g, "")) }, []change{{"people", g}, {"talk", g}, {"webhook", g}}},
		{"rename", func() {
			if err := w.e.Rename(ken, "K"); err != nil {
				t.Error(err)
			}
		}, []change{{"people", ken}}},
		{"menu linked", func() { w.expect(w.call("POST", "/v2/bot/user/"+hana+"/richmenu/"+menuID, nil), 200, "") }, []change{{"people", hana}}},
		{"menu unlinked", func() { w.expect(w.call("DELETE", "/v2/bot/user/"+hana+"/richmenu", nil), 200, "") }, []change{{"people", hana}}},
		{"default menu", func() { w.expect(w.call("POST", "/v2/bot/user/all/richmenu/"+menuID, nil), 200, "") }, []change{{"people", ""}}},
		{"menu deleted", func() { w.expect(w.call("DELETE", "/v2/bot/richmenu/"+menuID, nil), 200, "") }, []change{{"people", ""}}},
		{"break", func() {
			var err error
			if fault, err = w.e.Break(emulator.Fault{Kind: emulator.FailBefore}); err != nil {
				t.Error(err)
			}
		}, []change{{"fault", ""}}},
		{"struck", func() { w.expect(w.push(hana), 500, "") }, []change{{"send", ""}}},
		{"mend", func() { w.e.Mend(fault) }, []change{{"fault", ""}}},
		{"mischief on", func() { w.bot.Always(emulator.Mischief{Lose: true}, true) }, []change{{"fault", ""}}},
		{"lost", func() {
			h, err := w.e.Say(hana, "", "lost")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.Status(t.Context()); err == nil {
				t.Error("not lost")
			}
		}, []change{{"talk", hana}, {"delivery", hana}}},
		{"mischief off", func() { w.bot.Always(emulator.Mischief{Lose: true}, false) }, []change{{"fault", ""}}},
		{"quota", func() { w.bot.SetMonthly(200); w.bot.Spend(3) }, []change{{"channel", ""}}},
		{"webhook off", func() { w.bot.SetActive(false); w.bot.SetActive(true) }, []change{{"channel", ""}}},
		{"test of the webhook", func() { w.expect(w.call("POST", "/v2/bot/channel/webhook/test", obj{}), 200, "") }, []change{{"webhook", ""}, {"send", ""}}},
		{"injected", func() { handle(w.bot.Inject(map[string]any{"type": "novelty"})) }, []change{{"webhook", ""}}},
		{"clock", func() { w.do("POST", "advance", obj{"seconds": 1}, nil) }, []change{{"clock", ""}}},
		{"logs emptied", w.e.ForgetLog, []change{{"send", ""}, {"webhook", ""}}},
	} {
		w.settle()
		changes, stop := w.e.Subscribe()
		c.do()
		w.settle()
		stop()
		var got []change
		for len(changes) > 0 {
			got = append(got, <-changes)
		}
		for _, want := range c.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s: %v is not announced in %v", c.name, want, got)
			}
		}
		if chats := []string{"", hana, ken, g, lone}; slices.ContainsFunc(got, func(c change) bool { return c.Kind == "" || !slices.Contains(chats, c.Chat) }) {
			t.Errorf("%s: a change of nothing in %v", c.name, got)
		}
	}
}

// What a log shows is in it before it is announced.
func TestTheLogIsWrittenBeforeItIsAnnounced(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	w.e.ForgetLog()
	changes, stop := w.e.Subscribe()
	defer stop()
	if _, err := w.e.Say(hana, "", "hi"); err != nil {
		t.Fatal(err)
	}
	for c := range changes {
		if c.Kind == "webhook" {
			break
		}
	}
	if n := len(w.e.Webhooks()); n != 1 {
		t.Errorf("%d webhooks when the first is announced", n)
	}
}

func TestSlowSubscriberIsToldToReadAll(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	changes, stop := w.e.Subscribe()
	defer stop()
	for range 1000 {
		w.e.AddUser("x")
	}
	lost := false
	for len(changes) > 0 {
		lost = (<-changes).Kind == "" || lost
	}
	if !lost {
		t.Error("changes were lost in silence")
	}
}
