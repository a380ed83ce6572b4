package line

import (
	"encoding/json"
	"errors"
	"time"
)

// ErrMalformed says that a webhook's body is not the JSON that LINE sends. Its
// text never holds anything of the body.
var ErrMalformed = errors.New("line: malformed webhook body")

// wireEvent is the part of LINE's event that is read. Everything else is
// skipped unseen.
type wireEvent struct {
	Type       string      `json:"type"`
	Mode       string      `json:"mode"`
	Timestamp  int64       `json:"timestamp"` // milliseconds
	ID         string      `json:"webhookEventId"`
	ReplyToken string      `json:"replyToken"`
	Source     *wireSource `json:"source"`
	Delivery   struct {
		Redelivery bool `json:"isRedelivery"`
	} `json:"deliveryContext"`
	Message  *wireMessage  `json:"message"`
	Postback *wirePostback `json:"postback"`
	Joined   *wireMembers  `json:"joined"`
	Left     *wireMembers  `json:"left"`
	Unsend   *wireUnsend   `json:"unsend"`
	Follow   *wireFollow   `json:"follow"`
}

// wireCommon is what every event has, for types that are only counted.
type wireCommon struct {
	Type      string      `json:"type"`
	Mode      string      `json:"mode"`
	Timestamp int64       `json:"timestamp"`
	ID        string      `json:"webhookEventId"`
	Source    *wireSource `json:"source"`
	Delivery  struct {
		Redelivery bool `json:"isRedelivery"`
	} `json:"deliveryContext"`
}

type wireSource struct {
	Type    string `json:"type"`
	UserID  string `json:"userId"`
	GroupID string `json:"groupId"`
	RoomID  string `json:"roomId"`
}

type wireMessage struct {
	ID              string       `json:"id"`
	Type            string       `json:"type"`
	Text            string       `json:"text"`
	QuoteToken      string       `json:"quoteToken"`
	QuotedMessageID string       `json:"quotedMessageId"`
	MarkAsReadToken string       `json:"markAsReadToken"`
	StickerID       string       `json:"stickerId"`
	Mention         *wireMention `json:"mention"`
}

type wireMention struct {
	Mentionees []wireMentionee `json:"mentionees"`
}

type wireMentionee struct {
	IsSelf bool   `json:"isSelf"`
	UserID string `json:"userId"`
}

type wirePostback struct {
	Data string `json:"data"`
}

type wireMembers struct {
	Members []wireSource `json:"members"`
}

type wireUnsend struct {
	MessageID string `json:"messageId"`
}

type wireFollow struct {
	Unblocked bool `json:"isUnblocked"`
}

// Decode reads a webhook's body. An event that cannot be read, or that carries
// an id that LINE does not make, is left out and counted without harm to its
// neighbours; unknown properties are ignored and unknown types kept. The error
// is ErrMalformed when the body as a whole is not a webhook. The caller has
// capped the body's size and checked its signature.
func Decode(body []byte) (Envelope, error) {
	if env, known := readBody(body); known {
		return env, nil
	}
	return decodeJSON(body)
}

// decodeJSON decodes any body, as readBody does those that it knows.
func decodeJSON(body []byte) (Envelope, error) {
	var fast struct {
		Destination string      `json:"destination"`
		Events      []wireEvent `json:"events"`
	}
	err := json.Unmarshal(body, &fast)
	if err == nil {
		env := Envelope{Destination: fast.Destination}
		if len(fast.Events) > 0 {
			env.Events = make([]Event, 0, len(fast.Events))
		}
		for i := range fast.Events {
			env.add(i, &fast.Events[i])
		}
		return env, nil
	}
	// Only a value of the wrong kind leaves hope that other events are whole.
	var kind *json.UnmarshalTypeError
	if !errors.As(err, &kind) {
		return Envelope{}, ErrMalformed
	}
	return decodeApart(body)
}

// decodeApart reads a body event by event.
func decodeApart(body []byte) (Envelope, error) {
	var slow struct {
		Destination string            `json:"destination"`
		Events      []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(body, &slow); err != nil {
		return Envelope{}, ErrMalformed
	}
	env := Envelope{Destination: slow.Destination}
	for i, raw := range slow.Events {
		var w wireEvent
		if err := json.Unmarshal(raw, &w); err == nil {
			env.add(i, &w)
			continue
		}
		// A type that LINE has added may use our names for other things.
		var c wireCommon
		if err := json.Unmarshal(raw, &c); err == nil && c.Type != "" && !known(c.Type) {
			env.add(i, &wireEvent{Type: c.Type, Mode: c.Mode, Timestamp: c.Timestamp, ID: c.ID, Source: c.Source, Delivery: c.Delivery})
			continue
		}
		env.fault(i, c.Type, false, "a property has a value of the wrong kind")
	}
	return env, nil
}

func known(t string) bool {
	switch t {
	case TypeMessage, TypeMessageEdited, TypeUnsend, TypeFollow, TypeUnfollow,
		TypeJoin, TypeLeave, TypeMemberJoined, TypeMemberLeft, TypePostback:
		return true
	}
	return false
}

func (env *Envelope) fault(i int, typ string, refused bool, reason string) {
	if !known(typ) {
		typ = "" // what a stranger wrote does not go into our logs
	}
	if refused {
		env.Refused++
	} else {
		env.Malformed++
	}
	env.Faults = append(env.Faults, Fault{Index: i, Refused: refused, Type: typ, Reason: reason})
}

// add checks an event and takes it in.
func (env *Envelope) add(i int, w *wireEvent) {
	if w.Type == "" {
		env.fault(i, "", false, "type is missing")
		return
	}
	if reason := w.lacks(); reason != "" {
		env.fault(i, w.Type, false, reason)
		return
	}
	if reason := w.refused(); reason != "" {
		env.fault(i, w.Type, true, reason)
		return
	}
	ev := Event{
		ID:         w.ID,
		Type:       w.Type,
		Mode:       w.Mode,
		Time:       time.UnixMilli(w.Timestamp).UTC(),
		Redelivery: w.Delivery.Redelivery,
		ReplyToken: w.ReplyToken,
		Index:      i,
	}
	if s := w.Source; s != nil {
		ev.Source = Source{Type: s.Type, UserID: s.UserID, GroupID: s.GroupID, RoomID: s.RoomID}
	}
	if !known(w.Type) { // what LINE adds later may mean something else by our names
		env.Events = append(env.Events, ev)
		return
	}
	if m := w.Message; m != nil {
		ev.Message = &EventMessage{
			ID: m.ID, Type: m.Type, Text: m.Text, QuoteToken: m.QuoteToken,
			QuotedMessageID: m.QuotedMessageID, MarkAsReadToken: m.MarkAsReadToken,
			StickerID: m.StickerID,
		}
		if m.Mention != nil {
			for _, p := range m.Mention.Mentionees {
				if p.IsSelf || (p.UserID != "" && p.UserID == env.Destination) {
					ev.Message.Mentioned = true
				}
			}
		}
	}
	if w.Postback != nil {
		ev.Postback = w.Postback.Data
	}
	ev.Joined, ev.Left = w.Joined.ids(), w.Left.ids()
	ev.Nameless = w.Joined.nameless() + w.Left.nameless()
	if w.Unsend != nil {
		ev.UnsentID = w.Unsend.MessageID
	}
	if w.Type == TypeFollow {
		ev.Follow = &Follow{}
		if w.Follow != nil {
			ev.Follow.Unblocked = w.Follow.Unblocked
		}
	}
	env.Events = append(env.Events, ev)
}

func (m *wireMembers) ids() []string {
	if m == nil {
		return nil
	}
	var ids []string
	for _, s := range m.Members {
		if s.UserID != "" { // a member who has not consented has none
			ids = append(ids, s.UserID)
		}
	}
	return ids
}

func (m *wireMembers) nameless() int {
	n := 0
	if m != nil {
		for _, s := range m.Members {
			if s.UserID == "" {
				n++
			}
		}
	}
	return n
}

// lacks names what a known type cannot do without.
func (w *wireEvent) lacks() string {
	switch {
	case (w.Type == TypeMessage || w.Type == TypeMessageEdited) && w.Message == nil:
		return "message is missing"
	case w.Type == TypePostback && w.Postback == nil:
		return "postback is missing"
	case w.Type == TypeUnsend && w.Unsend == nil:
		return "unsend is missing"
	case w.Timestamp < 0:
		return "timestamp is before 1970"
	}
	return ""
}

// refused names an id that LINE does not make.
func (w *wireEvent) refused() string {
	if !validKey(w.ID) {
		return "webhookEventId does not match"
	}
	if s := w.Source; s != nil {
		switch {
		case s.UserID != "" && !validIDOf('U', s.UserID), s.Type == SourceUser && s.UserID == "":
			return "source.userId does not match"
		case s.GroupID != "" && !validIDOf('C', s.GroupID), s.Type == SourceGroup && s.GroupID == "":
			return "source.groupId does not match"
		case s.RoomID != "" && !validIDOf('R', s.RoomID), s.Type == SourceRoom && s.RoomID == "":
			return "source.roomId does not match"
		}
	}
	if !known(w.Type) {
		return ""
	}
	if m := w.Message; m != nil {
		if !validKey(m.ID) {
			return "message.id does not match"
		}
		if m.QuotedMessageID != "" && !validKey(m.QuotedMessageID) {
			return "message.quotedMessageId does not match"
		}
	}
	if u := w.Unsend; u != nil && !validKey(u.MessageID) {
		return "unsend.messageId does not match"
	}
	for _, members := range []*wireMembers{w.Joined, w.Left} {
		if members == nil {
			continue
		}
		for _, s := range members.Members {
			if s.UserID != "" && !validIDOf('U', s.UserID) {
				return "a member's userId does not match"
			}
		}
	}
	return ""
}
