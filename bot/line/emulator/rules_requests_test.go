package emulator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// The limits of whole requests, and the bodies of errors, with the values of
// LINE's reference.

func TestRequestLimits(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{}, emulator.Options{NoRateLimits: true})
	hana := w.friend("Hana")
	r := w.call("POST", "/v2/bot/richmenu", menu())
	w.expect(r, 200, "")
	menuID := str(r.body["richMenuId"])
	w.expect(w.call("POST", "/v2/bot/richmenu/"+menuID+"/content", picture(t, 800, 540), "Content-Type", "image/png"), 200, "")
	messages := func(n int) []obj { return slices.Repeat([]obj{text("x")}, n) }
	users := func(n int) []string { return slices.Repeat([]string{hana}, n) }
	for _, c := range []struct {
		rule, section string
		low, high     int
		path          string
		body          func(n int) obj
		property      string
		ok            int
	}{
		{"messages", "Send reply message", 1, 5, "/v2/bot/message/reply", func(n int) obj {
			w.must(w.e.Say(hana, "", "hi"))
			return obj{"replyToken": w.last().ReplyToken, "messages": messages(n)}
		}, "messages", 200},
		{"messages", "Send push message", 1, 5, "/v2/bot/message/push", func(n int) obj { return obj{"to": hana, "messages": messages(n)} }, "messages", 200},
		{"messages", "Send multicast message", 1, 5, "/v2/bot/message/multicast", func(n int) obj { return obj{"to": users(1), "messages": messages(n)} }, "messages", 200},
		{"messages", "Send broadcast message", 1, 5, "/v2/bot/message/broadcast", func(n int) obj { return obj{"messages": messages(n)} }, "messages", 200},
		{"messages", "Validate message objects of a push message", 1, 5, "/v2/bot/message/validate/push", func(n int) obj { return obj{"messages": messages(n)} }, "messages", 200},
		{"to", "Send multicast message", 1, 500, "/v2/bot/message/multicast", func(n int) obj { return obj{"to": users(n), "messages": messages(1)} }, "to", 200},
		{"customAggregationUnits", "Send push message", 0, 1, "/v2/bot/message/push", func(n int) obj {
			return obj{"to": hana, "messages": messages(1), "customAggregationUnits": slices.Repeat([]string{"unit"}, n)}
		}, "customAggregationUnits", 200},
		{"length of a unit's name", "Send push message", 1, 30, "/v2/bot/message/push", func(n int) obj {
			return obj{"to": hana, "messages": messages(1), "customAggregationUnits": []string{repeat("u", n)}}
		}, "customAggregationUnits[0]", 200},
		{"userIds", "Link rich menu to multiple users", 1, 500, "/v2/bot/richmenu/bulk/link", func(n int) obj { return obj{"richMenuId": menuID, "userIds": users(n)} }, "userIds", 202},
		{"userIds", "Unlink rich menus from multiple users", 1, 500, "/v2/bot/richmenu/bulk/unlink", func(n int) obj { return obj{"userIds": users(n)} }, "userIds", 202},
	} {
		t.Run(c.section+": "+c.rule, func(t *testing.T) {
			good, bad := []int{c.low, c.high}, []int{c.high + 1}
			if c.low > 0 {
				bad = append(bad, c.low-1)
			}
			for _, n := range good {
				w.expect(w.call("POST", c.path, c.body(n)), c.ok, "")
			}
			for _, n := range bad {
				r := w.call("POST", c.path, c.body(n))
				if w.expect(r, 400, "The request body has 1 error(s)"); dig(r.body, "details", 0, "property") != c.property {
					t.Errorf("%d: %s", n, r.raw)
				}
			}
		})
	}
}

// "413 Payload Too Large": LINE writes 2 MB without saying of which kind.
func TestBodyLimit(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	frame := `{"to":"` + hana + `","messages":[{"type":"text","text":"x"}],"pad":""}`
	for n, status := range map[int]int{2_000_000: 200, 2_000_001: 413} {
		body := strings.Replace(frame, `"pad":""`, `"pad":"`+repeat("a", n-len(frame))+`"`, 1)
		if len(body) != n {
			t.Fatalf("%d bytes, want %d", len(body), n)
		}
		w.expect(w.call("POST", "/v2/bot/message/push", body), status, "")
	}
	if w.shown(hana) != 1 {
		t.Errorf("%d shown, want that of the smaller body", w.shown(hana))
	}
}

// "Rich menu object" and "Requirements for rich menu image".
func TestRichMenuLimits(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{}, emulator.Options{NoRateLimits: true})
	set := func(pairs ...any) obj { return with(menu(), pairs...) }
	sized := func(width, height int) obj { return set("size", obj{"width": width, "height": height}) }
	area := func(pairs ...any) obj {
		return obj{"bounds": bounds, "action": act("message", append([]any{"text", "x"}, pairs...)...)}
	}
	toSwitch := func(data string) obj {
		return set("areas", []obj{{"bounds": bounds, "action": obj{"type": "richmenuswitch", "richMenuAliasId": "a", "data": data}}})
	}
	for _, c := range []struct {
		rule      string
		good, bad obj
		property  string
	}{
		{"name: 300", set("name", repeat("a", 300)), set("name", repeat("a", 301)), "name"},
		// "Character counting in a text" counts these two in grapheme clusters; LINE's
		// OpenAPI description, by which the tests judge as well, in code points. An
		// apple is one of either, and two UTF-16 code units.
		{"name: not UTF-16 code units", set("name", repeat("🍎", 300)), set("name", repeat("🍎", 301)), "name"},
		{"chatBarText: 14", set("chatBarText", repeat("あ", 14)), set("chatBarText", repeat("あ", 15)), "chatBarText"},
		{"chatBarText: not UTF-16 code units", set("chatBarText", repeat("🍎", 14)), set("chatBarText", repeat("🍎", 15)), "chatBarText"},
		{"areas: 20", set("areas", slices.Repeat([]obj{area()}, 20)), set("areas", slices.Repeat([]obj{area()}, 21)), "areas"},
		{"width from 800", sized(800, 250), sized(799, 250), "size.width"},
		{"width up to 2500", sized(2500, 1000), sized(2501, 1000), "size.width"},
		{"height from 250", sized(800, 250), sized(800, 249), "size.height"},
		{"ratio from 1.45", sized(1450, 1000), sized(1449, 1000), "size.height"},
		{"bounds from 0", set("areas", []obj{with(area(), "bounds", with(bounds, "x", 0))}), set("areas", []obj{with(area(), "bounds", with(bounds, "x", -1))}), "areas[0].bounds.x"},
		{"label: 20", set("areas", []obj{area("label", repeat(family, 20))}), set("areas", []obj{area("label", repeat("a", 21))}), "areas[0].action.label"},
		{"no label is needed", set("areas", []obj{area("label", nil)}), set("areas", []obj{area("text", nil)}), "areas[0].action.text"},
		{"data of a switch: 300", toSwitch(repeat("🍎", 150)), toSwitch(repeat("🍎", 151)), "areas[0].action.data"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w.expect(w.call("POST", "/v2/bot/richmenu/validate", c.good), 200, "")
			r := w.call("POST", "/v2/bot/richmenu/validate", c.bad)
			if w.expect(r, 400, "The request body has 1 error(s)"); dig(r.body, "details", 0, "property") != c.property {
				t.Errorf("%s, want %s", r.raw, c.property)
			}
		})
	}

	var ids []string
	for range 1000 {
		r := w.call("POST", "/v2/bot/richmenu", menu())
		w.expect(r, 200, "")
		ids = append(ids, str(r.body["richMenuId"]))
	}
	w.expect(w.call("POST", "/v2/bot/richmenu", menu()), 400, "") // "up to 1000"

	const wrong = "The image size is not allowed for richmenu"
	for i, c := range []struct {
		width, height int
		bytes         int // of the file, 0 as it comes
		message       string
	}{
		{800, 250, 0, ""}, {799, 250, 0, wrong}, {800, 249, 0, wrong}, {2500, 1000, 0, ""}, {2501, 1000, 0, wrong},
		{1450, 1000, 0, ""}, {1449, 1000, 0, wrong}, {800, 250, 1_000_000, ""}, {800, 250, 1_000_001, wrong},
	} {
		file := picture(t, c.width, c.height)
		if c.bytes > 0 { // what follows a picture's end is not looked at
			file = append(file, make([]byte, c.bytes-len(file))...)
		}
		status := map[bool]int{true: 200, false: 400}[c.message == ""]
		w.expect(w.call("POST", "/v2/bot/richmenu/"+ids[i]+"/content", file, "Content-Type", "image/png"), status, c.message)
	}

	alias := func(name string) result {
		return w.call("POST", "/v2/bot/richmenu/alias", obj{"richMenuAliasId": name, "richMenuId": ids[0]})
	}
	w.expect(alias(repeat("a", 32)), 200, "")
	for _, bad := range []string{repeat("a", 33), "", "Upper", "a.b"} {
		w.expect(alias(bad), 400, "The request body has 1 error(s)")
	}
	for i := range 999 {
		w.expect(alias(fmt.Sprint("a-_", i)), 200, "")
	}
	w.expect(alias("one-more"), 400, "")
}

// "Error responses": message always, details only where there are some, and
// nothing else; each with the documented words.
func TestErrorBodies(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Monthly: 1})
	hana := w.friend("Hana")
	const push = "/v2/bot/message/push"
	one := obj{"to": hana, "messages": []obj{text("x")}}
	w.expect(w.call("POST", push, one, "X-Line-Retry-Key", key), 200, "")
	for name, c := range map[string]struct {
		r      result
		status int
		want   string // the whole body; a prefix when it ends with …
	}{
		"two errors": {w.call("POST", push, obj{"to": hana, "messages": []obj{text(""), {"type": "poem"}}}), 400,
			`{"message":"The request body has 2 error(s)","details":[{"message":"May not be empty","property":"messages[0].text"},{"message":"Must be one of the following values: […`},
		"reply token":     {w.reply("x"), 400, `{"message":"Invalid reply token"}`},
		"property":        {w.call("POST", push, obj{"to": 1, "messages": []obj{text("x")}}), 400, `{"message":"The property, 'to', in the request body is invalid (line: -, column: -)"}`},
		"JSON":            {w.call("POST", push, "{"), 400, `{"message":"The request body could not be parsed as JSON (line: 1, column: 2)"}`},
		"content type":    {w.call("POST", push, one, "Content-Type", "text/xml"), 415, `{"message":"The content type, 'text/xml', is not supported"}`},
		"token":           {w.call("POST", push, one, "Authorization", "Bearer x"), 401, `{"message":"Authentication failed due to the following reason: …`},
		"account":         {w.call("GET", "/v2/bot/group/"+w.group()+"/members/ids", nil), 403, `{"message":"Access to this API is not available for your account"}`},
		"nobody":          {w.push(nobody), 400, `{"message":"Failed to send messages"}`},
		"monthly limit":   {w.push(hana), 429, `{"message":"You have reached your monthly limit."}`},
		"profile":         {w.call("GET", "/v2/bot/profile/"+nobody, nil), 404, `{"message":"Not found"}`},
		"retry key":       {w.call("POST", push, one, "X-Line-Retry-Key", key), 409, `{"message":"The retry key is already accepted","sentMessages":[{"id":"…`},
		"multicast to":    {w.call("POST", "/v2/bot/message/multicast", obj{"to": []string{hana, "x"}, "messages": []obj{text("x")}}), 400, `{"message":"The property, to[1], in the request body is invalid (line: -, column: -)"}`},
		"Flex":            {w.call("POST", push, obj{"to": hana, "messages": []obj{button(act("message"))}}), 400, `{"message":"A message (messages[0]) in the request body is invalid","details":[{"message":"must be specified","property":"/body/contents/0/action/text"}]}`},
		"menu":            {w.call("POST", "/v2/bot/richmenu", with(menu(), "name", nil)), 400, `{"message":"The request body has 1 error(s)","details":[{"message":"must be specified","property":"name"}]}`},
		"menu's URI":      {w.call("POST", "/v2/bot/richmenu", with(menu(), "areas", []obj{{"bounds": bounds, "action": obj{"type": "uri", "uri": "mailto:a@b"}}})), 400, `{"message":"The request body has 1 error(s)","details":[{"message":"invalid uri","property":"areas[0].action.uri"}]}`},
		"loading seconds": {w.call("POST", "/v2/bot/chat/loading/start", obj{"chatId": hana, "loadingSeconds": 3}), 400, `{"message":"The request body has 2 error(s)","details":[{"message":"Must be between 5 and 60","property":"loadingSeconds"},{"message":"must be a multiple of five","property":"loadingSeconds"}]}`},
		"content":         {w.call("GET", "/v2/bot/message/1/content", nil), 404, `{"message":"not found"}`},
	} {
		prefix, part := strings.CutSuffix(c.want, "…")
		if got := string(c.r.raw); c.r.status != c.status || (part && !strings.HasPrefix(got, prefix)) || (!part && got != c.want) {
			t.Errorf("%s: %d %s\nwant %d %s", name, c.r.status, got, c.status, c.want)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(c.r.raw, &all); err != nil || c.r.header.Get("Content-Type") != "application/json" || c.r.request == "" {
			t.Errorf("%s: %v %v", name, err, c.r.header)
		}
		for key := range all {
			if !slices.Contains([]string{"message", "details", "sentMessages"}, key) {
				t.Errorf("%s: %s", name, key)
			}
		}
		if accepted := c.r.header.Get("X-Line-Accepted-Request-Id") != ""; accepted != (c.status == 409) {
			t.Errorf("%s: accepted request id %v", name, accepted)
		}
	}
}

// "Video message": no tracking ids to groups. "Quick reply" and all else may go
// anywhere.
func TestTrackingIDsAreNotForGroups(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	g := w.group(hana)
	send := func(to string, m obj) result {
		return w.call("POST", "/v2/bot/message/push", obj{"to": to, "messages": []obj{m}})
	}
	w.expect(send(hana, video("trackingId", "t")), 200, "")
	w.expect(send(g, video()), 200, "")
	r := send(g, video("trackingId", "t"))
	if w.expect(r, 400, "The request body has 1 error(s)"); dig(r.body, "details", 0, "property") != "messages[0].trackingId" {
		t.Errorf("to a group: %s", r.raw)
	}
}
