package casework

import (
	"strings"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Seen tells the group, once, that somebody is there who is not approved: the
// person has just come in, or has spoken and was in the group all along. name
// is the person's LINE name as PersonName gives it, or "".
func (w *Work) Seen(group *council.Group, user, name string, cameIn bool) error {
	c, ok, err := records.Clerks.Get(w.tx, user)
	switch {
	case err != nil, c.In == group.ID && w.older(c.Newest):
		return err
	case ok && c.State != council.ClerkGone:
		if c.In == group.ID && w.At.Equal(c.Newest) {
			return nil
		}
		c.Newest, c.In = w.At, group.ID
		if cameIn && group.Missed > 0 { // and had gone unheard before
			group.Missed--
			if err := records.Groups.Put(w.tx, *group); err != nil {
				return err
			}
		}
		return records.Clerks.Put(w.tx, c)
	}
	switch {
	case cameIn:
	case group.Unseen > 0:
		group.Unseen--
	case group.Vouched > 0:
		group.Vouched--
	}
	group.Settled = false
	if err := records.Groups.Put(w.tx, *group); err != nil {
		return err
	}
	c = council.Clerk{User: user, Tag: w.NewID()[:4], State: council.ClerkWaiting, Since: w.now, Newest: w.At, In: group.ID}
	if c.Name, err = w.called(name, user, c.Tag); err != nil {
		return err
	}
	if err := records.Clerks.Put(w.tx, c); err != nil {
		return err
	}
	w.ToGroup(group.ID, message.About{Kind: AboutTalk}, "", message.Panel{
		Alt:     w.text("clerk.joined_alt"),
		Heading: w.text("clerk.joined_heading"),
		Body:    w.text("clerk.joined", "名前", c.Name),
		Buttons: []message.Button{{Label: w.text("clerk.approve"), Action: message.Say, Style: message.Primary,
			Say: strings.Join([]string{w.text("clerk.approve"), c.Name, c.Tag}, " ")}},
	})
	return nil
}

// Approve makes a person in the group a clerk.
func (w *Work) Approve(group council.Group, who Actor, tag string) error {
	say := func(key, name string) {
		w.ToGroup(group.ID, message.About{Kind: AboutTalk}, "", message.Text{Body: w.text(key, "名前", name)})
	}
	if who.Role != council.RoleClerk {
		say("clerk.may_not", who.Name)
		return nil
	}
	c, ok, err := w.tagged(tag)
	switch {
	case err != nil:
		return err
	case !ok:
		say("clerk.unknown_tag", "")
		return nil
	case c.State == council.ClerkApproved:
		say("clerk.approved_before", c.Name)
		return nil
	}
	c.State, c.Approved = council.ClerkApproved, who.User
	if err := records.Clerks.Put(w.tx, c); err != nil {
		return err
	}
	say("clerk.approved", c.Name)
	return w.uncover(group)
}

// tagged finds the person in the group whom a button's tag names.
func (w *Work) tagged(tag string) (council.Clerk, bool, error) {
	for _, state := range []council.ClerkState{council.ClerkWaiting, council.ClerkApproved} {
		for c, err := range records.Clerks.Scan(w.tx, storage.Equal(records.ByState, string(state))) {
			if err != nil || c.Tag == strings.ToUpper(tag) {
				return c, err == nil, err
			}
		}
	}
	return council.Clerk{}, false, nil
}

// Gone: people have left the group, and with it may no longer act. What was kept
// from the group because of them is shown once, however many they are. Of whom
// nobody has heard before, LINE's count has to tell what that means.
func (w *Work) Gone(group *council.Group, users ...string) error {
	for _, user := range users {
		if err := w.gone(group, user); err != nil {
			return err
		}
	}
	return w.uncover(*group)
}

func (w *Work) gone(group *council.Group, user string) error {
	c, ok, err := records.Clerks.Get(w.tx, user)
	if err != nil {
		return err
	}
	if c.In == group.ID && w.older(c.Newest) {
		return nil
	}
	was := c.State
	known := ok && was != council.ClerkGone
	c.User, c.State, c.Newest, c.In = user, council.ClerkGone, w.At, group.ID // also for a joining of before that comes later
	if err := records.Clerks.Put(w.tx, c); err != nil {
		return err
	}
	group.Settled = false
	switch {
	case known && group.Missed > 0:
		group.Missed--
	case !known && group.Vouched > 0:
		// One of those whom a clerk has vouched for. If it was not, the next count
		// finds one more than is known, and hides rather than shows.
		group.Vouched--
		group.Missed = max(0, group.Missed-1) // where the count was sooner
	}
	if err := records.Groups.Put(w.tx, *group); err != nil {
		return err
	}
	if was == council.ClerkApproved {
		if err := w.bereft(*group, c); err != nil {
			return err
		}
	}
	return nil
}

// bereft says what a clerk who has left the group leaves behind. When nobody
// is left who may act the second channel hears: the group cannot help itself.
func (w *Work) bereft(group council.Group, gone council.Clerk) error {
	var left []string
	for c, err := range records.Cases.Scan(w.tx, storage.Query{Index: records.ByOpen, Limit: openPosted}) {
		if err != nil {
			return err
		}
		if c.Assignee == gone.User {
			left = append(left, c.No)
		}
	}
	body := w.text("clerk.gone", "名前", gone.Name)
	if len(left) > 0 {
		body += w.text("clerk.gone_cases", "番号一覧", strings.Join(left, w.text("list.separator")))
	}
	someone := false
	for _, err := range records.Clerks.Scan(w.tx, storage.Equal(records.ByState, string(council.ClerkApproved))) {
		if err != nil {
			return err
		}
		someone = true
		break
	}
	if !someone {
		body += w.text("clerk.none_left")
		w.mailText("mail.no_clerk")
	}
	w.ToGroup(group.ID, message.About{Kind: AboutTalk}, "", message.Text{Body: body})
	return nil
}
