package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

var messageTypes = []string{
	"text", "textV2", "sticker", "image", "video", "audio", "location", "imagemap", "template", "flex", "coupon",
}

// judgeMessage judges one message object. Findings inside a Flex container go
// to flex, with pointers from the container.
func judgeMessage(n node, kind string, raw json.RawMessage, flex *findings) {
	switch n.oneOf("type", true, messageTypes...) {
	case "text":
		s := n.text("text", true, maxText, utf16Len)
		n.emojis(s)
		n.quote()
	case "textV2":
		judgeTextV2(n, kind)
		n.quote()
	case "sticker":
		n.text("packageId", true, maxURI, utf16Len)
		n.text("stickerId", true, maxURI, utf16Len)
		n.quote()
	case "image":
		n.uri("originalContentUrl", maxImageURL, "https")
		n.uri("previewImageUrl", maxImageURL, "https")
	case "video":
		n.uri("originalContentUrl", maxImageURL, "https")
		n.uri("previewImageUrl", maxImageURL, "https")
		if n.has("trackingId") {
			n.text("trackingId", true, 100, utf16Len)
			n.matches("trackingId", trackingID)
		}
	case "audio":
		n.uri("originalContentUrl", maxImageURL, "https")
		if !n.has("duration") {
			n.missing("duration")
		}
		n.integer("duration", 1, 1<<53)
	case "location":
		n.text("title", true, 100, utf16Len)
		n.text("address", true, 100, utf16Len)
		n.degrees("latitude", 90)
		n.degrees("longitude", 180)
	case "imagemap":
		judgeImagemap(n)
	case "template":
		n.text("altText", true, maxAltText, utf16Len)
		if t, is := n.object("template", true); is {
			judgeTemplate(t)
		}
	case "flex":
		n.text("altText", true, maxAltText, utf16Len)
		if c, is := n.object("contents", true); is {
			judgeContainer(node{c.obj, "", flex}, raw)
		}
	case "coupon":
		n.text("couponId", true, maxURI, utf16Len)
		if n.has("deliveryTag") {
			n.matches("deliveryTag", unitName)
		}
	}
	n.common()
}

var (
	trackingID = regexp.MustCompile(`^[a-zA-Z0-9\-.=,+*()%$&;:@{}!?<>\[\]]{1,100}$`)
	unitName   = regexp.MustCompile(`^[a-zA-Z0-9_]{1,30}$`)
	substitute = regexp.MustCompile(`^[a-zA-Z0-9_]{1,20}$`)
)

// common judges what every message may have: quick replies and a sender.
func (n node) common() {
	if q, is := n.object("quickReply", false); is {
		// An empty list is refused; LINE only documents the upper limit.
		for _, item := range q.list("items", 1, maxQuick) {
			if item.has("type") {
				item.oneOf("type", true, "action")
			} else {
				item.missing("type")
			}
			if item.has("imageUrl") {
				item.uri("imageUrl", maxImageURL, "https")
			}
			if a, is := item.object("action", true); is {
				judgeAction(a, inQuickReply)
			}
		}
	}
	if s, is := n.object("sender", false); is {
		if s.has("name") {
			if name := s.text("name", true, maxSenderName, utf16Len); strings.Contains(strings.ToUpper(name), "LINE") {
				s.bad("name", "Contains a word that may not be used")
			}
		}
		if s.has("iconUrl") {
			s.uri("iconUrl", maxImageURL, "https")
		}
	}
}

func (n node) quote() {
	if n.has("quoteToken") {
		n.text("quoteToken", true, 1<<16, utf16Len)
	}
}

func (n node) degrees(key string, most float64) {
	num, isNumber := n.obj[key].(json.Number)
	f, err := num.Float64()
	switch {
	case !n.has(key):
		n.missing(key)
	case !isNumber || err != nil || f < -most || f > most:
		n.bad(key, "invalid property")
	}
}

// emojis judges LINE emojis: each stands at a "$" of the text, counted in
// UTF-16 units.
func (n node) emojis(text string) {
	if !n.has("emojis") {
		return
	}
	units := utf16.Encode([]rune(text))
	for _, e := range n.list("emojis", 0, maxEmojis) {
		i, is := e.integer("index", 0, int64(maxText))
		if !e.has("index") {
			e.missing("index")
		} else if is && (int(i) >= len(units) || units[i] != '$') {
			e.bad("index", "Must be the position of a placeholder")
		}
		e.text("productId", true, 100, utf16Len)
		e.text("emojiId", true, 100, utf16Len)
	}
}

// judgeTextV2 judges braces and what they stand for.
func judgeTextV2(n node, kind string) {
	s := n.text("text", true, maxText, utf16Len)
	subs, _ := n.object("substitution", false)
	if len(subs.obj) > maxSubstitutes {
		n.bad("substitution", fmt.Sprintf("Size must be between 0 and %d", maxSubstitutes))
	}
	keys, err := placeholders(s)
	if err != "" {
		n.bad("text", err)
	}
	mentions, emojis := 0, 0
	for _, key := range keys {
		switch str(subObject(subs, key)["type"]) {
		case "mention":
			mentions++
		case "emoji":
			emojis++
		case "":
			n.bad("text", "The substitution of '"+key+"' is not specified.")
		}
	}
	for _, key := range sortedKeys(subs.obj) {
		if !substitute.MatchString(key) {
			subs.bad(key, "The key does not match the pattern '^[a-zA-Z0-9_]{1,20}$'.")
			continue
		}
		o, is := subs.object(key, true)
		if !is {
			continue
		}
		if o.oneOf("type", true, "mention", "emoji") == "emoji" {
			o.text("productId", true, 100, utf16Len)
			o.text("emojiId", true, 100, utf16Len)
			continue
		}
		if who, is := o.object("mentionee", true); is && who.oneOf("type", true, "user", "all") == "user" {
			who.text("userId", true, 100, utf16Len)
			who.matches("userId", userID)
		}
		if kind != "reply" && kind != "push" {
			o.bad("type", "Mentions can be used in reply and push messages only")
		}
	}
	if mentions > maxMentions || emojis > maxEmojis {
		n.bad("substitution", fmt.Sprintf("At most %d mentions and %d emojis", maxMentions, maxEmojis))
	}
}

func subObject(subs node, key string) map[string]any {
	m, isObject := subs.obj[key].(map[string]any)
	if !isObject {
		return nil
	}
	return m
}

// placeholders lists the keys in braces, each time they stand there; fault says
// what is wrong with the braces.
func placeholders(s string) (keys []string, fault string) {
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "{{"), strings.HasPrefix(s[i:], "}}"):
			i++
		case s[i] == '}':
			return keys, "'{' and '}' must be used in pairs."
		case s[i] == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return keys, "'{' and '}' must be used in pairs."
			}
			key := s[i+1 : i+end]
			if !substitute.MatchString(key) {
				return keys, "The key '" + key + "' enclosed in '{}' does not match the pattern '^[a-zA-Z0-9_]{1,20}$'."
			}
			keys = append(keys, key)
			i += end
		}
	}
	return keys, ""
}

// names tells whether word may be in a message, without reading it as JSON:
// most messages neither quote nor mention. An escape could spell any word.
func names(raw json.RawMessage, word string) bool {
	return bytes.Contains(raw, []byte(word)) || bytes.Contains(raw, []byte(`\u`))
}

// quoteOf is the quote token of a message object.
func quoteOf(raw json.RawMessage) string {
	if !names(raw, "quoteToken") {
		return ""
	}
	var m struct {
		Type       string `json:"type"`
		QuoteToken string `json:"quoteToken"`
	}
	if json.Unmarshal(raw, &m) != nil || !slices.Contains([]string{"text", "textV2", "sticker"}, m.Type) {
		return ""
	}
	return m.QuoteToken
}

// mentioned lists the users that a text v2 mentions, "" for everybody.
func mentioned(raw json.RawMessage) []string {
	if !names(raw, "textV2") {
		return nil
	}
	var m struct {
		Type         string `json:"type"`
		Substitution map[string]struct {
			Type      string `json:"type"`
			Mentionee struct {
				Type   string `json:"type"`
				UserID string `json:"userId"`
			} `json:"mentionee"`
		} `json:"substitution"`
	}
	if json.Unmarshal(raw, &m) != nil || m.Type != "textV2" {
		return nil
	}
	var out []string
	for _, s := range m.Substitution {
		if s.Type == "mention" {
			out = append(out, s.Mentionee.UserID)
		}
	}
	return out
}

// tracked tells whether a video has a tracking id, which groups do not take.
func tracked(raw json.RawMessage) bool {
	if !names(raw, "trackingId") {
		return false
	}
	var m struct {
		Type       string `json:"type"`
		TrackingID string `json:"trackingId"`
	}
	return json.Unmarshal(raw, &m) == nil && m.Type == "video" && m.TrackingID != ""
}

func checkUnits(units []string) *answer {
	var a answer
	switch {
	case len(units) > 1:
		a = invalidBody(detail{"Size must be between 0 and 1", "customAggregationUnits"})
	case len(units) == 1 && !unitName.MatchString(units[0]):
		a = invalidBody(detail{"invalid property", "customAggregationUnits[0]"})
	default:
		return nil
	}
	return &a
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
