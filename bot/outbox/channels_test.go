package outbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/outbox"
)

const (
	aUser  = "U0123456789abcdef0123456789abcdef"
	aGroup = "C0123456789abcdef0123456789abcdef"
	aKey   = "123e4567-e89b-12d3-a456-426614174000"
)

// platformServer answers every request the same way.
type platformServer struct {
	status int
	header map[string]string
	body   string
	asked  []string
}

func (p *platformServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	p.asked = append(p.asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Line-Retry-Key")+" "+string(body))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Line-Request-Id", "r1")
	for k, v := range p.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, p.body) // the client may have hung up
}

func channels(t *testing.T, p *platformServer) outbox.Channels {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	l, err := line.NewClient(line.Options{Token: "t", Endpoint: server.URL, DataEndpoint: server.URL, HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	return outbox.Channels{town: l}
}

func TestChannelsTranslate(t *testing.T) {
	said := func(message string) string { return `{"message":"` + message + `"}` }
	cases := []struct {
		name   string
		server platformServer
		push   bool
		want   outbox.Class
		after  time.Duration
	}{
		{"used token", platformServer{status: 400, body: said("Invalid reply token")}, false, outbox.InvalidReplyToken, 0},
		{"bad message", platformServer{status: 400, body: said("The request body has 1 error(s)")}, true, outbox.Rejected, 0},
		{"unknown", platformServer{status: 404, body: said("Not found")}, true, outbox.Rejected, 0},
		{"token of the channel", platformServer{status: 401, body: said("Authentication failed")}, true, outbox.Unauthorized, 0},
		{"rate", platformServer{status: 429, body: said("The API rate limit has been exceeded. Try again later."), header: map[string]string{"Retry-After": "7"}}, true, outbox.RateLimited, 7 * time.Second},
		{"quota", platformServer{status: 429, body: said("You have reached your monthly limit.")}, true, outbox.NoQuota, 0},
		{"server", platformServer{status: 500, body: said("error")}, false, outbox.Ambiguous, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ch := channels(t, &c.server)
			var err error
			if c.push {
				_, err = ch.Push(t.Context(), town, aUser, aKey, json.RawMessage(`["x"]`))
			} else {
				_, err = ch.Reply(t.Context(), town, "tok", json.RawMessage(`["x"]`))
			}
			e, ok := errors.AsType[*outbox.SendError](err)
			if !ok || e.Class != c.want || e.RetryAfter.Round(time.Second) != c.after {
				t.Errorf("%v: class %v after %v, want %v after %v", err, e.Class, e.RetryAfter, c.want, c.after)
			}
		})
	}
}

func TestChannelsSend(t *testing.T) {
	p := &platformServer{status: 200, body: `{"sentMessages":[{"id":"1","quoteToken":"q"}]}`}
	ch := channels(t, p)
	sent, err := ch.Push(t.Context(), town, aGroup, aKey, json.RawMessage(`["x"]`))
	if err != nil || len(sent.Messages) != 1 || sent.Messages[0].ID != "1" || sent.Messages[0].QuoteToken != "q" || sent.Accepted {
		t.Errorf("%+v, %v", sent, err)
	}
	if _, err := ch.Multicast(t.Context(), town, []string{aUser}, aKey, json.RawMessage(`["x"]`)); err != nil {
		t.Error(err)
	}
	p.status, p.header = 409, map[string]string{"X-Line-Accepted-Request-Id": "r0"}
	if sent, err := ch.Push(t.Context(), town, aGroup, aKey, json.RawMessage(`["x"]`)); err != nil || !sent.Accepted {
		t.Errorf("409: %+v, %v", sent, err)
	}
	for i, path := range []string{"/push", "/multicast", "/push"} {
		if !strings.Contains(p.asked[i], path+" "+aKey) || !strings.Contains(p.asked[i], `"messages":["x"]`) {
			t.Errorf("asked %q", p.asked[i])
		}
	}
}

func TestChannelsLeave(t *testing.T) {
	p := &platformServer{status: 200, body: "{}"}
	ch := channels(t, p)
	if err := ch.Leave(t.Context(), town, aGroup); err != nil {
		t.Error(err)
	}
	p.status, p.body = 404, `{"message":"Not found"}`
	if err := ch.Leave(t.Context(), town, aGroup); err != nil {
		t.Errorf("left already: %v", err)
	}
	p.status, p.body = 500, `{"message":"error"}`
	if e, ok := errors.AsType[*outbox.SendError](ch.Leave(t.Context(), town, aGroup)); !ok || e.Class != outbox.Ambiguous {
		t.Errorf("failed: %v", e)
	}
}

func TestChannelsAsk(t *testing.T) {
	p := &platformServer{status: 200, body: `{"type":"limited","value":200,"totalUsage":30,"count":5}`}
	ch := channels(t, p)
	limit, limited, err := ch.Quota(t.Context(), town)
	if err != nil || limit != 200 || !limited {
		t.Errorf("quota %d %v, %v", limit, limited, err)
	}
	if used, err := ch.Consumption(t.Context(), town); err != nil || used != 30 {
		t.Errorf("consumption %d, %v", used, err)
	}
	if n, err := ch.GroupCount(t.Context(), town, aGroup); err != nil || n != 5 {
		t.Errorf("group %d, %v", n, err)
	}
}

func TestChannelsKnowTheirCouncils(t *testing.T) {
	ch := outbox.Channels{}
	if _, err := ch.Push(t.Context(), town, aUser, aKey, nil); err == nil {
		t.Error("push without a channel")
	}
	if _, _, err := ch.Quota(t.Context(), town); err == nil {
		t.Error("quota without a channel")
	}
	if _, err := ch.Consumption(t.Context(), town); err == nil {
		t.Error("consumption without a channel")
	}
	if _, err := ch.GroupCount(t.Context(), town, aGroup); err == nil {
		t.Error("group without a channel")
	}
}

// No connection is no doubt: the token can be tried again as for the first time.
func TestChannelsUnsent(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	l, err := line.NewClient(line.Options{Token: "t", Endpoint: address, DataEndpoint: address, HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	_, err = outbox.Channels{town: l}.Reply(t.Context(), town, "tok", json.RawMessage(`["x"]`))
	if e, ok := errors.AsType[*outbox.SendError](err); !ok || e.Class != outbox.Unsent {
		t.Errorf("%v", err)
	}
}
