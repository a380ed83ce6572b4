package line

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// The encoder writes what json.Marshal would, byte for byte, which a test
// proves. It is a third as dear: rendering happens inside the turn's
// transaction, where all others wait, and messages are by far the most that a
// turn writes.

func (m *lineMessage) encode(b []byte) []byte {
	b = required(append(b, '{'), "type", m.Type)
	b = optional(b, "text", m.Text)
	b = optional(b, "quoteToken", m.QuoteToken)
	b = optional(b, "altText", m.AltText)
	switch c := m.Contents.(type) {
	case *bubble:
		b = c.encode(key(b, "contents"))
	case *carousel:
		b = required(append(key(b, "contents"), '{'), "type", c.Type)
		b = append(list(key(b, "contents"), c.Contents, (*bubble).encode), '}')
	}
	if q := m.QuickReply; q != nil {
		b = append(key(b, "quickReply"), '{')
		b = append(list(key(b, "items"), q.Items, quickItem.encode), '}')
	}
	return append(b, '}')
}

func (q quickItem) encode(b []byte) []byte {
	b = required(append(b, '{'), "type", q.Type)
	return append(q.Action.encode(key(b, "action")), '}')
}

func (a *action) encode(b []byte) []byte {
	if a == nil {
		return append(b, "null"...)
	}
	b = required(append(b, '{'), "type", a.Type)
	b = required(b, "label", a.Label)
	b = optional(b, "data", a.Data)
	b = optional(b, "displayText", a.DisplayText)
	b = optional(b, "text", a.Text)
	b = optional(b, "uri", a.URI)
	return append(b, '}')
}

func (v *bubble) encode(b []byte) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	b = required(append(b, '{'), "type", v.Type)
	for _, part := range [...]struct {
		name string
		c    *component
	}{{"header", v.Header}, {"body", v.Body}, {"footer", v.Footer}} {
		if part.c != nil {
			b = part.c.encode(key(b, part.name))
		}
	}
	if s := v.Styles; s != nil {
		b = append(key(b, "styles"), '{')
		if s.Body != nil {
			b = s.Body.encode(key(b, "body"))
		}
		if s.Footer != nil {
			b = s.Footer.encode(key(b, "footer"))
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

func (v *block) encode(b []byte) []byte {
	b = optional(append(b, '{'), "backgroundColor", v.BackgroundColor)
	return append(yes(b, "separator", v.Separator), '}')
}

func (c *component) encode(b []byte) []byte {
	if c == nil {
		return append(b, "null"...)
	}
	b = required(append(b, '{'), "type", c.Type)
	b = optional(b, "layout", c.Layout)
	b = optional(b, "text", c.Text)
	b = optional(b, "size", c.Size)
	b = optional(b, "weight", c.Weight)
	b = optional(b, "color", c.Color)
	b = optional(b, "align", c.Align)
	b = optional(b, "decoration", c.Decoration)
	b = yes(b, "wrap", c.Wrap)
	b = yes(b, "scaling", c.Scaling)
	if c.Flex != 0 {
		b = strconv.AppendInt(key(b, "flex"), int64(c.Flex), 10)
	}
	b = optional(b, "margin", c.Margin)
	b = optional(b, "spacing", c.Spacing)
	b = optional(b, "paddingAll", c.PaddingAll)
	b = optional(b, "backgroundColor", c.BackgroundColor)
	b = optional(b, "borderColor", c.BorderColor)
	b = optional(b, "borderWidth", c.BorderWidth)
	b = optional(b, "cornerRadius", c.CornerRadius)
	if len(c.Contents) > 0 {
		b = list(key(b, "contents"), c.Contents, (*component).encode)
	}
	if c.Action != nil {
		b = c.Action.encode(key(b, "action"))
	}
	return append(b, '}')
}

// list writes an array, a nil one as null.
func list[T any](b []byte, all []T, encode func(T, []byte) []byte) []byte {
	if all == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, v := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = encode(v, b)
	}
	return append(b, ']')
}

// key begins a property of the object that was opened last.
func key(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(append(b, '"'), name...)
	return append(b, '"', ':')
}

func required(b []byte, name, s string) []byte { return quoted(key(b, name), s) }

func optional(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return required(b, name, s)
}

func yes(b []byte, name string, v bool) []byte {
	if !v {
		return b
	}
	return append(key(b, name), "true"...)
}

// quoted writes a text. What needs care is left to package json.
func quoted(b []byte, s string) []byte {
	for _, r := range s {
		if r < ' ' || r == '"' || r == '\\' || r == '<' || r == '>' || r == '&' || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			raw, err := json.Marshal(s)
			if err != nil { // cannot happen: it is a string
				return append(b, `""`...)
			}
			return append(b, raw...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}
