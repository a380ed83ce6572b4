package line

// LINE's message objects, as far as this program uses them. They are our own
// and not the SDK's because the SDK writes every zero value ("flex":0 takes
// the width from a horizontal box's text, "maxLines":0, "scaling":false) and
// may write them otherwise in its next version, while frozen bytes must not
// change. Tests read the result with the SDK's types and check it against
// LINE's OpenAPI description.
// Source: https://developers.line.biz/en/reference/messaging-api/#message-objects

type lineMessage struct {
	Type       string      `json:"type"`
	Text       string      `json:"text,omitempty"`
	QuoteToken string      `json:"quoteToken,omitempty"`
	AltText    string      `json:"altText,omitempty"`
	Contents   any         `json:"contents,omitempty"` // *bubble or *carousel
	QuickReply *quickReply `json:"quickReply,omitempty"`

	rows int // how many of a bubble's last components may move to another bubble
}

type quickReply struct {
	Items []quickItem `json:"items"`
}

type quickItem struct {
	Type   string  `json:"type"`
	Action *action `json:"action"`
}

// action is what a tap does: message, postback or uri.
type action struct {
	Type        string `json:"type"`
	Label       string `json:"label"`
	Data        string `json:"data,omitempty"`
	DisplayText string `json:"displayText,omitempty"`
	Text        string `json:"text,omitempty"`
	URI         string `json:"uri,omitempty"`
}

type carousel struct {
	Type     string    `json:"type"`
	Contents []*bubble `json:"contents"`
}

type bubble struct {
	Type   string     `json:"type"`
	Header *component `json:"header,omitempty"`
	Body   *component `json:"body,omitempty"`
	Footer *component `json:"footer,omitempty"`
	Styles *styles    `json:"styles,omitempty"`
}

type styles struct {
	Body   *block `json:"body,omitempty"`
	Footer *block `json:"footer,omitempty"`
}

type block struct {
	BackgroundColor string `json:"backgroundColor,omitempty"`
	Separator       bool   `json:"separator,omitempty"`
}

// component is a box, a text or a separator.
type component struct {
	Type            string       `json:"type"`
	Layout          string       `json:"layout,omitempty"`
	Text            string       `json:"text,omitempty"`
	Size            string       `json:"size,omitempty"`
	Weight          string       `json:"weight,omitempty"`
	Color           string       `json:"color,omitempty"`
	Align           string       `json:"align,omitempty"`
	Decoration      string       `json:"decoration,omitempty"`
	Wrap            bool         `json:"wrap,omitempty"`
	Scaling         bool         `json:"scaling,omitempty"`
	Flex            int          `json:"flex,omitempty"` // 0 is left to LINE's default
	Margin          string       `json:"margin,omitempty"`
	Spacing         string       `json:"spacing,omitempty"`
	PaddingAll      string       `json:"paddingAll,omitempty"`
	BackgroundColor string       `json:"backgroundColor,omitempty"`
	BorderColor     string       `json:"borderColor,omitempty"`
	BorderWidth     string       `json:"borderWidth,omitempty"`
	CornerRadius    string       `json:"cornerRadius,omitempty"`
	Contents        []*component `json:"contents,omitempty"`
	Action          *action      `json:"action,omitempty"`
}

// Colours are always given, so that no theme of LINE's can take the contrast
// away. Each pair of text and ground has a contrast of 7 or more (WCAG AAA),
// which a test computes.
const (
	ink       = "#1A1A1A"
	faint     = "#4A4A4A"
	paper     = "#FFFFFF"
	blue      = "#0B4F8A"
	grey      = "#E9EDF2"
	calm      = "#37474F"
	soon      = "#FFD54F"
	danger    = "#A30000"
	draft     = "#FFF4D6"
	draftInk  = "#5C3B00"
	draftEdge = "#8A5A00"
)

// label is a text of a bubble. It always wraps, and grows with the letter size
// that the person has set in LINE (from version 13.6 on).
func label(text, size, color string) *component {
	return &component{Type: "text", Text: text, Size: size, Color: color, Wrap: true, Scaling: true}
}

func strong(c *component) *component {
	c.Weight = "bold"
	return c
}

func spaced(c *component, margin string) *component {
	c.Margin = margin
	return c
}

func box(contents ...*component) *component {
	return &component{Type: "box", Layout: "vertical", Contents: contents}
}

// tappable is a button. LINE's own button component shows one line and cuts
// what does not fit: 20 wide characters do not, even less in large letters. A
// box with an action looks the same and wraps.
func tappable(text string, a *action, fill, color string) *component {
	t := label(text, "md", color)
	t.Align = "center"
	b := box(strong(t))
	b.Action, b.BackgroundColor, b.CornerRadius, b.PaddingAll, b.Margin = a, fill, "8px", "12px", "md"
	return b
}

// row is one answer in a list, to be read and tapped.
func row(text, hint string, a *action, marked bool) *component {
	t := label(text, "md", ink)
	if marked {
		t = strong(t)
	}
	b := box(t)
	if hint != "" {
		b.Contents = append(b.Contents, spaced(label(hint, "sm", faint), "xs"))
	}
	b.Action, b.BackgroundColor, b.CornerRadius, b.PaddingAll, b.Margin = a, grey, "8px", "10px", "sm"
	if marked {
		b.BorderColor, b.BorderWidth = blue, "2px"
	}
	return b
}
