package emulator_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// How long things live, with the values of LINE's reference: each row is tried
// a millisecond before its time and at its time, in a world of its own.
func TestLives(t *testing.T) {
	const retryKey = "123e4567-e89b-12d3-a456-426614174000"
	hi := func(w *world, user string) string {
		w.t.Helper()
		w.must(w.e.Say(user, "", "hi"))
		return w.last().ReplyToken
	}
	// redelivered makes an event whose first delivery failed and returns its reply
	// token once it has come again, so much later.
	redelivered := func(after time.Duration) func(*world) func() result {
		return func(w *world) func() result {
			w.bot.SetRedelivery(emulator.Redelivery{On: true, Count: 1, Interval: after})
			w.answer = fail(1)
			if _, err := w.e.Say(w.e.AddUser("Hana"), "", "hi"); err != nil {
				w.t.Fatal(err)
			}
			w.settle()
			w.clock.Advance(after)
			ev := w.last()
			if !ev.DeliveryContext.IsRedelivery {
				w.t.Fatal("not redelivered")
			}
			return func() result { return w.reply(ev.ReplyToken) }
		}
	}
	const dead = "Invalid reply token"
	for _, c := range []struct {
		rule, section string
		life          time.Duration
		begin         func(w *world) (try func() result)
		before, after int
		message       string // the refusal's, when it is over
	}{
		{"a reply token lives a minute", "Reply token", time.Minute, func(w *world) func() result {
			token := hi(w, w.friend("Hana"))
			return func() result { return w.reply(token) }
		}, 200, 400, dead},
		{"a redelivered one a minute from its redelivery", "Reply token", time.Minute, redelivered(5 * time.Minute), 200, 400, dead},
		{"and 20 minutes from the event at most", "Reply token", 20*time.Minute - (19*time.Minute + 30*time.Second), redelivered(19*time.Minute + 30*time.Second), 200, 400, dead},
		{"a retry key of a push is kept for 24 hours", "Retrying an API request", 24 * time.Hour, func(w *world) func() result {
			hana := w.friend("Hana")
			w.expect(w.push(hana, "X-Line-Retry-Key", retryKey), 200, "")
			return func() result { return w.push(hana, "X-Line-Retry-Key", retryKey) }
		}, 409, 200, ""},
		{"of a multicast as well", "Retrying an API request", 24 * time.Hour, func(w *world) func() result {
			many := obj{"to": []string{w.friend("Hana")}, "messages": []obj{text("x")}}
			send := func() result {
				return w.call("POST", "/v2/bot/message/multicast", many, "X-Line-Retry-Key", retryKey)
			}
			w.expect(send(), 200, "")
			return send
		}, 409, 200, ""},
		{"of a broadcast as well", "Retrying an API request", 24 * time.Hour, func(w *world) func() result {
			send := func() result {
				return w.call("POST", "/v2/bot/message/broadcast", obj{"messages": []obj{text("x")}}, "X-Line-Retry-Key", retryKey)
			}
			w.expect(send(), 200, "")
			return send
		}, 409, 200, ""},
		{"a retry does not renew its key", "Retrying an API request", 12 * time.Hour, func(w *world) func() result {
			hana := w.friend("Hana")
			w.expect(w.push(hana, "X-Line-Retry-Key", retryKey), 200, "")
			w.clock.Advance(12 * time.Hour)
			w.expect(w.push(hana, "X-Line-Retry-Key", retryKey), 409, "")
			return func() result { return w.push(hana, "X-Line-Retry-Key", retryKey) }
		}, 409, 200, ""},
	} {
		t.Run(c.section+": "+c.rule, func(t *testing.T) {
			for _, over := range []bool{false, true} {
				w := newWorld(t, emulator.ChannelOptions{})
				try := c.begin(w)
				wait, status, message := c.life-time.Millisecond, c.before, ""
				if over {
					wait, status, message = c.life, c.after, c.message
				}
				w.clock.Advance(wait)
				w.expect(try(), status, message)
			}
		})
	}
}

// "Conditions for sending push message": who has written but is no friend is
// reached for seven days.
func TestStrangersAreReachedForSevenDays(t *testing.T) {
	for wait, arrives := range map[time.Duration]int{7*24*time.Hour - time.Millisecond: 1, 7 * 24 * time.Hour: 0} {
		w := newWorld(t, emulator.ChannelOptions{})
		ken := w.e.AddUser("Ken")
		w.must(w.e.Say(ken, "", "hi"))
		w.clock.Advance(wait)
		w.expect(w.push(ken), 200, "")
		if w.shown(ken) != arrives || w.bot.Consumption() != int64(arrives) {
			t.Errorf("after %s: %d arrived, %d counted, want %d", wait, w.shown(ken), w.bot.Consumption(), arrives)
		}
	}
	// What was said in a group does not count: "in the one-to-one chat".
	w := newWorld(t, emulator.ChannelOptions{})
	ken := w.e.AddUser("Ken")
	w.must(w.e.Say(ken, w.group(ken), "hi"))
	w.expect(w.push(ken), 200, "")
	if w.shown(ken) != 0 {
		t.Error("reached by what was said in a group")
	}
}

// "Reply token": used up once, in the first delivery or in any later one.
func TestReplyTokensAreSpentOnce(t *testing.T) {
	const dead = "Invalid reply token"
	w := newWorld(t, emulator.ChannelOptions{Redelivery: emulator.Redelivery{On: true, Count: 1, Interval: 10 * time.Second}})
	hana := w.friend("Hana")
	w.answer = func(n int, rw http.ResponseWriter, _ *http.Request) {
		// The program has replied before its own answer gets lost.
		if n == 2 {
			w.expect(w.reply(w.events()[1].ReplyToken), 200, "")
			rw.WriteHeader(http.StatusInternalServerError)
		}
	}
	if _, err := w.e.Say(hana, "", "hi"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.clock.Advance(10 * time.Second)
	ev := w.last()
	if !ev.DeliveryContext.IsRedelivery || ev.ReplyToken != w.events()[1].ReplyToken {
		t.Errorf("redelivered: %+v", ev)
	}
	w.expect(w.reply(ev.ReplyToken), 400, dead)
	if w.shown(hana) != 1 {
		t.Errorf("%d replies are shown", w.shown(hana))
	}

	token := func() string { w.must(w.e.Say(hana, "", "hi")); return w.last().ReplyToken }
	once := token()
	w.expect(w.reply(once), 200, "")
	w.expect(w.reply(once), 400, dead)
	w.expect(w.reply("nonsense"), 400, dead)
	w.clock.Advance(time.Minute)
	gone := token()
	if n, err := w.e.ExpireReplyTokens(""); n != 1 || err != nil {
		t.Errorf("expired %d, %v", n, err)
	}
	w.expect(w.reply(gone), 400, dead)

	// A message that LINE refuses leaves the token good.
	again := token()
	w.expect(w.call("POST", "/v2/bot/message/reply", obj{"replyToken": again, "messages": []obj{text("")}}), 400, "The request body has 1 error(s)")
	w.expect(w.reply(again), 200, "")
}

// "Common properties": the form of ids.
func TestForms(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	g := w.group(hana)
	w.must(w.e.Say(hana, g, "hi"))
	ev := w.last()
	r := w.push(hana)
	m := w.call("POST", "/v2/bot/richmenu", menu())
	for name, c := range map[string][2]string{
		"user id": {hana, `U[0-9a-f]{32}`}, "bot's user id": {w.bot.UserID(), `U[0-9a-f]{32}`}, "group id": {g, `C[0-9a-f]{32}`},
		"destination": {w.received()[0].Destination, `U[0-9a-f]{32}`}, "source": {str(ev.Source["groupId"]), `C[0-9a-f]{32}`},
		"webhookEventId is a ULID": {ev.ID, `[0-7][0-9A-HJKMNP-TV-Z]{25}`}, "reply token": {ev.ReplyToken, `[0-9a-f]{32}`},
		"message id": {str(ev.Message["id"]), `\d+`}, "sent message id": {str(dig(r.body, "sentMessages", 0, "id")), `\d+`},
		"request id": {r.request, `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`}, "rich menu id": {str(m.body["richMenuId"]), `richmenu-[0-9a-f]{32}`},
		"basic id": {w.bot.BasicID(), `@[0-9a-z]+`},
	} {
		if !regexp.MustCompile("^" + c[1] + "$").MatchString(c[0]) {
			t.Errorf("%s: %q is not %s", name, c[0], c[1])
		}
	}
	if ev.Timestamp != start.UnixMilli() {
		t.Errorf("timestamp %d, want milliseconds: %d", ev.Timestamp, start.UnixMilli())
	}
	// Other forms are refused wherever an id is taken.
	for _, bad := range []string{"", hana[1:], strings.ToUpper(hana), hana + "0", "X" + hana[1:], hana[:32]} {
		if r := w.push(bad); r.status != 400 {
			t.Errorf("push to %q: %d", bad, r.status)
		}
		if r := w.call("GET", "/v2/bot/group/"+g+"/member/x"+bad, nil); r.status != 400 {
			t.Errorf("profile of %q: %d", bad, r.status)
		}
	}
}

// "Signature validation", with a known answer: the body without events that LINE
// sends to confirm communication.
func TestSignatureOfAKnownBody(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Secret: "8c570fa6dd201bb328f1c1eac23a96d8", UserID: "U8e742f61d673b39c7fff3cecb7536ef0"})
	w.expect(w.call("POST", "/v2/bot/channel/webhook/test", obj{}), 200, "")
	b := w.received()[0]
	if string(b.raw) != `{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}` || b.signature != "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=" {
		t.Errorf("%s is signed %s", b.raw, b.signature)
	}
	// A new secret counts at once.
	w.bot.SetSecret("another")
	w.expect(w.call("POST", "/v2/bot/channel/webhook/test", obj{}), 200, "")
	if again := w.received()[1]; again.signature == b.signature || string(again.raw) != string(b.raw) {
		t.Errorf("%s is signed %s", again.raw, again.signature)
	}
}
