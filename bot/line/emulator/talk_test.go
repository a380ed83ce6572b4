package emulator_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// ask is a message with a Flex button and two quick replies.
var ask = obj{
	"type": "flex", "altText": "alt",
	"contents": obj{"type": "bubble", "body": obj{"type": "box", "layout": "vertical", "contents": []obj{
		{"type": "text", "text": "heading"},
		{"type": "button", "action": obj{"type": "message", "label": "Take", "text": "I take it"}},
		{"type": "button", "action": obj{"type": "uri", "label": "Call", "uri": "tel:0312345678"}},
	}}},
	"quickReply": obj{"items": []obj{
		{"type": "action", "action": obj{"type": "postback", "label": "Yes", "data": "f:1", "displayText": "yes please"}},
		{"type": "action", "action": obj{"type": "postback", "label": "No", "data": "f:2"}},
	}},
}

func TestTalk(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Name: "Mimamori"})
	hana := w.e.AddUser("Hana")
	w.must(w.e.Friend(hana, ""))
	follow := w.last()
	if follow.Type != "follow" || follow.Follow["isUnblocked"] != false || follow.Source["userId"] != hana {
		t.Fatalf("follow event: %+v", follow)
	}
	if r := w.call("POST", "/v2/bot/message/reply", obj{"replyToken": follow.ReplyToken, "messages": []obj{ask}}); r.status != 200 {
		t.Fatalf("reply: %d %s", r.status, r.raw)
	}
	talk, err := w.e.Talk(hana, "")
	if err != nil || len(talk) != 1 {
		t.Fatalf("talk: %v %v", talk, err)
	}
	m := talk[0]
	if m.Text != "heading\n[Take]\n[Call]" || m.Alt != "alt" || m.From != w.bot.UserID() || m.Via != "reply" || len(m.Buttons) != 4 {
		t.Fatalf("shown: %+v", m)
	}

	// A quick reply sends its postback, shows displayText, and is gone then.
	h := w.must(w.e.Tap(hana, "", m.ID, "Yes"))
	if pb := w.last(); pb.Type != "postback" || pb.Postback["data"] != "f:1" || pb.ID != h.Event || pb.ReplyToken == "" {
		t.Fatalf("postback: %+v", pb)
	}
	talk, _ = w.e.Talk(hana, "")
	if len(talk) != 2 || talk[1].Text != "yes please" || talk[1].From != hana || len(talk[0].Buttons) != 2 {
		t.Fatalf("after the tap: %+v", talk)
	}
	if later, err := w.e.Later(hana, "", 1); err != nil || len(later) != 1 || later[0].ID != talk[1].ID {
		t.Fatalf("without the first: %+v %v", later, err)
	}
	if later, err := w.e.Later(hana, "", 3); err != nil || len(later) != 0 {
		t.Fatalf("behind the end: %+v %v", later, err)
	}
	if _, err := w.e.Later(hana, "", -1); err == nil {
		t.Fatal("a negative position was taken")
	}
	if _, err := w.e.Tap(hana, "", m.ID, "No"); !errors.Is(err, emulator.ErrNotShown) {
		t.Fatalf("a vanished quick reply was tapped: %v", err)
	}
	// A Flex button stays, and its message action is the person's own message.
	w.must(w.e.Tap(hana, "", m.ID, "Take"))
	if said := w.last(); said.Type != "message" || said.Message["text"] != "I take it" {
		t.Fatalf("message action: %+v", said)
	}
	if h := w.must(w.e.Tap(hana, "", m.ID, "Call")); h.Open != "tel:0312345678" {
		t.Fatalf("uri action: %+v", h)
	}
}

func TestQuickRepliesOnlyUnderTheNewest(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.e.AddUser("Hana")
	w.must(w.e.Friend(hana, ""))
	for _, m := range [][]obj{{ask}, {text("newer")}} {
		if r := w.call("POST", "/v2/bot/message/push", obj{"to": hana, "messages": m}); r.status != 200 {
			t.Fatalf("push: %d %s", r.status, r.raw)
		}
	}
	if _, err := w.e.Tap(hana, "", "", "Yes"); !errors.Is(err, emulator.ErrNotShown) {
		t.Fatalf("tapped a quick reply of an older message: %v", err)
	}
	w.must(w.e.Tap(hana, "", "", "Take"))
}

func TestSignatureIsOfTheRawBytes(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Secret: "8c570fa6dd201bb328f1c1eac23a96d8"})
	hana := w.e.AddUser("花子")
	w.must(w.e.Say(hana, "", "<b>こんにちは & さようなら</b>"))
	b := w.received()[0]
	mac := hmac.New(sha256.New, []byte("8c570fa6dd201bb328f1c1eac23a96d8"))
	mac.Write(b.raw)
	if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); b.signature != want {
		t.Errorf("signature %q, want %q", b.signature, want)
	}
	if b.Destination != w.bot.UserID() || !strings.Contains(string(b.raw), "<b>こんにちは & さようなら</b>") {
		t.Errorf("body %s", b.raw)
	}
}

func TestGroup(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Name: "Mimamori"})
	hana, ken := w.e.AddUser("Hana"), w.e.AddUser("Ken")
	office, err := w.e.AddGroup("Office", hana)
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.e.InviteBot(office, ""))
	if j := w.last(); j.Type != "join" || j.Source["groupId"] != office || j.ReplyToken == "" {
		t.Fatalf("join: %+v", j)
	}
	if _, err := w.e.InviteBot(office, ""); !errors.Is(err, emulator.ErrOneBot) {
		t.Errorf("a second invitation: %v", err)
	}
	w.must(w.e.JoinGroup(office, ken))
	if j := w.last(); j.Type != "memberJoined" || size(j.Joined["members"]) != 1 {
		t.Fatalf("memberJoined: %+v", j)
	}
	r := w.call("POST", "/v2/bot/message/push", obj{"to": office, "messages": []obj{ask}})
	id := str(dig(r.body, "sentMessages", 0, "id"))
	h := w.must(w.e.Say(ken, office, "@Mimamori @Hana please", id))
	said := w.last()
	if said.Message["quotedMessageId"] != id || said.Message["id"] != h.Message {
		t.Errorf("quote: %+v", said.Message)
	}
	ms := dig(said.Message, "mention", "mentionees")
	if size(ms) != 2 || dig(ms, 0, "isSelf") != true || dig(ms, 0, "length") != 9.0 || dig(ms, 0, "index") != 0.0 || dig(ms, 1, "userId") != hana {
		t.Errorf("mentions: %+v", ms)
	}
	w.must(w.e.Edit(ken, office, h.Message, "edited"))
	if ed := w.last(); ed.Type != "messageEdited" || ed.Message["id"] != h.Message || ed.ReplyToken == said.ReplyToken || ed.Message["markAsReadToken"] != nil {
		t.Errorf("edit: %+v", ed)
	}
	w.must(w.e.Unsend(ken, office, h.Message))
	if un := w.last(); un.Type != "unsend" || un.Unsend["messageId"] != h.Message || un.ReplyToken != "" {
		t.Errorf("unsend: %+v", un)
	}
	w.must(w.e.LeaveGroup(office, ken))
	if l := w.last(); l.Type != "memberLeft" {
		t.Errorf("memberLeft: %+v", l)
	}
	if _, err := w.e.Say(ken, office, "still here?"); !errors.Is(err, emulator.ErrAbsent) {
		t.Errorf("who left still talks: %v", err)
	}
	if r := w.call("POST", "/v2/bot/group/"+office+"/leave", nil); r.status != 200 {
		t.Errorf("leave: %d %s", r.status, r.raw)
	}
	if l := w.last(); l.Type != "leave" {
		t.Errorf("leave: %+v", l)
	}
}
