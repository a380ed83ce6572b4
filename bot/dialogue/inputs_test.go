package dialogue

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Whatever people type, tap, quote or call themselves, whoever they are: the
// turn is kept, and nobody reads what is not theirs.
func TestNoInputFailsATurn(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			m := newMischief(t, rand.New(rand.NewPCG(seed, 15)))
			for range 250 {
				m.step()
			}
		})
	}
}

func FuzzInputs(f *testing.F) {
	f.Add("受付26-0001 構成員へ送る", "i:::", "佐藤", uint64(1))
	f.Add("構成員へ送る", "m:accept:", strings.Repeat("名", 400), uint64(2))
	f.Add("受付26-"+strings.Repeat("0", 4900)+" 担当する", "m:add:26-0001", "\u3164", uint64(3))
	f.Fuzz(func(t *testing.T, text, data, name string, seed uint64) {
		if len(text) > 20000 || len(data) > 1200 || len(name) > 4000 {
			return
		}
		m := newMischief(t, rand.New(rand.NewPCG(seed, 15)))
		m.s.name = func(string) string { return name }
		text, data = strings.ToValidUTF8(text, "�"), strings.ToValidUTF8(data, "�") // as the door does
		for _, who := range everybody {
			for _, quoted := range []string{"", m.quote()} {
				m.try(Event{Kind: Said, User: who.user, Group: who.group, Text: text, Quoted: quoted, Mentioned: seed%2 == 0})
			}
			m.try(Event{Kind: Tapped, User: who.user, Group: who.group, Data: data})
		}
	})
}

// everybody who may write: two members, a resident, somebody never seen; in the
// secretariat's group two clerks, one whom nobody has approved, a member, one
// whom LINE does not name; people in a group that is none of the council's.
var everybody = []struct{ user, group string }{
	{"U10", ""}, {"U11", ""}, {"U90", ""}, {"U77", ""}, {clerk, ""},
	{clerk, group}, {"U02", group}, {"U03", group}, {"U10", group}, {"", group}, {"U78", group},
	{"U05", "C02"}, {"", "C02"},
}

// mischief tries everything on a council in the middle of its work.
type mischief struct {
	s *stand
	r *rand.Rand
}

func newMischief(t *testing.T, r *rand.Rand) *mischief {
	m := &mischief{newStand(t, nil), r}
	s := m.s
	s.member("U10", "shop", "A-1")
	s.member("U11", "milk", "A-2")
	s.secretariat()
	s.report("U10", "業者がその場にいる")
	s.report("U11", "急ぎではない")
	s.report("U11", "急ぎではない")
	s.clerk("受付26-0001 指示する 188・センターを案内")
	s.press("構成員へ送る")
	s.clerk("受付26-0002 指示する 188・センターを案内")
	s.press("送らない（職員の相談）")
	s.clerk("受付26-0003 終了 重複")
	for _, words := range []string{"受付26-0001 指示する 1つたずねる", "受付26-0001 指示する 188・センターを案内",
		"受付26-0002 指示する 見守りを続ける", "受付26-0002 指示する 対応不要・お礼"} {
		s.clerk(words)
	}
	s.turn(Event{Kind: Said, User: "U03", Group: group, Text: "はじめまして"})
	return m
}

func (s *stand) clerk(text string) {
	s.t.Helper()
	s.turn(Event{Kind: Said, User: clerk, Group: group, Text: text})
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// step lets somebody do something.
func (m *mischief) step() {
	who := everybody[m.r.IntN(len(everybody))]
	ev := Event{User: who.user, Group: who.group, Quoted: m.quote(), Mentioned: m.r.IntN(4) == 0}
	name := m.called()
	m.s.name = func(string) string { return name }
	switch m.r.IntN(12) {
	case 0, 1, 2, 3, 4:
		ev.Kind, ev.Text = Said, m.words()
	case 5, 6, 7:
		ev.Kind, ev.Data = Tapped, m.data()
	case 8:
		ev.Kind, ev.Media = SentOther, pick(m.r, "sticker", "image", "other", "")
	case 9:
		ev.Kind, ev.MessageID = pick(m.r, Unsent, Edited), m.quote()
	case 10:
		if ev.Group == "" {
			ev.Kind = pick(m.r, Followed, Unfollowed)
			break
		}
		ev.Kind, ev.User = pick(m.r, Joined, Left), ""
		for range m.r.IntN(5) {
			ev.People = append(ev.People, fmt.Sprintf("U%02d", m.r.IntN(99)))
		}
	case 11:
		m.s.hands.Advance(pick(m.r, time.Second, time.Minute, 31*time.Minute, 13*time.Hour))
		m.s.due()
		return
	}
	m.try(ev)
}

// numbers that receipts have, had or never had.
func (m *mischief) number() string {
	return pick(m.r, "26-0001", "26-0002", "26-0003", "26-0001", "26-0002", "26-9999", "26-", "-0001", "２６－０００１", "D26-0001",
		"26-0001-0001", "26ー0001", "26-"+strings.Repeat("9", 600), "26-"+strings.Repeat("0", 4980), "\u202e26-0001", "")
}

// piece is a word that a command, a tap or a key may be made of.
func (m *mischief) piece() string {
	if ids := m.drafts(); len(ids) > 0 && m.r.IntN(4) == 0 {
		return pick(m.r, ids...)
	}
	return pick(m.r, "", " ", "AAAAAA", "ａａａａａａ", strings.Repeat("A", 600), strings.Repeat("あ", 300), "\u202e", "\u3164", "👨‍👩‍👧‍👦",
		"構成員へ送る", "送らない", "送らない（職員の相談）", "188・センターを案内", "見守りを続ける", "1つたずねる", "未然防止", "重複", "12月24日", "3日後",
		"東警察署", "文章で答える", "26-0001", "A-1", "A-2", "told", "ask_back", "write", "understood", "\ufffd", "　", "\n", "{no}", "%s", "e\u0301\u0301\u0301")
}

func (m *mischief) words() string {
	words := newVocabulary(m.s.desk.Catalog)
	if m.r.IntN(5) == 0 {
		var shown []string
		for _, b := range m.s.buttons() {
			if b.Say != "" {
				shown = append(shown, b.Say)
			}
		}
		d := []rune(pick(m.r, shown...))
		return pick(m.r, string(d), string(d), string(d[:m.r.IntN(len(d)+1)]), string(d)+" "+string(d), string(d)+m.piece())
	}
	if m.r.IntN(6) == 0 {
		key := pick(m.r, slices.Sorted(maps.Keys(words.words))...)
		return pick(m.r, words.words[key]...) + pick(m.r, "", "", "", m.piece())
	}
	if m.r.IntN(5) == 0 {
		return pick(m.r, phrases...)
	}
	if m.r.IntN(4) == 0 {
		return pick(m.r, "構成員へ送る", "送らない", "送らない（職員の相談）", "送る", "記入", "担当する") + pick(m.r, "", " ", "") + pick(m.r, "", "", m.piece())
	}
	parts := []string{pick(m.r, "受付", "受付", "受付", "受付番号", "職員として登録", "") + m.number()}
	for range m.r.IntN(3) {
		parts = append(parts, pick(m.r, words.actions...).label)
	}
	for range m.r.IntN(3) {
		parts = append(parts, m.piece())
	}
	if m.r.IntN(6) == 0 {
		m.r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	}
	return strings.Join(parts, pick(m.r, " ", " ", " ", "　", "  ", "", "\n"))
}

func (m *mischief) data() string {
	switch m.r.IntN(4) {
	case 0:
		return pick(m.r, taps...)
	case 1:
		var shown []string
		for _, b := range m.s.buttons() {
			if b.Action == message.Postback {
				shown = append(shown, b.Data)
			}
		}
		d := pick(m.r, shown...)
		return pick(m.r, d, d, d[:m.r.IntN(len(d)+1)], d+d, d+":", strings.ReplaceAll(d, ":", "::"), strings.ToUpper(d), d+strings.Repeat("x", 700))
	}
	parts := []string{pick(m.r, "i", "m", "f", "", "d")}
	for range m.r.IntN(5) {
		parts = append(parts, pick(m.r, m.piece(), m.number(), "accept", "add", "withdraw", "withdraw_yes", "again", "report", "resume", "keep", "drop", "decline", "1"))
	}
	return strings.Join(parts, ":")
}

// called is what people call themselves.
func (m *mischief) called() string {
	return pick(m.r, "", "佐藤", strings.Repeat("名", 400), strings.Repeat("🦊", 200), "\u3164", "\u200b\u200d", "　", "\u202e藤佐", "あ\nい\tう",
		"受付26-0001 構成員へ送る", "職員として登録", "a"+strings.Repeat("\u0301", 900), "\ufffd", "{no}", strings.Repeat("x", 5000))
}

// quote is any message that can be quoted, or one that cannot. The door lets no
// id in that is longer than 64 characters.
func (m *mischief) quote() string {
	switch m.r.IntN(6) {
	case 0:
		return ""
	case 1:
		return pick(m.r, "unknown", strings.Repeat("9", 64))
	case 2:
		return fmt.Sprint("P", m.r.IntN(m.s.n))
	}
	return m.s.sent[len(m.s.sent)-1-m.r.IntN(min(len(m.s.sent), 60))].id
}

func (m *mischief) drafts() (ids []string) {
	m.s.view(func(tx storage.Tx) error {
		for d, err := range records.Drafts.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			ids = append(ids, d.ID)
		}
		return nil
	})
	return ids
}

func (s *stand) view(do func(storage.Tx) error) {
	s.t.Helper()
	if err := s.store.View(s.t.Context(), town, do); err != nil {
		s.t.Fatal(err)
	}
}

// try lets an event happen and looks at who was told what.
func (m *mischief) try(ev Event) {
	m.s.t.Helper()
	acts, before, said := m.may(ev), m.kept(), len(m.s.said)
	m.s.turn(ev)
	out := m.s.said[said:]
	if after := m.kept(); !acts && after != before {
		m.s.t.Errorf("%+v: changed a case or a draft:\n%s\nbefore:\n%s", ev, after, before)
	}
	for _, o := range out {
		m.look(ev, o, acts)
	}
	m.s.check(out)
}

// may tells whether who does this may change a case.
func (m *mischief) may(ev Event) (may bool) {
	if ev.Kind == Unsent || ev.Kind == Edited || ev.Kind == Joined || ev.Kind == Left || ev.Kind == Unfollowed {
		return true // not what somebody says
	}
	m.s.view(func(tx storage.Tx) error {
		if ev.Group == group && ev.User != "" {
			c, ok, err := records.Clerks.Get(tx, ev.User)
			may = ok && c.State == council.ClerkApproved
			return err
		}
		_, is, err := m.s.desk.Work(tx, m.s.hands.Now()).Member(ev.User)
		may = is && ev.Group == ""
		return err
	})
	return may
}

// kept is every case and every draft.
func (m *mischief) kept() string {
	var lines []string
	for line := range strings.Lines(m.s.dump()) {
		if strings.HasPrefix(line, "case ") || strings.HasPrefix(line, "draft ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

var aNumber = regexp.MustCompile(`26-\d{4}`)

// look holds one thing that was said against who hears it.
func (m *mischief) look(ev Event, o message.Outgoing, acts bool) {
	s := m.s
	s.t.Helper()
	switch o.To.Kind {
	case message.ToGroup:
		if o.To.ID != group && o.To.ID != ev.Group {
			s.t.Errorf("%+v: said in %s: %+v", ev, o.To.ID, o.Messages)
		}
		if o.To.ID != group && aNumber.MatchString(fmt.Sprint(o.Messages)) {
			s.t.Errorf("%+v: a strange group reads of a case: %+v", ev, o.Messages)
		}
	case message.ToUser:
		own := []string{}
		s.view(func(tx storage.Tx) error {
			w := s.desk.Work(tx, s.hands.Now())
			p, is, err := w.Member(o.To.ID)
			if err != nil || !is {
				return err
			}
			cases, err := w.CasesOf(p.ID, 1000)
			for _, c := range cases {
				own = append(own, c.No)
			}
			return err
		})
		for _, no := range aNumber.FindAllString(fmt.Sprint(o.Messages), -1) {
			if !slices.Contains(own, no) && !strings.Contains(ev.Data, no) {
				s.t.Errorf("%+v: %s reads of case %s, not theirs: %+v", ev, o.To.ID, no, o.Messages)
			}
		}
		if o.To.ID != ev.User && (ev.Group != group || !acts) {
			s.t.Errorf("%+v: %s is told: %+v", ev, o.To.ID, o.Messages)
		}
	}
}

// What once made a turn fail for as long as it was delivered.
func TestInputsThatFailedForEver(t *testing.T) {
	m := newMischief(t, rand.New(rand.NewPCG(1, 1)))
	preview := m.s.quotable("draft:")
	for _, user := range []string{clerk, "U03", "U78", ""} {
		for _, text := range []string{"受付26-0001 構成員へ送る", "受付26-0001 送らない（職員の相談）", "受付26-0001 記入",
			"受付26-0001 構成員へ送る " + strings.Repeat("A", 600), "受付26-" + strings.Repeat("0", 4980) + " 担当する"} {
			m.try(Event{Kind: Said, User: user, Group: group, Text: text})
		}
		if user != clerk {
			m.try(Event{Kind: Said, User: user, Group: group, Text: "構成員へ送る", Quoted: preview})
		}
	}
	for _, data := range []string{"i:::", "m:accept:", "i:", "m:add:" + strings.Repeat("9", 290), "i:26-0001:" + strings.Repeat("A", 280) + ":told"} {
		for _, user := range []string{"U10", "U90", "U77"} {
			m.try(Event{Kind: Tapped, User: user, Data: data})
		}
	}
	m.s.name = func(string) string { return strings.Repeat("名", 400) }
	m.try(Event{Kind: Joined, Group: group, People: []string{"U50"}})
	m.try(Event{Kind: Said, Group: group, User: "U51", Text: "はじめまして"})
}

// Whoever is to be approved can be told from the others by name.
func TestNamesInTheGroup(t *testing.T) {
	s := newStand(t, nil)
	s.secretariat()
	for user, name := range map[string]string{"U50": "\u3164", "U51": "佐藤", "U52": "佐 藤", "U53": "佐藤"} {
		s.name = func(string) string { return name }
		s.turn(Event{Kind: Joined, Group: group, People: []string{user}})
	}
	names := map[string]bool{}
	s.view(func(tx storage.Tx) error {
		for _, user := range []string{"U50", "U51", "U52", "U53"} {
			c, _, err := records.Clerks.Get(tx, user)
			if err != nil {
				return err
			}
			if names[c.Name] || !strings.ContainsAny(c.Name, "佐参") {
				t.Errorf("%s is called %q", user, c.Name)
			}
			names[c.Name] = true
		}
		return nil
	})
}

// Colleagues who answer each other by quoting are left alone, whatever they quote.
func TestQuotingPeopleIsLeftAlone(t *testing.T) {
	s := newStand(t, nil)
	s.secretariat()
	for _, ev := range []Event{{Kind: Said, Text: "おはようございます"}, {Kind: SentOther, Media: "sticker"}, {Kind: SentOther, Media: "image"}} {
		ev.User, ev.Group, ev.MessageID = "U02", group, "P-"+ev.Kind+ev.Media
		s.turn(ev)
		before := len(s.said)
		s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "いいですね", Quoted: ev.MessageID})
		if len(s.said) != before {
			t.Errorf("%s %s: %+v", ev.Kind, ev.Media, s.said[before:])
		}
	}
}
