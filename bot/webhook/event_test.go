package webhook

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/line"
)

var noon = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)

// Every type of event in LINE's reference, and what becomes of it.
func TestTranslate(t *testing.T) {
	u := line.Source{Type: "user", UserID: alice}
	g := line.Source{Type: "group", GroupID: group, UserID: alice}
	base := line.Event{ID: "e1", Mode: "active", Time: noon, ReplyToken: "r", Source: u}
	with := func(f func(*line.Event)) line.Event { ev := base; f(&ev); return ev }
	message := func(m line.EventMessage) line.Event {
		return with(func(ev *line.Event) { ev.Type = "message"; ev.Message = &m })
	}
	plain := dialogue.Event{ID: "e1", At: noon, Received: noon, User: alice, ReplyToken: "r"}
	want := func(f func(*dialogue.Event)) dialogue.Event { ev := plain; f(&ev); return ev }
	for _, c := range []struct {
		name string
		in   line.Event
		want dialogue.Event
	}{
		{"text", message(line.EventMessage{ID: "5", Type: "text", Text: "はい", QuoteToken: "q", QuotedMessageID: "4", Mentioned: true}),
			want(func(ev *dialogue.Event) {
				ev.Kind, ev.MessageID, ev.Text, ev.QuoteToken, ev.Quoted, ev.Mentioned = dialogue.Said, "5", "はい", "q", "4", true
			})},
		{"text that a database cannot hold", message(line.EventMessage{ID: "5", Type: "text", Text: "は\x00い"}),
			want(func(ev *dialogue.Event) { ev.Kind, ev.MessageID, ev.Text = dialogue.Said, "5", "はい" })},
		{"edited", with(func(ev *line.Event) {
			ev.Type, ev.Message, ev.Source = "messageEdited", &line.EventMessage{ID: "5", Type: "text", Text: "いいえ"}, g
		}), want(func(ev *dialogue.Event) {
			ev.Kind, ev.MessageID, ev.Text, ev.Group = dialogue.Edited, "5", "いいえ", group
		})},
		{"sticker", message(line.EventMessage{ID: "5", Type: "sticker", StickerID: "52002734"}),
			want(func(ev *dialogue.Event) { ev.Kind, ev.MessageID, ev.Media = dialogue.SentOther, "5", "sticker" })},
		{"image", message(line.EventMessage{ID: "5", Type: "image"}),
			want(func(ev *dialogue.Event) { ev.Kind, ev.MessageID, ev.Media = dialogue.SentOther, "5", "image" })},
		{"a new kind of message", message(line.EventMessage{ID: "5", Type: "hologram"}),
			want(func(ev *dialogue.Event) { ev.Kind, ev.MessageID, ev.Media = dialogue.SentOther, "5", "other" })},
		{"postback", with(func(ev *line.Event) { ev.Type, ev.Postback = "postback", "f:a" }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.Data = dialogue.Tapped, "f:a" })},
		{"postback that no button has", with(func(ev *line.Event) { ev.Type, ev.Postback = "postback", strings.Repeat("m", maxData+1) }),
			want(func(ev *dialogue.Event) { ev.Kind = dialogue.Tapped })},
		{"tokens that are none", with(func(ev *line.Event) {
			ev.Type, ev.ReplyToken = "message", strings.Repeat("r", maxToken+1)
			ev.Message = &line.EventMessage{ID: "5", Type: "text", Text: "はい", QuoteToken: strings.Repeat("q", maxToken+1)}
		}), want(func(ev *dialogue.Event) {
			ev.Kind, ev.MessageID, ev.Text, ev.ReplyToken = dialogue.Said, "5", "はい", ""
		})},
		{"group postback without a user", with(func(ev *line.Event) {
			ev.Type, ev.Postback, ev.Source = "postback", "f:a", line.Source{Type: "group", GroupID: group}
		}), want(func(ev *dialogue.Event) { ev.Kind, ev.Data, ev.User, ev.Group = dialogue.Tapped, "f:a", "", group })},
		{"unsend", with(func(ev *line.Event) { ev.Type, ev.UnsentID, ev.ReplyToken = "unsend", "5", "" }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.MessageID, ev.ReplyToken = dialogue.Unsent, "5", "" })},
		{"follow", with(func(ev *line.Event) { ev.Type = "follow" }),
			want(func(ev *dialogue.Event) { ev.Kind = dialogue.Followed })},
		{"unblocked", with(func(ev *line.Event) { ev.Type, ev.Follow = "follow", &line.Follow{Unblocked: true} }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.Unblocked = dialogue.Followed, true })},
		{"unfollow", with(func(ev *line.Event) { ev.Type, ev.ReplyToken = "unfollow", "" }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.ReplyToken = dialogue.Unfollowed, "" })},
		{"join", with(func(ev *line.Event) { ev.Type, ev.Source = "join", line.Source{Type: "group", GroupID: group} }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.User, ev.Group = dialogue.BotJoined, "", group })},
		{"leave", with(func(ev *line.Event) { ev.Type, ev.Source = "leave", line.Source{Type: "group", GroupID: group} }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.User, ev.Group = dialogue.BotLeft, "", group })},
		{"people come", with(func(ev *line.Event) { ev.Type, ev.Source, ev.Joined = "memberJoined", g, []string{bob} }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.Group, ev.People = dialogue.Joined, group, []string{bob} })},
		{"people go", with(func(ev *line.Event) { ev.Type, ev.Source, ev.Left = "memberLeft", g, []string{bob} }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.Group, ev.People = dialogue.Left, group, []string{bob} })},
		{"room", with(func(ev *line.Event) { ev.Type, ev.Source = "join", line.Source{Type: "room", RoomID: room} }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.User, ev.Room = dialogue.BotJoined, "", true })},
		{"redelivered", with(func(ev *line.Event) { ev.Type, ev.Redelivery = "follow", true }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.Redelivery = dialogue.Followed, true })},
		{"redelivered too late to be answered", with(func(ev *line.Event) {
			ev.Type, ev.Redelivery, ev.Time = "follow", true, noon.Add(-redeliveredTokenAge-time.Second)
		}), want(func(ev *dialogue.Event) {
			ev.Kind, ev.Redelivery, ev.ReplyToken, ev.At = dialogue.Followed, true, "", noon.Add(-redeliveredTokenAge-time.Second)
		})},
		{"as old as may be", with(func(ev *line.Event) { ev.Type, ev.Time = "follow", noon.Add(-MaxAge) }),
			want(func(ev *dialogue.Event) { ev.Kind, ev.At = dialogue.Followed, noon.Add(-MaxAge) })},
	} {
		got, why := translate(c.in, noon)
		if why != "" {
			t.Errorf("%s: not acted on: %s", c.name, why)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// Every way of not being acted on.
func TestTranslatePasses(t *testing.T) {
	base := line.Event{ID: "e1", Type: "message", Mode: "active", Time: noon, ReplyToken: "r",
		Source: line.Source{Type: "user", UserID: alice}, Message: &line.EventMessage{ID: "5", Type: "text", Text: "x"}}
	for name, c := range map[string]struct {
		change func(*line.Event)
		why    string
	}{
		"standby":    {func(ev *line.Event) { ev.Mode = "standby" }, PassedStandby},
		"too old":    {func(ev *line.Event) { ev.Time = noon.Add(-MaxAge - time.Millisecond) }, PassedOld},
		"no source":  {func(ev *line.Event) { ev.Source = line.Source{} }, PassedSourceless},
		"no time":    {func(ev *line.Event) { ev.Time = time.Time{} }, PassedOld},
		"time 0":     {func(ev *line.Event) { ev.Time = time.UnixMilli(0) }, PassedOld},
		"no message": {func(ev *line.Event) { ev.Message = nil }, PassedType},
		"edited picture": {func(ev *line.Event) {
			ev.Type = "messageEdited"
			ev.Message = &line.EventMessage{ID: "5", Type: "image"}
		}, PassedType},
		"new type":                 {func(ev *line.Event) { ev.Type = "somethingNew" }, PassedType},
		"no type":                  {func(ev *line.Event) { ev.Type = "" }, PassedType},
		"video was played":         {func(ev *line.Event) { ev.Type = "videoPlayComplete" }, PassedType},
		"beacon":                   {func(ev *line.Event) { ev.Type = "beacon" }, PassedType},
		"accountLink":              {func(ev *line.Event) { ev.Type = "accountLink" }, PassedType},
		"membership":               {func(ev *line.Event) { ev.Type = "membership" }, PassedType},
		"module":                   {func(ev *line.Event) { ev.Type = "module" }, PassedType},
		"activated":                {func(ev *line.Event) { ev.Type = "activated" }, PassedType},
		"botSuspended":             {func(ev *line.Event) { ev.Type = "botSuspended" }, PassedType},
		"delivery":                 {func(ev *line.Event) { ev.Type = "delivery" }, PassedType},
		"old event of a new type":  {func(ev *line.Event) { ev.Type = "x"; ev.Time = noon.Add(-2 * MaxAge) }, PassedType},
		"standby that is also old": {func(ev *line.Event) { ev.Mode = "standby"; ev.Time = noon.Add(-2 * MaxAge) }, PassedStandby},
	} {
		ev := base
		c.change(&ev)
		if _, why := translate(ev, noon); why != c.why {
			t.Errorf("%s: %q, want %q", name, why, c.why)
		}
	}
}

// The event's people are its own: nothing of the body is shared with a turn
// that runs on.
func TestTranslateCopies(t *testing.T) {
	in := line.Event{ID: "e1", Type: "memberLeft", Time: noon, Source: line.Source{GroupID: group}, Left: []string{alice}}
	out, why := translate(in, noon)
	in.Left[0] = bob
	if why != "" || out.People[0] != alice {
		t.Errorf("%q %v", why, out.People)
	}
}
