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

// translate puts an event into the program's words. line.Decode has checked
// its ids. The second result is "" or says why the event is not to be acted on,
// as Observer.WebhookPassed is told.
func translate(ev line.Event, received time.Time) (dialogue.Event, string) {
	out := dialogue.Event{
		ID: ev.ID, At: ev.Time, Received: received, Redelivery: ev.Redelivery,
		User: ev.Source.UserID, Group: ev.Source.GroupID,
		Room: ev.Source.RoomID != "" || ev.Source.Type == line.SourceRoom,
	}
	if !describe(ev, &out) {
		return out, PassedType
	}
	switch {
	case ev.Mode == line.Standby:
		return out, PassedStandby
	case received.Sub(ev.Time) > MaxAge:
		return out, PassedOld
	case out.User == "" && out.Group == "" && !out.Room:
		return out, PassedSourceless
	}
	if !ev.Redelivery || received.Sub(ev.Time) <= redeliveredTokenAge {
		out.ReplyToken = atMost(maxToken, storable(ev.ReplyToken))
	}
	return out, ""
}

// describe fills in what happened; false for a type that is not served.
func describe(ev line.Event, out *dialogue.Event) bool {
	switch ev.Type {
	case line.TypeMessage, line.TypeMessageEdited:
		return describeMessage(ev, out)
	case line.TypePostback:
		out.Kind, out.Data = dialogue.Tapped, atMost(maxData, storable(ev.Postback))
	case line.TypeUnsend:
		out.Kind, out.MessageID = dialogue.Unsent, ev.UnsentID
	case line.TypeFollow:
		out.Kind = dialogue.Followed
		out.Unblocked = ev.Follow != nil && ev.Follow.Unblocked
	case line.TypeUnfollow:
		out.Kind = dialogue.Unfollowed
	case line.TypeJoin:
		out.Kind = dialogue.BotJoined
	case line.TypeLeave:
		out.Kind = dialogue.BotLeft
	case line.TypeMemberJoined:
		out.Kind, out.People, out.Nameless = dialogue.Joined, append([]string(nil), ev.Joined...), ev.Nameless
	case line.TypeMemberLeft:
		out.Kind, out.People, out.Nameless = dialogue.Left, append([]string(nil), ev.Left...), ev.Nameless
	default:
		return false
	}
	return true
}

func describeMessage(ev line.Event, out *dialogue.Event) bool {
	m := ev.Message
	if m == nil {
		return false
	}
	out.MessageID, out.Quoted = m.ID, m.QuotedMessageID
	out.QuoteToken, out.Mentioned = atMost(maxToken, storable(m.QuoteToken)), m.Mentioned
	switch {
	case m.Type == "text":
		out.Kind, out.Text = dialogue.Said, storable(m.Text)
		if ev.Type == line.TypeMessageEdited {
			out.Kind = dialogue.Edited
		}
	case ev.Type == line.TypeMessageEdited:
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

// storable drops the character 0, which PostgreSQL's jsonb cannot hold: one
// such text would otherwise fail its turn for ever. Invalid UTF-8 has been
// replaced by the decoder.
func storable(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// What is longer is none of LINE's tokens (32 and some hundred characters today),
// and no button of ours (LINE allows 300 characters, of up to 4 bytes).
const (
	maxToken = 2000
	maxData  = 1200
)

// atMost drops what is too long to be what it should be: it is kept with what is
// said, and would keep that from being stored.
func atMost(most int, s string) string {
	if len(s) > most {
		return ""
	}
	return s
}

// chat names where an event happened, for keeping order.
func chat(ev dialogue.Event) string {
	if ev.Group != "" {
		return ev.Group
	}
	return ev.User
}
