package casework

import (
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Followed: somebody has added the account, or unblocked it.
func (w *Work) Followed(user string) error {
	p, err := w.person(user)
	if err != nil || w.older(p.Newest) {
		return err
	}
	is, err := w.reachable(p)
	if err != nil {
		return err
	}
	key := "resident.welcome"
	if is {
		key = "member.welcome_back"
	}
	w.ToUser(user, message.About{Kind: AboutTalk}, w.numbers(key))
	return nil
}

// Reached: somebody has written or tapped in their own talk, and so can be
// reached, whatever was known before. A stranger's record is not made for it.
func (w *Work) Reached(user string) error {
	p, ok, err := records.People.Get(w.tx, user)
	if err != nil || !ok || w.older(p.Newest) || !p.Blocked && w.At.Equal(p.Newest) {
		return err
	}
	_, err = w.reachable(p)
	return err
}

// reachable notes that somebody can be reached, and tells whether that is a
// member.
func (w *Work) reachable(p council.Person) (bool, error) {
	m, is, err := w.Member(p.User)
	if err != nil {
		return is, err
	}
	if is && m.State == council.MemberBlocked {
		m.State = council.MemberActive
		if err := records.Members.Put(w.tx, m); err != nil {
			return is, err
		}
	}
	p.Blocked, p.Newest = false, w.At
	return is, records.People.Put(w.tx, p)
}

// older tells whether the event that is dealt with happened before what is
// known: LINE promises no order, and such an event changes nothing. Of two with
// the same time the one that comes later is obeyed: nobody blocks and unblocks
// within a millisecond, and where LINE delivers in order that is the later one.
func (w *Work) older(newest time.Time) bool { return w.At.Before(newest) }

// Unfollowed: somebody has blocked the account. Of a member the group hears
// when there are open cases.
func (w *Work) Unfollowed(user string) error {
	p, err := w.person(user)
	if err != nil || w.older(p.Newest) {
		return err
	}
	p.Blocked, p.Newest = true, w.At
	if err := records.People.Put(w.tx, p); err != nil {
		return err
	}
	m, is, err := w.Member(user)
	if err != nil || !is {
		return err
	}
	m.State = council.MemberBlocked
	if err := records.Members.Put(w.tx, m); err != nil {
		return err
	}
	if err := records.Talks.Delete(w.tx, user); err != nil {
		return err
	}
	return w.unreachable(m, "group.member_blocked")
}

// openCasesLooked is how many of a member's latest cases are looked at when
// the member can no longer be reached.
const openCasesLooked = 20

// unreachable tells the group which open cases have lost their reporter, and
// stops what would be asked of that person.
func (w *Work) unreachable(m council.Member, key string) error {
	cases, err := w.CasesOf(m.ID, openCasesLooked)
	if err != nil {
		return err
	}
	list := ""
	var latest council.Case
	for _, c := range cases {
		if !c.Open() {
			continue
		}
		_, ahead := c.Timer(council.FollowUp)
		i := c.Asked()
		if i != nil {
			i.Wants = council.WantsNothing
		}
		if i != nil || ahead {
			w.owe(&c, council.NotSent, "")
		}
		c.Unset(council.FollowUp)
		c.Version++ // a draft that is open now can no longer reach anybody
		if err := w.save(c); err != nil {
			return err
		}
		if list != "" {
			list += w.text("list.separator")
		} else {
			latest = c
		}
		list += c.No
	}
	if list == "" {
		return nil
	}
	group, ok, err := w.Secretariat()
	if err != nil || !ok {
		return err
	}
	org, _, err := records.Organisations.Get(w.tx, m.Organisation)
	if err != nil {
		return err
	}
	who := council.Case{OrganisationName: org.Name, ReporterCard: m.Card}
	text := func(whom string) message.Text {
		return message.Text{Body: w.text(key, "番号一覧", list, "だれ", whom)}
	}
	if may, err := w.mayTell(m.ID); err != nil {
		return err
	} else if !may {
		latest.Untold = waitBehind(latest.Untold, council.Untold{Body: text(w.whom(who)).Body})
		if err := w.save(latest); err != nil {
			return err
		}
		return w.wait(latest)
	}
	w.naming(group, message.About{Kind: AboutAlarm}, RefNothing, who, text)
	return nil
}

// Stop and Resume turn the notices off and on: anybody may, at any time.
func (w *Work) Stop(user string) error { return w.stop(user, true, "resident.stopped") }

// Resume turns the notices on again.
func (w *Work) Resume(user string) error { return w.stop(user, false, "resident.resumed") }

func (w *Work) stop(user string, stopped bool, key string) error {
	p, err := w.person(user)
	if err != nil {
		return err
	}
	p.Stopped = stopped
	if _, is, err := w.Member(user); err != nil {
		return err
	} else if is && stopped {
		key = "member.stopped"
	}
	w.ToUser(user, message.About{Kind: AboutTalk}, message.Text{Body: w.text(key)})
	return records.People.Put(w.tx, p)
}

// Numbers answers whoever is not a member and has written: nothing of the
// text is kept. Somebody who writes without a friend-add event having come in
// is remembered as a resident, without a word of what was said.
func (w *Work) Numbers(user string) error {
	w.ToUser(user, message.About{Kind: AboutTalk}, w.numbers("replies.resident_text"))
	_, ok, err := records.People.Get(w.tx, user)
	if err != nil || ok {
		return err
	}
	return records.People.Put(w.tx, council.Person{User: user, Since: w.now, Newest: w.At})
}

// numbers is a text with buttons that call.
func (w *Work) numbers(key string) message.Notice {
	call := func(label, number string) message.Button {
		return message.Button{Label: label, Action: message.Link, URI: "tel:" + number, Style: message.Primary}
	}
	return message.Notice{Alt: w.text("resident.alt"), Heading: w.text("resident.heading", "ネットワーク", w.Network),
		Body: w.text(key, "電話", w.Telephone),
		Buttons: []message.Button{call(w.text("resident.call_110"), "110"), call(w.text("resident.call_119"), "119"),
			call(w.text("resident.call_188"), "188")}}
}

// Residents pages through the people who receive residents' notices: limit of
// them behind after, and whether there are no more.
func Residents(tx storage.Tx, after string, limit int) (users []string, next string, done bool, err error) {
	q := storage.Query{Index: records.ByResident, Limit: limit}
	if after != "" {
		q.After = storage.Position{Value: after, ID: after}
	}
	for p, err := range records.People.Scan(tx, q) {
		if err != nil {
			return nil, "", false, err
		}
		users = append(users, p.User)
		next = p.User
	}
	return users, next, len(users) < limit, nil
}
