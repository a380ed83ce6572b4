package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// dig walks objects and lists of an answer; nil when there is nothing.
func dig(v any, keys ...any) any {
	for _, k := range keys {
		switch k := k.(type) {
		case string:
			m, ok := v.(obj)
			if !ok {
				return nil
			}
			v = m[k]
		case int:
			l, ok := v.([]any)
			if !ok || k >= len(l) {
				return nil
			}
			v = l[k]
		}
	}
	return v
}

func size(v any) int {
	l, ok := v.([]any)
	if !ok {
		return -1
	}
	return len(l)
}

func str(v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	return s
}

const key = "123e4567-e89b-12d3-a456-426614174000"

func (w *world) friend(name string) string {
	w.t.Helper()
	id := w.e.AddUser(name)
	w.must(w.e.Friend(id, w.bot.UserID()))
	return id
}

func (w *world) push(to string, headers ...string) result {
	w.t.Helper()
	return w.call("POST", "/v2/bot/message/push", obj{"to": to, "messages": []obj{text("hello")}}, headers...)
}

func (w *world) reply(token string, headers ...string) result {
	w.t.Helper()
	return w.call("POST", "/v2/bot/message/reply", obj{"replyToken": token, "messages": []obj{text("hello")}}, headers...)
}

func (w *world) expect(r result, status int, message string) {
	w.t.Helper()
	if r.status != status || (message != "" && r.message() != message) {
		w.t.Errorf("answered %d %s, want %d %q", r.status, r.raw, status, message)
	}
	if r.request == "" {
		w.t.Error("no x-line-request-id")
	}
}

// shown is the number of messages from the bot in a talk.
func (w *world) shown(user string) int {
	w.t.Helper()
	talk, err := w.e.Talk(user, w.bot.UserID())
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, m := range talk {
		if m.From == w.bot.UserID() {
			n++
		}
	}
	return n
}

func TestRedelivery(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Redelivery: emulator.Redelivery{On: true, Count: 2, Interval: 5 * time.Minute}})
	hana := w.e.AddUser("Hana")
	w.answer = fail(2)
	h, err := w.e.Say(hana, "", "hi")
	if err != nil {
		t.Fatal(err)
	}
	if status, err := h.Status(t.Context()); status != 503 || err != nil {
		t.Fatalf("first attempt: %d %v", status, err)
	}
	w.settle()
	if n := len(w.received()); n != 1 {
		t.Fatalf("%d attempts before the interval is over", n)
	}
	for range 3 {
		w.clock.Advance(5 * time.Minute)
		w.settle()
	}
	got := w.received()
	if len(got) != 3 {
		t.Fatalf("%d attempts, want 3", len(got))
	}
	for i, b := range got {
		same := strings.Replace(string(b.raw), `"isRedelivery":true`, `"isRedelivery":false`, 1)
		if b.Events[0].DeliveryContext.IsRedelivery != (i > 0) || same != string(got[0].raw) {
			t.Errorf("attempt %d: %s", i+1, b.raw)
		}
	}
	// The token lives a minute from the redelivery, which was 10 minutes after the
	// event (the third advance redelivered nothing).
	w.expect(w.reply(got[0].Events[0].ReplyToken), 400, "Invalid reply token")
}

func TestRetryKey(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Monthly: 100})
	hana := w.friend("Hana")
	first := w.push(hana, "X-Line-Retry-Key", key)
	w.expect(first, 200, "")
	for range 2 {
		again := w.push(hana, "X-Line-Retry-Key", key)
		w.expect(again, 409, "The retry key is already accepted")
		if again.header.Get("X-Line-Accepted-Request-Id") != first.request || again.request == first.request {
			t.Errorf("request ids: %v, first %s", again.header, first.request)
		}
		if a, b := dig(again.body, "sentMessages", 0), dig(first.body, "sentMessages", 0); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("sentMessages %v, want %v", a, b)
		}
	}
	if w.shown(hana) != 1 || w.bot.Consumption() != 1 {
		t.Errorf("%d shown, %d counted", w.shown(hana), w.bot.Consumption())
	}
	w.clock.Advance(24 * time.Hour)
	w.expect(w.push(hana, "X-Line-Retry-Key", key), 200, "")
	if w.shown(hana) != 2 {
		t.Error("after 24 hours the same key sends again")
	}
	// With another body it is still the same request; the log says so.
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": hana, "messages": []obj{text("other")}}, "X-Line-Retry-Key", key), 409, "")
	if sends := w.e.Sends(); sends[len(sends)-1].Remark == "" {
		t.Error("no remark about a key used for another body")
	}

	// A request that was refused is not accepted: the key is free.
	const other = "223e4567-e89b-12d3-a456-426614174000"
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": hana, "messages": []obj{}}, "X-Line-Retry-Key", other), 400, "")
	w.expect(w.push(hana, "X-Line-Retry-Key", other), 200, "")

	// Multicast: the same, without sentMessages.
	const third = "323e4567-e89b-12d3-a456-426614174000"
	many := obj{"to": []string{hana}, "messages": []obj{text("x")}}
	w.expect(w.call("POST", "/v2/bot/message/multicast", many, "X-Line-Retry-Key", third), 200, "")
	r := w.call("POST", "/v2/bot/message/multicast", many, "X-Line-Retry-Key", third)
	w.expect(r, 409, "The retry key is already accepted")
	if r.body["sentMessages"] != nil {
		t.Error("multicast's 409 has sentMessages")
	}

}

func TestWhoReceives(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	friend, blocked, stranger, wrote := w.friend("F"), w.friend("B"), w.e.AddUser("S"), w.e.AddUser("W")
	w.must(w.e.Block(blocked, ""))
	if u := w.last(); u.Type != "unfollow" || u.ReplyToken != "" {
		t.Errorf("unfollow: %+v", u)
	}
	w.must(w.e.Say(wrote, "", "hi"))

	for _, c := range []struct {
		name, to string
		status   int
		arrives  int
	}{
		{"friend", friend, 200, 1},
		{"blocked: 200 and silently dropped", blocked, 200, 0},
		{"never a friend: 200 and silently dropped", stranger, 200, 0},
		{"wrote within seven days", wrote, 200, 1},
	} {
		before := w.bot.Consumption()
		r := w.push(c.to)
		w.expect(r, c.status, "")
		if w.shown(c.to) != c.arrives || w.bot.Consumption() != before+int64(c.arrives) {
			t.Errorf("%s: %d arrived, %d counted", c.name, w.shown(c.to), w.bot.Consumption()-before)
		}
		if str(dig(r.body, "sentMessages", 0, "id")) == "" || str(dig(r.body, "sentMessages", 0, "quoteToken")) == "" {
			t.Errorf("%s: %s", c.name, r.raw)
		}
	}
	w.expect(w.push("U"+strings.Repeat("0", 32)), 400, "Failed to send messages")
	w.expect(w.push("C"+strings.Repeat("0", 32)), 400, "Failed to send messages")
	w.expect(w.push("hana"), 400, "The property, 'to', in the request body is invalid (line: -, column: -)")
	w.expect(w.push(friend[:32]), 400, "")

	// Multicast drops everybody who is no friend, and refuses groups.
	r := w.call("POST", "/v2/bot/message/multicast", obj{"to": []string{friend, blocked, stranger, wrote, friend}, "messages": []obj{text("x")}})
	w.expect(r, 200, "")
	if w.shown(friend) != 2 || w.shown(wrote) != 1 || w.shown(blocked) != 0 {
		t.Error("multicast reached the wrong people")
	}
	w.expect(w.call("POST", "/v2/bot/message/multicast", obj{"to": []string{friend, "C" + friend[1:]}, "messages": []obj{text("x")}}),
		400, "The property, to[1], in the request body is invalid (line: -, column: -)")
	if _, err := w.e.Say(blocked, "", "hi"); err == nil {
		t.Error("who blocks an account cannot write to it")
	}
	w.must(w.e.Unblock(blocked, ""))
	if f := w.last(); f.Type != "follow" || f.Follow["isUnblocked"] != true {
		t.Errorf("unblock: %+v", f)
	}
}

func TestMonthlyLimitCountsRecipients(t *testing.T) {
	const out = "You have reached your monthly limit."
	w := newWorld(t, emulator.ChannelOptions{Monthly: 8})
	hana := w.friend("Hana")
	members := []string{hana}
	for i := range 4 {
		members = append(members, w.e.AddUser(fmt.Sprint(i)))
	}
	group, err := w.e.AddGroup("G", members...)
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.e.InviteBot(group, ""))
	four := []obj{text("1"), text("2"), text("3"), text("4")}
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": group, "messages": four}), 200, "")
	if r := w.call("GET", "/v2/bot/message/quota/consumption", nil); dig(r.body, "totalUsage") != 5.0 {
		t.Errorf("four messages to a group of five: %s", r.raw)
	}
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": group, "messages": four}), 429, out)
	for range 3 {
		w.expect(w.push(hana), 200, "")
	}
	w.expect(w.push(hana, "X-Line-Retry-Key", key), 429, out)
	w.expect(w.call("POST", "/v2/bot/message/multicast", obj{"to": []string{hana}, "messages": []obj{text("x")}}), 429, out)
	// Replies are free of charge.
	w.must(w.e.Say(hana, "", "hi"))
	w.expect(w.reply(w.last().ReplyToken), 200, "")
	if r := w.call("GET", "/v2/bot/message/quota", nil); dig(r.body, "type") != "limited" || dig(r.body, "value") != 8.0 {
		t.Errorf("quota: %s", r.raw)
	}
	// The next month, in Japan.
	w.clock.Set(time.Date(2026, 6, 30, 23, 59, 59, 0, start.Location()))
	w.expect(w.push(hana), 429, out)
	w.clock.Advance(time.Second)
	w.expect(w.push(hana, "X-Line-Retry-Key", key), 200, "")
	w.bot.SetMonthly(0)
	if r := w.call("GET", "/v2/bot/message/quota", nil); dig(r.body, "type") != "none" || dig(r.body, "value") != nil {
		t.Errorf("no quota: %s", r.raw)
	}
}

func TestRateLimits(t *testing.T) {
	const text429 = "The API rate limit has been exceeded. Try again later."
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	for range 2000 {
		if r := w.call("GET", "/v2/bot/message/quota", nil); r.status != 200 {
			t.Fatalf("%d %s", r.status, r.raw)
		}
	}
	w.expect(w.call("GET", "/v2/bot/message/quota", nil), 429, text429)
	w.expect(w.call("GET", "/v2/bot/info", nil), 200, "") // another endpoint has its own
	w.clock.Advance(time.Millisecond)                     // the bucket fills: 2 a millisecond
	w.expect(w.call("GET", "/v2/bot/message/quota", nil), 200, "")
	w.expect(w.call("GET", "/v2/bot/message/quota", nil), 200, "")
	w.expect(w.call("GET", "/v2/bot/message/quota", nil), 429, text429)

	// Another method at the same path, another channel: buckets of their own.
	other, err := w.e.AddChannel(emulator.ChannelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	list := func(headers ...string) result {
		return w.call("GET", "/v2/bot/richmenu/list", nil, headers...)
	}
	for range 10 {
		w.expect(list(), 200, "")
	}
	w.expect(list(), 429, text429)
	w.expect(list("Authorization", "Bearer "+other.Token()), 200, "")
	for range 100 {
		w.expect(w.call("DELETE", "/v2/bot/richmenu/x", nil), 404, "") // a refusal counts as well
	}
	w.expect(w.call("DELETE", "/v2/bot/richmenu/x", nil), 429, text429)
	w.expect(w.call("GET", "/v2/bot/richmenu/x", nil), 404, "")

	// A retry counts as a request ("Interval between retries").
	many := obj{"to": []string{hana}, "messages": []obj{text("x")}}
	for i := range 200 {
		status := map[bool]int{true: 200, false: 409}[i == 0]
		w.expect(w.call("POST", "/v2/bot/message/multicast", many, "X-Line-Retry-Key", key), status, "")
	}
	w.expect(w.call("POST", "/v2/bot/message/multicast", many, "X-Line-Retry-Key", key), 429, text429)
	if w.shown(hana) != 1 {
		t.Errorf("%d shown", w.shown(hana))
	}
}

func TestRateLimitsCanBeSwitchedOff(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{}, emulator.Options{NoRateLimits: true, KeepLog: 10})
	for range 70 {
		w.expect(w.call("POST", "/v2/bot/message/broadcast", obj{"messages": []obj{text("x")}}), 200, "")
	}
	if n := len(w.e.Sends()); n < 10 || n > 20 {
		t.Errorf("%d calls remembered, want 10 to 20", n)
	}
	w.e.ForgetLog()
	if len(w.e.Sends()) != 0 {
		t.Error("the log is still there")
	}
}

func TestQuotes(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana, ken := w.friend("Hana"), w.friend("Ken")
	w.must(w.e.Say(hana, "", "question"))
	ev := w.last()
	quoted := text("answer")
	quoted["quoteToken"] = ev.Message["quoteToken"]
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": ken, "messages": []obj{quoted}}), 400, "Invalid quoteToken")
	w.clock.Advance(30 * 24 * time.Hour) // they never expire
	for range 2 {                        // and can be used again
		w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": hana, "messages": []obj{quoted}}), 200, "")
	}
	talk, err := w.e.Talk(hana, "")
	if err != nil || talk[1].Quoted != ev.Message["id"] {
		t.Errorf("quoted: %+v %v", talk, err)
	}
	if _, err := w.e.Say(ken, "", "x", str(ev.Message["id"])); err == nil {
		t.Error("quoted a message of another talk")
	}
}

// "Either quote token" quotes an edited message.
func TestQuotingWhatWasEdited(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	g := w.group(hana)
	said := w.must(w.e.Say(hana, g, "questoin")).Message
	first := w.last().Message["quoteToken"]
	w.must(w.e.Edit(hana, g, said, "question"))
	second := w.last().Message["quoteToken"]
	if first == second {
		t.Error("the edit has the same quote token")
	}
	for _, token := range []any{first, second} {
		r := w.call("POST", "/v2/bot/message/push", obj{"to": g, "messages": []obj{with(text("answer"), "quoteToken", token)}})
		w.expect(r, 200, "")
		if m, ok := w.e.Message(str(dig(r.body, "sentMessages", 0, "id"))); !ok || m.Quoted != said {
			t.Errorf("quotes %q, want %q", m.Quoted, said)
		}
	}
	// One message of the bot's can quote another.
	r := w.push(g)
	again := with(text("again"), "quoteToken", dig(r.body, "sentMessages", 0, "quoteToken"))
	q := w.call("POST", "/v2/bot/message/push", obj{"to": g, "messages": []obj{again}})
	if m, ok := w.e.Message(str(dig(q.body, "sentMessages", 0, "id"))); !ok || m.Quoted != str(dig(r.body, "sentMessages", 0, "id")) {
		t.Errorf("quotes %q: %s", m.Quoted, r.raw)
	}
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": g, "messages": []obj{with(text("x"), "quoteToken", "nonsense")}}), 400, "Invalid quoteToken")
}
