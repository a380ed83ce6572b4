package emulator_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// do calls the control API and decodes the answer into v.
func (w *world) do(method, action string, body any, v any) int {
	w.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	if s, isText := body.(string); isText {
		raw = []byte(s)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.api.URL+"/_emulator/"+action, bytes.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := w.api.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if v != nil && res.StatusCode == 200 {
		if err := json.Unmarshal(out, v); err != nil {
			w.t.Fatalf("%s: %s: %v", action, out, err)
		}
	}
	return res.StatusCode
}

func TestControl(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Name: "Mimamori"})
	act := func(action string, body obj) emulator.Outcome {
		t.Helper()
		var o emulator.Outcome
		if s := w.do("POST", action, body, &o); s != 200 {
			t.Fatalf("%s: %d", action, s)
		}
		return o
	}
	var hana emulator.Person
	if s := w.do("POST", "user", obj{"name": "Hana"}, &hana); s != 200 || hana.ID == "" {
		t.Fatalf("user: %d %+v", s, hana)
	}
	var group struct{ ID string }
	if s := w.do("POST", "group", obj{"name": "Office", "users": []string{hana.ID}}, &group); s != 200 {
		t.Fatalf("group: %d", s)
	}
	if o := act("friend", obj{"user": hana.ID}); o.Status != 200 || o.Event == "" {
		t.Errorf("friend: %+v", o)
	}
	act("invite", obj{"group": group.ID})
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": hana.ID, "messages": []obj{ask}}), 200, "")
	if o := act("tap", obj{"user": hana.ID, "label": "Yes"}); o.Status != 200 || o.Message == "" {
		t.Errorf("tap: %+v", o)
	}
	if o := act("tap-at", obj{"user": hana.ID, "path": "/contents/body/contents/2"}); o.Open != "tel:0312345678" {
		t.Errorf("tap-at: %+v", o)
	}
	said := act("say", obj{"user": hana.ID, "chat": group.ID, "text": "hello"})
	act("edit", obj{"user": hana.ID, "chat": group.ID, "message": said.Message, "text": "edited"})
	act("unsend", obj{"user": hana.ID, "chat": group.ID, "message": said.Message})
	pic := act("picture", obj{"user": hana.ID, "data": []byte("jpeg"), "contentType": "image/jpeg"})
	act("voice", obj{"user": hana.ID, "data": []byte("m4a"), "milliseconds": 10})
	act("sticker", obj{"user": hana.ID, "package": "1", "sticker": "2"})

	var talk []emulator.Message
	if s := w.do("GET", "talk?user="+hana.ID, nil, &talk); s != 200 || len(talk) != 5 || talk[1].Via != "display" {
		t.Errorf("talk: %d %+v", s, talk)
	}
	if s := w.do("GET", "group?id="+group.ID, nil, &talk); s != 200 || len(talk) != 2 || !talk[1].Unsent || talk[1].Text != "" {
		t.Errorf("group: %d %+v", s, talk)
	}
	if s := w.do("GET", "content?message="+pic.Message, nil, nil); s != 200 {
		t.Errorf("content: %d", s)
	}
	var sends []emulator.Send
	if s := w.do("GET", "sends", nil, &sends); s != 200 || len(sends) != 1 || sends[0].Endpoint != "push" || sends[0].Counted != 1 {
		t.Errorf("sends: %d %+v", s, sends)
	}
	var hooks []emulator.Webhook
	if s := w.do("GET", "webhooks?after=1", nil, &hooks); s != 200 || len(hooks) == 0 {
		t.Errorf("webhooks: %d %+v", s, hooks)
	}
	last := hooks[len(hooks)-1].Seq
	if w.do("GET", fmt.Sprintf("sends?after=%d", last), nil, &sends); len(sends) != 0 {
		t.Errorf("nothing came after %d: %+v", last, sends)
	}

	var fault struct{ ID string }
	if s := w.do("POST", "break", obj{"fault": obj{"kind": "fail-before", "endpoint": "push", "times": 1, "status": 502}}, &fault); s != 200 || fault.ID == "" {
		t.Errorf("break: %d %+v", s, fault)
	}
	w.expect(w.push(hana.ID), 502, "")
	w.expect(w.push(hana.ID), 200, "")
	for _, c := range []struct {
		action string
		body   obj
		status int
	}{
		{"mend", obj{}, 200}, {"settle", obj{}, 200}, {"drain", obj{}, 200}, {"hold", obj{}, 200}, {"release", obj{"batch": true}, 200},
		{"next", obj{"count": 1, "mischief": obj{"duplicate": true}}, 200}, {"next", obj{"count": 1}, 400},
		{"redelivery", obj{"on": true, "count": 2, "seconds": 1.5}, 200}, {"monthly", obj{"count": 200}, 200}, {"spend", obj{"count": 3}, 200},
		{"expire-reply-tokens", obj{}, 200}, {"advance", obj{"seconds": 60}, 200}, {"active", obj{"on": true}, 200},
		{"webhook", obj{"webhook": "nonsense"}, 400}, {"rename", obj{"user": hana.ID, "name": "花"}, 200}, {"forget", obj{}, 200},
		{"channel", obj{"channel": obj{"id": "2"}}, 200}, {"channel", obj{"channel": obj{"id": "2"}}, 400},
		{"break", obj{}, 400}, {"break", obj{"fault": obj{"kind": "x"}}, 404}, {"say", obj{"user": "x", "text": "y"}, 404},
		{"nothing", obj{"chat": w.bot.ID()}, 404}, {"say", obj{"usr": "x"}, 400}, {"inject", obj{"chat": w.bot.ID(), "event": obj{"type": "novelty"}}, 200},
		{"open", obj{"link": "https://line.me/R/oaMessage/%40nobody/?x"}, 404}, {"ready", obj{"message": pic.Message, "ready": false}, 200},
	} {
		if s := w.do("POST", c.action, c.body, nil); s != c.status {
			t.Errorf("%s %v: %d, want %d", c.action, c.body, s, c.status)
		}
	}
	for path, status := range map[string]int{
		"channels": 200, "people": 200, "groups": 200, "faults": 200, "nothing": 404, "talk?user=x": 404, "menu?user=" + hana.ID: 404,
		"sends?after=x": 400, "group?id=x": 404, "content?message=1": 404,
	} {
		if s := w.do("GET", path, nil, nil); s != status {
			t.Errorf("GET %s: %d, want %d", path, s, status)
		}
	}
	if s := w.do("PUT", "user", obj{}, nil); s != 405 {
		t.Errorf("PUT: %d", s)
	}
	w.settle()
}

func TestServe(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	for _, bad := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0"} {
		if _, err := w.e.Serve(t.Context(), bad); !errors.Is(err, emulator.ErrNotLoopback) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	s, err := w.e.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL()+"/_emulator/changes", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(res.Body)
	next := func() (c emulator.Change) {
		t.Helper()
		for lines.Scan() {
			if data, isData := strings.CutPrefix(lines.Text(), "data: "); isData {
				if err := json.Unmarshal([]byte(data), &c); err != nil {
					t.Fatal(err)
				}
				return c
			}
		}
		t.Fatal(lines.Err())
		return c
	}
	if c := next(); c.Kind != "" {
		t.Errorf("first: %+v", c)
	}
	hana := w.e.AddUser("Hana")
	if c := next(); c.Kind != "people" || c.Chat != hana {
		t.Errorf("second: %+v", c)
	}
	cancel()
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	client.CloseIdleConnections()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
