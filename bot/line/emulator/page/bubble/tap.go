package bubble

// tap opens the button of the action at a path. It is disabled when the action
// cannot be tapped now. The caller closes it.
func (d *drawing) tap(path string, action map[string]any, l look) {
	b, live := d.buttons[path]
	label, kind := b.Label, b.Type
	if !live {
		label, kind = str(action["label"]), str(action["type"])
	}
	attrs := []attr{{"type", "submit"}, {"name", "path"}, {"value", path}, {"data-label", label}, {"data-type", kind}}
	if !live {
		attrs = append(attrs, attr{"disabled", ""})
	}
	d.open("button", append(attrs, l.attrs()...)...)
}

// cover lays a button over a box that holds other buttons, which stay above it:
// a button may not stand inside a button.
func (d *drawing) cover(path string, action map[string]any) {
	d.tap(path, action, look{classes: []string{"ln-cover"}})
	d.span(name(action), class("ln-hidden"))
	d.close("button")
}

// name is what an action can be called where no text of the message does it.
func name(action map[string]any) string {
	for _, key := range []string{"label", "displayText", "text", "clipboardText", "uri", "linkUri"} {
		if s := str(action[key]); s != "" {
			return s
		}
	}
	return "ボタン"
}

// actionTypes are those of LINE's documentation ("Action objects").
var actionTypes = map[string]bool{
	"postback": true, "message": true, "uri": true, "datetimepicker": true, "clipboard": true,
	"camera": true, "cameraRoll": true, "location": true, "richmenuswitch": true,
}

// tappable tells whether anything below v is drawn as a button.
func tappable(v any) bool {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if tappable(x) {
				return true
			}
		}
	case map[string]any:
		if object(v["action"]) != nil || str(v["type"]) == "button" {
			return true
		}
		return tappable(v["contents"])
	}
	return false
}
