package line

import (
	"fmt"
	"net/url"
	"strings"

	"mimamori.example/mimamori/bot/message"
)

// What a tap does, in LINE's words.
const (
	postback = "postback"
	saying   = "message"
	link     = "uri"
)

// place names a button in errors.
type place struct {
	list  string
	index int // from 0
}

func (p place) String() string { return fmt.Sprintf("%s %d", p.list, p.index+1) }

// button makes a, which is LINE's action, of a neutral button. at names it in
// errors.
func (r *rendering) button(a *action, at place, b *message.Button) error {
	a.label = cleaned(b.Label)
	if a.label.blank {
		return r.problem(at.String()+" label", "is empty")
	}
	if n, over := a.label.tooManyGraphemes(maxLabel); over {
		return r.over(at.String()+" label", n, maxLabel, "characters")
	}
	a.say = a.label
	if b.Say != b.Label { // most buttons say what stands on them
		a.say = cleaned(b.Say)
	}
	if n := a.say.units; n > maxSay {
		return r.over(at.String()+" words", n, maxSay, "UTF-16 units")
	}
	switch b.Action {
	case message.Postback:
		if b.Data == "" {
			return r.problem(at.String()+" data", "is empty")
		}
		a.kind, a.data = postback, cleaned(b.Data)
		if a.data.text != b.Data {
			return r.problem(at.String()+" data", "holds characters that cannot be sent")
		}
		if n := a.data.units; n > maxData {
			return r.over(at.String()+" data", n, maxData, "UTF-16 units")
		}
		if a.say.blank {
			a.say = words{}
		}
	case message.Say:
		a.kind = saying
		if a.say.blank {
			a.say = a.label
		}
	case message.Link:
		if n := utf16Len(b.URI); n > maxURI {
			return r.over(at.String()+" link", n, maxURI, "UTF-16 units")
		}
		if why := badURI(b.URI); why != "" {
			return r.problem(at.String()+" link", why)
		}
		a.kind, a.data = link, words{text: b.URI}
	default:
		return r.problem(at.String(), "has an unknown action")
	}
	return nil
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

// buttons adds those that stay, one below the other.
func (r *rendering) buttons(cs []component, name string, bs []message.Button) ([]component, error) {
	for i := range bs {
		cs = append(cs, component{box: secondaryBox})
		c := &cs[len(cs)-1]
		if err := r.button(&c.action, place{name, i}, &bs[i]); err != nil {
			return nil, err
		}
		c.text = styled{c.action.label, asSecondary}
		switch bs[i].Style {
		case message.Primary:
			c.box, c.text.look = primaryBox, asPrimary
		case message.Quiet:
			c.box, c.text.look = quietBox, asQuiet
		}
	}
	return cs, nil
}

// quick are the buttons under the newest message, on telephones only.
func (r *rendering) quick(name string, bs []message.Button) ([]quickItem, error) {
	if len(bs) == 0 {
		return nil, nil
	}
	if len(bs) > maxQuick {
		return nil, r.over(name, len(bs), maxQuick, "buttons")
	}
	items, actions := make([]quickItem, len(bs)), make([]action, len(bs))
	for i := range bs {
		if err := r.button(&actions[i], place{name, i}, &bs[i]); err != nil {
			return nil, err
		}
		items[i] = quickItem{actions[i].label, &actions[i]}
	}
	return items, nil
}
