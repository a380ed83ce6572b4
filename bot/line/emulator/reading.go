package emulator

import (
	"encoding/json"
	"strconv"
	"strings"
)

// reading walks a message object the way an eye does and collects its words and
// what can be tapped.
type reading struct {
	lines   []string
	buttons []Button
}

// seen is what a person sees of a message. Quick replies stand apart, because
// they are shown under the newest message only.
type seen struct {
	kind, text, alt string
	buttons, quick  []Button
}

// sight is what a bot's message shows, in every talk that it went to. It is read
// when somebody looks for the first time: many messages of a load test nobody
// looks at. Emulator.mu guards it.
type sight struct {
	kind string
	raw  json.RawMessage
	seen *seen
}

func (s *sight) look() *seen {
	if s.seen == nil {
		m, _ := readValue(string(s.raw)) // judged when it was sent
		as := read(m)
		s.seen = &as
	}
	return s.seen
}

// read reads a valid message object.
func read(m *value) seen {
	out := seen{kind: m.get("type").str(), alt: m.get("altText").str()}
	var r reading
	switch out.kind {
	case "text":
		r.say(m.get("text").str())
	case "textV2":
		r.say(plainV2(m.get("text").str()))
	case "flex":
		r.walk(m.get("contents"), "/contents")
	case "template":
		r.walk(m.get("template"), "/template")
	case "imagemap":
		r.walk(m.get("actions"), "/actions")
	case "location":
		r.say(m.get("title").str())
		r.say(m.get("address").str())
	default:
		r.say("[" + out.kind + "]")
	}
	var q reading
	q.walk(m.get("quickReply").get("items"), "/quickReply/items")
	for i := range q.buttons {
		q.buttons[i].Quick = true
	}
	out.text = strings.Join(r.lines, "\n")
	if out.alt == "" {
		out.alt = out.text
	}
	out.buttons, out.quick = r.buttons, q.buttons
	return out
}

func (r *reading) say(s string) {
	if s != "" {
		r.lines = append(r.lines, s)
	}
}

func (r *reading) walk(v *value, path string) {
	switch {
	case v.is(isList):
		for x := v.first; x != nil; x = x.next {
			r.walk(x, path+"/"+strconv.Itoa(int(x.index)))
		}
	case v.is(isObject):
		r.object(v, path)
	}
}

func (r *reading) object(m *value, path string) {
	kind := m.get("type").str()
	if kind == "text" || kind == "span" {
		if spans := m.get("contents"); spans.is(isList) && kind == "text" {
			whole := ""
			for s := spans.first; s != nil; s = s.next {
				whole += s.get("text").str()
			}
			r.say(whole)
		} else {
			r.say(m.get("text").str())
		}
	} else if kind != "button" {
		r.say(m.get("title").str())
		r.say(m.get("text").str())
	}
	for _, key := range []string{"header", "hero", "body", "contents", "columns", "footer", "actions"} {
		if kind == "text" {
			break
		}
		if key == "actions" {
			for _, a := range m.get(key).items() {
				r.action(a, path+"/actions/"+strconv.Itoa(int(a.index)), true)
			}
			continue
		}
		r.walk(m.get(key), path+"/"+key)
	}
	for _, key := range []string{"action", "defaultAction"} {
		r.action(m.get(key), path, kind == "button")
	}
	if kind == "message" || kind == "uri" || kind == "clipboard" { // imagemap actions
		if m.get("area").set() {
			r.action(m, path, false)
		}
	}
}

// action notes something to tap; visible says that its label is shown.
func (r *reading) action(a *value, path string, visible bool) {
	if !a.is(isObject) {
		return
	}
	b := Button{
		Label: a.get("label").str(), Type: a.get("type").str(), Data: a.get("data").str(), Text: a.get("text").str(), Display: a.get("displayText").str(),
		URI: a.get("uri").str() + a.get("linkUri").str(), Path: path, mode: a.get("mode").str(), fill: a.get("fillInText").str(), alias: a.get("richMenuAliasId").str(),
	}
	if b.Type == "clipboard" {
		b.Text = a.get("clipboardText").str()
	}
	r.buttons = append(r.buttons, b)
	if visible {
		r.say("[" + b.Label + "]")
	}
}

// plainV2 undoes the escapes of text v2; placeholders stay as they are.
func plainV2(s string) string {
	return strings.NewReplacer("{{", "{", "}}", "}").Replace(s)
}
