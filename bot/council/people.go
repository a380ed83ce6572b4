package council

import "time"

// Status is an organisation's legal standing in the council. It decides which
// confidentiality binds its people and on what ground personal details may be
// asked for.
type Status string

// The statuses.
const (
	Statutory  Status = "member"     // 構成員: bound by law, may be asked under 11条の4第3項
	Cooperator Status = "cooperator" // 協力団体・協力員: bound by law, not members
	Agreement  Status = "agreement"  // 協定 only
)

// Organisation is a firm or body whose people report.
type Organisation struct {
	ID     string // [a-z0-9-]{1,32}
	Name   string
	Trade  string
	Status Status
}

// CardState is where a membership card is in its life.
type CardState string

// The states of a card.
const (
	CardIssued  CardState = "issued"  // printed, nobody has used it yet
	CardBound   CardState = "bound"   // belongs to one LINE user
	CardRevoked CardState = "revoked" // lost, or its holder has left: good for nothing
)

// Card is a membership card (構成員証). Its code is never stored, only the
// code's SHA-256.
type Card struct {
	ID           string // the member's number printed on it, unique in the council
	Organisation string
	Hash         string // hexadecimal
	State        CardState
	Member       string // the member it belongs to, once used
	Issued       time.Time
	Revoked      time.Time
}

// MemberState tells whether a member can be reached.
type MemberState string

// The states of a member.
const (
	MemberActive  MemberState = "active"
	MemberBlocked MemberState = "blocked" // has blocked the account on LINE
	MemberLeft    MemberState = "left"    // card revoked
)

// Member is one person of an organisation, known by card number and LINE user
// id, not by name.
type Member struct {
	ID           string
	Card         string
	Organisation string
	User         string // LINE user id
	State        MemberState
	Joined       time.Time // accepted the terms
}

// ClerkState is whether a person in the group may act.
type ClerkState string

// The states of a clerk.
const (
	ClerkWaiting  ClerkState = "waiting" // in the group, not approved
	ClerkApproved ClerkState = "approved"
	ClerkGone     ClerkState = "gone"
)

// Clerk is a person in the secretariat's group.
type Clerk struct {
	User     string // LINE user id
	Name     string // LINE display name when first seen, or a number
	Tag      string // short word that names the person in a button's text
	State    ClerkState
	Since    time.Time
	Approved string // user id of who approved; "" for the first
	// Newest is LINE's time of the newest event obeyed that has shown this person
	// in the group In, or out of it: an older one changes nothing.
	Newest time.Time
	In     string
}

// Group is a LINE group the bot has been let into.
type Group struct {
	ID     string
	State  GroupState
	Since  time.Time
	Unseen int // people in it whom no event has named yet, as far as LINE has counted
	// Nameless: somebody has come in or spoken whom LINE did not name.
	Nameless bool
	// Vouched are people in it whom no event has named, and Missed those who have
	// left without an event, when a clerk last said that all are known, or since.
	Vouched, Missed int
	Confirmed       time.Time // when that was
	ConfirmedBy     string    // the clerk's user id
	Settled         bool      // nobody has come or gone since
	Wrong           int       // set-up codes that did not fit
	// Met: the account's own joining was seen. Of a group that is only known by
	// what is said in it, it is not known whose it is: it may be the secretariat,
	// forgotten by a store that was lost or restored.
	Met bool
	// Newest is LINE's time of the newest event obeyed that has shown the account
	// in the group, or out of it: an older one changes nothing.
	Newest time.Time
}

// Leaves tells whether the account leaves the group by itself when no set-up
// code is shown.
func (g Group) Leaves() bool { return g.State == GroupWaiting && g.Met }

// GroupState is what a group is to the council.
type GroupState string

// The states of a group.
const (
	GroupWaiting GroupState = "waiting" // may still show a set-up code
	GroupBound   GroupState = "bound"   // the secretariat
	GroupLeft    GroupState = "left"
)

// Person is what is kept of a LINE user who is not a member: no text, no name.
type Person struct {
	User     string
	Since    time.Time
	Blocked  bool
	Stopped  bool // said 停止
	Member   bool
	Misses   []time.Time // card codes that did not fit, the last few
	Accept   string      // card whose terms are shown and not yet accepted
	AcceptAt time.Time
	// Newest is LINE's time of the newest event obeyed that has shown whether
	// this person can be reached: an older one changes nothing.
	Newest time.Time
}

// Resident tells whether this person receives residents' notices.
func (p Person) Resident() bool { return !p.Blocked && !p.Stopped && !p.Member }

// Guessing of card codes: after five that do not fit within an hour no code of
// this person is looked at until the oldest of them is an hour old.
const (
	missesAllowed = 5
	missesWindow  = time.Hour
)

// Slowed tells whether the person has guessed too often, and drops what is old.
func (p *Person) Slowed(now time.Time) bool {
	keep := p.Misses[:0]
	for _, t := range p.Misses {
		if now.Sub(t) < missesWindow {
			keep = append(keep, t)
		}
	}
	p.Misses = keep
	return len(keep) >= missesAllowed
}
