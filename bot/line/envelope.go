package line

import "time"

// The event types that this program acts on. Any other type is passed on with
// its name and the common fields, so that it can be counted.
const (
	TypeMessage       = "message"
	TypeMessageEdited = "messageEdited"
	TypeUnsend        = "unsend"
	TypeFollow        = "follow"
	TypeUnfollow      = "unfollow"
	TypeJoin          = "join"
	TypeLeave         = "leave"
	TypeMemberJoined  = "memberJoined"
	TypeMemberLeft    = "memberLeft"
	TypePostback      = "postback"
)

// The types of a source.
const (
	SourceUser  = "user"
	SourceGroup = "group"
	SourceRoom  = "room"
)

// Standby is the Mode of events that another program answers: send nothing.
const Standby = "standby"

// Envelope is one webhook request: what this program needs of it.
type Envelope struct {
	// Destination is the user id of the bot that was written to.
	Destination string
	Events      []Event
	// Malformed counts the events that could not be read, Refused those with
	// an id that LINE does not make. Neither are in Events.
	Malformed int
	Refused   int
	// Faults says which they were.
	Faults []Fault
}

// Fault is an event that was left out.
type Fault struct {
	Index   int  // its place in the body, from 0
	Refused bool // an id does not match; otherwise it could not be read
	// Type is the event's type when it is one of those above, else empty.
	Type string
	// Reason says what was wrong in our own words, never in the body's.
	Reason string
}

// Event is one thing that happened in a talk.
type Event struct {
	// ID is LINE's webhookEventId: the same when delivered again.
	ID   string
	Type string
	Mode string // "active" or Standby
	// Time is when it happened, by LINE's clock, in UTC; also when delivered
	// again.
	Time       time.Time
	Redelivery bool
	ReplyToken string // empty where no reply is possible
	// Source says where it happened. It may be empty: LINE leaves it out of
	// some events, and UserID out of many that happen in groups.
	Source   Source
	Message  *EventMessage // message, messageEdited
	Postback string        // the button's data
	Joined   []string      // memberJoined: user ids
	Left     []string      // memberLeft: user ids
	Nameless int           // of memberJoined and memberLeft: people without an id
	UnsentID string        // unsend: the id of the message that was taken back
	Follow   *Follow
	// Index is the event's place in the body, from 0.
	Index int
}

// Source is a talk and, where LINE says so, who acted in it.
type Source struct {
	Type    string // SourceUser, SourceGroup, SourceRoom, or what LINE adds
	UserID  string
	GroupID string
	RoomID  string
}

// Chat is the id to send to: the group's, the room's or the user's.
func (s Source) Chat() string {
	switch s.Type {
	case SourceUser:
		return s.UserID
	case SourceGroup:
		return s.GroupID
	case SourceRoom:
		return s.RoomID
	default:
		return ""
	}
}

// EventMessage is what somebody sent.
type EventMessage struct {
	ID   string
	Type string // text, sticker, image, video, audio, file, location …
	Text string
	// QuoteToken lets a text quote this message, in the same chat only; it
	// never expires.
	QuoteToken string
	// QuotedMessageID is the message that this one quotes, if any.
	QuotedMessageID string
	MarkAsReadToken string
	StickerID       string
	Mentioned       bool // it mentions the bot itself
}

// Follow is a friend-add.
type Follow struct {
	Unblocked bool // the person had blocked the account before
}
