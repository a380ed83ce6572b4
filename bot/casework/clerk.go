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
// is the person's LINE name, or "".
func (w *Work) Seen(group council.Group, user, name string, cameIn bool) error {
	c, ok, err := records.Clerks.Get(w.tx, user)
	if err != nil || (ok && c.State != council.ClerkGone) {
		return err
	}
	if !cameIn && group.Unseen > 0 {
		group.Unseen--
		if err := records.Groups.Put(w.tx, group); err != nil {
			return err
		}
	}
	c = council.Clerk{User: user, Name: name, Tag: w.NewID()[:4], State: council.ClerkWaiting, Since: w.now}
	if c.Name == "" {
		c.Name = w.text("clerk.nameless", "印", c.Tag)
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
	for c, err := range records.Clerks.Scan(w.tx, storage.Equal(records.ByState, string(council.ClerkWaiting))) {
		if err != nil {
			return err
		}
		if c.Tag != strings.ToUpper(tag) {
			continue
		}
		c.State, c.Approved = council.ClerkApproved, who.User
		say("clerk.approved", c.Name)
		return records.Clerks.Put(w.tx, c)
	}
	say("clerk.unknown_tag", "")
	return nil
}

// Gone: somebody has left the group, and with it may no longer act.
func (w *Work) Gone(group council.Group, user string) error {
	c, ok, err := records.Clerks.Get(w.tx, user)
	if err != nil {
		return err
	}
	if !ok {
		if group.Unseen > 0 {
			group.Unseen--
			return records.Groups.Put(w.tx, group)
		}
		return nil
	}
	was := c.State
	c.State = council.ClerkGone
	if err := records.Clerks.Put(w.tx, c); err != nil {
		return err
	}
	if was == council.ClerkApproved {
		w.ToGroup(group.ID, message.About{Kind: AboutTalk}, "", message.Text{Body: w.text("clerk.gone", "名前", c.Name)})
	}
	return nil
}
