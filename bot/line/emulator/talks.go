package emulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Message is one entry of a talk as people see it.
type Message struct {
	ID string `json:"id"`
	// From is a user id, the bot's or a person's; empty for notes of the platform
	// (「…が参加しました。」). Name is what that person or account is called now.
	From string `json:"from,omitempty"`
	Name string `json:"name,omitempty"`
	// Type is LINE's message type (text, flex, sticker …), or "system".
	Type string `json:"type"`
	// JSON is the message object: as the bot sent it, or as the webhook carried it.
	JSON json.RawMessage `json:"json,omitempty"`
	// Text is what can be read in it, top to bottom; Alt the text of notifications.
	Text string `json:"text"`
	Alt  string `json:"alt,omitempty"`
	// Buttons are what can be tapped now. Quick replies are among them only while
	// the message is the newest of its talk and the one who looks has tapped none.
	Buttons []Button  `json:"buttons,omitempty"`
	Time    time.Time `json:"time"`
	// Read tells of a person's message that the bot's side has marked it as read.
	Read bool `json:"read,omitempty"`
	// Unsent says that its sender took it back: what it was is gone.
	Unsent bool `json:"unsent,omitempty"`
	Edited bool `json:"edited,omitempty"`
	// Quoted is the id of the message that this one answers.
	Quoted string `json:"quoted,omitempty"`
	// Via is how it came: reply, push, multicast, broadcast, narrowcast, say, tap,
	// display (a postback's displayText, which the bot does not receive as a
	// message).
	Via string `json:"via,omitempty"`
	// Content tells that the platform holds a file of it.
	Content bool `json:"content,omitempty"`
}

// Button is something to tap.
type Button struct {
	Label string `json:"label"`
	// Type is LINE's action type: postback, message, uri, datetimepicker, clipboard …
	Type  string `json:"type"`
	Quick bool   `json:"quick,omitempty"`
	// Data, Text, Display and URI are the action's, where it has them.
	Data    string `json:"data,omitempty"`
	Text    string `json:"text,omitempty"`
	Display string `json:"displayText,omitempty"`
	URI     string `json:"uri,omitempty"`
	// Path is where in the message object the action is, such as
	// /contents/footer/contents/0.
	Path string `json:"path"`

	mode, fill, alias string
}

type talk struct {
	id      string   // user or group
	channel *Channel // of a 1:1 talk
	group   *group
	entries []*entry
}

// key tells talks apart: a user has one with each bot.
func (t *talk) key() string {
	if t.channel != nil {
		return t.channel.o.ID + "/" + t.id
	}
	return t.id
}

type entry struct {
	Message
	talk    *talk
	c       *Channel        // whose bot may fetch the content
	sight   *sight          // of a bot's message
	index   int             // in its talk
	tapped  map[string]bool // who has tapped one of the quick replies
	quote   string          // quote token of a bot's message
	there   []string        // who was in the group when it came
	data    []byte
	ctype   string
	waiting bool // content is not ready: 202
}

// talk is the 1:1 talk of a user with the channel's bot.
func (c *Channel) talk(user string) *talk {
	t := c.talks[user]
	if t == nil {
		t = &talk{id: user, channel: c}
		c.talks[user] = t
	}
	return t
}

// put adds an entry to its talk. The caller holds mu.
func (e *Emulator) put(t *talk, en *entry) *entry {
	en.talk = t
	if en.ID == "" {
		en.ID = e.messageID()
	}
	en.Time, en.index = e.clock.Now(), len(t.entries)
	if t.group != nil {
		en.there = slices.Clone(t.group.members)
	}
	t.entries = append(t.entries, en)
	e.entries[en.ID] = en
	e.poke("talk", t.id)
	return en
}

// systemType is the type of notes such as "… joined".
const systemType = "system"

// system adds a note of the platform, in the words of LINE's Japanese app.
func (e *Emulator) system(t *talk, text string) {
	e.put(t, &entry{Message: Message{Type: systemType, Text: text}})
}

// everybody looks at a talk without being anybody: a quick reply that one person
// has tapped is gone.
const everybody = ""

// shown is the entry with what a person can tap at this moment.
//
// LINE's guide ("Quick reply buttons disappear") lets quick replies go when the
// user taps one, or when the account, the user or another member sends a new
// message: a note that somebody joined is none, and in a group the others keep
// what one has tapped. That they come back when the new message is "deleted" is
// not taken to mean unsending.
func (t *talk) shown(i int, viewer string) Message {
	en := t.entries[i]
	m := en.Message
	if m.Unsent || en.sight == nil {
		return m
	}
	seen := en.sight.look()
	m.Text, m.Alt, m.Buttons = seen.text, seen.alt, slices.Clone(seen.buttons)
	gone := en.tapped[viewer] || (viewer == everybody && len(en.tapped) > 0)
	if len(seen.quick) > 0 && !gone && i == t.newest() {
		m.Buttons = append(m.Buttons, seen.quick...)
	}
	return m
}

// newest is the index of the newest message that somebody sent.
func (t *talk) newest() int {
	for i := len(t.entries) - 1; i >= 0; i-- {
		if t.entries[i].Type != systemType {
			return i
		}
	}
	return -1
}

// begin is the index of the first entry that a person sees: who comes into a
// group later does not see what was said before.
func (t *talk) begin(user string) int {
	if t.group == nil {
		return 0
	}
	return t.group.since[user]
}

// view is the talk from an index on.
func (t *talk) view(from int, viewer string) []Message {
	out := make([]Message, 0, max(0, len(t.entries)-from))
	for i := from; i < len(t.entries); i++ {
		out = append(out, t.shown(i, viewer))
	}
	return out
}

// place finds where a user talks: chat is a group id, or names a bot as
// elsewhere (user id, basic id, channel id; empty for the only one).
func (e *Emulator) place(user, chat string) (*talk, *Channel, error) {
	if e.users[user] == nil {
		return nil, nil, fmt.Errorf("%w: user %q", ErrUnknown, user)
	}
	if g := e.groups[chat]; g != nil {
		if !slices.Contains(g.members, user) {
			return nil, nil, ErrAbsent
		}
		return g.talk, g.bot, nil
	}
	c, err := e.bot(chat)
	if err != nil {
		return nil, nil, err
	}
	return c.talk(user), c, nil
}

// Talk is a user's 1:1 talk with a bot, oldest message first. An empty bot is
// the only channel there is.
func (e *Emulator) Talk(user, bot string) ([]Message, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.groups[bot] != nil {
		return nil, fmt.Errorf("%w: channel %q", ErrUnknown, bot)
	}
	t, _, err := e.place(user, bot)
	if err != nil {
		return nil, err
	}
	return t.view(0, user), nil
}

// Group is a group's whole talk, oldest message first, as nobody in particular
// sees it: what a member's phone shows is Later of that member, from 0.
func (e *Emulator) Group(id string) ([]Message, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.groups[id]
	if g == nil {
		return nil, fmt.Errorf("%w: group %q", ErrUnknown, id)
	}
	return g.talk.view(0, everybody), nil
}

// Witnesses are the people who were in a group when a message came there: those
// whose phones have shown it, whoever came or left since. It is empty for other
// messages.
func (e *Emulator) Witnesses(message string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[message]
	if en == nil {
		return nil
	}
	return slices.Clone(en.there)
}

// Message returns one message of any talk by its id.
func (e *Emulator) Message(id string) (Message, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[id]
	if en == nil {
		return Message{}, false
	}
	return en.talk.shown(en.index, everybody), true
}
