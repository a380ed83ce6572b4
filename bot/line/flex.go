package line

import "encoding/json"

// LINE's message objects, as far as this program uses them. They are our own
// and not the SDK's because the SDK writes every zero value ("flex":0 takes
// the width from a horizontal box's text, "maxLines":0, "scaling":false) and
// may write them otherwise in its next version, while frozen bytes must not
// change. Tests read the result with the SDK's types and check it against
// LINE's OpenAPI description.
// Source: https://developers.line.biz/en/reference/messaging-api/#message-objects

// lineMessage is a text, or where it has bubbles a Flex message: one bubble, or
// a carousel of several.
type lineMessage struct {
	text  words
	quote string // the token of the message that a text quotes
	alt   words  // what stands for the bubbles where they cannot be shown

	bubbles []bubble
	rows    int // how many of a bubble's last components may move to another bubble

	quick []quickItem
}

// quickItem is an action under the newest message, with a label of its own.
type quickItem struct {
	label  words
	action *action
}

// action is what a tap does: message, postback or uri.
type action struct {
	kind  string // "" does nothing
	label words
	say   words // a message's text, or what a postback shows as the person's own words
	data  words // a postback's data, or the link
}

// bubble has up to three parts, each a box of components.
type bubble struct {
	head                 string // the header's look
	header, body, footer []component
	ground               string // the colour behind body and footer
	divided              bool   // a line above the footer
}

// component is a text, or a box around one text or two.
type component struct {
	box         string // the box's look; "" is a text alone
	text, under styled
	action      action
}

// styled is a text and its look; without a look it is not there.
type styled struct {
	words words
	look  string
}

// textLook is how a text looks. It always wraps, and grows with the letter size
// that the person has set in LINE (from version 13.6 on).
type textLook struct {
	Size       string `json:"size"`
	Weight     string `json:"weight,omitempty"`
	Color      string `json:"color"`
	Align      string `json:"align,omitempty"`
	Decoration string `json:"decoration,omitempty"`
	Wrap       bool   `json:"wrap"`
	Scaling    bool   `json:"scaling"`
	Flex       int    `json:"flex,omitempty"` // 0 is left to LINE's default
	Margin     string `json:"margin,omitempty"`
}

// boxLook is how a box looks.
type boxLook struct {
	Layout     string `json:"layout"`
	Margin     string `json:"margin,omitempty"`
	Spacing    string `json:"spacing,omitempty"`
	Padding    string `json:"paddingAll,omitempty"`
	Ground     string `json:"backgroundColor,omitempty"`
	Border     string `json:"borderColor,omitempty"`
	BorderSize string `json:"borderWidth,omitempty"`
	Corner     string `json:"cornerRadius,omitempty"`
}

// text is all of a text's JSON that stands behind its words. Looks are written
// once, at the start: rendering copies them.
func (l textLook) text() string {
	l.Wrap, l.Scaling = true, true
	return "," + properties(l) + "}"
}

// box is all of a box's JSON that stands before its contents.
func (l boxLook) box() string {
	if l.Layout == "" {
		l.Layout = "vertical"
	}
	return `{"type":"box",` + properties(l) + `,"contents":[`
}

// properties is v's JSON without its braces.
func properties(v any) string {
	raw, err := json.Marshal(v)
	if err != nil { // cannot happen: it holds strings, numbers and booleans
		return ""
	}
	return string(raw[1 : len(raw)-1])
}
