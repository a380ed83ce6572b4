package emulator_test

import (
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

func TestMischief(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.e.AddUser("Hana")
	w.bot.Next(1, emulator.Mischief{Duplicate: true})
	w.must(w.e.Say(hana, "", "twice"))
	w.settle()
	got := w.received()
	if len(got) != 2 || string(got[0].raw) != string(got[1].raw) {
		t.Fatalf("duplicate: %d bodies", len(got))
	}
	w.bot.Next(1, emulator.Mischief{Delay: time.Minute})
	late, err := w.e.Say(hana, "", "late")
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.e.Say(hana, "", "overtakes"))
	w.clock.Advance(time.Minute)
	w.must(late, nil)
	w.settle()
	if got := texts(w.events()); got[2] != "overtakes" || got[3] != "late" {
		t.Errorf("delayed: %q", got)
	}
	w.bot.Next(1, emulator.Mischief{Lose: true})
	h, err := w.e.Say(hana, "", "lost")
	if err != nil {
		t.Fatal(err)
	}
	if status, err := h.Status(t.Context()); status != 0 || err == nil || len(w.received()) != 4 {
		t.Errorf("lost: %d %v, %d bodies", status, err, len(w.received()))
	}
}

// A switch stays on until it is switched off, and adds to what is scripted for
// the next event.
func TestStandingMischief(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	say := func(s string) { t.Helper(); w.must(w.e.Say(hana, "", s)); w.settle() }
	count := func() (n map[string]int) {
		n = map[string]int{}
		for _, s := range texts(w.events()) {
			n[s]++
		}
		return n
	}

	w.bot.Always(emulator.Mischief{Duplicate: true}, true)
	for _, s := range []string{"a", "b", "c"} {
		say(s)
	}
	if m := w.bot.Standing(); m != (emulator.Mischief{Duplicate: true}) {
		t.Errorf("standing: %+v", m)
	}
	if n := count(); n["a"] != 2 || n["b"] != 2 || n["c"] != 2 {
		t.Errorf("each twice: %v", n)
	}

	// Held events have their twins as well, at once or in one body.
	for _, batch := range []bool{false, true} {
		w.bot.Hold()
		if _, err := w.e.Say(hana, "", "held"); err != nil {
			t.Fatal(err)
		}
		w.bot.Release(batch, false)
		w.settle()
	}
	if n := count(); n["held"] != 4 {
		t.Errorf("held and released twice: %v", n)
	}

	// What is scripted waits for an event that is not held.
	w.bot.Hold()
	w.bot.Next(1, emulator.Mischief{Lose: true})
	if _, err := w.e.Say(hana, "", "kept"); err != nil {
		t.Fatal(err)
	}
	w.bot.Release(false, false)
	w.settle()
	h, err := w.e.Say(hana, "", "lost")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Status(t.Context()); err == nil || count()["kept"] != 2 {
		t.Errorf("held: %v, then %v", count(), err)
	}

	// Both at once: what is scripted and what stands.
	w.bot.Next(1, emulator.Mischief{Spent: true})
	say("both")
	if n := count(); n["both"] != 2 {
		t.Errorf("scripted and standing: %v", n)
	}
	w.expect(w.reply(w.last().ReplyToken), 400, "Invalid reply token")
	w.bot.Next(1, emulator.Mischief{Lose: true})
	if h, err := w.e.Say(hana, "", "lost"); err != nil {
		t.Fatal(err)
	} else if _, err := h.Status(t.Context()); err == nil {
		t.Error("lost: no error")
	}

	w.bot.Always(emulator.Mischief{Duplicate: true}, false)
	say("off")
	if n := count(); n["off"] != 1 || n["lost"] != 0 {
		t.Errorf("switched off: %v", n)
	}
	w.expect(w.reply(w.last().ReplyToken), 200, "")
}

// Every kind of event that carries a reply token carries a dead one.
func TestSpentReplyTokens(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Redelivery: emulator.Redelivery{On: true}})
	hana, ken := w.friend("Hana"), w.e.AddUser("Ken")
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": hana, "messages": []obj{ask}}), 200, "")
	group, err := w.e.AddGroup("Office", hana)
	if err != nil {
		t.Fatal(err)
	}
	w.bot.Always(emulator.Mischief{Spent: true}, true)
	var said string
	var kinds []string
	for _, do := range []func() (*emulator.Handle, error){
		func() (*emulator.Handle, error) { return w.e.Friend(ken, "") },
		func() (*emulator.Handle, error) { return w.e.Tap(hana, "", "", "No") },
		func() (*emulator.Handle, error) { return w.e.InviteBot(group, "") },
		func() (*emulator.Handle, error) { return w.e.JoinGroup(group, ken) },
		func() (*emulator.Handle, error) {
			h, err := w.e.Say(hana, group, "hi")
			said = h.Message
			return h, err
		},
		func() (*emulator.Handle, error) { return w.e.Edit(hana, group, said, "hello") },
	} {
		w.must(do())
		ev := w.last()
		kinds = append(kinds, ev.Type)
		if ev.ReplyToken == "" {
			t.Errorf("%s: no reply token at all", ev.Type)
		}
		w.expect(w.reply(ev.ReplyToken), 400, "Invalid reply token")
	}
	if got := strings.Join(kinds, " "); got != "follow postback join memberJoined message messageEdited" {
		t.Errorf("events: %s", got)
	}
	w.must(w.e.Unsend(hana, group, said)) // carries none
	// A redelivery does not bring it to life.
	w.answer = fail(999)
	if _, err := w.e.Say(hana, "", "again"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.mu.Lock()
	w.answer = nil
	w.mu.Unlock()
	w.clock.Advance(time.Minute)
	ev := w.last()
	if !ev.DeliveryContext.IsRedelivery {
		t.Errorf("not redelivered: %+v", ev)
	}
	w.expect(w.reply(ev.ReplyToken), 400, "Invalid reply token")
	// Pushes go on, and tokens given out before the switch are good.
	w.expect(w.push(hana), 200, "")
	w.bot.Always(emulator.Mischief{Spent: true}, false)
	w.must(w.e.Say(hana, "", "alive"))
	before := w.last().ReplyToken
	w.bot.Always(emulator.Mischief{Spent: true}, true)
	w.expect(w.reply(before), 200, "")
}

func TestMischiefByControl(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	standing := func() emulator.Mischief {
		t.Helper()
		var list []struct{ Mischief emulator.Mischief }
		if s := w.do("GET", "channels", nil, &list); s != 200 || len(list) != 1 {
			t.Fatalf("channels: %d %+v", s, list)
		}
		return list[0].Mischief
	}
	want := emulator.Mischief{Duplicate: true, Spent: true, Delay: time.Second}
	if s := w.do("POST", "always", obj{"on": true, "mischief": obj{"duplicate": true, "spent": true, "delay": time.Second}}, nil); s != 200 {
		t.Errorf("on: %d", s)
	}
	if m := w.bot.Standing(); m != want || standing() != want {
		t.Errorf("standing: %+v, %+v", m, standing())
	}
	for _, c := range []struct {
		off  obj
		left emulator.Mischief
	}{
		{obj{"duplicate": true}, emulator.Mischief{Spent: true, Delay: time.Second}},
		{obj{"delay": 1}, emulator.Mischief{Spent: true}},
		{obj{"lose": true}, emulator.Mischief{Spent: true}},
		{obj{"spent": true}, emulator.Mischief{}},
	} {
		if s := w.do("POST", "always", obj{"mischief": c.off}, nil); s != 200 || standing() != c.left {
			t.Errorf("off %v: %d %+v, want %+v", c.off, s, standing(), c.left)
		}
	}
	if s := w.do("POST", "always", obj{"on": true}, nil); s != 400 {
		t.Errorf("no mischief: %d", s)
	}
	if s := w.do("POST", "always", obj{"on": true, "mischief": obj{"spend": true}}, nil); s != 400 {
		t.Errorf("an unknown mischief: %d", s)
	}
	if s := w.do("POST", "always", obj{"chat": "@nobody", "mischief": obj{"lose": true}}, nil); s != 404 {
		t.Errorf("an unknown channel: %d", s)
	}
}
