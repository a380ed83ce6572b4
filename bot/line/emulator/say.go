package emulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// maxTyped is how much text the emulated input field takes, in UTF-16 units.
// LINE does not document it for people; apps are known to stop at 10,000.
const maxTyped = 10_000

// Say sends text to a bot or a group; quoted, if given, is the id of the message
// it answers. "@" and the name of a member or of the bot is a mention.
func (e *Emulator) Say(user, chat, text string, quoted ...string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if text == "" || utf16Len(text) > maxTyped {
		return nil, ErrTooLong
	}
	q := ""
	if len(quoted) > 0 {
		q = quoted[0]
	}
	return e.say(user, chat, text, q, "say")
}

func (e *Emulator) say(user, chat, text, quoted, via string) (*Handle, error) {
	t, c, err := e.place(user, chat)
	if err != nil {
		return nil, err
	}
	if err := e.canQuote(t, quoted, t.begin(user)); err != nil {
		return nil, err
	}
	m := &content{Type: "text", Text: &text, QuotedMessageID: quoted}
	m.Mention = e.mentions(t, text)
	return e.send(user, t, c, m, &entry{Message: Message{Text: text, Quoted: quoted, Via: via}})
}

// canQuote tells whether a message of this talk can be answered by quoting it;
// begin is the first one that can be seen.
func (e *Emulator) canQuote(t *talk, id string, begin int) error {
	if id == "" {
		return nil
	}
	if en := e.entries[id]; en == nil || en.talk != t || en.index < begin || en.Type == systemType || en.Unsent {
		return fmt.Errorf("%w: message %q of this talk", ErrUnknown, id)
	}
	return nil
}

// mentions finds "@name" of the bot and of members; groups only, at most 20.
func (e *Emulator) mentions(t *talk, text string) *mention {
	g := t.group
	if g == nil {
		return nil
	}
	names := map[string]string{}
	if g.bot != nil {
		names[g.bot.o.Name] = g.bot.o.UserID
	}
	for _, m := range g.members {
		names[e.users[m].name] = m
	}
	var out []mentionee
	for i := 0; i < len(text) && len(out) < 20; i++ {
		if text[i] != '@' {
			continue
		}
		if all, ok := mentionAt(text, i, "All"); ok && names["All"] == "" {
			out = append(out, mentionee{Index: all.Index, Length: all.Length, Type: "all"})
			continue
		}
		var best mentionee
		for name, id := range names {
			if m, ok := mentionAt(text, i, name); ok && m.Length > best.Length {
				self := g.bot != nil && id == g.bot.o.UserID
				best = mentionee{Index: m.Index, Length: m.Length, Type: "user", UserID: id, IsSelf: &self}
			}
		}
		if best.Length > 0 {
			out = append(out, best)
		}
	}
	if out == nil {
		return nil
	}
	return &mention{Mentionees: out}
}

func mentionAt(text string, i int, name string) (mentionee, bool) {
	if name == "" || !strings.HasPrefix(text[i+1:], name) {
		return mentionee{}, false
	}
	return mentionee{Index: utf16Len(text[:i]), Length: utf16Len(name) + 1}, true
}

// send puts a person's message into the talk and its event on its way.
func (e *Emulator) send(user string, t *talk, c *Channel, m *content, en *entry) (*Handle, error) {
	from := source{Type: "user", UserID: user}
	if t.group != nil {
		from = source{Type: "group", GroupID: t.group.id, UserID: user}
	} else {
		f := c.friend(user)
		if f.blocked {
			return nil, ErrBlocked
		}
		f.wrote = e.clock.Now()
	}
	m.ID = e.messageID()
	en.ID, en.From, en.Name, en.Type, en.c = m.ID, user, e.users[user].name, m.Type, c
	if c == nil { // a group without a bot
		en.JSON = mustJSON(m)
		e.put(t, en)
		h := finished()
		h.Message = m.ID
		return h, nil
	}
	if slices.Contains([]string{"text", "sticker", "image", "video"}, m.Type) {
		m.QuoteToken = e.token(64)
		e.quotes[m.QuoteToken] = quotable{t.key(), m.ID}
	}
	m.MarkAsReadToken = e.token(24)
	e.reads[m.MarkAsReadToken] = readMark{c, t, m.ID}
	en.Read = !c.o.Chat
	en.JSON = mustJSON(m)
	e.put(t, en)
	ev := e.event(c, "message", from)
	ev.Message = m
	e.replyable(ev, t)
	return e.enqueue(c, t.id, ev), nil
}

// Sticker sends a sticker of LINE's standard sets.
func (e *Emulator) Sticker(user, chat, pack, sticker string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, c, err := e.place(user, chat)
	if err != nil {
		return nil, err
	}
	m := &content{Type: "sticker", PackageID: pack, StickerID: sticker, StickerResourceType: "STATIC", Keywords: []string{"ok"}}
	return e.send(user, t, c, m, &entry{Message: Message{Text: "[sticker]", Via: "say"}})
}

// Picture sends an image; the bot can fetch it through the content call.
func (e *Emulator) Picture(user, chat string, data []byte, contentType string) (*Handle, error) {
	m := &content{Type: "image", ContentProvider: &contentProvider{"line"}}
	return e.file(user, chat, m, "[image]", data, contentType)
}

// Voice sends a voice message of so many milliseconds.
func (e *Emulator) Voice(user, chat string, data []byte, milliseconds int64) (*Handle, error) {
	m := &content{Type: "audio", Duration: milliseconds, ContentProvider: &contentProvider{"line"}}
	return e.file(user, chat, m, "[voice]", data, "audio/x-m4a")
}

// Video sends a video of so many milliseconds.
func (e *Emulator) Video(user, chat string, data []byte, milliseconds int64) (*Handle, error) {
	m := &content{Type: "video", Duration: milliseconds, ContentProvider: &contentProvider{"line"}}
	return e.file(user, chat, m, "[video]", data, "video/mp4")
}

// File sends a document.
func (e *Emulator) File(user, chat, name string, data []byte) (*Handle, error) {
	m := &content{Type: "file", FileName: name, FileSize: int64(len(data))}
	return e.file(user, chat, m, "[file] "+name, data, "application/octet-stream")
}

// Location sends a place.
func (e *Emulator) Location(user, chat, title, address string, latitude, longitude float64) (*Handle, error) {
	m := &content{Type: "location", Title: title, Address: address, Latitude: &latitude, Longitude: &longitude}
	return e.file(user, chat, m, "[location] "+title, nil, "")
}

func (e *Emulator) file(user, chat string, m *content, text string, data []byte, contentType string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, c, err := e.place(user, chat)
	if err != nil {
		return nil, err
	}
	en := &entry{Message: Message{Text: text, Via: "say", Content: contentType != ""}, data: slices.Clone(data), ctype: contentType}
	return e.send(user, t, c, m, en)
}

// SetContentReady tells whether a message's file can be fetched; while it
// cannot, the content call answers 202.
func (e *Emulator) SetContentReady(message string, ready bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[message]
	if en == nil || en.ctype == "" {
		return fmt.Errorf("%w: content of message %q", ErrUnknown, message)
	}
	en.waiting = !ready
	return nil
}

// Unsend takes one's own message back: an unsend event, and its file is gone.
func (e *Emulator) Unsend(user, chat, message string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, c, err := e.place(user, chat)
	if err != nil {
		return nil, err
	}
	en := e.entries[message]
	if en == nil || en.talk != t || en.From != user || en.Unsent {
		return nil, ErrNotOwn
	}
	en.Unsent, en.Text, en.JSON, en.data = true, "", nil, nil
	en.Content, en.Quoted, en.Edited = false, "", false
	e.poke("talk", t.id)
	// What was only shown (a displayText) is no message of the bot's.
	if c == nil || en.Via == "display" {
		return finished(), nil
	}
	ev := e.event(c, "unsend", e.from(user, t))
	ev.Unsend = &unsendDetail{message}
	return e.enqueue(c, t.id, ev), nil
}

// Edit changes the text of one's own message, in groups only: a messageEdited
// event with the same message id, another reply token and no read token.
func (e *Emulator) Edit(user, group, message, text string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if text == "" || utf16Len(text) > maxTyped {
		return nil, ErrTooLong
	}
	if e.groups[group] == nil {
		return nil, fmt.Errorf("%w: group %q", ErrUnknown, group)
	}
	t, c, err := e.place(user, group)
	if err != nil {
		return nil, err
	}
	en := e.entries[message]
	if en == nil || en.talk != t || en.From != user || en.Unsent || en.Type != "text" || en.Via == "display" {
		return nil, ErrNotOwn
	}
	m := &content{Type: "text", ID: message, Text: &text, QuotedMessageID: en.Quoted, Mention: e.mentions(t, text)}
	en.Text, en.Edited = text, true
	if c == nil {
		en.JSON = mustJSON(m)
		e.poke("talk", t.id)
		return finished(), nil
	}
	m.QuoteToken = e.token(64)
	e.quotes[m.QuoteToken] = quotable{t.key(), m.ID}
	en.JSON = mustJSON(m)
	e.poke("talk", t.id)
	ev := e.event(c, "messageEdited", e.from(user, t))
	ev.Message = m
	e.replyable(ev, t)
	return e.enqueue(c, t.id, ev), nil
}

func (e *Emulator) from(user string, t *talk) source {
	if t.group != nil {
		return source{Type: "group", GroupID: t.group.id, UserID: user}
	}
	return source{Type: "user", UserID: user}
}

// Inject sends the channel a webhook event of the caller's making, such as a
// type that the emulator does not know. Missing common properties are added.
func (c *Channel) Inject(properties map[string]any) (*Handle, error) {
	raw, err := json.Marshal(properties)
	if err != nil {
		return nil, fmt.Errorf("emulator: inject: %w", err)
	}
	e := c.e
	e.mu.Lock()
	defer e.mu.Unlock()
	ev := e.event(c, "", source{})
	ev.Source = nil
	ev.extra = map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &ev.extra); err != nil {
		return nil, fmt.Errorf("emulator: inject: %w", err)
	}
	return e.enqueue(c, injectedLane, ev), nil
}

// utf16Len counts as LINE does: in UTF-16 code units.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r) // never -1: range yields valid runes only
	}
	return n
}
