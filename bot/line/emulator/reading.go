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

// read reads a valid message object.
func read(raw json.RawMessage) seen {
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil {
		return seen{}
	}
	return readObject(m)
}

// readObject is read for a message that is decoded already.
func readObject(m map[string]any) seen {
	out := seen{kind: str(m["type"]), alt: str(m["altText"])}
	var r reading
	switch out.kind {
	case "text":
		r.say(str(m["text"]))
	case "textV2":
		r.say(plainV2(str(m["text"])))
	case "flex":
		r.walk(m["contents"], "/contents")
	case "template":
		r.walk(m["template"], "/template")
	case "imagemap":
		r.walk(m["actions"], "/actions")
	case "location":
		r.say(str(m["title"]))
		r.say(str(m["address"]))
	default:
		r.say("[" + out.kind + "]")
	}
	var q reading
	if reply, ok := m["quickReply"].(map[string]any); ok {
		q.walk(reply["items"], "/quickReply/items")
	}
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

func (r *reading) walk(v any, path string) {
	switch v := v.(type) {
	case []any:
		for i, x := range v {
			r.walk(x, path+"/"+strconv.Itoa(i))
		}
	case map[string]any:
		r.object(v, path)
	}
}

func (r *reading) object(m map[string]any, path string) {
	kind := str(m["type"])
	if kind == "text" || kind == "span" {
		if spans, ok := m["contents"].([]any); ok && kind == "text" {
			whole := ""
			for _, s := range spans {
				if s, ok := s.(map[string]any); ok {
					whole += str(s["text"])
				}
			}
			r.say(whole)
		} else {
			r.say(str(m["text"]))
		}
	} else if kind != "button" {
		r.say(str(m["title"]))
		r.say(str(m["text"]))
	}
	for _, key := range []string{"header", "hero", "body", "contents", "columns", "footer", "actions"} {
		if kind == "text" {
			break
		}
		if key == "actions" {
			if list, ok := m[key].([]any); ok {
				for i, a := range list {
					r.action(a, path+"/actions/"+strconv.Itoa(i), true)
				}
			}
			continue
		}
		r.walk(m[key], path+"/"+key)
	}
	for _, key := range []string{"action", "defaultAction"} {
		if m[key] != nil {
			r.action(m[key], path, kind == "button")
		}
	}
	if kind == "message" || kind == "uri" || kind == "clipboard" { // imagemap actions
		if m["area"] != nil {
			r.action(m, path, false)
		}
	}
}

// action notes something to tap; visible says that its label is shown.
func (r *reading) action(v any, path string, visible bool) {
	a, ok := v.(map[string]any)
	if !ok {
		return
	}
	b := Button{
		Label: str(a["label"]), Type: str(a["type"]), Data: str(a["data"]), Text: str(a["text"]), Display: str(a["displayText"]),
		URI: str(a["uri"]) + str(a["linkUri"]), Path: path, mode: str(a["mode"]), fill: str(a["fillInText"]), alias: str(a["richMenuAliasId"]),
	}
	if b.Type == "clipboard" {
		b.Text = str(a["clipboardText"])
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

func str(v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	return s
}
