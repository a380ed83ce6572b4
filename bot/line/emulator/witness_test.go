package emulator_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// LINE counts whoever is in a group, also who came in without an event; and it
// can be told afterwards who was there when a message came.
func TestWitnesses(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana, taro, jiro := w.e.AddUser("hana"), w.e.AddUser("taro"), w.e.AddUser("jiro")
	group, err := w.e.AddGroup("office", hana)
	if err != nil {
		t.Fatal(err)
	}
	done := func(_ *emulator.Handle, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		w.settle()
	}
	done(w.e.InviteBot(group, w.bot.UserID()))
	push := func(words string) string {
		t.Helper()
		w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": group, "messages": []obj{{"type": "text", "text": words}}}), 200, "")
		all, err := w.e.Group(group)
		if err != nil {
			t.Fatal(err)
		}
		return all[len(all)-1].ID
	}
	count := func() any { return w.call("GET", "/v2/bot/group/"+group+"/members/count", nil).body["count"] }

	first := push("one")
	w.bot.Next(1, emulator.Mischief{Lose: true})
	done(w.e.JoinGroup(group, taro))
	second := push("two")
	if n := count(); n != 2.0 {
		t.Errorf("LINE counts %v after a joining whose event was lost", n)
	}
	done(w.e.LeaveGroup(group, taro))
	third := push("three")
	for id, want := range map[string][]string{first: {hana}, second: {hana, taro}, third: {hana}, "0": nil} {
		if got := w.e.Witnesses(id); !slices.Equal(got, want) {
			t.Errorf("%s was seen by %v, want %v", id, got, want)
		}
	}

	w.bot.Next(2, emulator.Mischief{Nameless: true})
	done(w.e.JoinGroup(group, jiro))
	done(w.e.Say(jiro, group, "hello"))
	hooks := w.e.Webhooks()
	for _, h := range hooks[len(hooks)-2:] {
		if !json.Valid([]byte(h.Body)) || strings.Contains(string(h.Body), jiro) {
			t.Errorf("it names who it was: %s", h.Body)
		}
	}
	if n := count(); n != 2.0 {
		t.Errorf("LINE counts %v", n)
	}
}
