package play_test

import (
	"testing"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/line/emulator"
)

// The walk can fail: each of these small histories is found, and none of those
// that are as they should be.
func TestWalkFindsFaults(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	const (
		denied  = "受付番号26-0001の内容が、まだ事務局に届いていません。お電話ください。"
		receipt = "受け付けました（受付番号 26-0001）。いま事務局に送っています。"
		added   = "受付26-0001に追加しました。ありがとうございます。"
		card    = "至急\n受付26-0001\n種類\nわからない\n業種\nガス検針"
		bare    = "至急\n受付26-0001\n番号と緊急度だけを表示しています。"
		all     = "山田さんが、グループの全員（3人）を確認しました。"
	)
	mine := func(change func(*council.Case)) kept {
		c := council.Case{No: "26-0001", Reporter: "m", CardShown: at}
		change(&c)
		return kept{cases: map[string]council.Case{c.No: c}, members: map[string]council.Member{"u": {ID: "m"}, "v": {ID: "n"}}}
	}
	shown := mine(func(*council.Case) {})
	late := mine(func(c *council.Case) { c.CardLate = true })
	hears := func(before, now kept, user string, pause time.Duration, texts ...string) string {
		j := newJudge()
		j.before = before
		for i, text := range texts {
			m := emulator.Message{From: "bot", Text: text, Time: at.Add(time.Duration(i) * pause)}
			if text == "印aa終" {
				m.From = user
			}
			if fault := j.memberHears(user, []emulator.Message{{From: user, Text: "印aa終"}, m}, now, m.Time); fault != "" {
				return fault
			}
		}
		return ""
	}
	reads := func(swapped int, texts ...string) string {
		j := newJudge()

		for _, text := range texts {
			if fault := j.groupReads([]sight{{text: text, strangers: []string{"s"}, swapped: swapped}}, kept{}); fault != "" {
				return fault
			}
		}
		return ""
	}
	open := council.Case{No: "26-0001", State: council.Received}
	heard := mine(func(c *council.Case) { c.Additions = []council.Addition{{Text: "印aa終"}} })
	for name, c := range map[string]struct {
		fault string
		found bool
	}{
		"an open case without a look":              {forgotten(open, at), true},
		"a receipt of no case":                     {hears(kept{}, kept{}, "u", 0, receipt), true},
		"a receipt of somebody else's case":        {hears(shown, shown, "v", 0, receipt), true},
		"a receipt":                                {hears(shown, shown, "u", 0, receipt), false},
		"added, and not there":                     {hears(shown, shown, "u", 0, added), true},
		"added":                                    {hears(shown, heard, "u", 0, added), false},
		"not arrived, and it has":                  {hears(shown, shown, "u", 0, denied), true},
		"not arrived":                              {hears(late, late, "u", 0, denied), false},
		"not arrived, and at once received":        {hears(late, late, "u", 59*time.Second, denied, receipt), true},
		"not arrived, and at once added":           {hears(late, heard, "u", 59*time.Second, denied, added), true},
		"added, and at once not arrived":           {hears(late, mine(func(c *council.Case) { c.CardLate, c.Additions = true, heard.cases["26-0001"].Additions }), "u", 0, added, denied), true},
		"not arrived, and a minute later received": {hears(late, late, "u", time.Minute, denied, receipt), false},
		"a stranger reads a card":                  {reads(0, card), true},
		"a stranger reads a bare card":             {reads(0, bare), false},
		"a stranger who was vouched for reads":     {reads(0, all, card), false},
		"a stranger in the place of somebody else": {reads(1, card), false},
	} {
		if (c.fault != "") != c.found {
			t.Errorf("%s: found %q", name, c.fault)
		}
	}
}
