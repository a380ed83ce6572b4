package emulator_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"
	"github.com/line/line-bot-sdk-go/v8/linebot/webhook"

	"mimamori.example/mimamori/bot/line/emulator"
)

// TestSDK lets LINE's own client talk to the emulator and LINE's own parser read
// its webhooks.
func TestSDK(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Name: "Mimamori", Monthly: 200})
	api, err := messaging_api.NewMessagingApiAPI(w.bot.Token(), messaging_api.WithEndpoint(w.api.URL), messaging_api.WithHTTPClient(w.api.Client()))
	if err != nil {
		t.Fatal(err)
	}
	blob, err := messaging_api.NewMessagingApiBlobAPI(w.bot.Token(), messaging_api.WithBlobEndpoint(w.api.URL), messaging_api.WithBlobHTTPClient(w.api.Client()))
	if err != nil {
		t.Fatal(err)
	}
	hana := w.friend("Hana")
	group, err := w.e.AddGroup("Office", hana)
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.e.InviteBot(group, ""))

	messages := []messaging_api.MessageInterface{
		messaging_api.TextMessage{Text: "こんにちは", QuickReply: &messaging_api.QuickReply{Items: []messaging_api.QuickReplyItem{
			{Type: "action", Action: &messaging_api.PostbackAction{Label: "Yes", Data: "f:1", DisplayText: "yes"}},
		}}},
		messaging_api.FlexMessage{AltText: "alt", Contents: &messaging_api.FlexBubble{
			Header: &messaging_api.FlexBox{Layout: messaging_api.FlexBoxLAYOUT_VERTICAL, Contents: []messaging_api.FlexComponentInterface{
				&messaging_api.FlexText{Text: "heading", Weight: messaging_api.FlexTextWEIGHT_BOLD, Wrap: true},
				&messaging_api.FlexSeparator{Margin: "md"},
			}},
			Footer: &messaging_api.FlexBox{Layout: messaging_api.FlexBoxLAYOUT_HORIZONTAL, Contents: []messaging_api.FlexComponentInterface{
				&messaging_api.FlexButton{Style: messaging_api.FlexButtonSTYLE_PRIMARY, Action: &messaging_api.MessageAction{Label: "Take", Text: "I take it"}},
				&messaging_api.FlexButton{Action: &messaging_api.UriAction{Label: "Call", Uri: "tel:0312345678"}},
			}},
		}},
		messaging_api.TextMessageV2{Text: "{all} hello", Substitution: map[string]messaging_api.SubstitutionObjectInterface{
			"all": &messaging_api.MentionSubstitutionObject{Mentionee: &messaging_api.AllMentionTarget{}},
		}},
	}
	sent, err := api.PushMessage(&messaging_api.PushMessageRequest{To: group, Messages: messages}, "")
	if err != nil || len(sent.SentMessages) != 3 || sent.SentMessages[0].QuoteToken == "" {
		t.Fatalf("push: %+v %v", sent, err)
	}
	talk, err := w.e.Group(group)
	if err != nil || len(talk) != 4 || talk[2].Text != "heading\n[Take]\n[Call]" || len(talk[2].Buttons) != 2 {
		t.Fatalf("group: %+v %v", talk, err)
	}
	w.must(w.e.Tap(hana, group, sent.SentMessages[1].Id, "Take"))
	if _, err := api.ReplyMessage(&messaging_api.ReplyMessageRequest{ReplyToken: w.last().ReplyToken, Messages: messages[1:2]}); err != nil {
		t.Error(err)
	}
	if _, err := api.Multicast(&messaging_api.MulticastRequest{To: []string{hana}, Messages: messages[:2]}, key); err != nil {
		t.Error(err)
	}
	if _, err := api.Multicast(&messaging_api.MulticastRequest{To: []string{hana}, Messages: messages[:2]}, key); err == nil || !strings.Contains(err.Error(), "409") {
		t.Errorf("the same key again: %v", err)
	}
	if p, err := api.GetProfile(hana); err != nil || p.DisplayName != "Hana" {
		t.Errorf("profile: %+v %v", p, err)
	}
	if p, err := api.GetGroupMemberProfile(group, hana); err != nil || p.DisplayName != "Hana" {
		t.Errorf("member: %+v %v", p, err)
	}
	if s, err := api.GetGroupSummary(group); err != nil || s.GroupName != "Office" {
		t.Errorf("summary: %+v %v", s, err)
	}
	if n, err := api.GetGroupMemberCount(group); err != nil || n.Count != 1 {
		t.Errorf("count: %+v %v", n, err)
	}
	if q, err := api.GetMessageQuota(); err != nil || q.Value != 200 {
		t.Errorf("quota: %+v %v", q, err)
	}
	if q, err := api.GetMessageQuotaConsumption(); err != nil || q.TotalUsage != 2 {
		t.Errorf("consumption: %+v %v", q, err)
	}
	if i, err := api.GetBotInfo(); err != nil || i.UserId != w.bot.UserID() || i.ChatMode != messaging_api.BotInfoResponseCHAT_MODE_BOT {
		t.Errorf("info: %+v %v", i, err)
	}
	if e, err := api.GetWebhookEndpoint(); err != nil || !e.Active {
		t.Errorf("endpoint: %+v %v", e, err)
	}
	if r, err := api.TestWebhookEndpoint(&messaging_api.TestWebhookEndpointRequest{}); err != nil || !r.Success {
		t.Errorf("test: %+v %v", r, err)
	}
	if _, err := api.ShowLoadingAnimation(&messaging_api.ShowLoadingAnimationRequest{ChatId: hana, LoadingSeconds: 5}); err != nil {
		t.Error(err)
	}
	if _, err := api.ValidateReply(&messaging_api.ValidateMessageRequest{Messages: messages}); err != nil {
		t.Error(err)
	}
	h := w.must(w.e.Picture(hana, "", []byte("png"), "image/png"))
	if _, err := api.MarkMessagesAsReadByToken(&messaging_api.MarkMessagesAsReadByTokenRequest{MarkAsReadToken: str(w.last().Message["markAsReadToken"])}); err != nil {
		t.Error(err)
	}
	res, err := blob.GetMessageContent(h.Message)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(res.Body)
	if cerr := res.Body.Close(); err != nil || cerr != nil || string(data) != "png" {
		t.Errorf("content: %q %v %v", data, err, cerr)
	}
	m, err := api.CreateRichMenu(&messaging_api.RichMenuRequest{
		Size: &messaging_api.RichMenuSize{Width: 800, Height: 540}, Name: "main", ChatBarText: "menu",
		Areas: []messaging_api.RichMenuArea{{Bounds: &messaging_api.RichMenuBounds{Width: 800, Height: 540}, Action: &messaging_api.MessageAction{Text: "x"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blob.SetRichMenuImage(m.RichMenuId, "image/png", bytes.NewReader(picture(t, 800, 540))); err != nil {
		t.Error(err)
	}
	if _, err := api.LinkRichMenuIdToUser(hana, m.RichMenuId); err != nil {
		t.Error(err)
	}
	if r, err := api.GetRichMenuIdOfUser(hana); err != nil || r.RichMenuId != m.RichMenuId {
		t.Errorf("linked: %+v %v", r, err)
	}
	if _, err := api.LeaveGroup(group); err != nil {
		t.Error(err)
	}
	w.settle()

	types := map[string]bool{}
	for _, b := range w.received() {
		req := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(b.raw))
		req.Header.Set("X-Line-Signature", b.signature)
		cb, err := webhook.ParseRequest(w.bot.Secret(), req)
		if err != nil {
			t.Errorf("%s: %v", b.raw, err)
			continue
		}
		for _, e := range cb.Events {
			types[e.GetType()] = true
			if _, unknown := e.(webhook.UnknownEvent); unknown {
				t.Errorf("unknown to the SDK: %s", b.raw)
			}
		}
	}
	for _, want := range []string{"follow", "join", "message", "leave"} {
		if !types[want] {
			t.Errorf("no %s event among %v", want, types)
		}
	}
}
