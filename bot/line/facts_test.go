package line_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line"
)

func TestFacts(t *testing.T) {
	ctx := t.Context()
	tests := []struct {
		name, method, path, answer, body string
		call                             func(c *line.Client) (any, error)
		want                             any
	}{
		{"profile", "GET", "/v2/bot/profile/" + user, `{"displayName":"山田","userId":"` + user + `","language":"ja","pictureUrl":"x"}`, "",
			func(c *line.Client) (any, error) { return c.Profile(ctx, user) }, line.Profile{UserID: user, Name: "山田", Language: "ja"}},
		{"member", "GET", "/v2/bot/group/" + group + "/member/" + user, `{"displayName":"山田","userId":"` + user + `"}`, "",
			func(c *line.Client) (any, error) { return c.GroupMember(ctx, group, user) }, line.Profile{UserID: user, Name: "山田"}},
		{"summary", "GET", "/v2/bot/group/" + group + "/summary", `{"groupId":"` + group + `","groupName":"事務局"}`, "",
			func(c *line.Client) (any, error) { return c.GroupSummary(ctx, group) }, line.Group{ID: group, Name: "事務局"}},
		{"count", "GET", "/v2/bot/group/" + group + "/members/count", `{"count":3}`, "",
			func(c *line.Client) (any, error) { return c.GroupCount(ctx, group) }, 3},
		{"leave", "POST", "/v2/bot/group/" + group + "/leave", `{}`, "",
			func(c *line.Client) (any, error) { return nil, c.LeaveGroup(ctx, group) }, nil},
		{"bot", "GET", "/v2/bot/info", `{"userId":"` + bot + `","basicId":"@216abcde","displayName":"見守り","chatMode":"bot","markAsReadMode":"auto"}`, "",
			func(c *line.Client) (any, error) { return c.BotInfo(ctx) }, line.BotInfo{UserID: bot, BasicID: "@216abcde", Name: "見守り", ChatMode: "bot", MarkAsReadMode: "auto"}},
		{"quota", "GET", "/v2/bot/message/quota", `{"type":"limited","value":5000}`, "",
			func(c *line.Client) (any, error) { return c.Quota(ctx) }, line.Quota{Limited: true, Value: 5000}},
		{"no quota", "GET", "/v2/bot/message/quota", `{"type":"none"}`, "",
			func(c *line.Client) (any, error) { return c.Quota(ctx) }, line.Quota{}},
		{"consumption", "GET", "/v2/bot/message/quota/consumption", `{"totalUsage":500}`, "",
			func(c *line.Client) (any, error) { return c.Consumption(ctx) }, int64(500)},
		{"endpoint", "GET", "/v2/bot/channel/webhook/endpoint", `{"endpoint":"https://example.com/webhook/a","active":true}`, "",
			func(c *line.Client) (any, error) { return c.WebhookEndpoint(ctx) }, line.Webhook{Endpoint: "https://example.com/webhook/a", Active: true}},
		{"test", "POST", "/v2/bot/channel/webhook/test", `{"success":false,"timestamp":"2026-01-02T03:04:05Z","statusCode":401,"reason":"ERROR_STATUS_CODE","detail":"401"}`, "{}\n",
			func(c *line.Client) (any, error) { return c.TestWebhook(ctx, "") },
			line.WebhookTest{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Status: 401, Reason: "ERROR_STATUS_CODE", Detail: "401"}},
		{"loading", "POST", "/v2/bot/chat/loading/start", `{}`, `{"chatId":"` + user + `","loadingSeconds":10}` + "\n",
			func(c *line.Client) (any, error) { return nil, c.StartLoading(ctx, user, 6*time.Second) }, nil},
		{"loading, longest", "POST", "/v2/bot/chat/loading/start", `{}`, `{"chatId":"` + user + `","loadingSeconds":60}` + "\n",
			func(c *line.Client) (any, error) { return nil, c.StartLoading(ctx, user, time.Hour) }, nil},
		{"read", "POST", "/v2/bot/chat/markAsRead", `{}`, `{"markAsReadToken":"30yhdy232"}` + "\n",
			func(c *line.Client) (any, error) { return nil, c.MarkAsRead(ctx, "30yhdy232") }, nil},
		{"validate", "POST", "/v2/bot/message/validate/push", `{}`, `{"messages":` + frozen + `}`,
			func(c *line.Client) (any, error) { return nil, c.Validate(ctx, "push", json.RawMessage(frozen)) }, nil},
		{"content", "GET", "/v2/bot/message/354718705033693859/content", "\x89PNG", "",
			func(c *line.Client) (any, error) { return c.Content(ctx, "354718705033693859") }, line.Content{Type: "application/json", Data: []byte("\x89PNG")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, says(200, tt.answer))
			got, err := tt.call(s.client(t))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %+v, %v", got, err)
			}
			r := s.requests()[0]
			if r.method != tt.method || r.path != tt.path || r.body != tt.body {
				t.Errorf("asked %s %s %q", r.method, r.path, r.body)
			}
			if _, ok := r.header["X-Line-Retry-Key"]; ok {
				t.Error("a retry key where LINE refuses one")
			}
			if r.header.Get("Authorization") != "Bearer "+token {
				t.Error("no token")
			}
		})
	}
}

func TestContent(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		class  line.Class
	}{
		{"being prepared", says(202, ``), line.NotReady},
		{"taken back", says(410, `{"message":"The content is gone"}`), line.NotFound},
		{"unknown", says(404, `{"message":"not found"}`), line.NotFound},
		{"over the limit", says(200, strings.Repeat("x", 101)), line.Ambiguous},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, tt.answer).client(t, func(o *line.Options) { o.ContentLimit = 100 })
			if got, err := c.Content(t.Context(), "1"); !is(err, tt.class) || got.Data != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}
