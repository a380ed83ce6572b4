package line_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/line/line-bot-sdk-go/v8/linebot/webhook"

	"mimamori.example/mimamori/bot/line"
)

// bodies makes webhooks as the SDK writes them: every type, with and without
// what LINE may leave out.
type bodies struct{ *rand.Rand }

func (b bodies) id(kind string) string {
	return kind + fmt.Sprintf("%016x%016x", b.Uint64(), b.Uint64())
}

func (b bodies) maybe() bool { return b.IntN(2) == 0 }

func (b bodies) words() string {
	all := []string{"段ボールが山積み", "はい", "", "a \"quoted\" \\ word", "two\nlines", "😀👨‍👩‍👧", "</script>&", "\u2028\u202e", "0312345678"}
	return all[b.IntN(len(all))]
}

func (b bodies) source() webhook.SourceInterface {
	user := ""
	if b.maybe() {
		user = b.id("U")
	}
	switch b.IntN(4) {
	case 0:
		return &webhook.UserSource{UserId: b.id("U")}
	case 1:
		return &webhook.GroupSource{GroupId: b.id("C"), UserId: user}
	case 2:
		return &webhook.RoomSource{RoomId: b.id("R"), UserId: user}
	}
	return nil
}

func (b bodies) text(destination string) *webhook.TextMessageContent {
	m := &webhook.TextMessageContent{Id: fmt.Sprint(b.Uint64()), Text: b.words(), QuoteToken: b.words()}
	if b.maybe() {
		m.QuotedMessageId, m.MarkAsReadToken = fmt.Sprint(b.Uint64()), b.words()
	}
	if b.maybe() {
		m.Mention = &webhook.Mention{Mentionees: []webhook.MentioneeInterface{
			webhook.AllMentionee{Length: 4},
			webhook.UserMentionee{UserId: b.id("U"), IsSelf: b.maybe()},
		}}
		if b.maybe() {
			m.Mention.Mentionees = append(m.Mention.Mentionees, webhook.UserMentionee{UserId: destination})
		}
	}
	return m
}

func (b bodies) message(destination string) webhook.MessageContentInterface {
	id := fmt.Sprint(b.Uint64())
	switch b.IntN(6) {
	case 0:
		return &webhook.StickerMessageContent{Id: id, PackageId: "446", StickerId: "1988", QuoteToken: "q"}
	case 1:
		return &webhook.ImageMessageContent{Id: id, QuoteToken: "q", ContentProvider: &webhook.ContentProvider{Type: "line"}}
	case 2:
		return &webhook.LocationMessageContent{Id: id, Title: b.words(), Latitude: 35.6, Longitude: 139.7}
	case 3:
		return &webhook.AudioMessageContent{Id: id, Duration: 60000, ContentProvider: &webhook.ContentProvider{Type: "line"}}
	}
	return b.text(destination)
}

func (b bodies) event(destination string) webhook.EventInterface {
	src, at, id := b.source(), b.Int64N(4e12), strings.ToUpper(b.id("0"))[:26]
	mode, again := webhook.EventMode_ACTIVE, &webhook.DeliveryContext{IsRedelivery: b.maybe()}
	if b.IntN(10) == 0 {
		mode = webhook.EventMode_STANDBY
	}
	users := []webhook.UserSource{{UserId: b.id("U")}, {UserId: b.id("U")}}
	switch b.IntN(12) {
	case 0:
		return webhook.UnsendEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again, Unsend: &webhook.UnsendDetail{MessageId: fmt.Sprint(b.Uint64())}}
	case 1:
		return webhook.FollowEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again, ReplyToken: b.words(), Follow: &webhook.FollowDetail{IsUnblocked: b.maybe()}}
	case 2:
		return webhook.UnfollowEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again}
	case 3:
		return webhook.JoinEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again, ReplyToken: b.words()}
	case 4:
		return webhook.LeaveEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again}
	case 5:
		return webhook.MemberJoinedEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again, ReplyToken: b.words(), Joined: &webhook.JoinedMembers{Members: users}}
	case 6:
		return webhook.MemberLeftEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again, Left: &webhook.LeftMembers{Members: users}}
	case 7:
		return webhook.PostbackEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again, ReplyToken: b.words(), Postback: &webhook.PostbackContent{Data: b.words(), Params: map[string]string{"date": "2017-09-03"}}}
	case 8:
		return webhook.MessageEditedEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again, ReplyToken: b.words(), Message: b.text(destination)}
	}
	return webhook.MessageEvent{Source: src, Timestamp: at, Mode: mode, WebhookEventId: id, DeliveryContext: again, ReplyToken: b.words(), Message: b.message(destination)}
}

// theirs reads an event of the SDK's into ours.
func theirs(t *testing.T, destination string, index int, in webhook.EventInterface) line.Event {
	t.Helper()
	v := reflect.ValueOf(in)
	field := func(name string) any {
		if f := v.FieldByName(name); f.IsValid() {
			return f.Interface()
		}
		return nil
	}
	out := line.Event{Index: index, Type: in.GetType()}
	out.ID, _ = field("WebhookEventId").(string)
	out.Mode = fmt.Sprint(field("Mode"))
	out.ReplyToken, _ = field("ReplyToken").(string)
	at, _ := field("Timestamp").(int64)
	out.Time = time.UnixMilli(at).UTC()
	if d, ok := field("DeliveryContext").(*webhook.DeliveryContext); ok && d != nil {
		out.Redelivery = d.IsRedelivery
	}
	switch s := field("Source").(type) {
	case webhook.UserSource:
		out.Source = line.Source{Type: "user", UserID: s.UserId}
	case webhook.GroupSource:
		out.Source = line.Source{Type: "group", GroupID: s.GroupId, UserID: s.UserId}
	case webhook.RoomSource:
		out.Source = line.Source{Type: "room", RoomID: s.RoomId, UserID: s.UserId}
	}
	switch m := field("Message").(type) {
	case webhook.TextMessageContent:
		out.Message = &line.EventMessage{ID: m.Id, Type: "text", Text: m.Text, QuoteToken: m.QuoteToken, QuotedMessageID: m.QuotedMessageId, MarkAsReadToken: m.MarkAsReadToken}
		if m.Mention != nil {
			for _, p := range m.Mention.Mentionees {
				if u, ok := p.(webhook.UserMentionee); ok && (u.IsSelf || u.UserId == destination) {
					out.Message.Mentioned = true
				}
			}
		}
	case webhook.StickerMessageContent:
		out.Message = &line.EventMessage{ID: m.Id, Type: "sticker", StickerID: m.StickerId, QuoteToken: m.QuoteToken}
	case webhook.ImageMessageContent:
		out.Message = &line.EventMessage{ID: m.Id, Type: "image", QuoteToken: m.QuoteToken}
	case webhook.LocationMessageContent:
		out.Message = &line.EventMessage{ID: m.Id, Type: "location"}
	case webhook.AudioMessageContent:
		out.Message = &line.EventMessage{ID: m.Id, Type: "audio"}
	}
	if p, ok := field("Postback").(*webhook.PostbackContent); ok {
		out.Postback = p.Data
	}
	if u, ok := field("Unsend").(*webhook.UnsendDetail); ok {
		out.UnsentID = u.MessageId
	}
	if f, ok := field("Follow").(*webhook.FollowDetail); ok {
		out.Follow = &line.Follow{Unblocked: f.IsUnblocked}
	}
	if j, ok := field("Joined").(*webhook.JoinedMembers); ok {
		for _, m := range j.Members {
			out.Joined = append(out.Joined, m.UserId)
		}
	}
	if l, ok := field("Left").(*webhook.LeftMembers); ok {
		for _, m := range l.Members {
			out.Left = append(out.Left, m.UserId)
		}
	}
	return out
}

// FuzzDecodeAgainstSDK reads random webhooks with both and wants the same.
func FuzzDecodeAgainstSDK(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		b := bodies{rand.New(rand.NewPCG(seed, 1))}
		sent := webhook.CallbackRequest{Destination: b.id("U")}
		for range b.IntN(6) {
			sent.Events = append(sent.Events, b.event(sent.Destination))
		}
		body, err := json.Marshal(&sent)
		if err != nil {
			t.Fatal(err)
		}
		var sdk webhook.CallbackRequest
		if err := json.Unmarshal(body, &sdk); err != nil {
			t.Fatalf("the SDK cannot read what it wrote: %v", err)
		}
		want := line.Envelope{Destination: sdk.Destination}
		for i, ev := range sdk.Events {
			want.Events = append(want.Events, theirs(t, sdk.Destination, i, ev))
		}
		got, err := line.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("body %s\ngot  %+v\nwant %+v", body, got, want)
		}
	})
}

// BenchmarkDecode prints how many times faster than the SDK the envelope is,
// measured side by side in the same run.
func BenchmarkDecode(b *testing.B) {
	for name, body := range map[string][]byte{
		"text":     []byte(hook(event("message", "01FZ74A0TDDPYRVKNK77XKC3ZR", fromUser, `,"replyToken":"nHuyWiB7yP5Zw52FIkcQobQuGDXCTA","message":{"id":"444573844083572737","type":"text","quoteToken":"q3Plxr4AgKd","markAsReadToken":"30yhdy232","text":"段ボールが山積みです"}`))),
		"postback": []byte(hook(event("postback", "01FZ74A0TDDPYRVKNK77XKC3ZR", fromUser, `,"replyToken":"nHuyWiB7yP5Zw52FIkcQobQuGDXCTA","postback":{"data":"f:0123456789abcdef:12:about_to_pay"}`))),
		"five": []byte(hook(func() (all []string) {
			for i := range 5 {
				all = append(all, event("message", fmt.Sprint("E", i), fromGroup, `,"replyToken":"rt","message":{"id":"444573844083572737","type":"text","quoteToken":"q","text":"担当する 受付番号 R8-0012"}`))
			}
			return all
		}()...)),
	} {
		b.Run(name, func(b *testing.B) {
			var ours, sdk []time.Duration
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				env, err := line.Decode(body)
				ours = append(ours, time.Since(start))
				if err != nil || len(env.Events) == 0 {
					b.Fatal(err)
				}
				start = time.Now()
				var cb webhook.CallbackRequest
				err = json.Unmarshal(body, &cb)
				sdk = append(sdk, time.Since(start))
				if err != nil {
					b.Fatal(err)
				}
			}
			// Medians: other work on the machine must not decide.
			slices.Sort(ours)
			slices.Sort(sdk)
			o, s := ours[len(ours)/2], sdk[len(sdk)/2]
			b.ReportMetric(float64(o), "ours-ns/op")
			b.ReportMetric(float64(s), "sdk-ns/op")
			b.ReportMetric(float64(s)/float64(o), "times-faster")
		})
	}
}
