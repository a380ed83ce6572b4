package line

import (
	"fmt"
	"net/url"
	"strings"

	"mimamori.example/mimamori/bot/message"
)

// button turns a neutral button into LINE's action. field names it in errors.
func (r *rendering) button(field string, b message.Button) (*action, error) {
	a := &action{Label: clean(b.Label)}
	if blank(a.Label) {
		return nil, r.problem(field+" label", "is empty")
	}
	if n, over := tooManyGraphemes(a.Label, maxLabel); over {
		return nil, r.over(field+" label", n, maxLabel, "characters")
	}
	say := clean(b.Say)
	if n := utf16Len(say); n > maxSay {
		return nil, r.over(field+" words", n, maxSay, "UTF-16 units")
	}
	switch b.Action {
	case message.Postback:
		if b.Data == "" {
			return nil, r.problem(field+" data", "is empty")
		}
		if clean(b.Data) != b.Data {
			return nil, r.problem(field+" data", "holds characters that cannot be sent")
		}
		if n := utf16Len(b.Data); n > maxData {
			return nil, r.over(field+" data", n, maxData, "UTF-16 units")
		}
		a.Type, a.Data = "postback", b.Data
		if !blank(say) {
			a.DisplayText = say
		}
	case message.Say:
		a.Type, a.Text = "message", say
		if blank(say) {
			a.Text = a.Label
		}
	case message.Link:
		if n := utf16Len(b.URI); n > maxURI {
			return nil, r.over(field+" link", n, maxURI, "UTF-16 units")
		}
		if why := badURI(b.URI); why != "" {
			return nil, r.problem(field+" link", why)
		}
		a.Type, a.URI = "uri", b.URI
	default:
		return nil, r.problem(field, "has an unknown action")
	}
	return a, nil
}

// badURI says what LINE would not like about a link, or what would not work:
// tel:#9110 dials nothing, it must be tel:%239110.
func badURI(s string) string {
	if s == "" {
		return "is empty"
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7F {
			return "must be percent-encoded"
		}
	}
	u, err := url.Parse(s)
	if err != nil {
		return "cannot be read"
	}
	switch u.Scheme {
	case "https", "http":
		if u.Host == "" {
			return "has no host"
		}
	case "line":
	case "tel":
		number, err := url.PathUnescape(u.Opaque)
		if err != nil || number == "" || u.Fragment != "" || strings.Trim(number, "0123456789+-#*") != "" {
			return "is not a telephone number"
		}
	default:
		return "is none of https, http, tel, line"
	}
	return ""
}

// buttons are those that stay, one below the other.
func (r *rendering) buttons(name string, bs []message.Button) ([]*component, error) {
	var out []*component
	for i, b := range bs {
		a, err := r.button(fmt.Sprintf("%s %d", name, i+1), b)
		if err != nil {
			return nil, err
		}
		switch b.Style {
		case message.Primary:
			out = append(out, tappable(a.Label, a, blue, paper))
		case message.Quiet:
			t := tappable(a.Label, a, "", blue)
			t.Contents[0].Weight, t.Contents[0].Decoration = "", "underline"
			t.PaddingAll = "8px"
			out = append(out, t)
		default:
			out = append(out, tappable(a.Label, a, grey, ink))
		}
	}
	return out, nil
}

// quick are the buttons under the newest message, on telephones only.
func (r *rendering) quick(name string, bs []message.Button) (*quickReply, error) {
	if len(bs) == 0 {
		return nil, nil
	}
	if len(bs) > maxQuick {
		return nil, r.over(name, len(bs), maxQuick, "buttons")
	}
	q := &quickReply{}
	for i, b := range bs {
		a, err := r.button(fmt.Sprintf("%s %d", name, i+1), b)
		if err != nil {
			return nil, err
		}
		q.Items = append(q.Items, quickItem{Type: "action", Action: a})
	}
	return q, nil
}
