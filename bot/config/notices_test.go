package config

import (
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Council)
		from   string
		want   []string
	}{
		{"first Tuesday at ten", func(*Council) {}, "2026-10-01 00:00:00",
			[]string{"2026-10-06 10:00:00", "2026-11-03 10:00:00", "2026-12-01 10:00:00", "2027-01-05 10:00:00"}},
		{"the moment itself is over", func(*Council) {}, "2026-10-06 10:00:00", []string{"2026-11-03 10:00:00"}},
		{"a second before", func(*Council) {}, "2026-10-06 09:59:59", []string{"2026-10-06 10:00:00"}},
		{"a holiday moves it on", func(c *Council) { c.Office.Closed = []Date{"2026-11-03", "2026-11-04"} },
			"2026-11-01 00:00:00", []string{"2026-11-05 10:00:00", "2026-12-01 10:00:00"}},
		{"a moved one still comes", func(c *Council) { c.Office.Closed = []Date{"2026-11-03"} },
			"2026-11-03 12:00:00", []string{"2026-11-04 10:00:00"}},
		{"New Year moves it on", func(c *Council) { c.Notices.Weekday = Weekday(time.Friday) },
			"2026-12-31 00:00:00", []string{"2027-01-04 10:00:00"}}, // 1 January 2027 is a Friday
		{"never out of its month", func(c *Council) { c.Office.Hours = nil },
			"2026-11-01 00:00:00", []string{"2026-11-03 10:00:00"}},
		{"fourth Friday", func(c *Council) {
			c.Notices.Week, c.Notices.Weekday, c.Notices.At = 4, Weekday(time.Friday), At(14, 30)
		},
			"2026-11-01 00:00:00", []string{"2026-11-27 14:30:00", "2026-12-25 14:30:00"}},
		{"cron, in Tokyo and to the letter", func(c *Council) { c.Notices.Cron = "0 10 3 * *"; c.Office.Closed = []Date{"2026-11-03"} },
			"2026-11-01 00:00:00", []string{"2026-11-03 10:00:00", "2026-12-03 10:00:00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			council := NewCouncil("example")
			c.change(&council)
			for _, zone := range []*time.Location{Tokyo, time.UTC} {
				when := at(c.from).In(zone)
				for _, want := range c.want {
					when = council.Schedule().Next(when)
					if !when.Equal(at(want)) {
						t.Fatalf("next is %v, want %s", when, want)
					}
				}
			}
		})
	}
	broken := NewCouncil("example")
	broken.Notices.Cron = "soon"
	if got := broken.Schedule().Next(at("2026-11-01 00:00:00")); !got.IsZero() {
		t.Errorf("a broken expression gives %v", got)
	}
}

func TestNoticeText(t *testing.T) {
	n := Notices{Texts: map[string]string{"june": "\n【6月】点検に注意\n\n屋根に上がらせない\n困ったら188へ\n", "may": "題だけ188"}}
	for _, c := range []struct {
		month       time.Month
		title, body string
		ok          bool
	}{
		{time.June, "【6月】点検に注意", "屋根に上がらせない\n困ったら188へ", true},
		{time.May, "題だけ188", "", true},
		{time.July, "", "", false},
	} {
		if title, body, ok := n.Text(c.month); title != c.title || body != c.body || ok != c.ok {
			t.Errorf("%v: %q, %q, %v", c.month, title, body, ok)
		}
	}
}
