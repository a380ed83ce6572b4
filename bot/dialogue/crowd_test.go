package dialogue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// inside is who really is in the secretariat's group; what happens to it makes
// the event that LINE would send, which a test may lose.
type inside struct {
	*stand
	users []string
}

func newInside(t *testing.T) *inside {
	i := &inside{stand: newStand(t, nil), users: []string{clerk, "U02"}}
	i.people = func() int { return len(i.users) }
	i.secretariat()
	i.member("U10", "shop", "A-1")
	return i
}

func (i *inside) comes(user string) Event {
	i.users = append(i.users, user)
	return i.happens(Event{Kind: Joined, People: []string{user}})
}

func (i *inside) goes(user string) Event {
	i.users = slices.DeleteFunc(i.users, func(u string) bool { return u == user })
	return i.happens(Event{Kind: Left, People: []string{user}})
}

func (i *inside) happens(ev Event) Event {
	i.hands.Advance(time.Second)
	ev.Group, ev.At = group, i.hands.Now()
	return ev
}

// theCase is the one that is asked for.
const theCase = "26-0001"

// reads tells whether the group now reads the case in full: a clerk asks for it.
func (i *inside) reads() bool {
	i.t.Helper()
	before := len(i.group)
	i.turn(i.happens(Event{Kind: Said, User: clerk, Text: "受付" + theCase + " カードを見る"}))
	shown := strings.Join(i.group[before:], "\n")
	if !strings.Contains(shown, theCase) {
		i.t.Fatalf("no card: %s", shown)
	}
	return strings.Contains(shown, "訪問販売")
}

func (i *inside) confirms(user string) {
	i.t.Helper()
	i.turn(i.happens(Event{Kind: Said, User: user, Text: "全員を確認しました"}))
}

func (i *inside) kept() (g council.Group) {
	i.t.Helper()
	i.read(func(tx storage.Tx) (err error) {
		g, _, err = records.Groups.Get(tx, group)
		return err
	})
	return g
}

// Whatever is lost of who comes and goes, a card is in full only while nobody is
// there but clerks and whom a clerk has vouched for.
func TestWhoMayRead(t *testing.T) {
	const stranger, other = "U07", "U08"
	for name, c := range map[string]struct {
		do   func(i *inside)
		want bool
	}{
		"nobody else":                      {func(*inside) {}, true},
		"somebody comes in":                {func(i *inside) { i.turn(i.comes(stranger)) }, false},
		"and goes":                         {func(i *inside) { i.turn(i.comes(stranger)); i.turn(i.goes(stranger)) }, true},
		"somebody comes in unheard":        {func(i *inside) { i.comes(stranger) }, false},
		"and goes, heard":                  {func(i *inside) { i.comes(stranger); i.turn(i.goes(stranger)) }, true},
		"and goes unheard":                 {func(i *inside) { i.comes(stranger); i.reads(); i.goes(stranger) }, true},
		"and another goes who was unheard": {func(i *inside) { i.comes(stranger); i.comes(other); i.turn(i.goes(other)) }, false},
		"and speaks": {func(i *inside) {
			i.comes(stranger)
			i.turn(i.happens(Event{Kind: Said, User: stranger, Text: "hello"}))
		}, false},
		"and speaks without a name":        {func(i *inside) { i.comes(stranger); i.turn(i.happens(Event{Kind: Said, Text: "hello"})) }, false},
		"somebody speaks without a name":   {func(i *inside) { i.turn(i.happens(Event{Kind: Said, Text: "hello"})) }, false},
		"or sends a sticker":               {func(i *inside) { i.turn(i.happens(Event{Kind: SentOther, Media: "sticker"})) }, false},
		"somebody comes in without a name": {func(i *inside) { i.comes(stranger); i.turn(i.happens(Event{Kind: Joined, Nameless: 1})) }, false},
		"without a name, and goes": {func(i *inside) {
			i.comes(stranger)
			i.turn(i.happens(Event{Kind: Joined, Nameless: 1}))
			i.goes(stranger)
			i.turn(i.happens(Event{Kind: Left, Nameless: 1}))
		}, false},
		"a clerk goes":                             {func(i *inside) { i.turn(i.goes("U02")) }, true},
		"a clerk goes unheard":                     {func(i *inside) { i.goes("U02") }, true},
		"and is counted out, and another comes":    {func(i *inside) { i.goes("U02"); i.reads(); i.comes(stranger) }, false},
		"and the leaving is heard after the count": {func(i *inside) { ev := i.goes("U02"); i.reads(); i.turn(ev) }, true},
		"and the clerk is back": {func(i *inside) {
			i.goes("U02")
			i.reads()
			i.turn(i.comes("U02"))
		}, true},
		"a clerk says that all are known": {func(i *inside) { i.comes(stranger); i.confirms(clerk) }, true},
		"after a nameless word":           {func(i *inside) { i.turn(i.happens(Event{Kind: Said, Text: "hello"})); i.confirms(clerk) }, true},
		"and the nameless speaks again": {func(i *inside) {
			i.confirms(clerk)
			i.turn(i.happens(Event{Kind: Said, Text: "hello"}))
		}, true},
		"and then somebody has come and gone": {func(i *inside) {
			i.confirms(clerk)
			i.turn(i.comes(stranger))
			i.turn(i.goes(stranger))
			i.turn(i.happens(Event{Kind: Said, Text: "hello"}))
		}, false},
		"and one more comes unheard":   {func(i *inside) { i.comes(stranger); i.confirms(clerk); i.comes(other) }, false},
		"and who was vouched for goes": {func(i *inside) { i.comes(stranger); i.confirms(clerk); i.turn(i.goes(stranger)) }, true},
		"and another takes that place": {func(i *inside) { i.comes(stranger); i.confirms(clerk); i.turn(i.goes(stranger)); i.comes(other) }, false},
		"and is there again, after a count, when a clerk goes": {func(i *inside) {
			i.comes(stranger)
			i.confirms(clerk)
			i.turn(i.goes(stranger))
			i.reads()
			i.comes(stranger)
			i.reads()
			i.turn(i.goes("U02"))
		}, false},
		"the count is sooner than the leaving": {func(i *inside) {
			i.comes(stranger)
			i.confirms(clerk)
			ev := i.goes(stranger)
			i.reads()
			i.turn(ev)
			i.comes(other)
		}, false},
		"and who was vouched for speaks": {func(i *inside) {
			i.comes(stranger)
			i.confirms(clerk)
			i.turn(i.happens(Event{Kind: Said, User: stranger, Text: "hello"}))
		}, false},
		"a stranger says that all are known":  {func(i *inside) { i.comes(stranger); i.confirms(stranger) }, false},
		"nobody known says it":                {func(i *inside) { i.comes(stranger); i.confirms("") }, false},
		"with somebody there who waits":       {func(i *inside) { i.turn(i.comes(stranger)); i.confirms(clerk) }, false},
		"who waits has gone unheard":          {func(i *inside) { i.turn(i.comes(stranger)); i.goes(stranger); i.confirms(clerk) }, true},
		"LINE does not count":                 {func(i *inside) { i.people = func() int { return -1 } }, false},
		"LINE does not count when it is said": {func(i *inside) { i.comes(stranger); i.silence(func() { i.confirms(clerk) }) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			i := newInside(t)
			i.report("U10", "急ぎではない")
			if !i.reads() {
				t.Fatal("two clerks do not read their own card")
			}
			c.do(i)
			if got := i.reads(); got != c.want {
				t.Errorf("in full: %v; %+v", got, i.kept())
			}
		})
	}
}

// silence: LINE counts nobody meanwhile.
func (i *inside) silence(do func()) {
	count := i.people
	i.people = func() int { return -1 }
	do()
	i.people = count
}

// Who has said that all are known, and when, is kept; what was hidden is shown.
func TestConfirm(t *testing.T) {
	i := newInside(t)
	i.comes("U07")
	i.report("U10", "急ぎではない")
	i.turn(Event{Kind: Said, User: "U10", Text: "白い車でした"})
	i.tap("U10", "前の受付に追加する")
	before := len(i.group)
	i.confirms("U02")
	i.due()
	g := i.kept()
	if !g.Confirmed.Equal(i.hands.Now()) || g.ConfirmedBy != "U02" || g.Vouched != 1 || g.Unseen != 0 {
		t.Errorf("%+v", g)
	}
	shown := strings.Join(i.group[before:], "\n")
	for _, want := range []string{"3人）を確認しました", "訪問販売", "白い車でした"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the group does not read %q: %s", want, shown)
		}
	}
}

// What LINE did not count in time is shown again soon, and not for ever more
// often than somebody can bear.
func TestBareIsShownAgain(t *testing.T) {
	i := newInside(t)
	count := i.people
	i.people = func() int { return -1 }
	i.report("U10", "業者がその場にいる")
	i.turn(Event{Kind: Said, User: "U10", Text: "白い車でした"})
	i.tap("U10", "前の受付に追加する")
	bare := func() (n int) {
		for _, text := range i.group {
			if strings.Contains(text, "訪問販売") || strings.Contains(text, "白い車") {
				t.Fatalf("shown: %s", text)
			}
			n += strings.Count(text, "確認できていない")
		}
		return n
	}
	first := bare()
	if first != 2 {
		t.Fatalf("%d bare messages at first", first)
	}
	for range 24 * 60 {
		i.hands.Advance(time.Minute)
		i.due()
	}
	if n := bare(); n <= first || n > 2*16 {
		t.Errorf("%d bare messages in a day", n)
	}
	i.people = count
	before := len(i.group)
	i.hands.Advance(5 * time.Hour)
	i.due()
	shown := strings.Join(i.group[before:], "\n")
	if !strings.Contains(shown, "訪問販売") || !strings.Contains(shown, "白い車でした") {
		t.Errorf("not shown when LINE counts again: %s", shown)
	}
}

// The button and the words that people type for it are understood.
func TestConfirmIsRead(t *testing.T) {
	words, r := reader(t)
	for _, text := range []string{words.Text("crowd.confirm"), "全員を確認しました", "全員確認しました"} {
		if !r.knowsAll(hear(text).text) {
			t.Errorf("%q is not understood", text)
		}
	}
	for _, text := range []string{"", "全員", fmt.Sprint(words.Text("crowd.confirm"), "か")} {
		if r.knowsAll(hear(text).text) {
			t.Errorf("%q is taken for it", text)
		}
	}
}
