package play

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/line/emulator/page"
)

// mostCards is for how many organisations a card is printed.
const mostCards = 6

// cast is who is on the stage.
type cast struct {
	cards                  []page.Card
	group                  string // ids from here on
	yamada, tanaka, suzuki string // two clerks, and a stranger to the group
	sato, takahashi        string // who works outside, and a resident
}

// takePlaces prints the cards and brings everybody to where the play begins:
// the secretariat's group is set up with two clerks, the others are friends of
// the account. All of it happens as it would in life.
func (r *Rehearsal) takePlaces(ctx context.Context) error {
	c := &r.cast
	orgs := r.council.Organisations
	for i := range max(min(len(orgs), mostCards), 2) { // for who is added later, too
		o := orgs[i%len(orgs)]
		card, err := r.print(ctx, o.ID, o.Name, fmt.Sprintf("A-%d", 101+i))
		if err != nil {
			return err
		}
		c.cards = append(c.cards, card)
	}
	for _, p := range []struct {
		id   *string
		name string
	}{{&c.sato, "佐藤"}, {&c.takahashi, "高橋"}, {&c.yamada, "山田"}, {&c.tanaka, "田中"}, {&c.suzuki, "鈴木"}} {
		*p.id = r.Line.AddUser(p.name)
	}
	var err error
	if c.group, err = r.Line.AddGroup(groupName, c.yamada); err != nil {
		return err
	}
	code, err := r.SetupCode(ctx)
	if err != nil {
		return err
	}
	for _, do := range []func() (*emulator.Handle, error){
		func() (*emulator.Handle, error) { return r.Line.InviteBot(c.group, r.Bot.UserID()) },
		func() (*emulator.Handle, error) { return r.Line.Say(c.yamada, c.group, code) },
		func() (*emulator.Handle, error) { return r.Line.JoinGroup(c.group, c.tanaka) },
		func() (*emulator.Handle, error) {
			return r.Line.Tap(c.yamada, c.group, "", r.words.Text("clerk.approve"))
		},
		func() (*emulator.Handle, error) { return r.Line.Friend(c.sato, r.Bot.UserID()) },
		func() (*emulator.Handle, error) { return r.Line.Friend(c.takahashi, r.Bot.UserID()) },
	} {
		h, err := do()
		if err != nil {
			return err
		}
		if status, err := h.Status(ctx); err != nil {
			return err
		} else if status != http.StatusOK {
			return fmt.Errorf("the program answers %d", status)
		}
		settling, cancel := context.WithTimeout(ctx, 5*time.Second)
		err = r.settle(settling)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

const groupName = "見守り事務局"

var linkLine = regexp.MustCompile(`(?m)^link:\s+(\S+)$`)

func (r *Rehearsal) print(ctx context.Context, organisation, name, number string) (page.Card, error) {
	out, err := r.command(ctx, "card issue", organisation, number)
	if err != nil {
		return page.Card{}, err
	}
	link := linkLine.FindStringSubmatch(out)
	if link == nil {
		return page.Card{}, fmt.Errorf("card %s has no link", number)
	}
	return page.Card{Number: number, Holder: name + " " + number, Link: link[1]}, nil
}

// Cards implements page.Backstage.
func (r *Rehearsal) Cards() []page.Card { return slices.Clone(r.cast.cards) }

// Phones implements page.Backstage.
func (r *Rehearsal) Phones() []page.Phone {
	c := r.cast
	const clerk = "職員"
	return []page.Phone{
		{ID: c.sato, Name: "佐藤", Role: "構成員（" + r.council.Organisations[0].Name + "）", English: "field worker"},
		{ID: c.group, Name: groupName, Role: "事務局のグループ", English: "the secretariat's group", Group: true, Speakers: []page.Speaker{
			{ID: c.yamada, Name: "山田", Role: clerk}, {ID: c.tanaka, Name: "田中", Role: clerk}, {ID: c.suzuki, Name: "鈴木", Role: "グループの外の人"},
		}},
		{ID: c.takahashi, Name: "高橋", Role: "住民", English: "resident"},
	}
}

// Subject implements page.Backstage: 26-0001 for a text that names 受付26-0001,
// or that number in other words.
func (r *Rehearsal) Subject(message string) string {
	for _, form := range r.subjects {
		if found := form.FindStringSubmatch(message); found != nil {
			return found[1]
		}
	}
	return ""
}

// caseNumber is the number of a case, or of an exercise's.
const caseNumber = `(D?[0-9]{2}-(?:[A-Z]{4}-)?[0-9]{4,6})`

// subjectForms find a case's number in what is said: as the catalog names a
// case, and standing alone. A number with an area code of two digits has eight
// more.
func subjectForms(named string) []*regexp.Regexp {
	named = regexp.QuoteMeta(named)
	if !strings.Contains(named, `\{no\}`) {
		named = `受付\{no\}`
	}
	return []*regexp.Regexp{
		regexp.MustCompile(strings.Replace(named, `\{no\}`, caseNumber, 1)),
		regexp.MustCompile(`(?:^|[^0-9A-Za-z-])` + caseNumber + `(?:$|[^0-9-])`),
	}
}
