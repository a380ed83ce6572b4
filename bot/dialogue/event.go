package dialogue

import "time"

// What happened in a talk.
const (
	Said       = "said"       // a text message
	Tapped     = "tapped"     // a postback; Data holds it
	SentOther  = "other"      // a sticker, picture, voice message … ; Media names it
	Unsent     = "unsent"     // a message was taken back; MessageID names it
	Edited     = "edited"     // a text message was changed
	Followed   = "followed"   // somebody added the account as a friend, or unblocked it
	Unfollowed = "unfollowed" // somebody blocked the account
	BotJoined  = "bot_joined" // the account was let into a group
	BotLeft    = "bot_left"   // the account was put out of a group
	Joined     = "joined"     // people came into a group; People names them
	Left       = "left"       // people left a group; People names them
)

// Event is one thing that happened on LINE, in the program's own words. Its
// text is looked at by the recogniser before anything of it is stored.
type Event struct {
	ID         string    // LINE's webhookEventId: the same when it is delivered again
	At         time.Time // LINE's time of the event, the same when delivered again
	Received   time.Time // when this delivery of it came in
	Redelivery bool
	Kind       string
	User       string // LINE user id; "" when LINE did not tell
	Group      string // LINE group id; "" in a 1:1 talk
	Room       bool   // a multi-person chat without a group: never served
	ReplyToken string // "" when none may be used
	MessageID  string
	Text       string
	Quoted     string // id of the message that was quoted
	QuoteToken string // for quoting this message
	Mentioned  bool   // the bot itself was addressed with @
	Media      string // sticker, image, audio, video, file, location
	Data       string // of a postback
	People     []string
	Nameless   int // people who came or left and whom LINE did not name
	Unblocked  bool
}
