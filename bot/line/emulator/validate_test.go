package emulator_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

func repeat(s string, n int) string { return strings.Repeat(s, n) }

func with(m obj, pairs ...any) obj {
	out := obj{}
	for k, v := range m {
		out[k] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		k, ok := pairs[i].(string)
		if !ok {
			panic("with: key is no string")
		}
		if pairs[i+1] == nil {
			delete(out, k)
		} else {
			out[k] = pairs[i+1]
		}
	}
	return out
}

func quick(actions ...obj) obj {
	items := []obj{}
	for _, a := range actions {
		items = append(items, obj{"type": "action", "action": a})
	}
	return with(text("x"), "quickReply", obj{"items": items})
}

func flex(contents any) obj { return obj{"type": "flex", "altText": "alt", "contents": contents} }

func bubble(contents ...obj) obj {
	return obj{"type": "bubble", "body": obj{"type": "box", "layout": "vertical", "contents": contents}}
}

func component(c obj) obj { return flex(bubble(c)) }

func button(action obj) obj { return component(obj{"type": "button", "action": action}) }

func act(kind string, pairs ...any) obj { return with(obj{"type": kind, "label": "tap"}, pairs...) }

var family = "👨‍👩‍👧‍👦" // one grapheme, 11 UTF-16 units

// Every row is one message; property is where LINE points, "" when it is good.
// Limits are in rules_limits_test.go.
func TestMessageObjects(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	postback := func(pairs ...any) obj { return with(act("postback", "data", "d"), pairs...) }
	uri := func(u string) obj { return act("uri", "uri", u) }
	everybody := obj{"type": "mention", "mentionee": obj{"type": "all"}}
	text1 := obj{"type": "text", "text": "x"}
	box := func(pairs ...any) obj {
		return component(with(obj{"type": "box", "layout": "horizontal", "contents": []obj{}}, pairs...))
	}
	flexText := func(pairs ...any) obj { return component(with(text1, pairs...)) }
	carousel := func(bubbles ...obj) obj { return flex(obj{"type": "carousel", "contents": bubbles}) }
	const deep = "/body/contents/0"
	for i, c := range []struct {
		m        any
		property string
	}{
		// Text
		{text(""), "messages[0].text"},
		{obj{"type": "text"}, "messages[0].text"},
		{obj{"type": "text", "text": 1}, "messages[0].text"},
		{obj{"type": "poem", "text": "x"}, "messages[0].type"},
		{obj{"text": "x"}, "messages[0].type"},
		{with(text("x"), "novelty", true), ""}, // ignored outside Flex
		{with(text("a $ b"), "emojis", []obj{{"index": 2, "productId": "p", "emojiId": "1"}}), ""},
		{with(text("🍎 $"), "emojis", []obj{{"index": 3, "productId": "p", "emojiId": "1"}}), ""},
		{with(text("a $ b"), "emojis", []obj{{"index": 1, "productId": "p", "emojiId": "1"}}), "messages[0].emojis[0].index"},
		{with(text("x"), "sender", obj{"name": "Line"}), "messages[0].sender.name"},
		{with(text("x"), "sender", obj{"iconUrl": "http://example.com/i.png"}), "messages[0].sender.iconUrl"},

		// Quick replies
		{quick(), "messages[0].quickReply.items"},
		{quick(postback("label", nil)), "messages[0].quickReply.items[0].action.label"},
		{quick(postback("data", nil)), "messages[0].quickReply.items[0].action.data"},
		{quick(postback("inputOption", "openDoor")), "messages[0].quickReply.items[0].action.inputOption"},
		{quick(act("message")), "messages[0].quickReply.items[0].action.text"},
		{quick(act("richmenuswitch", "richMenuAliasId", "a", "data", "d")), "messages[0].quickReply.items[0].action.type"},
		{quick(act("datetimepicker", "data", "d", "mode", "datetime", "initial", "2017-12-25t00:00", "max", "2018-01-24t23:59", "min", "2017-12-25T00:00")), ""},
		{quick(act("datetimepicker", "data", "d", "mode", "date", "max", "2018-13-01")), "messages[0].quickReply.items[0].action.max"},
		{with(text("x"), "quickReply", obj{"items": []obj{{"action": act("camera")}}}), "messages[0].quickReply.items[0].type"},

		// URIs: four schemes, percent-encoded.
		{button(uri("http://example.com")), ""},
		{button(uri("tel:0312345678")), ""},
		{button(uri("line://nv/chat")), ""},
		{button(uri("mailto:a@example.com")), deep + "/action/uri"},
		{button(uri("javascript:alert(1)")), deep + "/action/uri"},
		{button(uri("/relative")), deep + "/action/uri"},
		{button(uri("https://example.com/道")), deep + "/action/uri"},
		{button(uri("https://example.com/a b")), deep + "/action/uri"},
		{button(uri("https:///nowhere")), deep + "/action/uri"},
		{button(uri("")), deep + "/action/uri"},

		// text v2
		{v2("{{a}} {laugh}", obj{"laugh": obj{"type": "emoji", "productId": "p", "emojiId": "1"}}), ""},
		{v2("{a}", obj{}), "messages[0].text"},
		{v2("{a", obj{"a": everybody}), "messages[0].text"},
		{v2("a}", obj{"a": everybody}), "messages[0].text"},
		{v2("{!}", obj{}), "messages[0].text"},
		{v2("{a}", obj{"a": obj{"type": "mention", "mentionee": obj{"type": "user", "userId": "hana"}}}), "messages[0].substitution.a.mentionee.userId"},

		// Other types
		{obj{"type": "sticker", "packageId": "446", "stickerId": "1988"}, ""},
		{obj{"type": "sticker", "packageId": "446"}, "messages[0].stickerId"},
		{obj{"type": "image", "originalContentUrl": "https://example.com/a.jpg", "previewImageUrl": "https://example.com/b.jpg"}, ""},
		{obj{"type": "image", "originalContentUrl": "http://example.com/a.jpg", "previewImageUrl": "https://example.com/b.jpg"}, "messages[0].originalContentUrl"},
		{obj{"type": "audio", "originalContentUrl": "https://example.com/a.m4a"}, "messages[0].duration"},
		{obj{"type": "location", "title": "t", "address": "a", "latitude": 35.6, "longitude": 139.7}, ""},
		{obj{"type": "template", "altText": "a", "template": obj{"type": "confirm", "text": "t", "actions": []obj{act("message", "text", "a"), act("message", "text", "b")}}}, ""},

		// Flex: containers
		{with(component(text1), "altText", nil), "messages[0].altText"},
		{obj{"type": "flex", "altText": "a"}, "messages[0].contents"},
		{flex(obj{"type": "bubble"}), "/"},
		{flex(obj{"type": "box"}), "/type"},
		{flex(with(bubble(text1), "size", "huge")), "/size"},
		{flex(with(bubble(text1), "novelty", true)), "/novelty"},
		{flex(with(bubble(text1), "body", text1)), "/body"},
		{flex(with(bubble(text1), "hero", obj{"type": "image", "url": "https://example.com/a.png"})), ""},
		{flex(with(bubble(text1), "hero", text1)), "/hero"},
		{flex(with(bubble(text1), "styles", obj{"body": obj{"backgroundColor": "#00ff00", "separator": true}})), ""},
		{flex(with(bubble(text1), "styles", obj{"body": obj{"backgroundColor": "green"}})), "/styles/body/backgroundColor"},
		{carousel(), "/contents"},
		{carousel(bubble(text1), bubble(obj{"type": "button", "action": act("message")})), "/contents/1/body/contents/0/action/text"},

		// Flex: components
		{component(obj{"type": "spacer"}), deep},
		{component(obj{"type": "span", "text": "x"}), deep},
		{component(obj{"type": "icon", "url": "https://example.com/i.png"}), deep},
		{box("layout", "baseline", "contents", []obj{{"type": "icon", "url": "https://example.com/i.png"}, text1}), ""},
		{box("layout", "baseline", "contents", []obj{{"type": "separator"}}), deep + "/contents/0"},
		{box("layout", "diagonal"), deep + "/layout"},
		{box("layout", nil), deep + "/layout"},
		{box("contents", nil), deep + "/contents"},
		{box("spacing", "md", "margin", "10.5px", "paddingAll", "5%", "offsetTop", "xxl", "width", "50%", "height", "20px", "cornerRadius", "xs", "borderWidth", "semi-bold"), ""},
		{box("spacing", "5%"), deep + "/spacing"},
		{box("margin", "huge"), deep + "/margin"},
		{box("width", "md"), deep + "/width"},
		{box("borderWidth", "xl"), deep + "/borderWidth"},
		{box("backgroundColor", "#12345678"), ""},
		{box("backgroundColor", "#123"), deep + "/backgroundColor"},
		{box("justifyContent", "space-evenly", "alignItems", "flex-end"), ""},
		{box("alignItems", "stretch"), deep + "/alignItems"},
		{box("flex", -1), deep + "/flex"},
		{box("flex", 1.5), deep + "/flex"},
		{box("background", obj{"type": "linearGradient", "startColor": "#000000", "endColor": "#ffffff"}), deep + "/background/angle"},
		{box("action", obj{"type": "message", "text": "x"}), ""}, // no label needed
		{flexText("text", ""), deep + "/text"},
		{flexText("text", nil), deep + "/text"},
		{flexText("text", nil, "contents", []obj{{"type": "span", "text": "x", "weight": "bold"}}), ""},
		{flexText("text", nil, "contents", []obj{text1}), deep + "/contents/0"},
		{flexText("size", "5xl", "align", "center", "gravity", "bottom", "wrap", true, "maxLines", 0, "color", "#00FF00", "weight", "bold", "lineSpacing", "3px"), ""},
		{flexText("size", "full"), deep + "/size"},
		{flexText("size", "50%"), deep + "/size"},
		{flexText("size", "20.5px"), ""},
		{flexText("align", "left"), deep + "/align"},
		{flexText("weight", "heavy"), deep + "/weight"},
		{flexText("color", "red"), deep + "/color"},
		{flexText("wrap", "yes"), deep + "/wrap"},
		{flexText("wra", true), deep + "/wra"},
		{flexText("adjustMode", "shrink-to-fit"), ""},
		{component(obj{"type": "image", "url": "https://example.com/a.png", "size": "full", "aspectRatio": "1.91:1", "aspectMode": "cover"}), ""},
		{component(obj{"type": "image", "url": "https://example.com/a.png", "aspectRatio": "1:3.1"}), deep + "/aspectRatio"},
		{component(obj{"type": "image", "url": "http://example.com/a.png"}), deep + "/url"},
		{component(obj{"type": "image"}), deep + "/url"},
		{component(obj{"type": "separator", "margin": "md", "color": "#cccccc"}), ""},
		{component(obj{"type": "filler", "flex": 2}), ""},
		{component(obj{"type": "button", "style": "primary"}), deep + "/action"},
		{component(obj{"type": "button", "style": "loud", "action": act("message", "text", "x")}), deep + "/style"},
		{component(obj{"type": "button", "height": "sm", "color": "#ff0000", "action": act("message", "text", "x")}), ""},
		{button(act("message", "text", "x", "label", nil)), deep + "/action/label"},
		{button(act("camera")), deep + "/action/type"},
		{button(act("message", "text", "x", "novelty", 1)), deep + "/action/novelty"},
	} {
		r := w.call("POST", "/v2/bot/message/validate/push", obj{"messages": []any{c.m}})
		switch {
		case c.property == "" && r.status != 200:
			raw, err := json.Marshal(c.m)
			t.Errorf("%d: %.200s (%v): %s", i, raw, err, r.raw)
		case c.property != "" && (r.status != 400 || str(dig(r.body, "details", 0, "property")) != c.property):
			raw, err := json.Marshal(c.m)
			t.Errorf("%d: %.200s (%v): %d %s, want %s", i, raw, err, r.status, r.raw, c.property)
		}
		if c.property != "" {
			want := "The request body has "
			if strings.HasPrefix(c.property, "/") {
				want = "A message (messages[0]) in the request body is invalid"
			}
			if !strings.HasPrefix(r.message(), want) {
				t.Errorf("%d: message %q, want %q", i, r.message(), want)
			}
		}
	}
}

func TestRequests(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	const push = "/v2/bot/message/push"
	six := slices.Repeat([]obj{text("x")}, 6)
	w.expect(w.call("POST", push, obj{"to": hana, "messages": six[:5]}), 200, "")
	r := w.call("POST", push, obj{"to": hana, "messages": six})
	w.expect(r, 400, "The request body has 1 error(s)")
	if dig(r.body, "details", 0, "message") != "Size must be between 1 and 5" || dig(r.body, "details", 0, "property") != "messages" {
		t.Errorf("six messages: %s", r.raw)
	}
	r = w.call("POST", push, obj{"to": hana, "messages": []obj{text("x"), text(repeat("a", 5001))}})
	if dig(r.body, "details", 0, "message") != "Length must be between 0 and 5000" || dig(r.body, "details", 0, "property") != "messages[1].text" {
		t.Errorf("5,001 characters: %s", r.raw)
	}
	w.expect(w.call("POST", push, obj{"to": hana, "messages": []obj{}}), 400, "")
	w.expect(w.call("POST", push, obj{"to": hana}), 400, "")
	w.expect(w.call("POST", push, obj{"to": hana, "messages": "x"}), 400, "The property, 'messages', in the request body is invalid (line: -, column: -)")
	w.expect(w.call("POST", push, obj{"messages": six[:1]}), 400, "The request body has 1 error(s)")
	w.expect(w.call("POST", push, obj{"to": 1, "messages": six[:1]}), 400, "The property, 'to', in the request body is invalid (line: -, column: -)")
	w.expect(w.call("POST", push, obj{"to": hana, "messages": six[:1], "notificationDisabled": "no"}), 400, "")
	w.expect(w.call("POST", push, "{\n \"to\": oops}"), 400, "The request body could not be parsed as JSON (line: 2, column: 9)")
	w.expect(w.call("POST", push, ""), 400, "")
	w.expect(w.call("POST", push, "null"), 400, "")
	w.expect(w.call("POST", push, obj{"to": hana, "messages": six[:1]}, "Content-Type", "text/plain"), 415, "The content type, 'text/plain', is not supported")
	w.expect(w.call("POST", push, obj{"to": hana, "messages": six[:1]}, "Content-Type", "application/json; charset=UTF-8"), 200, "")
	for _, header := range []string{"", "Bearer nonsense", w.bot.Token()} {
		w.expect(w.call("GET", "/v2/bot/info", nil, "Authorization", header), 401, "")
	}
	w.expect(w.call("GET", "/v2/bot/nowhere", nil), 404, "Not found")
	w.expect(w.call("DELETE", push, nil), 404, "")
	for kind, status := range map[string]int{"reply": 200, "push": 200, "multicast": 400, "narrowcast": 400, "broadcast": 400, "other": 404} {
		everybody := obj{"type": "textV2", "text": "{a}", "substitution": obj{"a": obj{"type": "mention", "mentionee": obj{"type": "all"}}}}
		w.expect(w.call("POST", "/v2/bot/message/validate/"+kind, obj{"messages": []obj{everybody}}), status, "")
	}
	// Mentions need a group that the mentioned belong to.
	group, err := w.e.AddGroup("G", hana)
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.e.InviteBot(group, ""))
	mention := func(user string) []obj {
		return []obj{{"type": "textV2", "text": "{a}", "substitution": obj{"a": obj{"type": "mention", "mentionee": obj{"type": "user", "userId": user}}}}}
	}
	w.expect(w.call("POST", push, obj{"to": hana, "messages": mention(hana)}), 400, "")
	w.expect(w.call("POST", push, obj{"to": group, "messages": mention(w.e.AddUser("K"))}), 400, "")
	w.expect(w.call("POST", push, obj{"to": group, "messages": mention(w.bot.UserID())}), 400, "")
	w.expect(w.call("POST", push, obj{"to": group, "messages": mention(hana)}), 200, "")
}
