package casework

import (
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Who is in the secretariat's group is known from LINE's events, and from the
// number of people that LINE counts: an event can be lost, or name nobody.

// guarded tells whether the group may hold people whom no clerk has approved.
func (w *Work) guarded(g council.Group) (bool, error) {
	if g.Unseen > 0 || g.Nameless {
		return true, nil
	}
	for _, err := range records.Clerks.Scan(w.tx, storage.Equal(records.ByState, string(council.ClerkWaiting))) {
		return true, err
	}
	return false, nil
}

// MayRead tells whether everybody in a group may read what is said there in
// full. people is how many LINE has just counted, the account not counted;
// negative when it did not say.
func (w *Work) MayRead(groupID string, people int) (bool, error) {
	group, ok, err := w.Secretariat()
	if err != nil || !ok || group.ID != groupID {
		return false, err
	}
	if err := w.Counted(&group, people); err != nil {
		return false, err
	}
	guarded, err := w.guarded(group)
	return people >= 0 && !guarded, err
}

// Counted takes a number of people that LINE has counted in the group: a
// negative one says nothing. Somebody more than is known hides the cases, and
// the group hears; when nobody is more, they are shown again.
func (w *Work) Counted(g *council.Group, people int) error {
	if people < 0 || g.State != council.GroupBound {
		return nil
	}
	seen, _, err := w.present()
	if err != nil {
		return err
	}
	was := *g
	more := people - seen - g.Vouched + g.Missed
	if more < 0 { // somebody has left, and the event is still to come, or lost
		g.Missed, more = g.Missed-more, 0
	}
	g.Unseen = more
	if *g == was {
		return nil
	}
	if g.Unseen != was.Unseen || g.Missed != was.Missed {
		g.Settled = false
	}
	if err := records.Groups.Put(w.tx, *g); err != nil {
		return err
	}
	if g.Unseen > was.Unseen && !g.Nameless { // the group has just heard, or long since
		w.unknownThere(*g, w.text("crowd.more", "人数", itoa(people), "登録", itoa(people-more)))
	}
	if g.Unseen < was.Unseen {
		return w.uncover(*g)
	}
	return nil
}

// Unnamed: somebody was in the group whom LINE did not name. Cases stay hidden
// until a clerk has looked who is there, but for a word of somebody whose being
// there a clerk has vouched for since anybody came or went.
func (w *Work) Unnamed(g *council.Group, cameIn bool) error {
	if g.Nameless || !cameIn && g.Settled {
		return nil
	}
	g.Nameless, g.Settled = true, false
	w.unknownThere(*g, w.text("crowd.unnamed"))
	return records.Groups.Put(w.tx, *g)
}

// unknownThere tells the group that somebody is there whom nobody knows, with
// the button for who has looked.
func (w *Work) unknownThere(g council.Group, body string) {
	w.ToGroup(g.ID, message.About{Kind: AboutTalk}, RefNothing, message.Panel{
		Alt: w.text("clerk.joined_alt"), Heading: w.text("crowd.heading"), Body: body,
		Buttons: []message.Button{{Label: w.text("crowd.confirm"), Action: message.Say, Style: message.Primary, Say: w.text("crowd.confirm")}},
	})
}

// Confirm: a clerk has looked through the list of the group's members and says
// that all are known. LINE's count is the number of them from now on.
func (w *Work) Confirm(g council.Group, who Actor, people int) error {
	say := func(key string, vars ...string) {
		w.ToGroup(g.ID, message.About{Kind: AboutTalk}, RefNothing, message.Text{Body: w.text(key, append(vars, "名前", who.Name)...)})
	}
	switch {
	case who.Role == council.RoleUnknown:
		say("group.unknown_actor")
		return nil
	case who.Role != council.RoleClerk:
		say("crowd.may_not")
		return nil
	case people < 0:
		say("crowd.again")
		return nil
	}
	seen, waiting, err := w.present()
	if err != nil {
		return err
	}
	if approved := seen - waiting; waiting > 0 && people <= approved {
		// There is no room for who waits: the leaving was not heard of.
		if err := w.goneUnheard(g); err != nil {
			return err
		}
		seen, waiting = approved, 0
	}
	g.Unseen, g.Nameless, g.Settled = 0, false, true
	g.Vouched, g.Missed = max(0, people-seen), max(0, seen-people)
	g.Confirmed, g.ConfirmedBy = w.now, who.User
	if err := records.Groups.Put(w.tx, g); err != nil {
		return err
	}
	if waiting > 0 {
		say("crowd.confirmed_but", "人数", itoa(people))
		return nil
	}
	say("crowd.confirmed", "人数", itoa(people))
	return w.uncover(g)
}

// goneUnheard takes everybody who waits for approval to have left.
func (w *Work) goneUnheard(g council.Group) error {
	var waiting []council.Clerk
	for c, err := range records.Clerks.Scan(w.tx, storage.Equal(records.ByState, string(council.ClerkWaiting))) {
		if err != nil {
			return err
		}
		waiting = append(waiting, c)
	}
	for _, c := range waiting {
		c.State, c.Newest, c.In = council.ClerkGone, w.At, g.ID
		if err := records.Clerks.Put(w.tx, c); err != nil {
			return err
		}
	}
	return nil
}

// uncover has shown what was kept from the group while people were in it whom
// nobody had approved, once nobody like that is left.
func (w *Work) uncover(group council.Group) error {
	guarded, err := w.guarded(group)
	if err != nil || guarded {
		return err
	}
	for c, err := range records.Cases.Scan(w.tx, storage.Query{Index: records.ByOpen, Limit: openPosted}) {
		if err != nil {
			return err
		}
		if !c.CardBare && !c.Waits() {
			continue
		}
		at := w.wakes(c, w.now)
		if c.CardBare {
			c.Set(council.Timer{Kind: council.PostCard, At: at})
		}
		if c.Waits() {
			c.Set(council.Timer{Kind: council.TellGroup, At: at})
		}
		if err := w.save(c); err != nil {
			return err
		}
	}
	return nil
}

// carriedBare notes in which form a case's card has arrived. One that was bare
// only because LINE did not count is shown again after a pause.
func (w *Work) carriedBare(c *council.Case, bare bool) error {
	c.CardBare = bare
	if !bare {
		c.CardTimes = 0
		return nil
	}
	at, err := w.afterBare(*c, c.CardTimes)
	c.CardTimes++
	if t, waits := c.Timer(council.PostCard); err != nil || at.IsZero() || !c.Open() || waits && t.At.Before(at) {
		return err
	}
	c.Set(council.Timer{Kind: council.PostCard, At: at})
	return nil
}

// untoldYet: of what was said about a case the group has read only that there is
// something.
func (w *Work) untoldYet(c council.Case, id string) error {
	times := 0
	for i := range c.Untold {
		if u := &c.Untold[i]; u.ID == id {
			times = max(times, u.Times)
			u.ID, u.Times = "", u.Times+1
		}
	}
	if !c.Waits() {
		return nil
	}
	at, err := w.afterBare(c, times)
	if err != nil {
		return err
	}
	if at.IsZero() {
		at = w.now.Add(time.Hour) // whatever changes that sets it sooner
	}
	c.Set(council.Timer{Kind: council.TellGroup, At: at})
	return w.save(c)
}

// afterBare is when to try again after something was told bare so many times
// before: the pause doubles, up to some hours. The zero time while people are
// known to be there whom nobody has approved: it is shown when they are not.
func (w *Work) afterBare(c council.Case, times int) (time.Time, error) {
	group, bound, err := w.Secretariat()
	if err != nil || !bound {
		return time.Time{}, err
	}
	if guarded, err := w.guarded(group); err != nil || guarded {
		return time.Time{}, err
	}
	return w.wakes(c, w.now.Add(time.Minute<<min(times, mostDoublings))), nil
}

// mostDoublings of a minute are a little over four hours.
const mostDoublings = 8
