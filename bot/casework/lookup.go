package casework

import (
	"slices"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Actor is who does something.
type Actor struct {
	Role council.Role
	User string
	Name string // a clerk's
}

// Secretariat is the group that is bound as the council's secretariat.
func (w *Work) Secretariat() (council.Group, bool, error) {
	for g, err := range records.Groups.Scan(w.tx, storage.Equal(records.ByState, string(council.GroupBound))) {
		return g, err == nil, err
	}
	return council.Group{}, false, nil
}

// Member finds the member that a LINE user is; false when there is none or the
// card was revoked.
func (w *Work) Member(user string) (council.Member, bool, error) {
	for m, err := range records.Members.Scan(w.tx, storage.Equal(records.ByUser, user)) {
		if err != nil {
			return m, false, err
		}
		if m.State != council.MemberLeft {
			return m, true, nil
		}
	}
	return council.Member{}, false, nil
}

// ClerkActor says who acts in the secretariat's group.
func (w *Work) ClerkActor(user string) (Actor, error) {
	if user == "" {
		return Actor{Role: council.RoleUnknown}, nil
	}
	c, ok, err := records.Clerks.Get(w.tx, user)
	if err != nil {
		return Actor{}, err
	}
	if !ok || c.State != council.ClerkApproved {
		return Actor{Role: council.RoleBystander, User: user, Name: c.Name}, nil
	}
	return Actor{Role: council.RoleClerk, User: user, Name: c.Name}, nil
}

// MemberActor says what a member is to a case.
func MemberActor(m council.Member, c council.Case) Actor {
	if c.Reporter == m.ID {
		return Actor{Role: council.RoleReporter, User: m.User}
	}
	return Actor{Role: council.RoleMember, User: m.User}
}

// Case finds a case by its receipt number.
func (w *Work) Case(no string) (council.Case, bool, error) { return records.Cases.Get(w.tx, no) }

// CasesOf lists a member's latest cases, newest first, at most limit.
func (w *Work) CasesOf(member string, limit int) ([]council.Case, error) {
	q := storage.Prefix(records.ByReporter, member+" ")
	q.Descending, q.Limit = true, limit
	var all []council.Case
	for c, err := range records.Cases.Scan(w.tx, q) {
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// act moves a case on by the table, or says why not.
func (w *Work) act(c *council.Case, a council.Action, who Actor, note string) council.Refusal {
	next, no := council.Next(c.State, a, who.Role)
	if no != council.Allowed {
		return no
	}
	c.State = next
	actor := string(who.Role)
	if who.Role == council.RoleClerk {
		actor += ":" + who.User
		if c.Looked.IsZero() && a != council.Prepare {
			c.Looked = w.now
		}
		if slices.Contains(settles, a) {
			c.Owed = council.Owed{}
		}
	}
	if a != council.Prepare && a != council.Raise {
		c.Version++
		c.History = append(c.History, council.Entry{At: w.now, Actor: actor, Action: a, Note: note})
	}
	if next == council.Closed {
		t, waits := c.Timer(council.TellGroup)
		c.Timers = nil
		if waits { // what the member said is still to be told
			c.Timers = []council.Timer{t}
		}
		if c.Closed.IsZero() {
			c.Closed = w.now
		}
	}
	return council.Allowed
}

// settles are the actions of a clerk after which nothing is owed any more.
var settles = []council.Action{council.Instruct, council.Inform, council.Thank, council.Correct, council.HandOver,
	council.ReportedItself, council.Telephoned, council.Close}

// save keeps a case, and is the only way to do so: nothing that is open is kept
// without a time at which it will be looked at again.
func (w *Work) save(c council.Case) error {
	c.Unset(council.FormerKinds...)
	c.Look = council.NextLook(c, w.Rules, w.Hours)
	return records.Cases.Put(w.tx, c)
}

// KnownInGroup tells whether this person needs no name to be looked up: a clerk
// or somebody who has been seen, or nobody whom LINE has named.
func KnownInGroup(tx storage.Tx, user string) (bool, error) {
	if user == "" {
		return true, nil
	}
	c, ok, err := records.Clerks.Get(tx, user)
	return ok && c.State != council.ClerkGone, err
}
