package dialogue

import (
	"strings"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
)

// alone deals with what somebody does in their own talk with the bot.
func (t *turn) alone() error {
	user := t.ev.User
	switch t.ev.Kind {
	case Said, Tapped, SentOther:
		if err := t.Reached(user); err != nil {
			return err
		}
	}
	switch t.ev.Kind {
	case Followed:
		return t.Followed(user)
	case Unfollowed:
		return t.Unfollowed(user)
	case Said:
		switch text := t.heard.text; {
		case t.words.is(text, "word.stop"):
			return t.Stop(user)
		case t.words.is(text, "word.resume"):
			return t.Resume(user)
		case t.words.looksLikeCard(t.heard):
			return t.card()
		case t.words.is(text, "word.accept"):
			if done, err := t.AcceptTyped(user); err != nil || done {
				return err
			}
		}
	case Tapped:
		if card, ok := strings.CutPrefix(t.ev.Data, "m:accept:"); ok {
			return t.Accept(user, card)
		}
	}
	m, is, err := t.Member(user)
	if err != nil {
		return err
	}
	if is {
		return t.member(m)
	}
	switch t.ev.Kind {
	case Tapped:
		if t.ev.Data == "m:decline" {
			return t.Decline(user)
		}
		if _, restored, err := t.Restored(); err != nil || restored { // perhaps a member of after the backup
			t.ToUser(user, message.About{Kind: casework.AboutTalk}, message.Text{Body: t.Missing("member.unknown_member")})
			return err
		}
		return t.Numbers(user)
	case Said, SentOther:
		if core(t.ev.Text) == core(t.Catalog.Text("join.decline")) {
			return t.Decline(user)
		}
		return t.Numbers(user)
	}
	return nil
}

func (t *turn) card() error {
	led, m, err := t.ShowCard(t.ev.User, t.heard.code)
	if err != nil || led != casework.CardOwn {
		return err
	}
	talk, err := t.talk()
	if err != nil {
		return err
	}
	return t.begin(m, &talk, "")
}

func (t *turn) talk() (records.Talk, error) {
	talk, ok, err := records.Talks.Get(t.Tx(), t.ev.User)
	if !ok {
		talk = records.Talk{User: t.ev.User}
	}
	talk.Tidy(t.Now(), t.Unfinished)
	return talk, err
}

// keep stores where the talk stands, or forgets it when there is nothing.
func (t *turn) keep(talk *records.Talk) error {
	talk.Tidy(t.Now(), t.Unfinished)
	if talk.Empty() {
		return records.Talks.Delete(t.Tx(), talk.User)
	}
	return records.Talks.Put(t.Tx(), *talk)
}

// member deals with what a member does.
func (t *turn) member(m council.Member) error {
	talk, err := t.talk()
	if err != nil {
		return err
	}
	switch t.ev.Kind {
	case Said:
		return t.memberSaid(m, &talk)
	case Tapped:
		return t.memberTapped(m, &talk)
	case SentOther:
		return t.memberSent(m, &talk)
	case Unsent:
		if talk.Unsay(t.ev.MessageID) {
			if err := t.keep(&talk); err != nil {
				return err
			}
		}
		if err := t.MarkUnsent(t.ev.User, t.ev.MessageID); err != nil {
			return err
		}
		return t.TakenBackByMember(m, t.ev.MessageID)
	}
	return nil
}

// memberSaid takes typed words. The recogniser stands before all of it.
func (t *turn) memberSaid(m council.Member, talk *records.Talk) error {
	text := strings.TrimSpace(t.ev.Text)
	word := t.heard.text
	t.asked = *talk
	if talk.Wait == records.WaitWhich || talk.Wait == records.WaitSure { // the next words answer it, or never will
		talk.Stop()
	}
	if done, err := t.sure(m, talk); done || err != nil {
		return err
	}
	switch {
	case flows.Blank(text):
		return t.blank(m, talk)
	case talk.Session != nil && flows.NamesKept(t.council.Report(m.Organisation), *talk.Session, text):
		talk.Stop() // it may be urgent
		return t.typed(m, talk, text)
	case t.words.presses[core(text)] == "m:report": // the button takes words that wait along
		return t.press(m, talk, "m:report")
	case t.words.is(word, "word.report"): // also while words were awaited: it may be urgent
		return t.begin(m, talk, "")
	case t.words.is(word, "word.cancel") && (talk.Awaits() || talk.Session == nil):
		return t.cancel(m, talk)
	case talk.Session != nil && !talk.Awaits():
		return t.typed(m, talk, text)
	}
	if t.Personal(text) {
		t.answer("replies.personal_details")
		return nil
	}
	if done, err := t.pressed(m, talk, text); done || err != nil {
		return err
	}
	if talk.Awaits() {
		return t.wrote(m, talk, text)
	}
	switch {
	case t.words.is(word, "word.menu"):
		return t.menu(m, talk)
	case flows.Units(text) > keptLimit:
		t.answer("talk.too_long")
		return nil
	}
	if taken, err := t.answered(m, talk, text); err != nil || taken {
		return err
	}
	switch {
	case t.words.is(word, "word.polite"):
		t.answer("talk.polite")
		return nil
	case talk.Wait == records.WaitMore:
		return t.more(m, talk, text)
	}
	return t.keepWords(m, talk, text)
}

// wrote takes the words that the talk has been waiting for.
func (t *turn) wrote(m council.Member, talk *records.Talk, text string) error {
	if flows.Units(text) > keptLimit {
		t.answer("talk.too_long")
		return nil
	}
	no, instruction, question := talk.Case, talk.Instruction, talk.Wait == records.WaitQuestion
	saved := *talk
	wait := talk.Wait
	talk.Stop()
	if err := t.keep(talk); err != nil {
		return err
	}
	var at string
	var done bool
	var err error
	if wait == records.WaitAddition {
		at, done, err = t.Add(m, no, nil, t.bubble(text))
	} else {
		at, done, err = t.Wrote(m, no, instruction, question, t.bubble(text))
	}
	if err != nil {
		return err
	}
	if !done {
		return t.keep(&saved)
	}
	return t.took(m, talk, no, at)
}

// memberSent: a sticker, a picture, a voice message. Nothing of it is fetched.
func (t *turn) memberSent(m council.Member, talk *records.Talk) error {
	shows := t.ev.Media == "image" || t.ev.Media == "video" || t.ev.Media == "file" || t.ev.Media == "location"
	switch {
	case talk.Session != nil && !talk.Awaits() && shows:
		t.Plain(t.ev.User, message.Text{Body: t.Catalog.Text("talk.no_pictures")})
		return t.advance(m, talk, flows.Input{Kind: flows.Resume})
	case talk.Session != nil && !talk.Awaits():
		return t.other(m, talk)
	case shows:
		t.answer("talk.no_pictures")
		return nil
	case talk.Awaits():
		t.answer("talk.words_please")
		return nil
	}
	return t.menu(m, talk)
}

// answer says a sentence to whoever the event came from.
func (t *turn) answer(key string, vars ...string) {
	t.ToUser(t.ev.User, message.About{Kind: casework.AboutTalk},
		message.Text{Body: t.Catalog.Text(key, append(vars, "電話", t.Telephone)...)})
}
