package dialogue

import (
	"strings"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
)

// group deals with what happens in a LINE group.
func (t *turn) group() error {
	id := t.ev.Group
	switch t.ev.Kind {
	case BotJoined:
		return t.LetIn(id)
	case BotLeft:
		return t.PutOut(id)
	}
	g, ok, err := records.Groups.Get(t.Tx(), id)
	if err != nil {
		return err
	}
	switch code := t.heard.code; {
	case t.ev.Kind == Said && (code != "" || (t.heard.like && g.State != council.GroupBound)):
		return t.ShowSetupCode(id, t.ev.User, t.facts.names[t.ev.User], code, t.facts.people)
	case !ok, g.State == council.GroupWaiting && !g.Met: // whose joining was not seen
		return t.Unmet(id, ok, t.commanded())
	case g.State != council.GroupBound:
		return nil
	}
	if err := t.Inside(&g); err != nil {
		return err
	}
	if err := t.secretariat(g); err != nil || t.ev.ReplyToken == "" {
		return err
	}
	return t.Ride(g.ID)
}

// commanded tells whether somebody expects an answer: by a button of a card, a
// word like it, or by speaking to the account.
func (t *turn) commanded() bool {
	_, is := t.words.command(t.heard.text)
	return t.ev.Kind == Said && (is || t.ev.Mentioned || t.ev.Quoted != "")
}

// secretariat deals with what happens in the council's own group.
func (t *turn) secretariat(g council.Group) error {
	switch t.ev.Kind {
	case Joined:
		for _, u := range t.ev.People {
			if err := t.Seen(&g, u, t.facts.names[u], true); err != nil {
				return err
			}
		}
		if t.ev.Nameless > 0 {
			if err := t.Unnamed(&g, true); err != nil {
				return err
			}
		}
		return t.Counted(&g, t.facts.people)
	case Left:
		if err := t.Gone(&g, t.ev.People...); err != nil {
			return err
		}
		return t.Counted(&g, t.facts.people)
	case Unsent:
		if err := t.MarkUnsent(g.ID, t.ev.MessageID); err != nil {
			return err
		}
		return t.TakenBack(g.ID, t.ev.MessageID, false)
	case Edited:
		return t.TakenBack(g.ID, t.ev.MessageID, true)
	case SentOther:
		if err := t.spoke(&g); err != nil {
			return err
		}
		return t.byPeople(g.ID)
	case Said:
		return t.said(g)
	}
	return nil
}

// byPeople remembers that somebody sent a message, and nothing of it: quoting it
// is people's talk.
func (t *turn) byPeople(group string) error {
	if t.ev.MessageID == "" {
		return nil
	}
	return records.Quotes.Put(t.Tx(), records.Quote{Message: t.ev.MessageID, Chat: group, Ref: casework.RefPeople, At: t.Now()})
}

// said takes words in the group: a button's, a command, or an answer by
// quoting. Other talk is left alone.
func (t *turn) said(g council.Group) error {
	if err := t.spoke(&g); err != nil {
		return err
	}
	if err := t.byPeople(g.ID); err != nil {
		return err
	}
	who, err := t.ClerkActor(t.ev.User)
	if err != nil {
		return err
	}
	text := t.heard.text
	if t.words.knowsAll(text) {
		return t.Confirm(g, who, t.facts.people)
	}
	if rest, ok := strings.CutPrefix(text, t.Catalog.Text("clerk.approve")); ok {
		if f := strings.Fields(rest); len(f) > 0 {
			return t.Approve(g, who, f[len(f)-1])
		}
	}
	if t.about, err = t.quotedRef(); err != nil {
		return err
	}
	if cmd, ok := t.words.command(text); ok {
		if who.Role == council.RoleUnknown {
			t.ToGroup(g.ID, message.About{Kind: casework.AboutTalk}, casework.RefNothing,
				message.Text{Body: t.Catalog.Text("group.unknown_actor")})
			return nil
		}
		return t.obey(g, who, cmd)
	}
	if t.ev.Quoted != "" {
		return t.quoted(g, who)
	}
	if t.ev.Mentioned {
		t.ToGroup(g.ID, message.About{Kind: casework.AboutTalk}, casework.RefNothing, message.Text{Body: t.Catalog.Text("group.help")})
	}
	return nil
}

// spoke: whoever says or sends something is there.
func (t *turn) spoke(g *council.Group) error {
	if t.ev.User == "" {
		if err := t.Unnamed(g, false); err != nil {
			return err
		}
		return t.Counted(g, t.facts.people)
	}
	if err := t.Counted(g, t.facts.people); err != nil {
		return err
	}
	return t.Seen(g, t.ev.User, t.facts.names[t.ev.User], false)
}
