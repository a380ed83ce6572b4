package line_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line"
)

const (
	bot   = "U8e742f61d673b39c7fff3cecb7536ef0"
	user  = "U4af4980629aabbccddeeff0011223344"
	user2 = "U91eeaf62d9aabbccddeeff0011223344"
	group = "Ca56f94637caabbccddeeff0011223344"
	room  = "Ra8dbf4673caabbccddeeff0011223344"
)

// event writes one event with LINE's common properties.
func event(typ, id, source, more string) string {
	return fmt.Sprintf(`{"type":%q,"mode":"active","timestamp":1462629479859,"webhookEventId":%q,"deliveryContext":{"isRedelivery":false},"source":%s%s}`,
		typ, id, source, more)
}

func hook(events ...string) string {
	return fmt.Sprintf(`{"destination":%q,"events":[%s]}`, bot, strings.Join(events, ","))
}

var (
	fromUser  = fmt.Sprintf(`{"type":"user","userId":%q}`, user)
	fromGroup = fmt.Sprintf(`{"type":"group","groupId":%q,"userId":%q}`, group, user)
	happened  = time.Date(2016, 5, 7, 13, 57, 59, 859e6, time.UTC)
)

func TestDecode(t *testing.T) {
	base := line.Event{ID: "E1", Mode: "active", Time: happened}
	inTalk, inGroup := line.Source{Type: "user", UserID: user}, line.Source{Type: "group", GroupID: group, UserID: user}
	with := func(change func(*line.Event)) line.Event {
		ev := base
		change(&ev)
		return ev
	}
	tests := []struct {
		name, event string
		want        line.Event
	}{
		{"text", event("message", "E1", fromUser, `,"replyToken":"rt","message":{"id":"444573844083572737","type":"text","quoteToken":"q","markAsReadToken":"m","text":"段ボールが山積み😀","emojis":[{"index":1}]}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source, ev.ReplyToken = "message", inTalk, "rt"
				ev.Message = &line.EventMessage{ID: "444573844083572737", Type: "text", Text: "段ボールが山積み😀", QuoteToken: "q", MarkAsReadToken: "m"}
			})},
		{"text that quotes and mentions the bot", event("message", "E1", fromGroup, `,"message":{"id":"1","type":"text","text":"@bot","quotedMessageId":"468789577898262530","mention":{"mentionees":[{"index":0,"length":4,"type":"all"},{"index":5,"length":4,"type":"user","isSelf":true}]}}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source = "message", inGroup
				ev.Message = &line.EventMessage{ID: "1", Type: "text", Text: "@bot", QuotedMessageID: "468789577898262530", Mentioned: true}
			})},
		{"mention by the bot's id", event("message", "E1", fromGroup, `,"message":{"id":"1","type":"text","text":"@bot","mention":{"mentionees":[{"type":"user","userId":"`+bot+`"}]}}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source = "message", inGroup
				ev.Message = &line.EventMessage{ID: "1", Type: "text", Text: "@bot", Mentioned: true}
			})},
		{"mention of everybody is not the bot", event("message", "E1", fromGroup, `,"message":{"id":"1","type":"text","text":"@All","mention":{"mentionees":[{"type":"all"},{"type":"user","userId":"`+user2+`","isSelf":false}]}}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source = "message", inGroup
				ev.Message = &line.EventMessage{ID: "1", Type: "text", Text: "@All"}
			})},
		{"sticker", event("message", "E1", fromUser, `,"message":{"id":"1","type":"sticker","packageId":"446","stickerId":"1988","stickerResourceType":"STATIC"}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source = "message", inTalk
				ev.Message = &line.EventMessage{ID: "1", Type: "sticker", StickerID: "1988"}
			})},
		{"a kind of message that does not exist yet", event("message", "E1", fromUser, `,"message":{"id":"1","type":"hologram","depth":3}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source, ev.Message = "message", inTalk, &line.EventMessage{ID: "1", Type: "hologram"}
			})},
		{"edited", event("messageEdited", "E1", fromGroup, `,"replyToken":"rt2","message":{"id":"1","type":"text","text":"b"}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source, ev.ReplyToken = "messageEdited", inGroup, "rt2"
				ev.Message = &line.EventMessage{ID: "1", Type: "text", Text: "b"}
			})},
		{"unsend", event("unsend", "E1", fromUser, `,"unsend":{"messageId":"325708"}`),
			with(func(ev *line.Event) { ev.Type, ev.Source, ev.UnsentID = "unsend", inTalk, "325708" })},
		{"postback", event("postback", "E1", fromUser, `,"replyToken":"rt","postback":{"data":"f:s1:3:danger","params":{"datetime":"2017-12-25T01:00"}}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source, ev.ReplyToken, ev.Postback = "postback", inTalk, "rt", "f:s1:3:danger"
			})},
		{"postback of a group without a user", event("postback", "E1", `{"type":"group","groupId":"`+group+`"}`, `,"postback":{"data":"d"}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source, ev.Postback = "postback", line.Source{Type: "group", GroupID: group}, "d"
			})},
		{"follow", event("follow", "E1", fromUser, `,"follow":{"isUnblocked":true}`),
			with(func(ev *line.Event) { ev.Type, ev.Source, ev.Follow = "follow", inTalk, &line.Follow{Unblocked: true} })},
		{"follow that says no more", event("follow", "E1", fromUser, ``),
			with(func(ev *line.Event) { ev.Type, ev.Source, ev.Follow = "follow", inTalk, &line.Follow{} })},
		{"members join", event("memberJoined", "E1", `{"type":"group","groupId":"`+group+`"}`, `,"joined":{"members":[{"type":"user","userId":"`+user+`"},{"type":"user"},{"type":"user","userId":"`+user2+`"}]}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source, ev.Joined = "memberJoined", line.Source{Type: "group", GroupID: group}, []string{user, user2}
				ev.Nameless = 1
			})},
		{"members leave", event("memberLeft", "E1", `{"type":"group","groupId":"`+group+`"}`, `,"left":{"members":[{"type":"user","userId":"`+user+`"}]}`),
			with(func(ev *line.Event) {
				ev.Type, ev.Source, ev.Left = "memberLeft", line.Source{Type: "group", GroupID: group}, []string{user}
			})},
		{"from a room", event("leave", "E1", `{"type":"room","roomId":"`+room+`"}`, ``),
			with(func(ev *line.Event) { ev.Type, ev.Source = "leave", line.Source{Type: "room", RoomID: room} })},
		{"a source that does not exist yet", event("leave", "E1", `{"type":"square","squareId":"S1"}`, ``),
			with(func(ev *line.Event) { ev.Type, ev.Source = "leave", line.Source{Type: "square"} })},
		{"no source", `{"type":"accountLink","mode":"active","timestamp":1462629479859,"webhookEventId":"E1","link":{"result":"failed"}}`,
			with(func(ev *line.Event) { ev.Type = "accountLink" })},
		{"null source", event("accountLink", "E1", "null", ``), with(func(ev *line.Event) { ev.Type = "accountLink" })},
		{"standby, delivered again", `{"type":"leave","mode":"standby","timestamp":1462629479859,"webhookEventId":"E1","deliveryContext":{"isRedelivery":true},"source":` + fromUser + `}`,
			with(func(ev *line.Event) { ev.Type, ev.Mode, ev.Source, ev.Redelivery = "leave", line.Standby, inTalk, true })},
		{"a type that uses our names for other things", event("tomorrow", "E1", fromUser, `,"message":"words","postback":7,"joined":[]`),
			with(func(ev *line.Event) { ev.Type, ev.Source = "tomorrow", inTalk })},
		{"a type that uses our names with other ids", event("tomorrow", "E1", fromUser, `,"message":{"id":"../x","type":"text","text":"t"}`),
			with(func(ev *line.Event) { ev.Type, ev.Source = "tomorrow", inTalk })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env, err := line.Decode([]byte(hook(tt.event)))
			if err != nil {
				t.Fatal(err)
			}
			want := line.Envelope{Destination: bot, Events: []line.Event{tt.want}}
			if !reflect.DeepEqual(env, want) {
				t.Errorf("got  %+v\nwant %+v", env, want)
			}
		})
	}
}

func TestDecodeKeepsTheNeighbours(t *testing.T) {
	good := func(id string) string {
		return event("message", id, fromUser, `,"message":{"id":"1","type":"text","text":"t"}`)
	}
	tests := []struct {
		name, bad string
		refused   bool
		typ       string
		reason    string
	}{
		{"a number", `7`, false, "", "wrong kind"},
		{"null", `null`, false, "", "type is missing"},
		{"a list", `[]`, false, "", "wrong kind"},
		{"empty", `{}`, false, "", "type is missing"},
		{"type of the wrong kind", `{"type":7}`, false, "", "wrong kind"},
		{"timestamp of the wrong kind", strings.Replace(good("B"), "1462629479859", `"soon"`, 1), false, "message", "wrong kind"},
		{"timestamp before all", strings.Replace(good("B"), "1462629479859", `-5`, 1), false, "message", "timestamp"},
		{"text of the wrong kind", strings.Replace(good("B"), `"text":"t"`, `"text":{}`, 1), false, "message", "wrong kind"},
		{"message missing", event("message", "B", fromUser, ``), false, "message", "message is missing"},
		{"postback missing", event("postback", "B", fromUser, ``), false, "postback", "postback is missing"},
		{"unsend missing", event("unsend", "B", fromUser, ``), false, "unsend", "unsend is missing"},
		{"no event id", event("join", "", fromUser, ``), true, "join", "webhookEventId"},
		{"event id with a slash", event("join", "a/b", fromUser, ``), true, "join", "webhookEventId"},
		{"event id without end", event("join", strings.Repeat("a", 65), fromUser, ``), true, "join", "webhookEventId"},
		{"user id that walks", event("join", "B", `{"type":"user","userId":"U/../../richmenu/list"}`, ``), true, "join", "source.userId"},
		{"user id that is a group's", event("join", "B", `{"type":"user","userId":"`+group+`"}`, ``), true, "join", "source.userId"},
		{"user without id", event("join", "B", `{"type":"user"}`, ``), true, "join", "source.userId"},
		{"group without id", event("join", "B", `{"type":"group"}`, ``), true, "join", "source.groupId"},
		{"room id in capitals", event("join", "B", `{"type":"room","roomId":"`+strings.ToUpper(room)+`"}`, ``), true, "join", "source.roomId"},
		{"message id that walks", event("message", "B", fromUser, `,"message":{"id":"../1","type":"text"}`), true, "message", "message.id"},
		{"quoted id that walks", event("message", "B", fromUser, `,"message":{"id":"1","type":"text","quotedMessageId":"../1"}`), true, "message", "quotedMessageId"},
		{"unsent id that walks", event("unsend", "B", fromUser, `,"unsend":{"messageId":"../1"}`), true, "unsend", "unsend.messageId"},
		{"member id that walks", event("memberJoined", "B", fromGroup, `,"joined":{"members":[{"userId":"x"}]}`), true, "memberJoined", "member"},
		{"unknown type with a bad id", event("tomorrow", "a b", fromUser, ``), true, "", "webhookEventId"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env, err := line.Decode([]byte(hook(good("A"), tt.bad, good("C"))))
			if err != nil {
				t.Fatal(err)
			}
			if len(env.Events) != 2 || env.Events[0].ID != "A" || env.Events[1].ID != "C" || env.Events[0].Index != 0 || env.Events[1].Index != 2 {
				t.Fatalf("neighbours: %+v", env.Events)
			}
			malformed, refused := 1, 0
			if tt.refused {
				malformed, refused = 0, 1
			}
			if env.Malformed != malformed || env.Refused != refused || len(env.Faults) != 1 {
				t.Fatalf("counts: %+v", env)
			}
			f := env.Faults[0]
			if f.Index != 1 || f.Refused != tt.refused || f.Type != tt.typ || !strings.Contains(f.Reason, tt.reason) {
				t.Errorf("fault: %+v", f)
			}
		})
	}
}

func TestDecodeWholeBody(t *testing.T) {
	for _, body := range []string{
		"", "secret words", `{`, `[]`, `null x`, `"secret words"`, `{"destination":7,"events":[]}`,
		`{"destination":"U","events":{}}`, `{"destination":"U","events":"secret words"}`, hook(`{"type":"secret words"`),
		hook(`{}`) + "secret words",
	} {
		env, err := line.Decode([]byte(body))
		if !errors.Is(err, line.ErrMalformed) || !reflect.DeepEqual(env, line.Envelope{}) {
			t.Errorf("%.40q: got %+v, %v", body, env, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: the error quotes the body: %v", body, err)
		}
	}
	for _, body := range []string{`{"destination":"` + bot + `","events":[]}`, `{"destination":"` + bot + `"}`, `{"destination":"` + bot + `","events":null,"new":1}`} {
		env, err := line.Decode([]byte(body))
		if err != nil || !reflect.DeepEqual(env, line.Envelope{Destination: bot}) {
			t.Errorf("%s: got %+v, %v", body, env, err)
		}
	}
}

func TestValidID(t *testing.T) {
	for _, id := range []string{user, group, room} {
		if !line.ValidID(id) {
			t.Errorf("%s refused", id)
		}
	}
	for _, id := range []string{"", "U", user + "0", user[:32], "X" + user[1:], strings.ToUpper(user), "U/../../richmenu/list", user[:32] + "g", user[:32] + "\n"} {
		if line.ValidID(id) {
			t.Errorf("%q accepted", id)
		}
	}
}

func TestSourceChat(t *testing.T) {
	for want, s := range map[string]line.Source{
		user:  {Type: "user", UserID: user},
		group: {Type: "group", GroupID: group, UserID: user},
		room:  {Type: "room", RoomID: room, UserID: user},
		"":    {Type: "square", UserID: user},
	} {
		if got := s.Chat(); got != want {
			t.Errorf("%+v: got %q", s, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(hook(event("message", "E1", fromGroup, `,"message":{"id":"1","type":"text","text":"t","mention":{"mentionees":[{"isSelf":true}]}}`))))
	f.Add([]byte(hook(`7`, event("memberLeft", "E2", fromGroup, `,"left":{"members":[{"userId":"x"}]}`), `{"type":"tomorrow","message":1,"webhookEventId":"E3"}`)))
	f.Add([]byte(hook(event("postback", "E1", fromUser, `,"postback":{"data":"d"}`), `null`)))
	f.Add([]byte(`{"destination":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		env, err := line.Decode(body)
		if err != nil {
			if err.Error() != line.ErrMalformed.Error() {
				t.Fatalf("another error: %v", err)
			}
			return
		}
		if env.Malformed+env.Refused != len(env.Faults) {
			t.Fatalf("counts: %+v", env)
		}
		seen := map[int]bool{}
		for _, x := range env.Faults {
			seen[x.Index] = true
		}
		for i, ev := range env.Events {
			seen[ev.Index] = true
			if i > 0 && ev.Index <= env.Events[i-1].Index {
				t.Fatalf("order: %+v", env.Events)
			}
			for _, id := range append(append([]string{ev.Source.UserID, ev.Source.GroupID, ev.Source.RoomID}, ev.Joined...), ev.Left...) {
				if id != "" && !line.ValidID(id) {
					t.Fatalf("id %q let through", id)
				}
			}
			if ev.Type == "" || ev.ID == "" || strings.ContainsAny(ev.ID, "/.\\ \n") {
				t.Fatalf("event %+v let through", ev)
			}
			if ev.Type == line.TypeMessage && ev.Message == nil {
				t.Fatal("message without a message")
			}
		}
		if len(seen) != len(env.Events)+len(env.Faults) {
			t.Fatalf("an index is used twice: %+v", env)
		}
	})
}
