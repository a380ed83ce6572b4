package emulator

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Tap taps the button with this label under a message, as LINE does: a postback
// is sent, and its displayText shown as the person's own words; a message action
// is sent as the person's message; a URI or a text to copy comes back in the
// handle. An empty message means the newest one that shows such a button. The
// error is ErrNotShown when there is none now.
func (e *Emulator) Tap(user, chat, message, label string) (*Handle, error) {
	return e.tap(user, chat, message, func(b Button) bool { return b.Label == label }, "")
}

// TapAt taps the action at a path of the message object (Button.Path), for
// boxes and texts without a label and for labels that are not unique.
func (e *Emulator) TapAt(user, chat, message, path string) (*Handle, error) {
	return e.tap(user, chat, message, func(b Button) bool { return b.Path == path }, "")
}

// Pick taps a date-time picker and chooses a value in LINE's format for its
// mode: 2017-06-18, 06:15 or 2017-06-18T06:15.
func (e *Emulator) Pick(user, chat, message, label, value string) (*Handle, error) {
	return e.tap(user, chat, message, func(b Button) bool { return b.Label == label && b.Type == "datetimepicker" }, value)
}

func (e *Emulator) tap(user, chat, message string, want func(Button) bool, value string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, c, err := e.place(user, chat)
	if err != nil {
		return nil, err
	}
	for i, en := range slices.Backward(t.entries) {
		if i < t.begin(user) {
			break // said before the person came
		}
		if message != "" && en.ID != message {
			continue
		}
		buttons := t.shown(i, user).Buttons
		if at := slices.IndexFunc(buttons, want); at >= 0 {
			return e.act(user, chat, t, c, en, buttons[at], value)
		}
	}
	return nil, ErrNotShown
}

// act performs an action. Quick replies go away with it for who tapped, except
// those that wait for data (camera, location, date-time picker).
func (e *Emulator) act(user, chat string, t *talk, c *Channel, en *entry, b Button, value string) (*Handle, error) {
	if t.group == nil && c.friend(user).blocked {
		return nil, ErrBlocked
	}
	gone := func() {
		if b.Quick && en != nil {
			if en.tapped == nil {
				en.tapped = map[string]bool{}
			}
			en.tapped[user] = true
			e.poke("talk", t.id)
		}
	}
	switch b.Type {
	case "message":
		gone()
		return e.say(user, chat, b.Text, "", "tap")
	case "uri":
		gone()
		h := finished()
		h.Open = b.URI
		return h, nil
	case "clipboard":
		gone()
		h := finished()
		h.Copy = b.Text
		return h, nil
	case "postback":
		gone()
		if b.Text != "" && b.Display == "" { // deprecated: sent as a message too
			if _, err := e.say(user, chat, b.Text, "", "tap"); err != nil {
				return nil, err
			}
		}
		return e.postback(user, t, c, b, nil)
	case "datetimepicker":
		if value == "" {
			return nil, fmt.Errorf("%w: a date-time picker needs Pick", ErrNotShown)
		}
		gone()
		return e.postback(user, t, c, b, map[string]string{b.mode: value})
	default: // camera, cameraRoll, location open something; sending is up to the person
		return finished(), nil
	}
}

func (e *Emulator) postback(user string, t *talk, c *Channel, b Button, params map[string]string) (*Handle, error) {
	h := ""
	if b.Display != "" {
		m := &content{Type: "text", Text: &b.Display}
		h = e.put(t, &entry{Message: Message{
			From: user, Name: e.users[user].name, Type: "text", Text: b.Display, Via: "display", JSON: mustJSON(m), Read: true,
		}}).ID
	}
	if c == nil {
		return finished(), nil // the bot has left the group
	}
	from := e.from(user, t)
	if t.group != nil && c.o.AnonymousPostbacks {
		from.UserID = ""
	}
	ev := e.event(c, "postback", from)
	ev.Postback = &postback{Data: b.Data, Params: params}
	e.replyable(ev, t)
	done := e.enqueue(c, t.id, ev)
	done.Message = h
	return done, nil
}

// Link is what a LINE URL opens.
type Link struct {
	// Bot is the user id of the account, Text what is filled in; Add is set when
	// the link adds a friend instead.
	Bot  string `json:"bot"`
	Text string `json:"text,omitempty"`
	Add  bool   `json:"add,omitempty"`
}

// Open reads the links of LINE's URL scheme that a printed card carries:
// https://line.me/R/oaMessage/{id}/?{text} opens the talk with the text filled
// in (the person still has to Say it), https://line.me/R/ti/p/{id} adds a friend.
func (e *Emulator) Open(link string) (Link, error) {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.Host != "line.me" {
		return Link{}, fmt.Errorf("%w: link %q", ErrUnknown, link)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for prefix, add := range map[string]bool{"/R/oaMessage/": false, "/R/ti/p/": true} {
		rest, ok := strings.CutPrefix(u.Path, prefix)
		if !ok {
			continue
		}
		id := strings.TrimSuffix(rest, "/")
		if id == "" {
			break
		}
		c, err := e.bot(id)
		if err != nil {
			return Link{}, err
		}
		// Everything after "?" is the text, not key and value.
		text, err := url.PathUnescape(u.RawQuery)
		if err != nil {
			return Link{}, fmt.Errorf("%w: link %q", ErrUnknown, link)
		}
		return Link{Bot: c.o.UserID, Text: text, Add: add}, nil
	}
	return Link{}, fmt.Errorf("%w: link %q", ErrUnknown, link)
}
