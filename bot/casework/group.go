package casework

import (
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

const (
	codeKept    = 24 * time.Hour   // a set-up code
	waitForCode = 10 * time.Minute // in a group that has not shown it
	wrongCodes  = 3                // then the bot leaves
)

// NewSetupCode makes a code that lets one group become the secretariat. It is
// good once, for 24 hours; an earlier one no longer is.
func (w *Work) NewSetupCode() (code string, until time.Time, err error) {
	for c, err := range records.SetupCodes.Scan(w.tx, storage.Query{Limit: 100}) {
		if err != nil {
			return "", until, err
		}
		if err := records.SetupCodes.Delete(w.tx, c.Hash); err != nil {
			return "", until, err
		}
	}
	code, until = w.NewID(), w.now.Add(codeKept)
	return code, until, records.SetupCodes.Put(w.tx, records.SetupCode{Hash: HashCode(code), Expires: until})
}

// codeOut tells whether a set-up code waits to be used.
func (w *Work) codeOut() (bool, error) {
	for c, err := range records.SetupCodes.Scan(w.tx, storage.Query{}) {
		if err != nil || c.Expires.After(w.now) {
			return err == nil, err
		}
	}
	return false, nil
}

// LetIn: the bot is in a group. It stays only where a set-up code can still
// be shown; elsewhere it says so once and leaves.
func (w *Work) LetIn(groupID string) error {
	g, ok, err := records.Groups.Get(w.tx, groupID)
	if err != nil || w.older(g.Newest) {
		return err
	}
	if ok && g.State == council.GroupBound {
		return w.Inside(&g)
	}
	g = council.Group{ID: groupID, State: council.GroupWaiting, Since: w.now, Newest: w.At, Met: true}
	wait, err := w.codeOut()
	if err != nil {
		return err
	}
	if !wait {
		return w.leave(g, "group.not_yours")
	}
	w.ToGroup(g.ID, message.About{Kind: AboutTalk}, "", message.Text{Body: w.text("group.show_code")})
	return records.Groups.Put(w.tx, g)
}

// Unmet: something happens in a group that the account is in, and nobody knows
// whose it is; known tells whether it was so before. It may be the secretariat's
// own, which a lost or restored store does not know: the account stays, says so
// once and again to who expects an answer, and the second channel hears once.
func (w *Work) Unmet(groupID string, known, asked bool) error {
	if known && !asked {
		return nil
	}
	w.ToGroup(groupID, message.About{Kind: AboutTalk}, "", message.Text{Body: w.text("group.unknown", "電話", w.Telephone)})
	if known {
		return nil
	}
	w.mailText("mail.unknown_group")
	return records.Groups.Put(w.tx, council.Group{ID: groupID, State: council.GroupWaiting, Since: w.now, Newest: w.At})
}

// leave says why and leaves the group once that is said.
func (w *Work) leave(g council.Group, key string) error {
	g.State = council.GroupLeft
	w.ToGroup(g.ID, message.About{Kind: AboutFarewell}, "", message.Text{Body: w.text(key, "電話", w.Telephone)})
	return records.Groups.Put(w.tx, g)
}

// PutOut: the bot was removed from a group. When that was the secretariat the
// second channel hears.
func (w *Work) PutOut(groupID string) error {
	g, ok, err := records.Groups.Get(w.tx, groupID)
	if err != nil || w.older(g.Newest) {
		return err
	}
	if !ok { // for a joining of before that comes later
		g = council.Group{ID: groupID, Since: w.now}
	}
	if g.State == council.GroupBound {
		w.mailText("mail.put_out")
		if err := w.forgetClerks(); err != nil {
			return err
		}
	}
	g.State, g.Newest = council.GroupLeft, w.At
	return records.Groups.Put(w.tx, g)
}

// Inside notes that the account was in a group when the event happened: a leave
// from before that is over.
func (w *Work) Inside(g *council.Group) error {
	if !w.At.After(g.Newest) {
		return nil
	}
	g.Newest = w.At
	return records.Groups.Put(w.tx, *g)
}

// ShowSetupCode takes a code that was posted in a group; "" is what only looks
// like one. name is the poster's LINE name; people is how many are in the group,
// negative when that could not be asked.
func (w *Work) ShowSetupCode(groupID, user, name, code string, people int) error {
	g, ok, err := records.Groups.Get(w.tx, groupID)
	if err != nil {
		return err
	}
	if !ok {
		g = council.Group{ID: groupID, Since: w.now}
	}
	if w.older(g.Newest) {
		return nil // the account has left the group since
	}
	g.Newest = w.At
	sc, known, err := records.SetupCodes.Get(w.tx, HashCode(code))
	if err != nil {
		return err
	}
	say := func(key string) {
		w.ToGroup(g.ID, message.About{Kind: AboutTalk}, "", message.Text{Body: w.text(key, "ネットワーク", w.Network, "名前", name)})
	}
	switch {
	case g.State == council.GroupBound && (!known || !sc.Expires.After(w.now)):
		say("group.bound_already") // a card's code, or an old one: nothing changes
		return nil
	case !known || !sc.Expires.After(w.now):
		g.Wrong++
		if g.Wrong >= wrongCodes && g.Met {
			return w.leave(g, "group.wrong_codes")
		}
		g.State = council.GroupWaiting
		say("group.wrong_code")
		return records.Groups.Put(w.tx, g)
	case user == "" || people < 0:
		if g.State != council.GroupBound {
			g.State = council.GroupWaiting
		}
		say("group.code_again")
		return records.Groups.Put(w.tx, g)
	}
	if err := records.SetupCodes.Delete(w.tx, sc.Hash); err != nil {
		return err
	}
	return w.bind(g, user, name, people)
}

// bind makes the group the secretariat: an earlier one is left, and its open
// cases are posted here.
func (w *Work) bind(g council.Group, user, name string, people int) error {
	old, had, err := w.Secretariat()
	if err != nil {
		return err
	}
	if had && old.ID != g.ID {
		if err := w.leave(old, "group.replaced"); err != nil {
			return err
		}
		if err := w.forgetClerks(); err != nil {
			return err
		}
	}
	if name == "" {
		name = w.text("clerk.first")
	}
	if err := records.Clerks.Put(w.tx, council.Clerk{User: user, Name: name, Tag: w.NewID()[:4], State: council.ClerkApproved, Since: w.now,
		Newest: w.At, In: g.ID}); err != nil {
		return err
	}
	seen, waiting, err := w.present()
	if err != nil {
		return err
	}
	g.State, g.Since, g.Wrong = council.GroupBound, w.now, 0
	g.Unseen, g.Missed, g.Vouched, g.Nameless, g.Settled = max(0, people-seen), max(0, seen-people), 0, false, false
	if err := records.Groups.Put(w.tx, g); err != nil {
		return err
	}
	key := "group.bound"
	switch {
	case had && old.ID == g.ID:
		key = "group.bound_again"
	case g.Unseen > 0 || waiting > 0:
		key = "group.bound_with_others"
	}
	w.ToGroup(g.ID, message.About{Kind: AboutTalk}, "", message.Text{Body: w.text(key, "ネットワーク", w.Network, "名前", name)})
	return w.postOpenAgain()
}

// present counts the people in the secretariat's group who have been seen, and
// those among them who wait for approval.
func (w *Work) present() (seen, waiting int, err error) {
	for _, state := range []council.ClerkState{council.ClerkApproved, council.ClerkWaiting} {
		for _, err := range records.Clerks.Scan(w.tx, storage.Equal(records.ByState, string(state))) {
			if err != nil {
				return 0, 0, err
			}
			seen++
			if state == council.ClerkWaiting {
				waiting++
			}
		}
	}
	return seen, waiting, nil
}

// forgetClerks: who acted in the old group is approved anew in the next.
func (w *Work) forgetClerks() error {
	for _, state := range []council.ClerkState{council.ClerkApproved, council.ClerkWaiting} {
		for c, err := range records.Clerks.Scan(w.tx, storage.Equal(records.ByState, string(state))) {
			if err != nil {
				return err
			}
			c.State = council.ClerkGone
			if err := records.Clerks.Put(w.tx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// openPosted is how many open cases a new group is shown; older ones come with
// the digest.
const openPosted = 200

// postOpenAgain has every open case's card posted, in steps, by the timers.
func (w *Work) postOpenAgain() error {
	q := storage.Query{Index: records.ByOpen, Limit: openPosted}
	for c, err := range records.Cases.Scan(w.tx, q) {
		if err != nil {
			return err
		}
		if _, waits := c.Timer(council.PostCard); waits && c.Level() != council.Danger && !c.CardLate && !c.CardBare {
			continue // it was going to be shown at opening time
		}
		at := w.wakes(c, w.now)
		c.Set(council.Timer{Kind: council.PostCard, At: at})
		if c.Waits() {
			c.Set(council.Timer{Kind: council.TellGroup, At: at})
		}
		if err := w.save(c); err != nil {
			return err
		}
	}
	return nil
}
