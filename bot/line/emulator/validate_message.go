package emulator

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

var messageTypes = []string{
	"text", "textV2", "sticker", "image", "video", "audio", "location", "imagemap", "template", "flex", "coupon",
}

// judgeMessage judges one message object. Findings inside a Flex container go
// to flex, with pointers from the container.
func judgeMessage(n node, kind string, flex *findings) {
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
			flex.root = c.v
			judgeContainer(node{c.v, flex})
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
	v := n.get(key)
	if v == nil {
		n.missing(key)
		return
	}
	f, err := strconv.ParseFloat(v.text, 64)
	if v.kind != isNumber || err != nil || f < -most || f > most {
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
	known := subs.v.properties()
	if len(known) > maxSubstitutes {
		n.bad("substitution", fmt.Sprintf("Size must be between 0 and %d", maxSubstitutes))
	}
	keys, err := placeholders(s)
	if err != "" {
		n.bad("text", err)
	}
	mentions, emojis := 0, 0
	for _, key := range keys {
		switch known[key].get("type").str() {
		case "mention":
			mentions++
		case "emoji":
			emojis++
		case "":
			n.bad("text", "The substitution of '"+key+"' is not specified.")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(known)) {
		if !substitute.MatchString(key) {
			subs.bad(key, "The key does not match the pattern '^[a-zA-Z0-9_]{1,20}$'.")
			continue
		}
		o, is := subs.asObject(key, known[key], true) // there may be thousands, before they are refused
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

// quoteOf is the quote token of a message object.
func quoteOf(m *value) string {
	if !slices.Contains([]string{"text", "textV2", "sticker"}, m.get("type").str()) {
		return ""
	}
	return m.get("quoteToken").str()
}

// mentioned lists the users that a text v2 mentions, "" for everybody.
func mentioned(m *value) []string {
	if m.get("type").str() != "textV2" {
		return nil
	}
	var out []string
	for _, s := range m.get("substitution").properties() {
		if s.get("type").str() == "mention" {
			out = append(out, s.get("mentionee").get("userId").str())
		}
	}
	return out
}

// tracked tells whether a video has a tracking id, which groups do not take.
func tracked(m *value) bool {
	return m.get("type").str() == "video" && m.get("trackingId").str() != ""
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
