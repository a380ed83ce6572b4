package casework

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

var (
	organisationID = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	cardID         = regexp.MustCompile(`^[A-Za-z0-9-]{1,20}$`)
)

// PutOrganisation adds an organisation or changes it.
func (w *Work) PutOrganisation(o council.Organisation) error {
	switch {
	case !organisationID.MatchString(o.ID):
		return fmt.Errorf("organisation id %q: use 1 to 32 of a–z, 0–9 and -", o.ID)
	case o.Name == "" || o.Trade == "":
		return fmt.Errorf("organisation %s: name and trade are needed", o.ID)
	case utf8.RuneCountInString(o.Name) > 40 || utf8.RuneCountInString(o.Trade) > 20:
		return fmt.Errorf("organisation %s: a name has at most 40 characters, a trade 20, as in the configuration", o.ID)
	case o.Status != council.Statutory && o.Status != council.Cooperator && o.Status != council.Agreement:
		return fmt.Errorf("organisation %s: status %q: use member, cooperator or agreement", o.ID, o.Status)
	}
	return records.Organisations.Put(w.tx, o)
}

// Issue makes a new card and returns its code, which is not kept and can not
// be shown again.
func (w *Work) Issue(organisation, id string) (code string, err error) {
	if !cardID.MatchString(id) {
		return "", fmt.Errorf("card number %q: use 1 to 20 of A–Z, a–z, 0–9 and -", id)
	}
	if _, ok, err := records.Organisations.Get(w.tx, organisation); err != nil {
		return "", err
	} else if !ok {
		return "", fmt.Errorf("organisation %q is not known: add it first", organisation)
	}
	if _, ok, err := records.Cards.Get(w.tx, id); err != nil {
		return "", err
	} else if ok {
		return "", fmt.Errorf("card number %q is already in use: choose another number", id)
	}
	code = w.NewID()
	return code, records.Cards.Put(w.tx, council.Card{ID: id, Organisation: organisation,
		Hash: HashCode(code), State: council.CardIssued, Issued: w.now})
}

// Revoke makes a card good for nothing, at once, and its holder no longer a
// member. The member's cases stay; the group hears of open ones.
func (w *Work) Revoke(id string) error {
	card, ok, err := records.Cards.Get(w.tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("card %q is not known", id)
	}
	if card.State == council.CardRevoked {
		return fmt.Errorf("card %q was revoked before", id)
	}
	card.State, card.Revoked = council.CardRevoked, w.now
	if err := records.Cards.Put(w.tx, card); err != nil {
		return err
	}
	return w.dismiss(card, "member.revoked")
}

// Rebind frees a card for a new telephone: the next person who shows its code
// and accepts the terms takes over the member and the cases.
func (w *Work) Rebind(id string) error {
	card, ok, err := records.Cards.Get(w.tx, id)
	if err != nil {
		return err
	}
	if !ok || card.State != council.CardBound {
		return fmt.Errorf("card %q is not bound to anybody", id)
	}
	card.State = council.CardIssued
	if err := records.Cards.Put(w.tx, card); err != nil {
		return err
	}
	return w.dismiss(card, "member.unbound")
}

// dismiss ends a member's membership for now, and says so in the member's talk.
// Of a card that is revoked the group hears.
func (w *Work) dismiss(card council.Card, key string) error {
	if card.Member == "" {
		return nil
	}
	m, ok, err := records.Members.Get(w.tx, card.Member)
	if err != nil || !ok {
		return err
	}
	reachable := m.State == council.MemberActive
	m.State = council.MemberLeft
	if err := records.Members.Put(w.tx, m); err != nil {
		return err
	}
	p, err := w.person(m.User)
	if err != nil {
		return err
	}
	p.Member = false
	if err := records.People.Put(w.tx, p); err != nil {
		return err
	}
	if err := records.Talks.Delete(w.tx, m.User); err != nil {
		return err
	}
	if reachable {
		w.ToUser(m.User, message.About{Kind: AboutTalk}, message.Text{Body: w.text(key, "番号", card.ID, "電話", w.Telephone)})
	}
	if card.State != council.CardRevoked {
		return nil
	}
	return w.unreachable(m, "group.member_left")
}

// ListedCard is a card as the secretariat's engineer sees it.
type ListedCard struct {
	ID, Organisation string
	State            council.CardState
	Issued, Revoked  string
}

// List pages through the cards by number.
func (w *Work) List(after string, limit int) ([]ListedCard, error) {
	q := storage.Query{Limit: limit}
	if after != "" {
		q.After = storage.Position{Value: after, ID: after}
	}
	var out []ListedCard
	for c, err := range records.Cards.Scan(w.tx, q) {
		if err != nil {
			return nil, err
		}
		l := ListedCard{ID: c.ID, Organisation: c.Organisation, State: c.State, Issued: c.Issued.In(w.Zone).Format("2006-01-02")}
		if !c.Revoked.IsZero() {
			l.Revoked = c.Revoked.In(w.Zone).Format("2006-01-02")
		}
		out = append(out, l)
	}
	return out, nil
}
