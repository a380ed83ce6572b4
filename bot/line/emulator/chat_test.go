package emulator_test

import (
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

const nobody = "U00000000000000000000000000000000"

func TestProfiles(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Name: "Mimamori", BasicID: "@mimamori"})
	hana, stranger := w.friend("Hana"), w.e.AddUser("S")
	if r := w.call("GET", "/v2/bot/profile/"+hana, nil); r.status != 200 || r.body["displayName"] != "Hana" || r.body["userId"] != hana {
		t.Errorf("profile: %d %s", r.status, r.raw)
	}
	w.expect(w.call("GET", "/v2/bot/profile/"+stranger, nil), 404, "Not found")
	w.expect(w.call("GET", "/v2/bot/profile/"+nobody, nil), 404, "Not found")
	w.expect(w.call("GET", "/v2/bot/profile/hana", nil), 400, "The value for the 'userId' parameter is invalid")
	// An id that nobody checked reaches another function.
	if r := w.call("GET", "/v2/bot/profile/U/../../info", nil); r.body["basicId"] != "@mimamori" {
		t.Errorf("path: %d %s", r.status, r.raw)
	}
	w.must(w.e.Say(stranger, "", "hi")) // who wrote may be asked for
	w.expect(w.call("GET", "/v2/bot/profile/"+stranger, nil), 200, "")
	w.must(w.e.Block(hana, ""))
	w.expect(w.call("GET", "/v2/bot/profile/"+hana, nil), 404, "Not found")

	group, err := w.e.AddGroup("Office", hana, stranger)
	if err != nil {
		t.Fatal(err)
	}
	path := "/v2/bot/group/" + group
	for _, p := range []string{"/summary", "/members/count", "/member/" + hana} {
		w.expect(w.call("GET", path+p, nil), 404, "Not found")
		w.expect(w.call("GET", "/v2/bot/group/office"+p, nil), 400, "The value for the 'groupId' parameter is invalid")
	}
	w.must(w.e.InviteBot(group, ""))
	if r := w.call("GET", path+"/summary", nil); r.body["groupName"] != "Office" || r.body["groupId"] != group {
		t.Errorf("summary: %s", r.raw)
	}
	if r := w.call("GET", path+"/members/count", nil); r.body["count"] != 2.0 { // without the bot
		t.Errorf("count: %s", r.raw)
	}
	if r := w.call("GET", path+"/member/"+hana, nil); r.body["displayName"] != "Hana" { // block or not
		t.Errorf("member: %s", r.raw)
	}
	w.expect(w.call("GET", path+"/member/"+nobody, nil), 404, "Not found")
	w.expect(w.call("GET", path+"/member/x", nil), 400, "The value for the 'userId' parameter is invalid")
	w.expect(w.call("GET", path+"/members/ids", nil), 403, "Access to this API is not available for your account")
	w.must(w.e.LeaveGroup(group, hana))
	w.expect(w.call("GET", path+"/member/"+hana, nil), 404, "Not found")
	w.must(w.e.RemoveBot(group))
	w.expect(w.call("POST", path+"/leave", nil), 404, "Not found")
	w.expect(w.push(group), 400, "Failed to send messages")
}

func TestLoading(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	for seconds, details := range map[int]int{5: 0, 20: 0, 60: 0, 65: 1, 7: 1, 4: 2, 61: 2, 0: 1, -5: 1} {
		r := w.call("POST", "/v2/bot/chat/loading/start", obj{"chatId": hana, "loadingSeconds": seconds})
		if details == 0 && r.status != 202 || details > 0 && (r.status != 400 || size(r.body["details"]) != details) {
			t.Errorf("%d s: %d %s", seconds, r.status, r.raw)
		}
	}
	w.expect(w.call("POST", "/v2/bot/chat/loading/start", obj{"chatId": hana}), 202, "")
	r := w.call("POST", "/v2/bot/chat/loading/start", obj{"chatId": "C" + hana[1:]})
	w.expect(r, 400, "The request body has 1 error(s)")
	if !strings.HasPrefix(str(dig(r.body, "details", 0, "message")), "Only user id is acceptable") {
		t.Errorf("group: %s", r.raw)
	}
}

func TestMarkAsRead(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Chat: true})
	hana := w.friend("Hana")
	var tokens []string
	for range 3 {
		w.must(w.e.Say(hana, "", "hi"))
		tokens = append(tokens, str(w.last().Message["markAsReadToken"]))
	}
	read := func() (out []bool) {
		talk, err := w.e.Talk(hana, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range talk {
			out = append(out, m.Read)
		}
		return out
	}
	if r := read(); r[0] || r[1] || r[2] {
		t.Errorf("read before: %v", r)
	}
	w.clock.Advance(365 * 24 * time.Hour) // no expiry
	w.expect(w.call("POST", "/v2/bot/chat/markAsRead", obj{"markAsReadToken": tokens[1]}), 200, "")
	if r := read(); !r[0] || !r[1] || r[2] {
		t.Errorf("read up to the second: %v", r)
	}
	w.expect(w.call("POST", "/v2/bot/chat/markAsRead", obj{"markAsReadToken": "x"}), 400,
		"Invalid markAsReadToken. Tokens must be used by the bot that received them via Webhook.")
	if r := w.call("GET", "/v2/bot/info", nil); r.body["chatMode"] != "chat" || r.body["markAsReadMode"] != "manual" {
		t.Errorf("info: %s", r.raw)
	}
}

func TestContent(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	h := w.must(w.e.Picture(hana, "", []byte("jpeg"), "image/jpeg"))
	path := "/v2/bot/message/" + h.Message + "/content"
	if r := w.call("GET", path, nil); string(r.raw) != "jpeg" || r.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("content: %d %q %v", r.status, r.raw, r.header)
	}
	w.expect(w.call("GET", path+"/preview", nil), 200, "")
	w.expect(w.call("GET", path+"/transcoding", nil), 400, "Transcoding status doesn't support this type of content")
	v := w.must(w.e.Voice(hana, "", []byte("m4a"), 1200))
	if ev := w.last(); ev.Message["type"] != "audio" || ev.Message["duration"] != 1200.0 || ev.Message["quoteToken"] != nil {
		t.Errorf("voice: %+v", ev.Message)
	}
	voice := "/v2/bot/message/" + v.Message + "/content"
	if err := w.e.SetContentReady(v.Message, false); err != nil {
		t.Fatal(err)
	}
	w.expect(w.call("GET", voice, nil), 202, "")
	if r := w.call("GET", voice+"/transcoding", nil); r.body["status"] != "processing" {
		t.Errorf("transcoding: %s", r.raw)
	}
	if err := w.e.SetContentReady(v.Message, true); err != nil {
		t.Fatal(err)
	}
	w.expect(w.call("GET", voice, nil), 200, "")
	if r := w.call("GET", voice+"/transcoding", nil); r.body["status"] != "succeeded" {
		t.Errorf("transcoding: %s", r.raw)
	}
	w.expect(w.call("GET", voice+"/preview", nil), 400, "The content can not be previewed")
	w.must(w.e.Unsend(hana, "", h.Message))
	w.expect(w.call("GET", path, nil), 410, "The content is gone")
	said := w.must(w.e.Say(hana, "", "text"))
	w.expect(w.call("GET", "/v2/bot/message/"+said.Message+"/content", nil), 404, "not found")
	w.expect(w.call("GET", "/v2/bot/message/1/content", nil), 404, "not found")

	w.must(w.e.Sticker(hana, "", "446", "1988"))
	if ev := w.last(); ev.Message["stickerId"] != "1988" || ev.Message["quoteToken"] == nil {
		t.Errorf("sticker: %+v", ev.Message)
	}
	w.must(w.e.Video(hana, "", []byte("mp4"), 900))
	w.must(w.e.File(hana, "", "a.txt", []byte("abc")))
	if ev := w.last(); ev.Message["fileName"] != "a.txt" || ev.Message["fileSize"] != 3.0 {
		t.Errorf("file: %+v", ev.Message)
	}
	w.must(w.e.Location(hana, "", "here", "there", 0, 0))
	if ev := w.last(); ev.Message["latitude"] != 0.0 {
		t.Errorf("location: %+v", ev.Message)
	}
}

func TestWebhookSettings(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	const path = "/v2/bot/channel/webhook/"
	r := w.call("GET", path+"endpoint", nil)
	first := str(r.body["endpoint"])
	if r.status != 200 || r.body["active"] != true || first == "" {
		t.Errorf("endpoint: %s", r.raw)
	}
	r = w.call("POST", path+"test", obj{})
	if r.body["success"] != true || r.body["statusCode"] != 200.0 || r.body["reason"] != "OK" || r.body["detail"] != "200" {
		t.Errorf("test: %s", r.raw)
	}
	if b := w.received(); len(b) != 1 || len(b[0].Events) != 0 || b[0].signature == "" {
		t.Errorf("the test's body: %+v", b)
	}
	w.answer = fail(99)
	if r := w.call("POST", path+"test", obj{"endpoint": first}); r.body["success"] != false || r.body["reason"] != "ERROR_STATUS_CODE" || r.body["detail"] != "503" {
		t.Errorf("test: %s", r.raw)
	}
	if r := w.call("POST", path+"test", obj{"endpoint": "http://127.0.0.1:1/"}); r.body["reason"] != "COULD_NOT_CONNECT" || r.body["statusCode"] != 0.0 {
		t.Errorf("test: %s", r.raw)
	}
	for _, bad := range []string{"", "nonsense", "ftp://example.com/", "https://example.com/" + strings.Repeat("a", 481)} {
		w.expect(w.call("PUT", path+"endpoint", obj{"endpoint": bad}), 400, "Invalid webhook endpoint URL")
	}
	w.expect(w.call("PUT", path+"endpoint", obj{"endpoint": "https://example.com/" + strings.Repeat("a", 480)}), 200, "")
	if err := w.bot.SetWebhook(""); err != nil {
		t.Fatal(err)
	}
	w.expect(w.call("GET", path+"endpoint", nil), 404, "Webhook endpoint not found")
	w.expect(w.call("POST", path+"test", obj{}), 404, "Webhook endpoint not found")
}

func TestOpenLinks(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{BasicID: "@mimamori"})
	l, err := w.e.Open("https://line.me/R/oaMessage/%40mimamori/?%E8%A6%8B%E5%AE%88%E3%82%8A%20A%2BB%261")
	if err != nil || l.Bot != w.bot.UserID() || l.Text != "見守り A+B&1" || l.Add {
		t.Errorf("oaMessage: %+v %v", l, err)
	}
	if l, err = w.e.Open("https://line.me/R/ti/p/%40mimamori"); err != nil || !l.Add {
		t.Errorf("add friend: %+v %v", l, err)
	}
	for _, bad := range []string{"https://line.me/R/oaMessage/%40other/?x", "https://example.com/R/oaMessage/%40mimamori/?x", "https://line.me/R/oaMessage/", ":"} {
		if l, err := w.e.Open(bad); err == nil {
			t.Errorf("%s opened %+v", bad, l)
		}
	}
}
