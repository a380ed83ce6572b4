package line_test

import (
	"net/http"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line"
)

// channel is LINE's side of a channel that is set up well; over replaces
// answers by path.
func channel(over map[string]http.HandlerFunc) http.HandlerFunc {
	answers := map[string]http.HandlerFunc{
		"/v2/bot/info":                      says(200, `{"userId":"`+bot+`","basicId":"@216abcde","displayName":"見守り","chatMode":"bot","markAsReadMode":"auto"}`),
		"/v2/bot/message/quota":             says(200, `{"type":"limited","value":5000}`),
		"/v2/bot/message/quota/consumption": says(200, `{"totalUsage":500}`),
		"/v2/bot/channel/webhook/endpoint":  says(200, `{"endpoint":"https://example.jp/webhook/a","active":true}`),
		"/v2/bot/channel/webhook/test":      says(200, `{"success":true,"timestamp":"2026-01-02T03:04:05Z","statusCode":200,"reason":"OK","detail":"200"}`),
	}
	for path, h := range over {
		answers[path] = h
	}
	return func(w http.ResponseWriter, r *http.Request) { answers[r.URL.Path](w, r) }
}

func TestCheckLive(t *testing.T) {
	right := line.Expected{BotUserID: bot, BasicID: "@216abcde", Webhook: "https://example.jp/webhook/a"}
	denied := says(401, `{"message":"Authentication failed due to the following reason: invalid token"}`)
	tests := []struct {
		name  string
		over  map[string]http.HandlerFunc
		want  line.Expected
		level line.Level
		what  string
		text  string // in Found or Want
	}{
		{"all well", nil, right, line.Good, "", ""},
		{"nothing expected", nil, line.Expected{}, line.Good, "", ""},
		{"wrong token", map[string]http.HandlerFunc{"/v2/bot/info": denied}, right, line.Wrong, "bot", "valid channel access token"},
		{"another bot", nil, line.Expected{BotUserID: user}, line.Wrong, "bot", user},
		{"another basic id", nil, line.Expected{BasicID: "@other"}, line.Wrong, "bot", "@other"},
		{"people chat", map[string]http.HandlerFunc{"/v2/bot/info": says(200, `{"userId":"`+bot+`","basicId":"@216abcde","chatMode":"chat"}`)}, right, line.Doubtful, "chat mode", "Official Account Manager"},
		{"quota out", map[string]http.HandlerFunc{"/v2/bot/message/quota/consumption": says(200, `{"totalUsage":5000}`)}, right, line.Wrong, "quota", "5000 of 5000"},
		{"quota nearly out", map[string]http.HandlerFunc{"/v2/bot/message/quota/consumption": says(200, `{"totalUsage":4500}`)}, right, line.Doubtful, "quota", "4500 of 5000"},
		{"no limit", map[string]http.HandlerFunc{"/v2/bot/message/quota": says(200, `{"type":"none"}`)}, right, line.Good, "quota", "no limit"},
		{"quota unknown", map[string]http.HandlerFunc{"/v2/bot/message/quota": denied}, right, line.Wrong, "quota", "unauthorized"},
		{"consumption unknown", map[string]http.HandlerFunc{"/v2/bot/message/quota/consumption": denied}, right, line.Wrong, "quota", "unauthorized"},
		{"no webhook", map[string]http.HandlerFunc{"/v2/bot/channel/webhook/endpoint": says(404, `{"message":"Webhook endpoint not found"}`)}, right, line.Wrong, "webhook", "not set"},
		{"webhook elsewhere", nil, line.Expected{Webhook: "https://example.jp/webhook/b"}, line.Wrong, "webhook", "/webhook/b"},
		{"webhook without TLS", map[string]http.HandlerFunc{"/v2/bot/channel/webhook/endpoint": says(200, `{"endpoint":"http://example.jp","active":true}`)}, line.Expected{}, line.Wrong, "webhook", "an https address"},
		{"webhook off", map[string]http.HandlerFunc{"/v2/bot/channel/webhook/endpoint": says(200, `{"endpoint":"https://example.jp/webhook/a","active":false}`)}, right, line.Wrong, "webhook", "switched off"},
		{"webhook unknown", map[string]http.HandlerFunc{"/v2/bot/channel/webhook/endpoint": denied}, right, line.Wrong, "webhook", "unauthorized"},
		{"wrong secret", map[string]http.HandlerFunc{"/v2/bot/channel/webhook/test": says(200, `{"success":false,"timestamp":"2026-01-02T03:04:05Z","statusCode":401,"reason":"ERROR_STATUS_CODE","detail":"401"}`)}, right, line.Wrong, "webhook test", "channel secret"},
		{"unreachable", map[string]http.HandlerFunc{"/v2/bot/channel/webhook/test": says(200, `{"success":false,"timestamp":"2026-01-02T03:04:05Z","statusCode":0,"reason":"COULD_NOT_CONNECT","detail":"x"}`)}, right, line.Wrong, "webhook test", "COULD_NOT_CONNECT"},
		{"test refused", map[string]http.HandlerFunc{"/v2/bot/channel/webhook/test": says(429, `{"message":"The API rate limit has been exceeded. Try again later."}`)}, right, line.Wrong, "webhook test", "rate limited"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fs := line.CheckLive(t.Context(), serve(t, channel(tt.over)).client(t), tt.want)
			met, reminded := tt.what == "", false
			for _, f := range fs {
				switch {
				case f.What == "redelivery":
					reminded = true
				case f.What == tt.what && f.Level == tt.level && strings.Contains(f.Found+" "+f.Want, tt.text):
					met = true
				case f.Level != line.Good:
					t.Errorf("also found: %+v", f)
				}
			}
			if !met || !reminded {
				t.Errorf("found %+v", fs)
			}
		})
	}
}
