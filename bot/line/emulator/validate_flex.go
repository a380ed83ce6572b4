package emulator

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Values of Flex properties, from the reference and "Flex Message layout".
var (
	sizes      = []string{"xxs", "xs", "sm", "md", "lg", "xl", "xxl", "3xl", "4xl", "5xl"}
	spaces     = []string{"none", "xs", "sm", "md", "lg", "xl", "xxl"}
	px         = []string{"px"}
	pxOrShare  = []string{"px", "%"}
	spacing    = &measure{spaces, px}
	padding    = &measure{spaces, pxOrShare}
	border     = &measure{[]string{"none", "light", "normal", "medium", "semi-bold", "bold"}, px}
	length     = &measure{nil, pxOrShare}
	fontSize   = &measure{sizes, px}
	imageSize  = &measure{append([]string{"full"}, sizes...), pxOrShare}
	lineGap    = &measure{nil, px}
	angle      = &measure{nil, []string{"deg"}}
	stop       = &measure{nil, []string{"%"}}
	ratioParts = regexp.MustCompile(`^(\d+(\.\d+)?):(\d+(\.\d+)?)$`)

	offsets   = []string{"offsetTop", "offsetBottom", "offsetStart", "offsetEnd"}
	shared    = append([]string{"type", "position"}, offsets...)
	inColumns = []string{"box", "button", "image", "text", "separator", "filler"}
	inLine    = []string{"icon", "text", "filler"}
)

// judgeContainer judges the contents of a Flex message: a bubble or a carousel.
func judgeContainer(n node) {
	animated := 0
	switch n.oneOf("type", true, "bubble", "carousel") {
	case "bubble":
		judgeBubble(n, false, &animated)
		n.size(maxBubble)
	case "carousel":
		n.only("type", "contents")
		n.size(maxCarousel)
		bubbles := n.list("contents", 1, maxBubbles)
		if len(bubbles) != len(n.get("contents").items()) {
			return // judged by list
		}
		var sizes []string
		for _, b := range bubbles {
			if b.oneOf("type", true, "bubble") == "bubble" {
				judgeBubble(b, true, &animated)
				b.size(maxBubble)
				size := b.v.get("size").str()
				if size == "" {
					size = "mega"
				}
				sizes = append(sizes, size)
			}
		}
		if slices.ContainsFunc(sizes, func(s string) bool { return s != sizes[0] }) {
			n.bad("contents", "bubbles of a carousel must have the same size")
		}
	}
	if animated > maxAnimated {
		n.bad("contents", "too many animated images")
	}
}

// size measures the container as JSON without white space.
func (n node) size(limit int) {
	if len(n.v.text) <= limit {
		return
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(n.v.text)) == nil && b.Len() > limit {
		n.f.bad(n.v, "Too large flex message. The maximum size of JSON data is "+strconv.Itoa(limit)+" bytes")
	}
}

func judgeBubble(n node, inCarousel bool, animated *int) {
	n.only("type", "size", "direction", "header", "hero", "body", "footer", "styles", "action")
	n.oneOf("size", false, "nano", "micro", "deca", "hecto", "kilo", "mega", "giga")
	n.oneOf("direction", false, "ltr", "rtl")
	blocks := 0
	for _, key := range []string{"header", "hero", "body", "footer"} {
		c, is := n.object(key, false)
		if !is {
			continue
		}
		blocks++
		types := []string{"box"}
		if key == "hero" {
			types = []string{"box", "image", "video"}
			// "Use conditions of the video component".
			if size := n.v.get("size").str(); inCarousel || (size != "kilo" && size != "mega" && size != "giga") {
				types = []string{"box", "image"}
			}
		}
		judgeComponent(c, types, animated)
		if c.v.get("position").str() == "absolute" {
			c.bad("position", "invalid property")
		}
	}
	if blocks == 0 {
		n.bad("", "At least one block must be specified")
	}
	if styles, is := n.object("styles", false); is {
		styles.only("header", "hero", "body", "footer")
		for _, key := range []string{"header", "hero", "body", "footer"} {
			if s, is := styles.object(key, false); is {
				s.only("backgroundColor", "separator", "separatorColor")
				s.matches("backgroundColor", colour)
				s.matches("separatorColor", colour)
				s.bool("separator")
			}
		}
	}
	n.action(inFlex, false)
}

func (n node) action(p place, required bool) {
	if a, is := n.object("action", required); is {
		judgeAction(a, p)
	}
}

// judgeComponent judges one component where only some types may stand.
func judgeComponent(n node, types []string, animated *int) {
	kind, v := n.str("type")
	switch {
	case v == nil:
		n.missing("type")
		return
	case !slices.Contains(types, kind):
		// LINE is seen to name the component, not its type.
		n.f.bad(n.v, "invalid property")
		return
	}
	switch kind {
	case "box":
		judgeBox(n, animated)
	case "button":
		n.fields("action", "style", "color", "gravity", "height", "adjustMode", "scaling", "flex", "margin")
		n.action(inFlexButton, true)
		n.oneOf("style", false, "primary", "secondary", "link")
		n.oneOf("height", false, "sm", "md")
		n.matches("color", colour)
	case "image":
		n.fields("url", "flex", "margin", "align", "gravity", "size", "aspectRatio", "aspectMode", "backgroundColor", "action", "animated")
		n.uri("url", maxImageURL, "https")
		n.matches("size", imageSize)
		n.ratio()
		n.oneOf("aspectMode", false, "cover", "fit")
		n.matches("backgroundColor", colour)
		n.action(inFlex, false)
		if n.bool("animated") {
			*animated++
		}
	case "video":
		n.only("type", "url", "previewUrl", "altContent", "aspectRatio", "action")
		n.uri("url", maxImageURL, "https")
		n.uri("previewUrl", maxImageURL, "https")
		n.ratio()
		if alt, is := n.object("altContent", true); is {
			judgeComponent(alt, []string{"box", "image"}, animated)
		}
		n.action(place{true, maxFlexLabel, []string{"uri"}}, false)
	case "icon":
		n.fields("url", "margin", "size", "aspectRatio", "scaling")
		n.uri("url", maxImageURL, "https")
		n.matches("size", fontSize)
		n.ratio()
	case "text":
		judgeText(n)
	case "span":
		n.only("type", "text", "color", "size", "weight", "style", "decoration")
		n.text("text", true, 1<<20, utf16Len)
		n.letters()
	case "separator":
		n.only("type", "margin", "color")
		n.matches("margin", spacing)
		n.matches("color", colour)
	case "filler":
		n.only("type", "flex")
		n.integer("flex", 0, 1<<31-1)
	}
}

// fields judges what most components share, and refuses what is not listed.
func (n node) fields(keys ...string) {
	n.onlyOf(keys, shared)
	n.integer("flex", 0, 1<<31-1)
	n.matches("margin", spacing)
	n.oneOf("position", false, "relative", "absolute")
	for _, key := range offsets {
		n.matches(key, padding)
	}
	n.oneOf("align", false, "start", "end", "center")
	n.oneOf("gravity", false, "top", "bottom", "center")
	n.oneOf("adjustMode", false, "shrink-to-fit")
	n.bool("scaling")
}

func judgeBox(n node, animated *int) {
	n.fields("layout", "contents", "backgroundColor", "borderColor", "borderWidth", "cornerRadius", "width", "maxWidth", "height",
		"maxHeight", "flex", "spacing", "margin", "paddingAll", "paddingTop", "paddingBottom", "paddingStart", "paddingEnd", "action",
		"justifyContent", "alignItems", "background")
	types := inColumns
	if n.oneOf("layout", true, "horizontal", "vertical", "baseline") == "baseline" {
		types = inLine
	}
	for _, c := range n.list("contents", 0, 1<<20) {
		judgeComponent(c, types, animated)
	}
	n.matches("backgroundColor", colour)
	n.matches("borderColor", colour)
	n.matches("borderWidth", border)
	n.matches("cornerRadius", spacing)
	n.matches("spacing", spacing)
	for _, key := range []string{"width", "maxWidth", "height", "maxHeight"} {
		n.matches(key, length)
	}
	for _, key := range []string{"paddingAll", "paddingTop", "paddingBottom", "paddingStart", "paddingEnd"} {
		n.matches(key, padding)
	}
	n.oneOf("justifyContent", false, "center", "flex-start", "flex-end", "space-between", "space-around", "space-evenly")
	n.oneOf("alignItems", false, "center", "flex-start", "flex-end")
	n.action(inFlex, false)
	if bg, is := n.object("background", false); is {
		bg.only("type", "angle", "startColor", "endColor", "centerColor", "centerPosition")
		bg.oneOf("type", true, "linearGradient")
		for _, key := range []string{"angle", "startColor", "endColor"} {
			if !bg.has(key) {
				bg.missing(key)
			}
		}
		if s := bg.matches("angle", angle); angle.MatchString(s) {
			if f, err := strconv.ParseFloat(strings.TrimSuffix(s, "deg"), 64); err != nil || f >= 360 {
				bg.bad("angle", "invalid property")
			}
		}
		for _, key := range []string{"startColor", "endColor", "centerColor"} {
			bg.matches(key, colour)
		}
		if s := bg.matches("centerPosition", stop); stop.MatchString(s) {
			if f, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64); err != nil || f > 100 {
				bg.bad("centerPosition", "invalid property")
			}
		}
	}
}

func judgeText(n node) {
	n.fields("text", "contents", "adjustMode", "flex", "margin", "size", "scaling", "align", "gravity", "wrap", "lineSpacing",
		"maxLines", "weight", "color", "action", "style", "decoration")
	if n.has("contents") {
		for _, s := range n.list("contents", 1, 1<<20) {
			judgeComponent(s, []string{"span"}, nil)
		}
		n.str("text")
	} else {
		n.text("text", true, 1<<20, utf16Len)
	}
	n.letters()
	n.bool("wrap")
	n.matches("lineSpacing", lineGap)
	n.integer("maxLines", 0, 1<<31-1)
	n.action(inFlex, false)
}

// letters judges the look of text and spans.
func (n node) letters() {
	n.matches("size", fontSize)
	n.matches("color", colour)
	n.oneOf("weight", false, "regular", "bold")
	n.oneOf("style", false, "normal", "italic")
	n.oneOf("decoration", false, "none", "underline", "line-through")
}

// ratio judges width:height: each 1 to 100000, height at most thrice the width.
func (n node) ratio() {
	m := ratioParts.FindStringSubmatch(n.matches("aspectRatio", ratioParts))
	if m == nil {
		return
	}
	w, errW := strconv.ParseFloat(m[1], 64)
	h, errH := strconv.ParseFloat(m[3], 64)
	if errW != nil || errH != nil || w < 1 || w > 100000 || h < 1 || h > 100000 || h > 3*w {
		n.bad("aspectRatio", "invalid property")
	}
}
