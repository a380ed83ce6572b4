package dialogue

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// longest is how long a case may go unmentioned in the town of the tests, whose
// office opens every day: eight working days.
const longest = 8 * 24 * time.Hour

// open lists the open cases.
func (s *stand) open() []council.Case {
	s.t.Helper()
	var all []council.Case
	err := s.store.View(s.t.Context(), town, func(tx storage.Tx) error {
		all = nil
		for c, err := range records.Cases.Scan(tx, storage.Query{Index: records.ByOpen}) {
			if err != nil {
				return err
			}
			all = append(all, c)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// silence lets days go by in which nobody does anything, and returns how long
// each open case went without being mentioned to the secretariat, in its group
// or on the second channel. The days before a date that a clerk has set do not
// count.
func (s *stand) silence(days int) map[string]time.Duration {
	s.t.Helper()
	end := s.hands.Now().AddDate(0, 0, days)
	last, gaps := map[string]time.Time{}, map[string]time.Duration{}
	for _, c := range s.open() {
		last[c.No] = s.hands.Now()
	}
	for {
		before := len(s.said)
		s.due()
		now := s.hands.Now()
		text := ""
		for _, o := range s.said[before:] {
			if o.To.Kind == message.ToGroup || o.To.Kind == message.ToMail {
				text += fmt.Sprintf("%+v\n", o.Messages)
			}
		}
		for _, c := range s.open() {
			day, waits := c.Timer(council.FollowUp)
			switch {
			case strings.Contains(text, c.No), waits && day.At.After(now):
				last[c.No] = now
			default:
				gaps[c.No] = max(gaps[c.No], now.Sub(last[c.No]))
			}
		}
		if !now.Before(end) {
			return gaps
		}
		next := end
		s.work(func(w *casework.Work) error {
			at, err := w.NextDue()
			if err == nil && !at.IsZero() && at.Before(end) {
				next = at
			}
			return err
		})
		s.hands.Set(next)
	}
}

// unforgotten is what every open case has: a look in the index, and no longer
// silence than the rules allow.
func (s *stand) unforgotten(days int) {
	s.t.Helper()
	for _, c := range s.open() {
		if c.Look.At.IsZero() || c.Look.Why == "" || c.Look.For == "" || c.Due().IsZero() || c.Due().After(c.Look.At) {
			s.t.Errorf("%s, %s, has no next look: %+v", c.No, c.State, c.Look)
		}
	}
	gaps := s.silence(days)
	for _, no := range slices.Sorted(maps.Keys(gaps)) {
		if gaps[no] > longest {
			s.t.Errorf("%s was silent for %v", no, gaps[no])
		}
	}
}

// instructed sends an instruction in the first case, filling in what it asks for.
func (s *stand) instructed(label string) {
	s.t.Helper()
	s.press("指示する")
	s.press(label)
	for range 3 {
		switch last := fmt.Sprintf("%+v", s.said[len(s.said)-1].Messages); {
		case strings.Contains(last, "警察署を選んで"):
			s.press("西警察署")
		case strings.Contains(last, "次の訪問で確認"), strings.Contains(last, "たずねたいこと"):
			s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "業者の車がある", Quoted: s.prompt()})
		case strings.Contains(last, "日を選んで"):
			s.press("3日後")
		case strings.Contains(last, "答え方を選んで"):
			s.press("はい・いいえ")
		}
	}
	s.press("構成員へ送る")
}

// Whatever happened last to a case, forty days in which nobody does anything
// are not silent: not after it was taken, handed over or connected, and not
// after any answer.
func TestNoOpenCaseIsForgotten(t *testing.T) {
	act := func(words string) func(*stand) {
		return func(s *stand) {
			s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "受付26-0001 " + words})
		}
	}
	lasts := map[string]func(*stand){
		"nothing":    func(*stand) {},
		"taken":      act("担当する"),
		"telephoned": act("団体に電話した"),
		"reported":   act("事務局が通報した"),
		"handed":     act("センターへ引き継いだ"),
		"connected":  func(s *stand) { act("センターへ引き継いだ")(s); act("つながった")(s) },
		"corrected": func(s *stand) {
			s.instructed("110番へ通報")
			act("訂正を送る")(s)
			s.press("構成員へ送る")
		},
		"corrected and followed": func(s *stand) {
			s.instructed("110番へ通報")
			act("訂正を送る")(s)
			s.press("構成員へ送る")
			s.tap("U10", "通報しました")
		},
		"own words": func(s *stand) {
			s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "電話をください", Quoted: s.cardOf("26-0001")})
			s.press("構成員へ送る")
		},
		"asked back": func(s *stand) {
			s.instructed("188・センターを案内")
			s.tap("U10", "事務局に相談したい")
			s.turn(Event{Kind: Said, User: "U10", Text: "もう一度行きますか"})
		},
		"added": func(s *stand) {
			act("担当する")(s)
			s.turn(Event{Kind: Said, User: "U10", Text: "白い車でした"})
			s.tap("U10", "前の受付に追加する")
		},
		"blocked": func(s *stand) {
			s.instructed("188・センターを案内")
			s.turn(Event{Kind: Unfollowed, User: "U10"})
		},
		"blocked, no ask": func(s *stand) { act("担当する")(s); s.turn(Event{Kind: Unfollowed, User: "U10"}) },
		"lost":            func(s *stand) { s.refuse = true; s.instructed("188・センターを案内"); s.refuse = false },
		"put out":         func(s *stand) { act("担当する")(s); s.turn(Event{Kind: BotLeft, Group: group}) },
	}
	for _, i := range newStand(t, nil).desk.Catalog.Instructions() {
		if i.Closes || i.For == "by_consent" {
			continue
		}
		answers := i.Answers
		for _, set := range i.SetList {
			if set.ID == "yes_no" {
				answers = set.Answers
			}
		}
		lasts["sent "+i.ID] = func(s *stand) { s.instructed(i.Label) }
		for _, a := range answers {
			lasts[i.ID+" "+a.ID] = func(s *stand) { s.instructed(i.Label); s.tap("U10", a.Label) }
		}
	}
	for _, urgency := range []string{"業者がその場にいる", "きょう・あす払う予定", "わからない・迷っている", "急ぎではない"} {
		for _, name := range slices.Sorted(maps.Keys(lasts)) {
			t.Run(urgency+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := newStand(t, nil)
				s.member("U10", "shop", "A-1")
				s.secretariat()
				s.report("U10", urgency)
				lasts[name](s)
				if len(s.open()) != 1 {
					t.Fatalf("%d open cases", len(s.open()))
				}
				s.unforgotten(40)
			})
		}
	}
}

// cardOf is the message that showed a case's card.
func (s *stand) cardOf(no string) string {
	s.t.Helper()
	id := ""
	err := s.store.View(s.t.Context(), town, func(tx storage.Tx) error {
		for q, err := range records.Quotes.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			if q.Ref == casework.RefCase(no) {
				id = q.Message
			}
		}
		return nil
	})
	if err != nil || id == "" {
		s.t.Fatalf("no card of %s: %v", no, err)
	}
	return id
}

// An answer that means "not done" makes a dangerous case wait for a clerk as one
// that nobody has taken: it is raised after minutes.
func TestNotDoneIsRaisedSoon(t *testing.T) {
	s := newStand(t, nil)
	s.member("U10", "shop", "A-1")
	s.secretariat()
	s.report("U10", "業者がその場にいる")
	s.instructed("110番へ通報")
	s.tap("U10", "通報できない")
	before := len(s.said)
	s.hands.Advance(5 * time.Minute)
	s.due()
	if text := fmt.Sprintf("%+v", s.said[before:]); !strings.Contains(text, "返事「通報できない」から5分") {
		t.Errorf("five minutes later nobody is told: %s", text)
	}
	s.tap("U10", "通報しました") // it has been done after all
	before = len(s.said)
	s.hands.Advance(20 * time.Minute)
	s.due()
	if text := fmt.Sprintf("%+v", s.said[before:]); strings.Contains(text, "まだ対応がありません") {
		t.Errorf("it goes on: %s", text)
	}
}

// Cases that were stored before looks were kept are in no index of what is due.
// They are found all the same, all of them, and brought to mind.
func TestCasesStoredBeforeHaveAClock(t *testing.T) {
	s := newStand(t, nil)
	s.secretariat()
	s.due()
	const cases = 450
	s.work(func(w *casework.Work) error {
		for n := range cases {
			c := council.Case{No: fmt.Sprintf("26-%04d", n+1), Urgency: "not_urgent", Received: s.hands.Now().AddDate(0, 0, -40), State: council.Taken,
				CardShown: s.hands.Now().AddDate(0, 0, -40)}
			switch n {
			case 1:
				c.Urgency, c.State = "trader_present", council.Received
				c.Timers = []council.Timer{{Kind: "not_taken", At: s.hands.Now().Add(time.Hour), Count: 9}}
			case 2:
				c.State, c.Timers = council.Answered, []council.Timer{{Kind: "not_replied", At: s.hands.Now().Add(time.Hour)}}
			}
			if err := records.Cases.Put(w.Tx(), c); err != nil {
				return err
			}
		}
		return records.Reviews.Delete(w.Tx(), records.ReviewOfLooks)
	})
	before := len(s.said)
	s.due()
	text := fmt.Sprintf("%+v", s.said[before:])
	for _, c := range s.open() {
		if c.Look.At.IsZero() || len(c.Timers) > 0 {
			t.Fatalf("%s: %+v, %+v", c.No, c.Look, c.Timers)
		}
		switch c.No {
		case "26-0002": // was raised nine times: not from the beginning again
			if c.Look.Why != council.NotTaken || c.Look.Raised != 9 || strings.Contains(text, "26-0002は") {
				t.Errorf("%+v", c.Look)
			}
		case "26-0003":
			if c.Look.Why != council.NotReplied {
				t.Errorf("%+v", c.Look)
			}
		}
		if c.No != "26-0002" && !strings.Contains(text, c.No) {
			t.Errorf("%s is not brought to mind", c.No)
		}
	}
	s.unforgotten(40)
}

// When the rules change, open cases are looked at again.
func TestChangedRulesReachOpenCases(t *testing.T) {
	s := newStand(t, nil)
	s.member("U10", "shop", "A-1")
	s.secretariat()
	s.report("U10", "急ぎではない")
	s.due()
	was := s.open()[0].Look.At
	s.desk.Rules.Levels = map[council.Level]council.Waits{council.Calm: {Untaken: 2 * time.Hour, Times: 1}}
	s.desk.RulesMark = "changed"
	s.due()
	if is := s.open()[0].Look.At; !is.Equal(s.open()[0].CardShown.Add(2 * time.Hour)) {
		t.Errorf("was %v, is %v", was, is)
	}
}

// The digest is one delivery that names every open case, however many there are,
// within what LINE takes.
func TestDigestNamesAll(t *testing.T) {
	for _, cases := range []int{1, 20, 390} {
		t.Run(fmt.Sprint(cases), func(t *testing.T) {
			s := newStand(t, nil)
			s.secretariat()
			s.work(func(w *casework.Work) error {
				for n := range cases {
					c := council.Case{No: fmt.Sprintf("26-%04d", n+1), Urgent: council.Calm.String(), Received: s.hands.Now(), State: council.Received, CardShown: s.hands.Now()}
					if n%3 == 1 {
						c.State = council.Taken
					}
					if err := records.Cases.Put(w.Tx(), c); err != nil {
						return err
					}
				}
				return records.Reviews.Delete(w.Tx(), records.ReviewOfLooks)
			})
			s.due()
			s.hands.Advance(24 * time.Hour)
			before := len(s.said)
			s.due()
			text, texts := "", 0
			for _, o := range s.said[before:] {
				for _, m := range o.Messages {
					body := m.(message.Text).Body
					if n := len([]rune(body)); n > 5000 {
						t.Errorf("a text of %d characters", n)
					}
					text, texts = text+body, texts+1
				}
			}
			for n := range cases {
				if no := fmt.Sprintf("26-%04d", n+1); strings.Count(text, no) != 1 {
					t.Errorf("%s stands there %d times", no, strings.Count(text, no))
				}
			}
			if texts > 2 {
				t.Errorf("%d texts", texts)
			}
		})
	}
}

// However many cases of as many members wait for a group at once: no step writes
// more than a transaction may hold, and the second channel hears of each.
func TestManyCasesWithoutAGroup(t *testing.T) {
	const cases = 390
	s := newStand(t, nil)
	s.work(func(w *casework.Work) error {
		for n := range cases {
			c := council.Case{No: fmt.Sprintf("26-%04d", n+1), Urgent: council.Danger.String(), Received: s.hands.Now(),
				State: council.Received, Reporter: fmt.Sprintf("A-%d", n), CardLate: true}
			c.Set(council.Timer{Kind: council.PostCard, At: s.hands.Now()})
			if err := records.Cases.Put(w.Tx(), c); err != nil {
				return err
			}
		}
		return nil
	})
	before := len(s.said)
	s.due()
	var letters strings.Builder
	for _, o := range s.said[before:] {
		letters.WriteString(o.Messages[0].(message.Text).Body)
	}
	for n := range cases {
		if no := fmt.Sprintf("26-%04d", n+1); strings.Count(letters.String(), no) != 1 {
			t.Errorf("the second channel reads of %s %d times", no, strings.Count(letters.String(), no))
		}
	}
}

// The waits for one unanswered message grow, and each digest says when the next
// one comes.
func TestWaitsGrow(t *testing.T) {
	s := newStand(t, nil)
	s.member("U10", "shop", "A-1")
	s.secretariat()
	s.report("U10", "急ぎではない")
	s.instructed("188・センターを案内")
	start, before := s.hands.Now(), len(s.said)
	var days []int
	next := "12月2日"
	for range 60 {
		s.hands.Set(s.hands.Now().Add(24 * time.Hour).Truncate(time.Hour))
		n := len(s.said)
		s.due()
		for _, o := range s.said[n:] {
			text := fmt.Sprintf("%+v", o.Messages)
			day := fmt.Sprintf("%d月%d日", s.hands.Now().Month(), s.hands.Now().Day())
			if next != day {
				t.Errorf("told on %s, promised was %s", day, next)
			}
			days = append(days, int(s.hands.Now().Sub(start)/(24*time.Hour)))
			_, next, _ = strings.Cut(text, "次は")
			next, _, _ = strings.Cut(next, "日")
			next += "日"
		}
	}
	if want := []int{1, 3, 7, 15, 23, 31, 39, 47, 55}; !slices.Equal(days, want) || len(s.said)-before != len(want) {
		t.Errorf("told on the days %v, want %v", days, want)
	}
}

// A case that waits for the morning and turns out to be more urgent is shown as
// soon as that urgency is.
func TestGrownUrgencyIsShownSooner(t *testing.T) {
	for _, tt := range []struct{ told, shown string }{
		{"2026-12-01 20:00", "2026-12-01 20:00"}, {"2026-12-01 22:00", "2026-12-02 07:00"}, {"2026-12-01 12:00", "2026-12-01 12:00"},
	} {
		s := newStand(t, nil)
		s.member("U10", "shop", "A-1")
		s.secretariat()
		zone := s.hands.Now().Location()
		at, err := time.ParseInLocation("2006-01-02 15:04", tt.told, zone)
		if err != nil {
			t.Fatal(err)
		}
		s.hands.Set(at)
		s.turn(Event{Kind: Said, User: "U10", Text: "報告"})
		s.tap("U10", "契約の代金を払った")
		s.tap("U10", "事務局にも知らせる")
		s.tap("U10", "ひとつ前にもどる")
		s.tap("U10", "きょう・あす払う予定")
		s.tap("U10", "訪問販売・しつこい勧誘")
		s.tap("U10", "送信する")
		for _, c := range s.open() {
			if c.Level() != council.Soon {
				t.Fatalf("%v", c.Level())
			}
			due := c.CardPut
			if timer, waits := c.Timer(council.PostCard); waits {
				due = timer.At
			}
			if got := due.In(zone).Format("2006-01-02 15:04"); got != tt.shown {
				t.Errorf("told at %s: shown at %s, want %s", tt.told, got, tt.shown)
			}
		}
	}
}
