package play_test

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/play"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// A flood is one person doing the same thing sixty times in five seconds.
const (
	floodTimes = 60
	floodTakes = 5 * time.Second
)

// What it may cost in the ten minutes from its beginning, with five clerks in
// the group: eight messages of its own to the group, then what has gathered at
// once, after one, three and seven minutes. The free plan's month has 200.
const (
	clerks     = 5
	floodCosts = (8 + 4) * clerks
	floodMails = 3 + 4 // likewise
)

// flood is something that one person can do again and again.
type flood struct {
	at      string // when it begins; "" is in office hours
	before  []string
	each    func(n int) []string // what is done the nth time
	until   string               // looked at then; "" is ten minutes from the beginning
	cases   int                  // that it makes
	costs   int                  // fewer than floodCosts
	letters int                  // where floodMails are too few
	awake   bool                 // looked at closely around the first reminders
	mailed  bool                 // the second channel hears of each case
	free    bool                 // all of it is answered with replies
}

// One person cannot spend the month's messages, whatever is done over and over
// again. And nothing of it is lost: every report is a case, the member has its
// number, and the group has been shown it.
func TestOnePersonCannotSpendTheMonth(t *testing.T) {
	const danger, calm, soon = "業者がその場にいる", "急ぎではない", "きょう・あす払う予定"
	report := func(urgency string) func(int) []string {
		return func(int) []string {
			return []string{"佐藤: say 報告", "佐藤: tap " + urgency, "佐藤: tap 訪問販売・しつこい勧誘", "佐藤: tap 送信する"}
		}
	}
	one := []string{"* report 佐藤 急ぎではない"}
	instructed := []string{"* report 佐藤 急ぎではない", "山田: say 受付26-0001 指示する 188・センターを案内", "山田: tap 構成員へ送る"}
	for name, f := range map[string]flood{
		"dangerous reports": {each: report(danger), cases: floodTimes, costs: (3 + 3) * clerks},
		"dangerous reports that nobody takes for an hour": {each: report(danger), until: "2026-12-01 11:00", cases: floodTimes,
			costs: (3 + 2 + 6) * clerks, letters: 12, awake: true},
		"dangerous reports at night": {at: "2026-12-01 23:00", each: report(danger), cases: floodTimes, costs: (3 + 4) * clerks},
		"dangerous reports of many kinds": {cases: floodTimes, costs: (3 + 4) * clerks, each: func(n int) []string {
			kinds := []string{"訪問販売・しつこい勧誘", "頼んでいない荷物が届く", "わからない"}
			return []string{"佐藤: say 報告", "佐藤: tap " + danger, "佐藤: tap " + kinds[n%3], "佐藤: tap 送信する"}
		}},
		"calm reports":     {each: report(calm), cases: floodTimes, costs: (3 + 4) * clerks},
		"pressing reports": {each: report(soon), cases: floodTimes, costs: (3 + 4) * clerks},
		"calm reports at night": {at: "2026-12-01 23:00", each: report(calm), cases: floodTimes,
			until: "2026-12-02 08:40", costs: (3 + 4) * clerks},
		"told at once, then sent": {cases: floodTimes, each: func(int) []string {
			return []string{"佐藤: say 報告", "佐藤: tap " + danger, "佐藤: tap 事務局にも知らせる", "佐藤: tap 訪問販売・しつこい勧誘", "佐藤: tap 送信する"}
		}},
		"additions": {before: one, each: func(n int) []string {
			return []string{"佐藤: say メニュー", "佐藤: tap 前の受付に追加する", fmt.Sprint("佐藤: say 白い車です", n)}
		}},
		"additions to several cases": {before: []string{one[0], "* wait 11m", one[0], "* wait 11m", one[0], one[0], one[0]},
			each: func(n int) []string {
				return []string{"佐藤: say メニュー", "佐藤: tap 前の受付に追加する", fmt.Sprintf("佐藤: tap 受付26-000%d（12/1）", n%5+1), fmt.Sprint("佐藤: say 白い車です", n)}
			}},
		"changed answers": {before: instructed, each: func(n int) []string {
			return []string{"佐藤: tap " + []string{"伝えました", "本人が断った"}[n%2]}
		}},
		"questions": {before: instructed, each: func(n int) []string {
			return []string{"佐藤: tap 事務局に相談したい", fmt.Sprint("佐藤: say 電話は何時まででしょうか", n)}
		}},
		"reports that are withdrawn": {cases: floodTimes, each: func(n int) []string {
			return append(report(calm)(n), "佐藤: say メニュー", "佐藤: tap 報告を取り下げる", "佐藤: tap 取り下げる")
		}},
		"a dangerous report's withdrawals": {before: []string{"* report 佐藤 業者がその場にいる"}, each: func(n int) []string {
			return []string{"佐藤: say メニュー", "佐藤: tap 報告を取り下げる", "佐藤: tap 取り下げる"}
		}},
		"withdrawals that are not meant": {before: one, free: true, each: func(n int) []string {
			return []string{"佐藤: say メニュー", "佐藤: tap 報告を取り下げる", "佐藤: tap 取り下げない"}
		}},
		"words and their unsending": {before: one, each: func(n int) []string {
			return []string{"佐藤: say メニュー", "佐藤: tap 前の受付に追加する", fmt.Sprint("佐藤: say 白い車です", n), "佐藤: unsend"}
		}},
		"continued cases": {before: []string{one[0], "山田: say 受付26-0001 終了 該当なし"}, cases: 20 /* the menu finds it among the latest twenty */, costs: (3 + 4) * clerks, each: func(n int) []string {
			if n > 0 {
				return []string{"佐藤: say メニュー", "佐藤: tap 終わった件の続き", "佐藤: tap " + calm, "佐藤: tap 訪問販売・しつこい勧誘", "佐藤: tap 送信する"}
			}
			return []string{"佐藤: say メニュー", "佐藤: tap 終わった件の続き", "佐藤: tap " + danger, "佐藤: tap 訪問販売・しつこい勧誘", "佐藤: tap 送信する"}
		}},
		"blocking and coming back": {before: one, each: func(int) []string {
			return []string{"佐藤: block", "佐藤: friend"}
		}},
		"stickers, pictures, voice": {before: instructed, free: true, each: func(n int) []string {
			return []string{"佐藤: " + []string{"sticker", "picture", "voice"}[n%3]}
		}},
		"cards, stops, accepted terms": {before: one, free: true, each: func(n int) []string {
			return []string{"佐藤: scan A-101", "佐藤: say 停止", "佐藤: say 再開", "佐藤: say 同意して登録する"}
		}},
		"words while somebody unknown is in the group": {before: append(slices.Clone(one), "高橋: join 事務局"), each: func(n int) []string {
			return []string{"佐藤: say メニュー", "佐藤: tap 前の受付に追加する", fmt.Sprint("佐藤: say 白い車です", n)}
		}},
		"somebody unknown comes and goes": {before: []string{one[0], "* report 佐藤 業者がその場にいる"}, each: func(n int) []string {
			return []string{"高橋: join 事務局", "高橋: say こんにちは", "高橋: leave"}
		}},
		"a resident": {free: true, each: func(n int) []string {
			return []string{"高橋: say たすけて", "高橋: block", "高橋: friend", "高橋: scan A-101", "高橋: sticker",
				fmt.Sprint("高橋: say 構成員証 AAAAAAAAAAAAAAAAAAAAAAAA", "ABCDEFGH"[n%8:n%8+1], "A")}
		}},
		"dangerous reports while there is no group": {before: []string{"山田: put-out 事務局"}, each: report(danger), cases: floodTimes,
			mailed: true, free: true},
		"dangerous reports while LINE takes no pushes": {before: []string{"* break push fail-before"}, each: report(danger), cases: floodTimes,
			mailed: true, costs: 30},
		"groups of others": {free: true, each: func(n int) []string {
			return []string{fmt.Sprint("* group 会", n, " 高橋 中川"), fmt.Sprint("高橋: let-in 会", n), "高橋: say AAAAAAAAAAAAAAAAAAAAAAAAAA"}
		}},
		"groups of others while a set-up code is out": {before: []string{"* code"}, free: true, until: "2026-12-01 11:00", each: func(n int) []string {
			return []string{fmt.Sprint("* group 会", n, " 高橋 中川"), fmt.Sprint("高橋: let-in 会", n), "高橋: say AAAAAAAAAAAAAAAAAAAAAAAAAA"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.run(t)
		})
	}
}

func (f flood) run(t *testing.T) {
	if f.at == "" {
		f.at = "2026-12-01 10:00"
	}
	now, err := play.Time(f.at)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	hands := clock.NewManual(now)
	w, err := play.New(ctx, play.Options{Clock: hands, Dir: t.TempDir(), NoRates: true,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	stage := play.NewStage(w, hands)
	run := func(script ...string) string {
		t.Helper()
		lines, err := play.Parse(strings.Join(script, "\n"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := stage.Perform(ctx, lines)
		if err != nil || strings.Contains(got, "もう出ていません") {
			t.Fatalf("%v\n%s", err, got)
		}
		return got
	}
	run("* secretariat 事務局 山田 田中 鈴木 加藤 中村", "* member 佐藤 shop A-101")
	before := run(f.before...)
	spent, mails := w.Bot.Consumption(), len(w.Letters())
	told := &strings.Builder{}
	for n := range floodTimes {
		told.WriteString(run(f.each(n)...))
		hands.Advance(floodTakes / floodTimes)
	}
	if f.until == "" {
		f.until = now.Add(10 * time.Minute).Add(hands.Now().Sub(now)).Format("2006-01-02 15:04")
	}
	// The program is awake whenever something is due, as in life: what came in one
	// after the other would be brought to mind one after the other.
	if f.awake {
		told.WriteString(run("* wait 4m54s"))
		for range 2 * floodTimes {
			told.WriteString(run("* wait 60ms"))
		}
	}
	told.WriteString(run("* until " + f.until))

	if f.costs == 0 && !f.free {
		f.costs = floodCosts
	}
	if cost := w.Bot.Consumption() - spent; cost > int64(f.costs) {
		t.Errorf("it cost %d counted messages, at most %d, for\n%s", cost, f.costs, saidTo(strings.ReplaceAll(told.String(), " (push)", "!"), "事務局!"))
	}
	if n := len(w.Letters()) - mails; n > max(f.letters, floodMails) {
		t.Errorf("it wrote %d letters, at most %d", n, max(f.letters, floodMails))
	}
	f.nothingLost(t, w, before, told.String())
}

var (
	givenNo = regexp.MustCompile(`受付番号 ?(26-\d{4})`)
	inGroup = regexp.MustCompile(`26-(\d{4})(?:〜26-(\d{4}))?`)
)

// nothingLost: the flood's reports are cases, the member has their numbers, and
// the group has seen each.
func (f flood) nothingLost(t *testing.T, w *play.World, before, told string) {
	t.Helper()
	given := map[string]bool{}
	for _, m := range givenNo.FindAllStringSubmatch(saidTo(told, "佐藤"), -1) {
		given[m[1]] = true
	}
	if f.cases > 0 && len(given) != f.cases {
		t.Errorf("the member has %d receipt numbers of %d reports", len(given), f.cases)
	}
	shown := map[string]bool{}
	seen := saidTo(before+told, "事務局")
	if f.mailed {
		seen = saidTo(told, "メール")
	}
	for _, m := range inGroup.FindAllStringSubmatch(seen, -1) {
		from, _ := strconv.Atoi(m[1])
		to := from
		if m[2] != "" {
			to, _ = strconv.Atoi(m[2])
		}
		for n := from; n <= to; n++ {
			shown[fmt.Sprintf("26-%04d", n)] = true
		}
	}
	for no := range given {
		if !shown[no] {
			t.Errorf("the group has not been shown %s", no)
		}
	}
	err := w.App.Store().View(t.Context(), w.Council.ID, func(tx storage.Tx) error {
		for no := range given {
			c, ok, err := records.Cases.Get(tx, no)
			if err != nil || !ok {
				t.Errorf("%s is no case: %v", no, err)
			}
			if c.Open() && c.Look.At.IsZero() {
				t.Errorf("%s waits for nothing", no)
			}
			if c.Waits() && !f.mailed {
				t.Errorf("the group has not been told all of %s", no)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// saidTo is what a play says that somebody was told.
func saidTo(told, name string) string {
	var b strings.Builder
	listens := false
	for line := range strings.SplitSeq(told, "\n") {
		if who, ok := strings.CutPrefix(line, "    -> "); ok {
			who, _, _ = strings.Cut(who, " ")
			listens = who == name
		}
		if listens && strings.HasPrefix(line, "     ") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
