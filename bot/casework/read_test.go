package casework

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/flows/catalog"
)

var tokyo = time.FixedZone("Asia/Tokyo", 9*60*60)

func TestCode(t *testing.T) {
	whole := "ABCDEFGHIJKLMNOPQRSTUVWXY2"
	for text, want := range map[string]string{
		whole: whole, "構成員証 " + whole: whole, "構成員証" + whole + "。": whole, strings.ToLower(whole): whole,
		"ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹ２": whole, "x-" + whole + "-y": whole,
		whole + "A": "", whole[1:]: "", "ABCDEFGHIJKLMNOPQRSTUVWXY1": "", "": "", "受付26-0001": "",
	} {
		if got, _ := Code(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{whole[1:]: true, whole + "A": true, "ABCDEFGHIJK": false, "これは文です": false} {
		if _, like := Code(text); like != want {
			t.Errorf("%q looks like a code: %v", text, like)
		}
	}
}

// What a code is, as an expression says it.
var (
	wholeCode = regexp.MustCompile(`(?:^|[^A-Z0-9])([A-Z2-7]{26})(?:$|[^A-Z0-9])`)
	likeCode  = regexp.MustCompile(`(?:^|[^A-Z0-9])([A-Z0-9]{12,})(?:$|[^A-Z0-9])`)
)

func big(c rune) rune {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

func FuzzCode(f *testing.F) {
	for _, s := range []string{"", "ABCDEFGHIJKLMNOPQRSTUVWXY2", "構成員証 ａｂｃ", "\xff\xfe", "ﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁ",
		"abcdefghijklmnopqrstuvwxy9 -ABCDEFGHIJKLMNOPQRSTUVWXY3\n", "ABCDEFGHIJKLMNOPQRSTUVWXY23 x", "ABCDEFGHIJKſK2345"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, like := Code(s)
		said, want := strings.Map(big, Normal(s)), ""
		if m := wholeCode.FindStringSubmatch(said); m != nil {
			want = m[1]
		}
		if looks := want != "" || likeCode.MatchString(said); code != want || like != looks {
			t.Errorf("%q: %q, %v, want %q, %v", s, code, like, want, looks)
		}
		if code == "" {
			return
		}
		if !like || len(code) != 26 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
			t.Errorf("%q: %q, %v", s, code, like)
		}
		if again, _ := Code(code); again != code {
			t.Errorf("%q is read as %q, which is read as %q", s, code, again)
		}
	})
}

func FuzzNormal(f *testing.F) {
	for _, s := range []string{"", "　ａ　Ｂ ", "\x00", "㍿", "e\u0301", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := Normal(s)
		if want := strings.Join(strings.Fields(norm.NFKC.String(s)), " "); n != want {
			t.Errorf("%q becomes %q, want %q", s, n, want)
		}
		if trimmed := Normal(strings.TrimSpace(s)); trimmed != n {
			t.Errorf("%q becomes %q, without the blanks around it %q", s, n, trimmed)
		}
		if Normal(n) != n {
			t.Errorf("%q becomes %q, which becomes %q", s, n, Normal(n))
		}
		if strings.HasPrefix(n, " ") || strings.HasSuffix(n, " ") || strings.Contains(n, "  ") {
			t.Errorf("%q: blanks are left in %q", s, n)
		}
		if utf8.ValidString(s) && !utf8.ValidString(n) {
			t.Errorf("%q becomes invalid", s)
		}
	})
}

func TestReadDate(t *testing.T) {
	now := time.Date(2026, 12, 1, 10, 0, 0, 0, tokyo)
	for text, want := range map[string]string{
		"12/2": "2026-12-02", "12月2日": "2026-12-02", "１２月２日": "2026-12-02", "12月 2日": "2026-12-02", "12-24": "2026-12-24",
		"1月10日": "2027-01-10", "2027/1/10": "2027-01-10", "2027年1月10日": "2027-01-10", "11/30": "2027-11-30",
		"12/1": "", "2026-12-01": "", "2026-11-30": "", "2027-12-01": "", "2027-12-02": "", "2/29": "", "2/30": "", "13/1": "", "0/1": "", "1/0": "",
		"あした": "", "": "", "12": "", "12/2/3": "", "99999999/1": "",
	} {
		got, ok := readDate(text, now)
		if ok != (want != "") || ok && got.Format(time.DateOnly) != want {
			t.Errorf("%q: %v %v, want %q", text, got, ok, want)
		}
	}
	leap := time.Date(2027, 12, 1, 10, 0, 0, 0, tokyo)
	if got, ok := readDate("2/29", leap); !ok || got.Format(time.DateOnly) != "2028-02-29" {
		t.Errorf("a leap day: %v %v", got, ok)
	}
}

func FuzzReadDate(f *testing.F) {
	for _, s := range []string{"12/1", "2月29日", "2028-02-29", "１/１", "0000-00-00", "9999年99月99日"} {
		f.Add(s, int64(1796000000))
	}
	f.Fuzz(func(t *testing.T, s string, unix int64) {
		now := time.Unix(unix%4e9, 0).In(tokyo)
		got, ok := readDate(s, now)
		if ok && (!got.After(now.Add(-24*time.Hour)) || got.After(now.AddDate(1, 0, 1)) || got.Format(time.DateOnly) == now.Format(time.DateOnly)) {
			t.Errorf("%q on %v is %v", s, now, got)
		}
	})
}

func TestSpan(t *testing.T) {
	w := (&Desk{Catalog: words(t), Settings: Settings{Zone: tokyo}}).Work(nil, time.Unix(0, 0))
	for d, want := range map[time.Duration]string{
		0: "0分", 5*time.Minute + 59*time.Second: "5分", 119 * time.Minute: "119分", 2 * time.Hour: "2時間", 47 * time.Hour: "47時間",
		48 * time.Hour: "2日", 100 * time.Hour: "4日",
	} {
		if got := w.span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// What is set for a draft is one of what was offered, or the clerk's own words
// where they are asked for; the rest is named.
func TestValues(t *testing.T) {
	desk := &Desk{Catalog: words(t), Settings: Settings{Zone: tokyo, Hours: always{}, FollowUpAt: 10 * time.Hour,
		Police: []Place{{Name: "東警察署", Telephone: "1"}, {Name: "西警察署", Telephone: "2"}}}}
	w := desk.Work(nil, time.Date(2026, 12, 1, 10, 0, 0, 0, tokyo))
	for _, c := range []struct{ name, value, why, stored string }{
		{valuePolice, "西警察署", "", "1"}, {valuePolice, "北警察署", "value.bad_choice", ""}, {valuePolice, "0", "value.bad_choice", ""},
		{valueSet, "はい・いいえ", "", ""}, {valueSet, "自由", "value.bad_choice", ""},
		{valueDate, "７日後", "", "12月8日"}, {valueDate, "12月24日", "", "12月24日"}, {valueDate, "12/1", "value.bad_date", ""}, {valueDate, "いつか", "value.bad_date", ""},
		{valueWatch, "段ボールが増えている", "", "段ボールが増えている"}, {valueWatch, "", "value.bad_length", ""},
		{valueQuestion, strings.Repeat("あ", 300), "", strings.Repeat("あ", 300)}, {valueQuestion, strings.Repeat("あ", 301), "value.bad_length", ""},
		{valueGround, "法にもとづく求め", "", "法にもとづく求め"}, {valueGround, "なんとなく", "value.bad_choice", ""},
		{valueDecider, "課長", "", "課長"}, {valueDecider, "市民生活課長", "", "市民生活課長"},
	} {
		d := council.Draft{Values: map[string]string{}}
		if why := w.set(&d, c.name, c.value); why != c.why || d.Values[c.name] != c.stored {
			t.Errorf("%s = %q: %q, stored %q", c.name, c.value, why, d.Values[c.name])
		}
	}
	d := council.Draft{Values: map[string]string{}}
	if w.set(&d, valueSet, "いつのことか"); d.Set != "when" {
		t.Errorf("set %q", d.Set)
	}
	if w.set(&d, valueDate, "3日後"); !d.FollowUp.Equal(time.Date(2026, 12, 4, 10, 0, 0, 0, tokyo)) {
		t.Errorf("follow-up %v", d.FollowUp)
	}
}

// always is an office that never closes.
type always struct{}

func (always) Open(time.Time) bool                           { return true }
func (always) NextOpening(t time.Time) time.Time             { return t }
func (always) AfterWorkingDays(t time.Time, n int) time.Time { return t.AddDate(0, 0, n) }
func (always) Text() string                                  { return "" }

// Whatever is filled in, no placeholder is left in what a member reads, for
// every instruction and status.
func TestComposedTextsAreComplete(t *testing.T) {
	for _, centre := range []string{"0000-00-0002", "188", ""} {
		desk := &Desk{Catalog: words(t), Settings: Settings{Name: "協議会", Telephone: "0000-00-0001", Centre: Place{Telephone: centre},
			Police: []Place{{Name: "東警察署", Telephone: "0000-00-0110"}}, Zone: tokyo}}
		w := desk.Work(nil, time.Date(2026, 12, 1, 10, 0, 0, 0, tokyo))
		for _, status := range []council.Status{council.Statutory, council.Cooperator, council.Agreement} {
			c := council.Case{No: "26-0001", Status: status, Organisation: "shop"}
			asked := 0
			for _, i := range w.offered(c) {
				d := council.Draft{Kind: i.ID, Values: map[string]string{}}
				for _, name := range w.missing(i, c, d) {
					d.Values[name] = "値"
				}
				text := w.compose(c, i, d)
				if left := catalog.Placeholders(text); len(left) > 0 || strings.Contains(text, "直通は188") || strings.Contains(text, "直通はで") {
					t.Errorf("%s for %s with centre %q: %v: %s", i.ID, status, centre, left, text)
				}
				if strings.HasPrefix(i.ID, "report_details") {
					asked++
					if (i.ID == "report_details") != (status == council.Statutory) {
						t.Errorf("%s is offered for %s", i.ID, status)
					}
				}
			}
			if asked != 1 {
				t.Errorf("%s: %d ways to ask for details", status, asked)
			}
		}
	}
}

// Without a police station what would name one is not offered.
func TestWhatCannotBeFilledIsNotOffered(t *testing.T) {
	w := (&Desk{Catalog: words(t), Settings: Settings{Zone: tokyo}}).Work(nil, time.Unix(0, 0))
	if _, ok := w.InstructionByLabel(council.Case{}, "#9110へ相談"); ok {
		t.Error("#9110 is offered without a police station")
	}
	w.Desk.Police = []Place{{Name: "東警察署"}}
	if _, ok := w.InstructionByLabel(council.Case{}, "＃9110へ相談"); !ok {
		t.Error("#9110 is not offered")
	}
}

// A shared card looks as urgent as the most urgent case on it: levels and looks
// are counted differently.
func TestSharedCardLooksAsUrgentAsItIs(t *testing.T) {
	w := (&Desk{Catalog: words(t), Settings: Settings{Zone: tokyo}}).Work(nil, time.Unix(0, 0))
	for _, level := range council.Levels {
		c := council.Case{No: "26-0001", Urgent: level.String()}
		if got, want := w.sharedCard([]council.Case{c}, 1, false).Tone, w.card(c, false).Tone; got != want {
			t.Errorf("%s: the shared card looks %d, the case's own %d", level, got, want)
		}
	}
}
