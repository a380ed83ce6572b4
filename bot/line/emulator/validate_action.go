package emulator

import (
	"regexp"
	"slices"
	"time"
)

// place is where an action stands: what its label needs and which types may
// stand there ("Specifications of the label", "Action objects").
type place struct {
	required bool // the label
	limit    int  // of the label, in graphemes
	types    []string
}

var (
	tapTypes     = []string{"postback", "message", "uri", "datetimepicker", "clipboard"}
	quickTypes   = append([]string{"camera", "cameraRoll", "location"}, tapTypes...)
	menuTypes    = append([]string{"richmenuswitch"}, tapTypes...)
	inQuickReply = place{true, maxLabel, quickTypes}
	inTemplate   = place{true, maxLabel, tapTypes}
	inImages     = place{false, maxImageLabel, tapTypes}
	inFlexButton = place{true, maxFlexLabel, tapTypes}
	inFlex       = place{false, maxFlexLabel, tapTypes}
	inRichMenu   = place{false, maxLabel, menuTypes}
)

// judgeAction judges an action object at its place.
func judgeAction(n node, p place) {
	if p.required || n.has("label") {
		n.text("label", p.required, p.limit, graphemes)
	}
	switch n.oneOf("type", true, p.types...) {
	case "postback":
		n.only("type", "label", "data", "displayText", "text", "inputOption", "fillInText")
		n.text("data", true, maxData, utf16Len)
		if n.has("displayText") {
			n.text("displayText", true, maxData, graphemes)
		}
		if n.has("text") {
			n.text("text", true, maxData, graphemes)
		}
		if n.has("displayText") && n.has("text") {
			n.bad("displayText", "The 'displayText' and 'text' properties can't both be used")
		}
		option := n.oneOf("inputOption", false, "closeRichMenu", "openRichMenu", "openKeyboard", "openVoice")
		if n.has("fillInText") {
			n.text("fillInText", true, maxData, graphemes)
			if option != "openKeyboard" {
				n.bad("fillInText", "Valid only with inputOption openKeyboard")
			}
		}
	case "message":
		n.only("type", "label", "text")
		n.text("text", true, maxData, graphemes)
	case "uri":
		n.only("type", "label", "uri", "altUri")
		n.uri("uri", maxURI, schemes...)
		if alt, is := n.object("altUri", false); is {
			alt.only("desktop")
			if alt.has("desktop") {
				alt.uri("desktop", maxURI, schemes...)
			}
		}
	case "datetimepicker":
		judgePicker(n)
	case "clipboard":
		n.only("type", "label", "clipboardText")
		n.text("clipboardText", true, maxClipboard, utf16Len)
	case "richmenuswitch":
		n.only("type", "label", "richMenuAliasId", "data")
		n.text("richMenuAliasId", true, 32, utf16Len)
		n.text("data", true, maxData, utf16Len)
	}
}

// layouts of the date-time picker's modes.
var layouts = map[string]string{"date": "2006-01-02", "time": "15:04", "datetime": "2006-01-02T15:04"}

var smallT = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)t`)

func judgePicker(n node) {
	n.only("type", "label", "data", "mode", "initial", "max", "min")
	n.text("data", true, maxData, utf16Len)
	layout, known := layouts[n.oneOf("mode", true, "date", "time", "datetime")]
	if !known {
		return
	}
	var bounds []time.Time
	for _, key := range []string{"min", "max", "initial"} {
		if !n.has(key) {
			bounds = append(bounds, time.Time{})
			continue
		}
		s, _ := n.str(key)
		t, err := time.Parse(layout, smallT.ReplaceAllString(s, "${1}T"))
		if err != nil || (layout != layouts["time"] && (t.Year() < 1900 || t.Year() > 2100)) {
			n.bad(key, "invalid property")
		}
		bounds = append(bounds, t)
	}
	if n.has("min") && n.has("max") && !bounds[0].Before(bounds[1]) {
		n.bad("max", "Must be greater than the min value")
	}
}

// judgeImagemap judges an imagemap message, its pictures apart.
func judgeImagemap(n node) {
	n.uri("baseUrl", maxImageURL, "https")
	n.text("altText", true, maxAltText, utf16Len)
	if size, is := n.object("baseSize", true); is {
		for _, key := range []string{"width", "height"} {
			if !size.has(key) {
				size.missing(key)
			}
			size.integer(key, 1, 1<<31-1)
		}
	}
	if video, is := n.object("video", false); is {
		video.uri("originalContentUrl", maxImageURL, "https")
		video.uri("previewImageUrl", maxImageURL, "https")
		imagemapArea(video)
		if link, is := video.object("externalLink", false); is {
			link.uri("linkUri", maxURI, schemes...)
			link.text("label", true, 30, utf16Len)
		}
	}
	for _, a := range n.list("actions", 0, 50) {
		if a.has("label") {
			a.text("label", true, 100, utf16Len)
		}
		imagemapArea(a)
		switch a.oneOf("type", true, "message", "uri", "clipboard") {
		case "message":
			a.text("text", true, 400, utf16Len)
		case "uri":
			a.uri("linkUri", maxURI, schemes...)
		case "clipboard":
			a.text("clipboardText", true, maxClipboard, utf16Len)
		}
	}
}

func imagemapArea(n node) {
	area, is := n.object("area", true)
	if !is {
		return
	}
	for _, key := range []string{"x", "y", "width", "height"} {
		if !area.has(key) {
			area.missing(key)
		}
		area.integer(key, 0, 1<<31-1)
	}
}

// judgeTemplate judges the four templates.
func judgeTemplate(n node) {
	picture := func(n node, key string, required bool) bool {
		if required || n.has(key) {
			n.uri(key, maxImageURL, "https")
		}
		return n.has(key)
	}
	actions := func(n node, low, high int) int {
		list := n.list("actions", low, high)
		for _, a := range list {
			judgeAction(a, inTemplate)
		}
		return len(list)
	}
	words := func(n node, plain, decorated int, image bool) {
		if n.has("title") {
			n.text("title", true, 40, graphemes)
		}
		limit := plain
		if image || n.has("title") {
			limit = decorated
		}
		n.text("text", true, limit, graphemes)
		if a, is := n.object("defaultAction", false); is {
			judgeAction(a, place{false, maxLabel, tapTypes})
		}
	}
	looks := func(n node) {
		n.oneOf("imageAspectRatio", false, "rectangle", "square")
		n.oneOf("imageSize", false, "cover", "contain")
	}
	switch n.oneOf("type", true, "buttons", "confirm", "carousel", "image_carousel") {
	case "buttons":
		looks(n)
		words(n, 160, 60, picture(n, "thumbnailImageUrl", false))
		actions(n, 1, 4)
	case "confirm":
		n.text("text", true, 240, graphemes)
		actions(n, 2, 2)
	case "carousel":
		looks(n)
		var counts []int
		for _, c := range n.list("columns", 1, 10) {
			words(c, 120, 60, picture(c, "thumbnailImageUrl", false))
			counts = append(counts, actions(c, 1, 3))
		}
		if slices.ContainsFunc(counts, func(k int) bool { return k != counts[0] }) {
			n.bad("columns", "The number of actions must be the same in all columns")
		}
	case "image_carousel":
		for _, c := range n.list("columns", 1, 10) {
			picture(c, "imageUrl", true)
			if a, is := c.object("action", true); is {
				judgeAction(a, inImages)
			}
		}
	}
}
