package webhook

import (
	"strings"
	"time"

	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/line"
)

// MaxAge is how old an event may be to be acted on: a day less than the time
// for which its deduplication key is kept.
const MaxAge = 6 * 24 * time.Hour

// redeliveredTokenAge is how long after the event a redelivered reply token
// can still be good, as LINE's reference says.
const redeliveredTokenAge = 20 * time.Minute

// maxIDLength bounds the ids of events and messages. LINE's are 26 and about
// 18 characters long, and undocumented.
const maxIDLength = 100

// malformed is the reason of translate for an event that breaks LINE's own
// rules; the other reasons are those of Observer.WebhookPassed.
const malformed = "malformed"

// translate puts an event into the program's words. The second result is ""
// or says why the event is not to be acted on.
func translate(ev line.Event, received time.Time) (dialogue.Event, string) {
	out := dialogue.Event{
		ID: ev.ID, At: ev.Time, Received: received, Redelivery: ev.Redelivery,
		User: ev.Source.UserID, Group: ev.Source.GroupID,
		Room: ev.Source.RoomID != "" || ev.Source.Type == "room",
	}
	if !describe(ev, &out) {
		return out, PassedType
	}
	if !wellFormed(ev) {
		return out, malformed
	}
	switch {
	case ev.Mode == "standby":
		return out, PassedStandby
	case received.Sub(ev.Time) > MaxAge:
		return out, PassedOld
	case out.User == "" && out.Group == "" && !out.Room:
		return out, PassedSourceless
	}
	if !ev.Redelivery || received.Sub(ev.Time) <= redeliveredTokenAge {
		out.ReplyToken = ev.ReplyToken
	}
	return out, ""
}

// describe fills in what happened; false for a type that is not served.
func describe(ev line.Event, out *dialogue.Event) bool {
	switch ev.Type {
	case "message", "messageEdited":
		return describeMessage(ev, out)
	case "postback":
		out.Kind, out.Data = dialogue.Tapped, storable(ev.Postback)
	case "unsend":
		out.Kind, out.MessageID = dialogue.Unsent, ev.UnsentID
	case "follow":
		out.Kind = dialogue.Followed
		out.Unblocked = ev.Follow != nil && ev.Follow.Unblocked
	case "unfollow":
		out.Kind = dialogue.Unfollowed
	case "join":
		out.Kind = dialogue.BotJoined
	case "leave":
		out.Kind = dialogue.BotLeft
	case "memberJoined":
		out.Kind, out.People = dialogue.Joined, append([]string(nil), ev.Joined...)
	case "memberLeft":
		out.Kind, out.People = dialogue.Left, append([]string(nil), ev.Left...)
	default:
		return false
	}
	return true
}

func describeMessage(ev line.Event, out *dialogue.Event) bool {
	m := ev.Message
	if m == nil {
		return true // found out by wellFormed
	}
	out.MessageID, out.Quoted = m.ID, m.QuotedMessageID
	out.QuoteToken, out.Mentioned = storable(m.QuoteToken), m.Mentioned
	switch {
	case m.Type == "text":
		out.Kind, out.Text = dialogue.Said, storable(m.Text)
		if ev.Type == "messageEdited" {
			out.Kind = dialogue.Edited
		}
	case ev.Type == "messageEdited":
		return false // only texts can be edited
	default:
		out.Kind, out.Media = dialogue.SentOther, media(m.Type)
	}
	return true
}

// media keeps to the kinds that are known, so that a new one cannot become a
// value that is stored or counted.
func media(kind string) string {
	switch kind {
	case "sticker", "image", "audio", "video", "file", "location":
		return kind
	}
	return "other"
}

// wellFormed tells whether the ids are such as LINE gives out. They become
// keys, and parts of paths of calls to LINE.
func wellFormed(ev line.Event) bool {
	if !plainID(ev.ID) || ev.ID == "" || ev.Time.IsZero() || ev.Time.Unix() <= 0 {
		return false
	}
	for _, id := range []struct{ value, initial string }{
		{ev.Source.UserID, "U"}, {ev.Source.GroupID, "C"}, {ev.Source.RoomID, "R"},
	} {
		if id.value != "" && !(line.ValidID(id.value) && strings.HasPrefix(id.value, id.initial)) {
			return false
		}
	}
	for _, people := range [][]string{ev.Joined, ev.Left} {
		for _, id := range people {
			if !line.ValidID(id) {
				return false
			}
		}
	}
	switch ev.Type {
	case "message", "messageEdited":
		return ev.Message != nil && ev.Message.ID != "" &&
			plainID(ev.Message.ID) && plainID(ev.Message.QuotedMessageID)
	case "unsend":
		return ev.UnsentID != "" && plainID(ev.UnsentID)
	}
	return true
}

// plainID allows an empty id and printable ASCII without spaces.
func plainID(id string) bool {
	if len(id) > maxIDLength {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// storable drops the character 0, which PostgreSQL's jsonb cannot hold: one
// such text would otherwise fail its turn for ever. Invalid UTF-8 has been
// replaced by the decoder.
func storable(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// chat names where an event happened, for keeping order.
func chat(ev dialogue.Event) string {
	if ev.Group != "" {
		return ev.Group
	}
	return ev.User
}
