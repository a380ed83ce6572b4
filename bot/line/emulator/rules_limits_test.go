package emulator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// The limits of message objects, each with its value in LINE's reference and
// the heading under which it stands there. The numbers are written out here and
// not taken from the code.

// unit is how LINE counts ("Character counting in a text").
type unit string

const (
	utf16    unit = "UTF-16 code units"
	grapheme unit = "grapheme clusters"
	ascii    unit = "characters of an id or a URL"
)

// verdict is what the validation says to one message: the place it points at,
// empty when the message is good.
func (w *world) verdict(m obj) string {
	w.t.Helper()
	r := w.call("POST", "/v2/bot/message/validate/push", obj{"messages": []obj{m}})
	switch r.status {
	case 200:
		return ""
	case 400:
		return str(dig(r.body, "details", 0, "property"))
	}
	return fmt.Sprintf("%d %s", r.status, r.raw)
}

func sayIt(pairs ...any) obj { return with(act("message", "text", "x"), pairs...) }

func photo(pairs ...any) obj {
	return with(obj{"type": "image", "originalContentUrl": "https://example.com/a.jpg", "previewImageUrl": "https://example.com/b.jpg"}, pairs...)
}

func video(pairs ...any) obj { return with(with(photo(), "type", "video"), pairs...) }

func template(t obj) obj { return obj{"type": "template", "altText": "alt", "template": t} }

func buttons(pairs ...any) obj {
	return template(with(obj{"type": "buttons", "text": "t", "actions": []obj{sayIt()}}, pairs...))
}

func column(pairs ...any) obj { return with(obj{"text": "t", "actions": []obj{sayIt()}}, pairs...) }

func columns(c ...obj) obj { return template(obj{"type": "carousel", "columns": c}) }

func pictures(c ...obj) obj { return template(obj{"type": "image_carousel", "columns": c}) }

func imageColumn(pairs ...any) obj {
	return with(obj{"imageUrl": "https://example.com/a.png", "action": obj{"type": "message", "text": "x"}}, pairs...)
}

var corner = obj{"x": 0, "y": 0, "width": 1, "height": 1}

func imagemap(pairs ...any) obj {
	return with(obj{
		"type": "imagemap", "baseUrl": "https://example.com/a", "altText": "alt", "baseSize": obj{"width": 1040, "height": 1040},
		"actions": []obj{{"type": "message", "text": "x", "area": corner}},
	}, pairs...)
}

func mapAction(pairs ...any) obj {
	return imagemap("actions", []obj{with(obj{"type": "message", "text": "x", "area": corner}, pairs...)})
}

func mapVideo(link obj) obj {
	return imagemap("video", obj{"originalContentUrl": "https://example.com/a.mp4", "previewImageUrl": "https://example.com/b.jpg", "area": corner, "externalLink": link})
}

func postbackOf(pairs ...any) obj { return quick(with(act("postback", "data", "d"), pairs...)) }

func v2(s string, subs obj) obj { return obj{"type": "textV2", "text": s, "substitution": subs} }

func hero(component obj, pairs ...any) obj {
	return flex(with(bubble(text("x")), append([]any{"hero", component}, pairs...)...))
}

func filmed(pairs ...any) obj {
	return hero(with(obj{
		"type": "video", "url": "https://example.com/a.mp4", "previewUrl": "https://example.com/b.jpg",
		"altContent": obj{"type": "image", "url": "https://example.com/b.jpg"},
	}, pairs...), "size", "mega")
}

// url is an HTTPS URL of exactly n characters.
func url(n int) string {
	const start = "https://example.com/"
	return start + strings.Repeat("a", n-len(start))
}

func TestLengthLimits(t *testing.T) {
	const (
		quickAction = "messages[0].quickReply.items[0].action."
		inTemplate  = "messages[0].template."
		inMap       = "messages[0].actions[0]."
		inFlex      = "/body/contents/0"
	)
	type row struct {
		rule, section string
		limit         int
		in            unit
		message       func(s string) obj
		property      string
	}
	rows := []row{
		{"text", "Text message", 5000, utf16, text, "messages[0].text"},
		{"text", "Text message (v2)", 5000, utf16, func(s string) obj { return v2(s, obj{}) }, "messages[0].text"},
		{"key of a substitution", "Text message (v2)", 20, ascii, func(s string) obj {
			return v2("{"+s+"}", obj{s: obj{"type": "emoji", "productId": "p", "emojiId": "1"}})
		}, "messages[0].text"},
		{"sender.name", "Customize icon and display name", 20, utf16, func(s string) obj { return with(text("x"), "sender", obj{"name": s}) }, "messages[0].sender.name"},
		{"title", "Location message", 100, utf16, func(s string) obj {
			return obj{"type": "location", "title": s, "address": "a", "latitude": 0, "longitude": 0}
		}, "messages[0].title"},
		{"address", "Location message", 100, utf16, func(s string) obj {
			return obj{"type": "location", "title": "t", "address": s, "latitude": 0, "longitude": 0}
		}, "messages[0].address"},
		{"trackingId", "Video message", 100, ascii, func(s string) obj { return video("trackingId", s) }, "messages[0].trackingId"},
		{"deliveryTag", "Coupon message", 30, ascii, func(s string) obj { return obj{"type": "coupon", "couponId": "c", "deliveryTag": s} }, "messages[0].deliveryTag"},

		{"altText", "Imagemap message", 1500, utf16, func(s string) obj { return imagemap("altText", s) }, "messages[0].altText"},
		{"altText", "Common properties of template message objects", 1500, utf16, func(s string) obj { return with(buttons(), "altText", s) }, "messages[0].altText"},
		{"altText", "Flex Message", 1500, utf16, func(s string) obj { return with(component(text("x")), "altText", s) }, "messages[0].altText"},

		{"text", "Imagemap message action object", 400, utf16, func(s string) obj { return mapAction("text", s) }, inMap + "text"},
		{"label", "Imagemap message action object", 100, utf16, func(s string) obj { return mapAction("label", s) }, inMap + "label"},
		{"clipboardText", "Imagemap clipboard action object", 1000, utf16, func(s string) obj { return mapAction("type", "clipboard", "clipboardText", s) }, inMap + "clipboardText"},
		{"video.externalLink.label", "Imagemap message", 30, utf16, func(s string) obj { return mapVideo(obj{"label": s, "linkUri": "tel:1"}) }, "messages[0].video.externalLink.label"},

		{"title", "Buttons template", 40, grapheme, func(s string) obj { return buttons("title", s) }, inTemplate + "title"},
		{"text without image and title", "Buttons template", 160, grapheme, func(s string) obj { return buttons("text", s) }, inTemplate + "text"},
		{"text with a title", "Buttons template", 60, grapheme, func(s string) obj { return buttons("title", "t", "text", s) }, inTemplate + "text"},
		{"text with an image", "Buttons template", 60, grapheme, func(s string) obj { return buttons("thumbnailImageUrl", url(40), "text", s) }, inTemplate + "text"},
		{"text", "Confirm template", 240, grapheme, func(s string) obj {
			return template(obj{"type": "confirm", "text": s, "actions": []obj{sayIt(), sayIt()}})
		}, inTemplate + "text"},
		{"title", "Column object for carousel", 40, grapheme, func(s string) obj { return columns(column("title", s)) }, inTemplate + "columns[0].title"},
		{"text without image and title", "Column object for carousel", 120, grapheme, func(s string) obj { return columns(column("text", s)) }, inTemplate + "columns[0].text"},
		{"text with a title", "Column object for carousel", 60, grapheme, func(s string) obj { return columns(column("title", "t", "text", s)) }, inTemplate + "columns[0].text"},
		{"text with an image", "Column object for carousel", 60, grapheme, func(s string) obj { return columns(column("thumbnailImageUrl", url(40), "text", s)) }, inTemplate + "columns[0].text"},

		{"data", "Postback action", 300, utf16, func(s string) obj { return postbackOf("data", s) }, quickAction + "data"},
		{"displayText", "Postback action", 300, grapheme, func(s string) obj { return postbackOf("displayText", s) }, quickAction + "displayText"},
		{"text", "Postback action", 300, grapheme, func(s string) obj { return postbackOf("text", s) }, quickAction + "text"},
		{"fillInText", "Postback action", 300, grapheme, func(s string) obj { return postbackOf("inputOption", "openKeyboard", "fillInText", s) }, quickAction + "fillInText"},
		{"text", "Message action", 300, grapheme, func(s string) obj { return quick(sayIt("text", s)) }, quickAction + "text"},
		{"data", "Datetime picker action", 300, utf16, func(s string) obj { return quick(act("datetimepicker", "mode", "date", "data", s)) }, quickAction + "data"},
		{"clipboardText", "Clipboard action", 1000, utf16, func(s string) obj { return quick(act("clipboard", "clipboardText", s)) }, quickAction + "clipboardText"},

		{"label in a buttons template", "Specifications of the label", 20, grapheme, func(s string) obj { return buttons("actions", []obj{sayIt("label", s)}) }, inTemplate + "actions[0].label"},
		{"label in an image carousel", "Specifications of the label", 12, grapheme, func(s string) obj { return pictures(imageColumn("action", sayIt("label", s))) }, inTemplate + "columns[0].action.label"},
		{"label of a Flex button", "Specifications of the label", 40, grapheme, func(s string) obj { return button(sayIt("label", s)) }, inFlex + "/action/label"},
		{"label of a Flex box", "Specifications of the label", 40, grapheme, func(s string) obj {
			return component(obj{"type": "box", "layout": "vertical", "contents": []obj{}, "action": sayIt("label", s)})
		}, inFlex + "/action/label"},

		{"uri", "URI action", 1000, ascii, func(s string) obj { return quick(act("uri", "uri", s)) }, quickAction + "uri"},
		{"altUri.desktop", "URI action", 1000, ascii, func(s string) obj { return quick(act("uri", "uri", "tel:1", "altUri", obj{"desktop": s})) }, quickAction + "altUri.desktop"},
		{"linkUri", "Imagemap URI action object", 1000, ascii, func(s string) obj { return mapAction("type", "uri", "linkUri", s) }, inMap + "linkUri"},
		{"video.externalLink.linkUri", "Imagemap message", 1000, ascii, func(s string) obj { return mapVideo(obj{"label": "l", "linkUri": s}) }, "messages[0].video.externalLink.linkUri"},

		{"imageUrl", "Quick reply button object", 2000, ascii, func(s string) obj {
			return with(text("x"), "quickReply", obj{"items": []obj{{"type": "action", "imageUrl": s, "action": act("camera")}}})
		}, "messages[0].quickReply.items[0].imageUrl"},
		{"sender.iconUrl", "Customize icon and display name", 2000, ascii, func(s string) obj { return with(text("x"), "sender", obj{"iconUrl": s}) }, "messages[0].sender.iconUrl"},
		{"originalContentUrl", "Image message", 2000, ascii, func(s string) obj { return photo("originalContentUrl", s) }, "messages[0].originalContentUrl"},
		{"previewImageUrl", "Image message", 2000, ascii, func(s string) obj { return photo("previewImageUrl", s) }, "messages[0].previewImageUrl"},
		{"originalContentUrl", "Video message", 2000, ascii, func(s string) obj { return video("originalContentUrl", s) }, "messages[0].originalContentUrl"},
		{"previewImageUrl", "Video message", 2000, ascii, func(s string) obj { return video("previewImageUrl", s) }, "messages[0].previewImageUrl"},
		{"originalContentUrl", "Audio message", 2000, ascii, func(s string) obj { return obj{"type": "audio", "originalContentUrl": s, "duration": 1} }, "messages[0].originalContentUrl"},
		{"baseUrl", "Imagemap message", 2000, ascii, func(s string) obj { return imagemap("baseUrl", s) }, "messages[0].baseUrl"},
		{"thumbnailImageUrl", "Buttons template", 2000, ascii, func(s string) obj { return buttons("thumbnailImageUrl", s) }, inTemplate + "thumbnailImageUrl"},
		{"thumbnailImageUrl", "Column object for carousel", 2000, ascii, func(s string) obj { return columns(column("thumbnailImageUrl", s)) }, inTemplate + "columns[0].thumbnailImageUrl"},
		{"imageUrl", "Column object for image carousel", 2000, ascii, func(s string) obj { return pictures(imageColumn("imageUrl", s)) }, inTemplate + "columns[0].imageUrl"},
		{"url", "Flex: Image", 2000, ascii, func(s string) obj { return component(obj{"type": "image", "url": s}) }, inFlex + "/url"},
		{"url", "Flex: Icon", 2000, ascii, func(s string) obj {
			return component(obj{"type": "box", "layout": "baseline", "contents": []obj{{"type": "icon", "url": s}}})
		}, inFlex + "/contents/0/url"},
		{"url", "Flex: Video", 2000, ascii, func(s string) obj { return filmed("url", s) }, "/hero/url"},
		{"previewUrl", "Flex: Video", 2000, ascii, func(s string) obj { return filmed("previewUrl", s) }, "/hero/previewUrl"},
	}
	for kind, rest := range map[string]obj{
		"postback": {"data": "d"}, "message": {"text": "x"}, "uri": {"uri": "tel:1"}, "clipboard": {"clipboardText": "x"},
		"datetimepicker": {"data": "d", "mode": "date"}, "camera": {}, "cameraRoll": {}, "location": {},
	} {
		rows = append(rows, row{kind + " label in a quick reply", "Specifications of the label", 20, grapheme, func(s string) obj {
			a := obj{"type": kind, "label": s}
			for k, v := range rest {
				a[k] = v
			}
			return quick(a)
		}, quickAction + "label"})
	}
	w := newWorld(t, emulator.ChannelOptions{})
	for _, c := range rows {
		t.Run(c.section+": "+c.rule, func(t *testing.T) {
			fill := func(n int) string { return repeat("a", n) }
			if strings.Contains(strings.ToLower(c.rule), "ur") && c.in == ascii && c.limit >= 1000 {
				fill = url
			}
			if at := w.verdict(c.message(fill(c.limit))); at != "" {
				t.Errorf("%d %s are refused at %s", c.limit, c.in, at)
			}
			if at := w.verdict(c.message(fill(c.limit + 1))); at != c.property {
				t.Errorf("%d %s: %q is named, want %s", c.limit+1, c.in, at, c.property)
			}
			switch c.in {
			case utf16: // an apple is two
				if at := w.verdict(c.message(repeat("🍎", c.limit/2))); at != "" {
					t.Errorf("%d apples are refused at %s", c.limit/2, at)
				}
				if at := w.verdict(c.message(repeat("🍎", c.limit/2+1))); at != c.property {
					t.Errorf("%d apples: %q is named, want %s", c.limit/2+1, at, c.property)
				}
			case grapheme: // a family is one, of 11 UTF-16 units
				if at := w.verdict(c.message(repeat(family, c.limit))); at != "" {
					t.Errorf("%d families are refused at %s", c.limit, at)
				}
				if at := w.verdict(c.message(repeat(family, c.limit+1))); at != c.property {
					t.Errorf("%d families: %q is named, want %s", c.limit+1, at, c.property)
				}
			}
		})
	}
}

func TestCountLimits(t *testing.T) {
	emoji := obj{"type": "emoji", "productId": "p", "emojiId": "1"}
	all := obj{"type": "mention", "mentionee": obj{"type": "all"}}
	moving := obj{"type": "image", "url": "https://example.com/a.png", "animated": true}
	substitutes := func(n int) obj {
		subs := obj{}
		for i := range n {
			subs[fmt.Sprint("k", i)] = emoji
		}
		return v2("x", subs)
	}
	w := newWorld(t, emulator.ChannelOptions{})
	for _, c := range []struct {
		rule, section string
		low, high     int // a low of 0 has no lower limit
		message       func(n int) obj
		property      string
	}{
		// That an empty list is refused is not documented.
		{"items", "Quick reply", 1, 13, func(n int) obj { return quick(slices.Repeat([]obj{act("camera")}, n)...) }, "messages[0].quickReply.items"},
		{"emojis", "Text message", 0, 20, func(n int) obj {
			return with(text("$"), "emojis", slices.Repeat([]obj{{"index": 0, "productId": "p", "emojiId": "1"}}, n))
		}, "messages[0].emojis"},
		{"objects of substitution", "Text message (v2)", 0, 100, substitutes, "messages[0].substitution"},
		{"mentions", "Mention object", 0, 20, func(n int) obj { return v2("x"+repeat("{a}", n), obj{"a": all}) }, "messages[0].substitution"},
		{"emojis", "Emoji object", 0, 20, func(n int) obj { return v2("x"+repeat("{a}", n), obj{"a": emoji}) }, "messages[0].substitution"},
		{"actions", "Imagemap message", 0, 50, func(n int) obj {
			return imagemap("actions", slices.Repeat([]obj{{"type": "message", "text": "x", "area": corner}}, n))
		}, "messages[0].actions"},
		{"actions", "Buttons template", 1, 4, func(n int) obj { return buttons("actions", slices.Repeat([]obj{sayIt()}, n)) }, "messages[0].template.actions"},
		{"actions", "Confirm template", 2, 2, func(n int) obj {
			return template(obj{"type": "confirm", "text": "t", "actions": slices.Repeat([]obj{sayIt()}, n)})
		}, "messages[0].template.actions"},
		{"columns", "Carousel template", 1, 10, func(n int) obj { return columns(slices.Repeat([]obj{column()}, n)...) }, "messages[0].template.columns"},
		{"actions", "Column object for carousel", 1, 3, func(n int) obj { return columns(column("actions", slices.Repeat([]obj{sayIt()}, n))) }, "messages[0].template.columns[0].actions"},
		{"columns", "Image carousel template", 1, 10, func(n int) obj { return pictures(slices.Repeat([]obj{imageColumn()}, n)...) }, "messages[0].template.columns"},
		{"bubbles", "Flex: Carousel", 1, 12, func(n int) obj {
			return flex(obj{"type": "carousel", "contents": slices.Repeat([]obj{bubble(text("x"))}, n)})
		}, "/contents"},
		{"animated images", "Flex: Image", 0, 10, func(n int) obj { return flex(bubble(slices.Repeat([]obj{moving}, n)...)) }, "/contents"},
	} {
		t.Run(c.section+": "+c.rule, func(t *testing.T) {
			for n, want := range map[int]string{c.low: "", c.high: "", c.high + 1: c.property} {
				if at := w.verdict(c.message(n)); at != want {
					t.Errorf("%d: %q is named, want %q", n, at, want)
				}
			}
			if c.low > 0 {
				if at := w.verdict(c.message(c.low - 1)); at != c.property {
					t.Errorf("%d: %q is named, want %q", c.low-1, at, c.property)
				}
			}
		})
	}
}

// What is one and the other side of a value that is no length and no count.
func TestValueLimits(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	place := func(lat, long float64) obj {
		return obj{"type": "location", "title": "t", "address": "a", "latitude": lat, "longitude": long}
	}
	pick := func(mode string, pairs ...any) obj {
		return quick(act("datetimepicker", append([]any{"data", "d", "mode", mode}, pairs...)...))
	}
	ratio := func(s string) obj {
		return component(obj{"type": "image", "url": "https://example.com/a.png", "aspectRatio": s})
	}
	gradient := func(pairs ...any) obj {
		bg := with(obj{"type": "linearGradient", "angle": "0deg", "startColor": "#000000", "endColor": "#ffffff"}, pairs...)
		return component(obj{"type": "box", "layout": "vertical", "contents": []obj{}, "background": bg})
	}
	const action = "messages[0].quickReply.items[0].action."
	for _, c := range []struct {
		rule, section string
		good, bad     obj
		property      string
	}{
		{"latitude up to 90", "Location message", place(90, 0), place(90.1, 0), "messages[0].latitude"},
		{"latitude from -90", "Location message", place(-90, 0), place(-90.1, 0), "messages[0].latitude"},
		{"longitude up to 180", "Location message", place(0, 180), place(0, 180.1), "messages[0].longitude"},
		{"longitude from -180", "Location message", place(0, -180), place(0, -180.1), "messages[0].longitude"},
		{"date up to 2100-12-31", "Date and time format", pick("date", "max", "2100-12-31"), pick("date", "max", "2101-01-01"), action + "max"},
		{"date from 1900-01-01", "Date and time format", pick("date", "min", "1900-01-01"), pick("date", "min", "1899-12-31"), action + "min"},
		{"date and time up to 2100-12-31T23:59", "Date and time format", pick("datetime", "max", "2100-12-31T23:59"), pick("datetime", "max", "2101-01-01t00:00"), action + "max"},
		{"time up to 23:59", "Date and time format", pick("time", "initial", "23:59"), pick("time", "initial", "24:00"), action + "initial"},
		{"max after min", "Datetime picker action", pick("time", "min", "10:00", "max", "10:01"), pick("time", "min", "10:00", "max", "10:00"), action + "max"},
		{"displayText or text", "Postback action", postbackOf("displayText", "x"), postbackOf("displayText", "x", "text", "x"), action + "displayText"},
		{"fillInText with openKeyboard", "Postback action", postbackOf("fillInText", "x", "inputOption", "openKeyboard"), postbackOf("fillInText", "x", "inputOption", "openVoice"), action + "fillInText"},
		{"height at most thrice the width", "Flex: Image", ratio("1:3"), ratio("1:3.01"), "/body/contents/0/aspectRatio"},
		{"ratio up to 100000", "Flex: Image", ratio("100000:1"), ratio("100001:1"), "/body/contents/0/aspectRatio"},
		{"ratio from 1", "Flex: Image", ratio("1:1"), ratio("0.9:1"), "/body/contents/0/aspectRatio"},
		{"angle below 360", "Flex: Box", gradient("angle", "359.9deg"), gradient("angle", "360deg"), "/body/contents/0/background/angle"},
		{"centerPosition up to 100%", "Flex: Box", gradient("centerPosition", "100%"), gradient("centerPosition", "100.1%"), "/body/contents/0/background/centerPosition"},
		{"same size of a carousel's bubbles", "Flex: Carousel", flex(obj{"type": "carousel", "contents": []obj{bubble(text("x")), with(bubble(text("x")), "size", "mega")}}),
			flex(obj{"type": "carousel", "contents": []obj{bubble(text("x")), with(bubble(text("x")), "size", "giga")}}), "/contents"},
		{"video in a bubble of kilo, mega or giga", "Use conditions of the video component", filmed(), flex(with(dig(filmed(), "contents").(obj), "size", "hecto")), "/hero"},
		{"video in no carousel", "Use conditions of the video component", filmed(), flex(obj{"type": "carousel", "contents": []any{dig(filmed(), "contents")}}), "/contents/0/hero"},
		{"video directly in the hero", "Use conditions of the video component", filmed(), component(dig(filmed(), "contents", "hero").(obj)), "/body/contents/0"},
		{"as many actions in all columns", "Carousel template", columns(column(), column()), columns(column(), column("actions", []obj{sayIt(), sayIt()})), "messages[0].template.columns"},
		{"duration above 0", "Audio message", obj{"type": "audio", "originalContentUrl": url(30), "duration": 1}, obj{"type": "audio", "originalContentUrl": url(30), "duration": 0}, "messages[0].duration"},
		{"label is required in a quick reply", "Specifications of the label", quick(sayIt()), quick(sayIt("label", nil)), action + "label"},
		{"label is required in a template", "Specifications of the label", buttons("actions", []obj{sayIt()}), buttons("actions", []obj{sayIt("label", nil)}), "messages[0].template.actions[0].label"},
		{"label is required of a Flex button", "Specifications of the label", button(sayIt()), button(sayIt("label", nil)), "/body/contents/0/action/label"},
	} {
		t.Run(c.section+": "+c.rule, func(t *testing.T) {
			if at := w.verdict(c.good); at != "" {
				t.Errorf("the good one is refused at %s", at)
			}
			if at := w.verdict(c.bad); at != c.property {
				t.Errorf("the bad one: %q is named, want %s", at, c.property)
			}
		})
	}
}

// padded makes a bubble of exactly n bytes.
func padded(t *testing.T, n int) obj {
	t.Helper()
	raw, err := json.Marshal(bubble(obj{"type": "text", "text": ""}))
	if err != nil {
		t.Fatal(err)
	}
	return bubble(obj{"type": "text", "text": repeat("a", n-len(raw))})
}

// LINE writes 30 KB and 50 KB ("Bubble", "Carousel") without saying of which
// kind, nor how white space counts: the emulator takes 1,000 bytes for a KB, and
// no white space.
func TestSizesOfFlex(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	// A carousel around three bubbles adds this much.
	frame := len(`{"contents":[,,],"type":"carousel"}`)
	for _, c := range []struct {
		contents obj
		good     bool
	}{
		{padded(t, 30000), true},
		{padded(t, 30001), false},
		{obj{"type": "carousel", "contents": []obj{padded(t, 20000), padded(t, 20000), padded(t, 10000-frame)}}, true},
		{obj{"type": "carousel", "contents": []obj{padded(t, 20000), padded(t, 20000), padded(t, 10001-frame)}}, false},
		{obj{"type": "carousel", "contents": []obj{padded(t, 30001), padded(t, 100)}}, false},
	} {
		r := w.call("POST", "/v2/bot/message/validate/reply", obj{"messages": []obj{flex(c.contents)}})
		if (r.status == 200) != c.good {
			t.Errorf("good %v: %d %.200s", c.good, r.status, r.raw)
		}
	}
}
