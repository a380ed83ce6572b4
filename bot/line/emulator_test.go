package line_test

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/message"
)

// platform is an emulated LINE with one bot, whose webhooks are verified and
// decoded as in service and collected in events.
type platform struct {
	*emulator.Emulator
	channel *emulator.Channel
	client  *line.Client
	events  chan line.Event
}

func newPlatform(t *testing.T, o emulator.ChannelOptions) *platform {
	t.Helper()
	p := &platform{Emulator: emulator.New(emulator.Options{}), events: make(chan line.Event, 100)}
	o.Secret, o.Token = "8c570fa6dd201bb328f1c1eac23a96d8", token
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !line.VerifySignature(o.Secret, body, r.Header.Get("X-Line-Signature")) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		env, err := line.Decode(body)
		if err != nil || env.Malformed+env.Refused > 0 || env.Destination != p.channel.UserID() {
			t.Errorf("webhook: %+v, %v", env, err)
		}
		for _, ev := range env.Events {
			p.events <- ev
		}
	}))
	api := httptest.NewServer(p.Emulator)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		api.Close()
		hook.Close()
	})
	o.Webhook = hook.URL + "/webhook/a"
	var err error
	if p.channel, err = p.AddChannel(o); err != nil {
		t.Fatal(err)
	}
	h := line.NewHTTPClient()
	t.Cleanup(h.CloseIdleConnections)
	p.client, err = line.NewClient(line.Options{Token: token, Endpoint: api.URL, DataEndpoint: api.URL, HTTPClient: h, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// await returns the next event, which the person's action must have caused.
func (p *platform) await(t *testing.T, h *emulator.Handle, err error) line.Event {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if status, err := h.Status(t.Context()); status != 200 {
		t.Fatalf("webhook answered %d, %v", status, err)
	}
	return <-p.events
}

// friend is a new person who has added the bot.
func (p *platform) friend(t *testing.T, name string) string {
	t.Helper()
	id := p.AddUser(name)
	h, err := p.Friend(id, p.channel.UserID())
	if ev := p.await(t, h, err); ev.Type != line.TypeFollow || ev.Source.UserID != id || ev.Follow == nil || ev.Follow.Unblocked {
		t.Fatalf("follow: %+v", ev)
	}
	return id
}

// TestEveryButtonWorks sends all kinds of messages and taps all there is.
func TestEveryButtonWorks(t *testing.T) {
	p := newPlatform(t, emulator.ChannelOptions{})
	id := p.friend(t, "花子")
	for name, ms := range samples() {
		t.Run(name, func(t *testing.T) {
			if m, ok := ms[0].(message.Text); ok && m.QuoteToken != "" {
				m.QuoteToken = "" // it is of another chat
				ms = append([]message.Message{m}, ms[1:]...)
			}
			raw, err := line.Renderer{}.Render(ms)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.client.Validate(t.Context(), "reply", raw); err != nil {
				t.Fatal(err)
			}
			sent, err := p.client.Push(t.Context(), id, uuid(name), raw)
			if err != nil || len(sent.Messages) != len(ms) {
				t.Fatalf("%+v, %v", sent, err)
			}
			last, _ := p.Message(sent.Messages[len(ms)-1].ID)
			want := map[string]bool{}
			for _, b := range buttonsOf(ms[len(ms)-1]) {
				want[b.Label] = true
			}
			tapped := map[string]bool{}
			for _, b := range last.Buttons {
				if b.Quick {
					continue // the list has the same, and they vanish with the first tap
				}
				h, err := p.TapAt(id, p.channel.UserID(), last.ID, b.Path)
				if b.Type == "uri" {
					if err != nil || h.Open == "" {
						t.Errorf("%s opens %+v, %v", b.Label, h, err)
					}
				} else if ev := p.await(t, h, err); ev.ReplyToken == "" || ev.Type == line.TypePostback && ev.Postback != b.Data || ev.Type == line.TypeMessage && ev.Message.Text != b.Text {
					t.Errorf("%s: %+v", b.Label, ev)
				}
				tapped[b.Label] = true
			}
			if _, text := ms[len(ms)-1].(message.Text); !text && !reflect.DeepEqual(tapped, want) {
				t.Errorf("tapped %v, want %v", tapped, want)
			}
		})
	}
}

// buttonsOf are all buttons of a message that stay.
func buttonsOf(m message.Message) []message.Button {
	switch m := m.(type) {
	case message.Ask:
		all := append(append([]message.Button(nil), m.Keep...), m.Nav...)
		for _, c := range m.Choices {
			all = append(all, c.Button)
		}
		return all
	case message.Panel:
		return m.Buttons
	case message.CaseCard:
		return m.Buttons
	case message.Preview:
		return m.Buttons
	case message.Notice:
		return m.Buttons
	}
	return nil
}

// uuid is a retry key that belongs to a name.
func uuid(name string) string {
	r := rand.New(rand.NewPCG(uint64(len(name)), uint64(name[0])<<8|uint64(name[len(name)-1])))
	b := bodies{r}.id("")
	return b[:8] + "-" + b[8:12] + "-4" + b[13:16] + "-8" + b[17:20] + "-" + b[20:32]
}

// TestRandomMessagesAreTaken lets the emulator's checks, written by another
// hand from the same reference, judge what the renderer lets through.
func TestRandomMessagesAreTaken(t *testing.T) {
	p := newPlatform(t, emulator.ChannelOptions{})
	rendered := 0
	for seed := range uint64(120) {
		w := writer{rand.New(rand.NewPCG(seed, 4)), seed%2 == 0}
		raw, err := line.Renderer{}.Render([]message.Message{w.message(), w.message()})
		if err != nil {
			continue
		}
		// No quote token in these chats.
		raw = json.RawMessage(strings.ReplaceAll(string(raw), `"quoteToken":"q",`, ""))
		rendered++
		if err := p.client.Validate(t.Context(), "push", raw); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	if rendered < 60 {
		t.Errorf("only %d rendered", rendered)
	}
}

func TestReplyTokenIsUsedOnce(t *testing.T) {
	p := newPlatform(t, emulator.ChannelOptions{})
	id := p.friend(t, "花子")
	h, err := p.Say(id, p.channel.UserID(), "こんにちは")
	ev := p.await(t, h, err)
	if ev.Type != line.TypeMessage || ev.Message.Text != "こんにちは" || ev.Source.Chat() != id {
		t.Fatalf("%+v", ev)
	}
	first, err := p.client.Reply(t.Context(), ev.ReplyToken, json.RawMessage(frozen))
	if err != nil || len(first.Messages) != 1 || first.Messages[0].QuoteToken == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err := p.client.Reply(t.Context(), ev.ReplyToken, json.RawMessage(frozen)); !is(err, line.InvalidReplyToken) {
		t.Errorf("again: %v", err)
	}
	// What was sent can be quoted by what it was given back with.
	h, err = p.Say(id, p.channel.UserID(), "これです", first.Messages[0].ID)
	if ev := p.await(t, h, err); ev.Message.QuotedMessageID != first.Messages[0].ID {
		t.Errorf("quotes %+v", ev.Message)
	}
	raw, err := line.Renderer{}.Render([]message.Message{message.Text{Body: "再掲", QuoteToken: first.Messages[0].QuoteToken}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.client.Push(t.Context(), id, uuid("quote"), raw); err != nil {
		t.Error(err)
	}
}

func TestFaultsAreToldApart(t *testing.T) {
	tests := []struct {
		fault emulator.FaultKind
		class line.Class
		went  bool // the first try went out, unseen by the client
	}{
		{emulator.FailBefore, line.Ambiguous, false},
		{emulator.FailAfter, line.Ambiguous, true},
		{emulator.DropBefore, line.Ambiguous, false},
		{emulator.DropAfter, line.Ambiguous, true},
		{emulator.RateLimited, line.RateLimited, false},
		{emulator.QuotaOut, line.QuotaOut, false},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault), func(t *testing.T) {
			p := newPlatform(t, emulator.ChannelOptions{})
			id := p.friend(t, "花子")
			if _, err := p.Break(emulator.Fault{Kind: tt.fault, Endpoint: "push", Times: 1}); err != nil {
				t.Fatal(err)
			}
			key := uuid("fault")
			if _, err := p.client.Push(t.Context(), id, key, json.RawMessage(frozen)); !is(err, tt.class) {
				t.Fatalf("first: %v", err)
			}
			sent, err := p.client.Push(t.Context(), id, key, json.RawMessage(frozen))
			if err != nil || sent.Accepted != tt.went || len(sent.Messages) != 1 {
				t.Fatalf("again: %+v, %v", sent, err)
			}
			talk, err := p.Talk(id, p.channel.UserID())
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			for _, m := range talk {
				if m.Type == "text" && m.From == p.channel.UserID() {
					seen++
				}
			}
			if seen != 1 {
				t.Errorf("arrived %d times", seen)
			}
		})
	}
}

func TestMonthlyQuota(t *testing.T) {
	p := newPlatform(t, emulator.ChannelOptions{Monthly: 2})
	a, b := p.friend(t, "花子"), p.friend(t, "太郎")
	if _, err := p.client.Multicast(t.Context(), []string{a, b}, uuid("many"), json.RawMessage(frozen)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.client.Push(t.Context(), a, uuid("one"), json.RawMessage(frozen)); !is(err, line.QuotaOut) {
		t.Errorf("push: %v", err)
	}
	q, err := p.client.Quota(t.Context())
	if used, uerr := p.client.Consumption(t.Context()); errors.Join(err, uerr) != nil || q != (line.Quota{Limited: true, Value: 2}) || used != 2 {
		t.Errorf("%+v, %d used, %v, %v", q, used, err, uerr)
	}
	h, err := p.Say(a, p.channel.UserID(), "まだ返事はできますか")
	if _, err := p.client.Reply(t.Context(), p.await(t, h, err).ReplyToken, json.RawMessage(frozen)); err != nil {
		t.Errorf("reply: %v", err)
	}
}

func TestGroupOfTheSecretariat(t *testing.T) {
	p := newPlatform(t, emulator.ChannelOptions{AnonymousPostbacks: true})
	ctx := t.Context()
	clerk, other := p.AddUser("職員"), p.AddUser("新人")
	g, err := p.AddGroup("事務局", clerk)
	if err != nil {
		t.Fatal(err)
	}
	h, err := p.InviteBot(g, p.channel.UserID())
	if ev := p.await(t, h, err); ev.Type != line.TypeJoin || ev.Source.Chat() != g || ev.ReplyToken == "" {
		t.Fatalf("join: %+v", ev)
	}
	h, err = p.JoinGroup(g, other)
	if ev := p.await(t, h, err); ev.Type != line.TypeMemberJoined || !reflect.DeepEqual(ev.Joined, []string{other}) {
		t.Fatalf("member joined: %+v", ev)
	}
	if got, err := p.client.GroupSummary(ctx, g); err != nil || got != (line.Group{ID: g, Name: "事務局"}) {
		t.Errorf("summary: %+v, %v", got, err)
	}
	if n, err := p.client.GroupCount(ctx, g); err != nil || n != 2 {
		t.Errorf("count: %d, %v", n, err)
	}
	if got, err := p.client.GroupMember(ctx, g, clerk); err != nil || got != (line.Profile{UserID: clerk, Name: "職員"}) {
		t.Errorf("member: %+v, %v", got, err)
	}
	h, err = p.Say(clerk, g, "担当する R8-0012")
	if ev := p.await(t, h, err); ev.Source != (line.Source{Type: "group", GroupID: g, UserID: clerk}) {
		t.Errorf("said: %+v", ev.Source)
	}
	h, err = p.LeaveGroup(g, other)
	if ev := p.await(t, h, err); ev.Type != line.TypeMemberLeft || !reflect.DeepEqual(ev.Left, []string{other}) {
		t.Errorf("member left: %+v", ev)
	}
	if _, err := p.client.GroupMember(ctx, g, other); !is(err, line.NotFound) {
		t.Errorf("profile of who left: %v", err)
	}
	if err := p.client.LeaveGroup(ctx, g); err != nil {
		t.Error(err)
	}
	if ev := <-p.events; ev.Type != line.TypeLeave {
		t.Errorf("leave: %+v", ev)
	}
	if _, err := p.client.Push(ctx, g, uuid("gone"), json.RawMessage(frozen)); !is(err, line.Permanent) {
		t.Errorf("push to a group that was left: %v", err)
	}
}

func TestOtherCallsOfTheEmulator(t *testing.T) {
	p := newPlatform(t, emulator.ChannelOptions{Name: "見守り", BasicID: "@216abcde", Chat: true})
	ctx := t.Context()
	id := p.friend(t, "花子")
	if got, err := p.client.BotInfo(ctx); err != nil || got.UserID != p.channel.UserID() || got.BasicID != "@216abcde" || got.Name != "見守り" || got.ChatMode != "chat" {
		t.Errorf("bot: %+v, %v", got, err)
	}
	if got, err := p.client.Profile(ctx, id); err != nil || got.Name != "花子" {
		t.Errorf("profile: %+v, %v", got, err)
	}
	if _, err := p.client.Profile(ctx, user); !is(err, line.NotFound) {
		t.Errorf("profile of a stranger: %v", err)
	}
	if err := p.client.StartLoading(ctx, id, 5*time.Second); err != nil {
		t.Errorf("loading: %v", err)
	}
	h, err := p.Picture(id, p.channel.UserID(), []byte("\x89PNG"), "image/png")
	ev := p.await(t, h, err)
	if got, err := p.client.Content(ctx, ev.Message.ID); err != nil || !reflect.DeepEqual(got, line.Content{Type: "image/png", Data: []byte("\x89PNG")}) {
		t.Errorf("content: %+v, %v", got, err)
	}
	if err := p.client.MarkAsRead(ctx, ev.Message.MarkAsReadToken); err != nil {
		t.Errorf("read: %v", err)
	}
	h, err = p.Unsend(id, p.channel.UserID(), ev.Message.ID)
	if gone := p.await(t, h, err); gone.Type != line.TypeUnsend || gone.UnsentID != ev.Message.ID {
		t.Errorf("unsend: %+v", gone)
	}
	if _, err := p.client.Content(ctx, ev.Message.ID); !is(err, line.NotFound) {
		t.Errorf("content that was taken back: %v", err)
	}
	if got, err := p.client.WebhookEndpoint(ctx); err != nil || !got.Active || !strings.HasSuffix(got.Endpoint, "/webhook/a") {
		t.Errorf("endpoint: %+v, %v", got, err)
	}
	if got, err := p.client.TestWebhook(ctx, ""); err != nil || !got.Success || got.Status != 200 {
		t.Errorf("test: %+v, %v", got, err)
	}
	h, err = p.Block(id, p.channel.UserID())
	if ev := p.await(t, h, err); ev.Type != line.TypeUnfollow {
		t.Errorf("block: %+v", ev)
	}
	if _, err := p.client.Push(ctx, id, uuid("blocked"), json.RawMessage(frozen)); err != nil {
		t.Errorf("LINE does not tell of a block: %v", err)
	}
	found := map[string]line.Level{}
	for _, f := range line.CheckLive(ctx, p.client, line.Expected{BotUserID: p.channel.UserID()}) {
		found[f.What] = f.Level
	}
	// The emulator's webhook is plain http, and its chat is on.
	if want := map[string]line.Level{"bot": line.Good, "chat mode": line.Doubtful, "quota": line.Good, "webhook": line.Wrong, "webhook test": line.Good, "redelivery": line.Doubtful}; !reflect.DeepEqual(found, want) {
		t.Errorf("live: %v", found)
	}
}
