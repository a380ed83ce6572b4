package dialogue

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/recogniser"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/flows/catalog"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
)

const (
	town  = "mihon"
	group = "C01" // the secretariat's
	clerk = "U01" // the first
)

// stand is dialogue and casework on a store, without doors: events go in,
// what is said is kept, and LINE is a list of what it would have accepted.
type stand struct {
	t     testing.TB
	store storage.Store
	talks *Talks
	desk  *casework.Desk
	hands *clock.Manual
	post  *outbox.Post
	n     int

	said   []message.Outgoing // everything, in order
	sent   []sentMessage      // with the ids that LINE gave
	refuse bool               // LINE refuses whatever is sent
	people func() int         // how many LINE counts in the group; nil: two
	group  []string           // what the group has been shown, in the form that was chosen

	name func(user string) string // what LINE says that a person is called
}

type sentMessage struct{ id, chat string }

// office is open from 8:30 to 17:15 on every day.
type office struct{}

func (office) at(t time.Time, h, m int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), h, m, 0, 0, t.Location())
}
func (o office) Open(t time.Time) bool {
	return !t.Before(o.at(t, 8, 30)) && t.Before(o.at(t, 17, 15))
}
func (o office) NextOpening(t time.Time) time.Time {
	if at := o.at(t, 8, 30); at.After(t) {
		return at
	}
	return o.at(t.AddDate(0, 0, 1), 8, 30)
}
func (o office) AfterWorkingDays(t time.Time, n int) time.Time {
	return o.at(t.AddDate(0, 0, n), 8, 30)
}
func (office) Text() string { return "毎日8:30〜17:15" }

// crowd answers for LINE who is in a group.
type crowd struct{ s *stand }

func (c crowd) Name(_ context.Context, _, _, user string) string { return c.s.name(user) }
func (c crowd) Count(_ context.Context, _, _ string) int {
	if c.s.people == nil {
		return 2
	}
	return c.s.people()
}
func (s *stand) Put(tx storage.Tx, now time.Time, out ...message.Outgoing) error {
	s.said = append(s.said, out...)
	return s.post.Put(tx, now, out...)
}

// theCatalog is read once: it is never changed.
var theCatalog = sync.OnceValues(func() (*catalog.Catalog, error) {
	words, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	return words.WithDistricts([]catalog.District{{ID: "east", Label: "東地区"}})
})

func newStand(t testing.TB, change func(*casework.Settings)) *stand {
	t.Helper()
	zone := time.FixedZone("Asia/Tokyo", 9*60*60)
	words, err := theCatalog()
	if err != nil {
		t.Fatal(err)
	}
	store, err := bolt.Open(filepath.Join(t.TempDir(), "db"), append(records.Definitions(), outbox.Definitions()...), bolt.Options{Create: true, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &stand{t: t, store: store, hands: clock.NewManual(time.Date(2026, 12, 1, 10, 0, 0, 0, zone)),
		post: outbox.NewPost(line.Renderer{}, outbox.Random{}),
		name: func(user string) string { return "名" + user[len(user)-2:] }}
	set := casework.Settings{
		Council: town, Name: "見本市協議会", Network: "見本市ネットワーク", Telephone: "0000-00-0001",
		Centre: casework.Place{Name: "センター", Telephone: "0000-00-0002"},
		Police: []casework.Place{{Name: "東警察署", Telephone: "0000-00-0110"}, {Name: "西警察署", Telephone: "0000-00-0220"}},
		Hours:  office{}, Zone: zone, GroupCard: casework.CardBasic, MailTo: []string{"a@example.jp"},
		Rules: council.Rules{Levels: map[council.Level]council.Waits{
			council.Danger: {Untaken: 5 * time.Minute, Unanswered: 30 * time.Minute, Idle: 2 * time.Hour, Repeat: 10 * time.Minute, Times: 6},
			council.Soon:   {Untaken: 45 * time.Minute, Unanswered: 2 * time.Hour, Repeat: 75 * time.Minute, Times: 2},
			council.Unsure: {Untaken: time.Hour, Times: 1}}, Connect: 3, MostDays: 8, From: 7 * time.Hour, Until: 21 * time.Hour, Zone: zone},
		Nudge: 15 * time.Minute, LateCall: 10 * time.Minute, Unfinished: 24 * time.Hour, FollowUpAt: 10 * time.Hour,
	}
	if change != nil {
		change(&set)
	}
	s.desk = &casework.Desk{Settings: set, Catalog: words, Personal: recogniser.New("0000-00-0001").Personal, NewID: s.id}
	flow := words.Flow("report")
	s.talks = New(store, s, crowd{s}, s.hands, map[string]Council{town: {Desk: s.desk, Report: func(string) *flows.Flow { return flow }}})
	s.work(func(w *casework.Work) error {
		for _, o := range []council.Organisation{{ID: "shop", Name: "見本移動スーパー", Trade: "移動販売", Status: council.Statutory},
			{ID: "milk", Name: "見本牛乳店", Trade: "宅配", Status: council.Agreement}} {
			if err := w.PutOrganisation(o); err != nil {
				return err
			}
		}
		return nil
	})
	return s
}

// id counts in 26 characters of A–Z and 2–7, the quickest at the front.
func (s *stand) id() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	s.n++
	b := []byte(strings.Repeat("A", 26))
	for i, n := 0, s.n; n > 0; i, n = i+1, n/32 {
		b[i] = letters[n%32]
	}
	return string(b)
}

// work does something as a command or the calendar would.
func (s *stand) work(do func(*casework.Work) error) {
	s.t.Helper()
	err := s.store.Update(s.t.Context(), town, func(tx storage.Tx) error {
		w := s.desk.Work(tx, s.hands.Now())
		if err := do(w); err != nil {
			return err
		}
		out, err := w.Out()
		if err != nil {
			return err
		}
		return s.Put(tx, s.hands.Now(), out...)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.deliver()
}

// turn lets an event happen, and everything reach LINE.
func (s *stand) turn(ev Event) {
	s.t.Helper()
	s.n++
	ev.ID, ev.Received = fmt.Sprint("E", s.n), s.hands.Now()
	if ev.At.IsZero() {
		ev.At = s.hands.Now()
	}
	if ev.MessageID == "" {
		ev.MessageID = fmt.Sprint("P", s.n)
	}
	if err := s.talks.Turn(s.t.Context(), town, ev); err != nil {
		s.t.Fatalf("%+v: %v", ev, err)
	}
	s.deliver()
}

// deliver plays LINE and the outbox until nothing waits.
func (s *stand) deliver() {
	s.t.Helper()
	for {
		claims, err := s.store.Claim(s.t.Context(), storage.ClaimRequest{Now: s.hands.Now(), Lease: time.Minute, Max: 50})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(claims) == 0 {
			return
		}
		for _, c := range claims {
			s.accept(c)
		}
	}
}

func (s *stand) accept(c storage.Claim) {
	s.t.Helper()
	d, err := outbox.ReadItem(c.Item)
	if err != nil {
		s.t.Fatal(err)
	}
	if d.Bare != nil {
		s.choose(&d)
	}
	if d.State.Form == message.FormBare {
		d.Messages = d.Bare
	}
	if d.To.Kind == message.ToGroup && !s.refuse {
		s.group = append(s.group, string(d.Messages))
	}
	var ms []json.RawMessage
	if d.To.Kind == message.ToUser || d.To.Kind == message.ToGroup {
		if err := json.Unmarshal(d.Messages, &ms); err != nil {
			s.t.Fatal(err)
		}
	}
	var sent []message.Sent
	for range ms {
		s.n++
		sent = append(sent, message.Sent{ID: fmt.Sprint("M", s.n), QuoteToken: fmt.Sprint("q", s.n)})
		s.sent = append(s.sent, sentMessage{sent[len(sent)-1].ID, d.To.ID})
	}
	err = s.store.Update(s.t.Context(), town, func(tx storage.Tx) error {
		if err := tx.Settle(c); err != nil {
			return err
		}
		w := s.desk.Work(tx, s.hands.Now())
		if s.refuse && d.To.Kind != message.ToMail {
			if err := w.Undelivered(d, message.Expired); err != nil {
				return err
			}
		} else if err := w.Delivered(d, sent); err != nil {
			return err
		}
		out, err := w.Out()
		if err != nil {
			return err
		}
		return s.Put(tx, s.hands.Now(), out...)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// choose is the outbox's choice of form.
func (s *stand) choose(d *outbox.Delivery) {
	s.t.Helper()
	people := crowd{s}.Count(s.t.Context(), town, d.To.ID)
	err := s.store.Update(s.t.Context(), town, func(tx storage.Tx) error {
		w := s.desk.Work(tx, s.hands.Now())
		may, err := w.MayRead(d.To.ID, people)
		if err != nil {
			return err
		}
		d.State.Form = message.FormBare
		if may {
			d.State.Form = message.FormFull
		}
		out, err := w.Out()
		if err != nil {
			return err
		}
		return s.Put(tx, s.hands.Now(), out...)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// due does what the calendar's loop does, at most some steps of it.
func (s *stand) due() {
	s.t.Helper()
	for range 20 {
		var next time.Time
		s.work(func(w *casework.Work) (err error) {
			next, err = w.Due()
			return err
		})
		if next.IsZero() || next.After(s.hands.Now()) {
			return
		}
	}
	if !s.refuse {
		s.t.Fatal("something stays due for ever")
	}
}

// secretariat binds a group with one clerk.
func (s *stand) secretariat() {
	s.t.Helper()
	var code string
	s.work(func(w *casework.Work) (err error) {
		code, _, err = w.NewSetupCode()
		return err
	})
	s.turn(Event{Kind: BotJoined, Group: group})
	s.turn(Event{Kind: Said, Group: group, User: clerk, Text: code})
	s.turn(Event{Kind: Said, Group: group, User: "U02", Text: "こんにちは"})
	s.turn(Event{Kind: Said, Group: group, User: clerk, Text: s.lastSay(s.desk.Catalog.Text("clerk.approve"))})
}

// member issues a card and binds it.
func (s *stand) member(user, organisation, number string) {
	s.t.Helper()
	var code string
	s.work(func(w *casework.Work) (err error) {
		code, err = w.Issue(organisation, number)
		return err
	})
	s.turn(Event{Kind: Said, User: user, Text: s.desk.Catalog.Text("word.card") + " " + code})
	s.turn(Event{Kind: Tapped, User: user, Data: "m:accept:" + number})
}

// buttons are those of everything said so far.
func (s *stand) buttons() []message.Button {
	var all []message.Button
	for _, o := range s.said {
		for _, m := range o.Messages {
			all = append(all, buttonsOf(m)...)
		}
	}
	return all
}

func buttonsOf(m message.Message) []message.Button {
	switch m := m.(type) {
	case message.Text:
		return m.Quick
	case message.Ask:
		all := append(append([]message.Button(nil), m.Keep...), m.Nav...)
		for _, c := range m.Choices {
			all = append(all, c.Button)
		}
		return all
	case message.Panel:
		return m.Buttons
	case message.CaseCard:
		return m.Buttons
	case message.Preview:
		return m.Buttons
	case message.Notice:
		return m.Buttons
	}
	return nil
}

// lastSay is what the newest button says whose words begin so.
func (s *stand) lastSay(begins string) string {
	say := ""
	for _, b := range s.buttons() {
		if strings.HasPrefix(b.Say, begins) {
			say = b.Say
		}
	}
	return say
}

// tap taps the newest button with this label in a user's talk.
func (s *stand) tap(user, label string) {
	s.t.Helper()
	data := ""
	for _, o := range s.said {
		if o.To.ID != user {
			continue
		}
		for _, m := range o.Messages {
			for _, b := range buttonsOf(m) {
				if b.Label == label {
					data = b.Data
				}
			}
		}
	}
	if data == "" {
		s.t.Fatalf("%s sees no button %q", user, label)
	}
	s.turn(Event{Kind: Tapped, User: user, Data: data})
}

// press says what the newest button of the group with this label says.
func (s *stand) press(label string) {
	s.t.Helper()
	say := ""
	for _, b := range s.buttons() {
		if b.Label == label {
			say = b.Say
		}
	}
	if say == "" {
		s.t.Fatalf("the group sees no button %q", label)
	}
	s.turn(Event{Kind: Said, User: clerk, Group: group, Text: say})
}

// report sends the shortest report.
func (s *stand) report(user, urgency string) {
	s.t.Helper()
	s.turn(Event{Kind: Said, User: user, Text: "報告"})
	for _, label := range []string{urgency, "訪問販売・しつこい勧誘", "送信する"} {
		s.tap(user, label)
	}
}

// dump is everything that is stored, documents and queue.
func (s *stand) dump() string {
	s.t.Helper()
	var b strings.Builder
	err := s.store.View(s.t.Context(), town, func(tx storage.Tx) error {
		for _, d := range append(records.Definitions(), outbox.Definitions()...) {
			err := tx.ScanDocs(d.Name, storage.Query{}, func(id string, doc []byte) (bool, error) {
				fmt.Fprintf(&b, "%s %s %s\n", d.Name, id, doc)
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		items, err := tx.Queued("", 1000)
		for _, i := range items {
			fmt.Fprintf(&b, "queue %s\n", i.Body)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}
