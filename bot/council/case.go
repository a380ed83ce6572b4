package council

import (
	"slices"
	"time"
)

// Answer is what was chosen: the ids, and the labels as they were shown.
type Answer struct {
	Question string
	IDs      []string
	Labels   []string
}

// Case is one report and everything done about it. It holds no personal
// details.
type Case struct {
	No       string // receipt number, e.g. 26-0012: fiscal year and number in it
	Drill    bool
	Received time.Time
	Channel  string // line, telephone, fax

	Organisation     string
	OrganisationName string // as it was
	Trade            string
	Status           Status
	Reporter         string // member id
	ReporterCard     string

	Urgency   string
	Urgent    string `json:",omitempty"` // name of its Level, as the catalog said then; "" in a case older than that
	Answers   []Answer
	Additions []Addition
	Continues string // receipt number of the earlier case

	State        State
	Assignee     string // clerk's user id
	AssigneeName string
	Looked       time.Time // first action of a clerk
	Instructions []Instruction
	HandedOver   time.Time
	Connected    time.Time
	Withdrawal   time.Time // the reporter wishes to withdraw
	Result       Result
	Closed       time.Time
	History      []Entry

	// Version counts the changes that a draft must not overlook.
	Version int
	Timers  []Timer
	Look    Look      `json:",omitzero"` // derived whenever the case is saved
	Owed    Owed      `json:",omitzero"`
	Grown   time.Time `json:",omitzero"` // when it was last found more urgent than before
	CardPut time.Time `json:",omitzero"` // when its card was first given to the outbox
	Heard   time.Time `json:",omitzero"` // when the group was last told what had waited for the morning

	CardShown time.Time // LINE has accepted the card
	CardQuote string    // quote token of the card in the group CardIn
	CardIn    string
	CardLate  bool     // the second channel and the reporter have been told
	CardBare  bool     // shown with number and urgency only: people may have been there whom nobody had approved
	CardTimes int      `json:",omitempty"` // how often in a row that was so
	CardNote  CardNote // what the next card says in front of its number
	LateHeard bool     // the reporter has received that the card had not arrived
	// LateMailed: the second channel has heard that the reporter does not know.
	LateMailed bool `json:",omitempty"`
	Shared     bool // it is on the card that its reporter's later cases share
	AlarmOut   bool // a reminder about the case is on its way to the group

	// Untold is what the group has not been told yet: it is on its way, or the
	// office is closed, no group is bound, or people are in it whom nobody has
	// approved.
	Untold []Untold
}

// Waits tells whether something is to be told to the group that is not on its
// way.
func (c *Case) Waits() bool {
	return slices.ContainsFunc(c.Untold, func(u Untold) bool { return u.ID == "" })
}

// CardNote says why a card is shown another time.
type CardNote string

// The notes of cards.
const (
	CardAgain CardNote = "again" // the one before did not arrive
	CardAdded CardNote = "added" // the member has told more
)

// Untold is one thing that waits to be told to the group.
type Untold struct {
	ID        string // of the message that tells it; "" while it waits
	Body      string
	MessageID string // LINE's, of the member's words in it, so that an unsend finds it
	Mailed    bool   // the second channel has heard that LINE refuses it
	Times     int    `json:",omitempty"` // how often only that there is something was told
}

// Addition is what the reporter told later, or what was asked back.
type Addition struct {
	At        time.Time
	Answers   []Answer
	Text      string // passed by the recogniser; "" after it was taken back
	MessageID string // LINE's, so that an unsend finds it
	Unsent    bool
}

// Instruction is what the secretariat sent to the member.
type Instruction struct {
	ID        string
	Kind      string // id in the catalog; "free" for a relayed text, "correction"
	Label     string
	Text      string // exactly as sent
	Set       string // the answer set of a question
	By        string // clerk's user id
	Sent      time.Time
	Delivered time.Time
	Lost      bool // could not be delivered: the group has heard
	Answer    Answer
	Answered  time.Time
	Corrected bool
	FollowUp  time.Time // when the member will be asked again
	Again     time.Time `json:",omitzero"`  // when the member was asked again
	Wants     string    `json:",omitempty"` // WantsAnswer or WantsNothing; "" in an older case
	Ground    string    // why details were asked for against the person's wish
	Decider   string    // and who decided that, by office
}

// What an instruction wants of the member.
const (
	WantsAnswer  = "answer"
	WantsNothing = "nothing"
)

// Entry is one line of the case's history.
type Entry struct {
	At     time.Time
	Actor  string // role, and for clerks the user id
	Action Action
	Note   string // ids only
}

// Open tells whether anything may still happen to the case.
func (c *Case) Open() bool { return c.State != Closed }

// Level is how soon the case must be seen.
func (c *Case) Level() Level {
	if c.Urgent == "" {
		return levelBefore(c.Urgency)
	}
	return LevelNamed(c.Urgent)
}

// Find returns the answer to a question.
func (c *Case) Find(question string) (Answer, bool) {
	for _, a := range c.Answers {
		if a.Question == question {
			return a, true
		}
	}
	return Answer{}, false
}

// Instruction returns the instruction with this id.
func (c *Case) Instruction(id string) *Instruction {
	for i := range c.Instructions {
		if c.Instructions[i].ID == id {
			return &c.Instructions[i]
		}
	}
	return nil
}

// FiscalYear is Japan's: it begins in April. t is in the council's time zone.
func FiscalYear(t time.Time) int {
	if t.Month() < time.April {
		return t.Year() - 1
	}
	return t.Year()
}
