package casework

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// A card's code is 26 characters of base 32 (130 random bits). Codes and
// set-up codes are kept as SHA-256 only: with that much randomness a plain
// hash cannot be searched.
const (
	codeLength = 26
	codeLike   = 12 // letters and digits in a row that may be meant for one
)

// Code finds a card's or set-up code in a text that was sent. like tells that
// the text looks like one and is not whole.
func Code(text string) (code string, like bool) {
	t := Normal(text)
	for from := 0; from < len(t); from++ {
		to := from
		for to < len(t) && alphanumeric(t[to]) {
			to++
		}
		if to-from == codeLength && !strings.ContainsAny(t[from:to], "0189") {
			return strings.ToUpper(t[from:to]), true
		}
		like = like || to-from >= codeLike
		from = to
	}
	return "", like
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// HashCode is how a code is kept.
func HashCode(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// What showing a card led to.
const (
	CardShownTerms = "terms"  // the terms are to be accepted
	CardOwn        = "own"    // the own card again: begin a report
	CardNo         = "refuse" // an answer was given
)

// ShowCard takes a card's code that somebody has sent; "" is what only looks
// like one. Who has sent their own card again is the member returned.
func (w *Work) ShowCard(user, code string) (string, council.Member, error) {
	mine, have, err := w.Member(user)
	if err != nil {
		return "", mine, err
	}
	card, found, err := w.cardByCode(code, mine)
	if err != nil {
		return "", mine, err
	}
	if found && card.State == council.CardBound && have && card.Member == mine.ID {
		return CardOwn, mine, nil // whoever has guessed may still report
	}
	led, err := w.showCard(user, code, card, found, have)
	return led, council.Member{}, err
}

// showCard is ShowCard for who is not the card's member.
func (w *Work) showCard(user, code string, card council.Card, found, have bool) (string, error) {
	p, err := w.person(user)
	if err != nil {
		return "", err
	}
	refuse := func(key string) (string, error) {
		w.ToUser(user, message.About{Kind: AboutTalk}, message.Text{Body: w.text(key, "電話", w.Telephone)})
		return CardNo, records.People.Put(w.tx, p)
	}
	switch {
	case code == "":
		return refuse("join.malformed")
	case p.Slowed(w.now):
		return refuse("join.slowed")
	case !found:
		p.Misses = append(p.Misses, w.now)
		return refuse("join.unknown")
	case card.State == council.CardRevoked:
		return refuse("join.revoked")
	case card.State == council.CardBound:
		return refuse("join.used")
	case have:
		return refuse("join.have_another")
	}
	p.Accept, p.AcceptAt = card.ID, w.now
	org, _, err := records.Organisations.Get(w.tx, card.Organisation)
	if err != nil {
		return "", err
	}
	w.ToUser(user, message.About{Kind: AboutTalk}, message.Panel{
		Alt:     w.text("join.alt", "ネットワーク", w.Network),
		Heading: w.text("join.heading", "ネットワーク", w.Network, "団体", org.Name),
		Body:    w.text("join.terms", "電話", w.Telephone),
		Buttons: []message.Button{
			{Label: w.text("join.accept"), Action: message.Postback, Data: "m:accept:" + card.ID, Say: w.text("join.accept"), Style: message.Primary},
			{Label: w.text("join.decline"), Action: message.Postback, Data: "m:decline", Say: w.text("join.decline"), Style: message.Quiet},
		}})
	return CardShownTerms, records.People.Put(w.tx, p)
}

// cardByCode finds a card: first the one that the sender has, if any.
func (w *Work) cardByCode(code string, sender council.Member) (council.Card, bool, error) {
	if code == "" {
		return council.Card{}, false, nil
	}
	hash := HashCode(code)
	if sender.Card != "" {
		if c, ok, err := records.Cards.Get(w.tx, sender.Card); err != nil || ok && c.Hash == hash {
			return c, err == nil, err
		}
	}
	for c, err := range records.Cards.Scan(w.tx, storage.Equal(records.ByHash, hash)) {
		return c, err == nil, err
	}
	return council.Card{}, false, nil
}

// acceptWithin is how long shown terms may be accepted.
const acceptWithin = 24 * time.Hour

// Accept binds the card whose terms were shown to this person.
func (w *Work) Accept(user, cardID string) error {
	p, err := w.person(user)
	if err != nil {
		return err
	}
	card, ok, err := records.Cards.Get(w.tx, cardID)
	if err != nil {
		return err
	}
	answer := func(key string) {
		w.ToUser(user, message.About{Kind: AboutTalk}, message.Text{Body: w.text(key, "電話", w.Telephone)})
	}
	if mine, have, err := w.Member(user); err != nil {
		return err
	} else if have {
		if mine.Card == cardID {
			answer("join.already")
		} else {
			answer("join.have_another")
		}
		return nil
	}
	if !ok || p.Accept != cardID || w.now.Sub(p.AcceptAt) > acceptWithin || card.State != council.CardIssued {
		answer("join.again")
		return nil
	}
	m := council.Member{ID: w.NewID(), Card: card.ID, Organisation: card.Organisation, User: user, State: council.MemberActive, Joined: w.now}
	if card.Member != "" { // a new telephone: the member and the cases stay
		old, had, err := records.Members.Get(w.tx, card.Member)
		if err != nil {
			return err
		}
		if had {
			m.ID, m.Joined = old.ID, old.Joined
		}
	}
	card.State, card.Member = council.CardBound, m.ID
	p.Accept, p.Member, p.Misses = "", true, nil
	if err := records.Members.Put(w.tx, m); err != nil {
		return err
	}
	if err := records.Cards.Put(w.tx, card); err != nil {
		return err
	}
	w.ToUser(user, message.About{Kind: AboutTalk}, message.Text{
		Body:  w.text("join.done", "番号", card.ID, "電話", w.Telephone),
		Quick: []message.Button{{Label: w.text("menu.report"), Action: message.Postback, Data: "m:report", Say: w.text("menu.report")}}})
	return records.People.Put(w.tx, p)
}

// AcceptTyped accepts the terms in words, where they were shown and nothing
// else was meant. False when no terms wait.
func (w *Work) AcceptTyped(user string) (bool, error) {
	p, ok, err := records.People.Get(w.tx, user)
	if err != nil || !ok || p.Accept == "" || w.now.Sub(p.AcceptAt) > acceptWithin {
		return false, err
	}
	return true, w.Accept(user, p.Accept)
}

// Decline leaves somebody who does not accept the terms a resident.
func (w *Work) Decline(user string) error {
	p, err := w.person(user)
	if err != nil {
		return err
	}
	p.Accept = ""
	w.ToUser(user, message.About{Kind: AboutTalk}, message.Text{Body: w.text("join.declined", "電話", w.Telephone)})
	return records.People.Put(w.tx, p)
}

// person is what is kept of a LINE user; a new record when there is none.
func (w *Work) person(user string) (council.Person, error) {
	p, ok, err := records.People.Get(w.tx, user)
	if !ok {
		p = council.Person{User: user, Since: w.now, Newest: w.At}
	}
	return p, err
}
