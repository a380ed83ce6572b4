package message

import "time"

// Kinds of recipients.
const (
	ToUser  = "user"  // one person's talk with the bot
	ToGroup = "group" // the secretariat's group
	ToMany  = "many"  // at most 500 people, each in their own talk, not answered
	ToMail  = "mail"  // the second channel: an e-mail address
	ToLeave = "leave" // nobody: the bot leaves this group; no messages
)

// Lanes: recipients' casework never waits for their notices.
const (
	LaneCasework = "casework"
	LaneNotice   = "notice"
	LaneMail     = "mail"
)

// Recipient is who receives something.
type Recipient struct {
	Kind string
	// ID is LINE's user or group id, or an e-mail address. For ToMany it names
	// the page (job and number) and IDs holds the people.
	ID  string
	IDs []string
}

// ReplyToken lets one answer go out free of charge.
type ReplyToken struct {
	Token   string
	Expires time.Time // 50 s after receipt; LINE keeps it a minute
}

// About says what a delivery is for, so that its outcome reaches the right
// case. It holds ids only.
type About struct {
	Kind string // "card", "instruction", "answer", "notice", "reply" …
	Case string // receipt number, where there is one
	Ref  string // instruction id, draft id, job id …
}

// Outgoing is what an action wants said to one recipient.
type Outgoing struct {
	To       Recipient
	Lane     string
	Reply    *ReplyToken
	Messages []Message // 1 to 5
	// Urgent: it need not wait for what was said to the recipient before and
	// fails to go out, and it is tried again more often.
	Urgent bool
	// Bare says the same with less, message by message, for when people may be in
	// the group who must not read Messages. nil: anybody there may read them.
	Bare []Message
	// Refs says, per message, what quoting that message means; it may be
	// shorter than Messages.
	Refs  []string
	About About
}
