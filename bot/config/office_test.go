package config

import (
	"testing"
	"time"
)

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, Tokyo)
	if err != nil {
		panic(err)
	}
	return t
}

func usual() *Office {
	o := &Office{Closed: []Date{"2026-11-23", "2026-05-04", "2026-05-05", "2026-05-06", "2027-01-11"}}
	o.defaults()
	return o
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		at     string
		open   bool
		next   string
		reason string
	}{
		{"2026-11-20 08:29:59", false, "2026-11-20 08:30:00", "before opening"},
		{"2026-11-20 08:30:00", true, "2026-11-24 08:30:00", "opening; Monday is a holiday"},
		{"2026-11-20 17:14:59", true, "2026-11-24 08:30:00", "just open"},
		{"2026-11-20 17:15:00", false, "2026-11-24 08:30:00", "closing"},
		{"2026-11-21 10:00:00", false, "2026-11-24 08:30:00", "Saturday"},
		{"2026-11-23 10:00:00", false, "2026-11-24 08:30:00", "public holiday"},
		{"2026-12-28 17:00:00", true, "2027-01-04 08:30:00", "last day of the year"},
		{"2026-12-29 10:00:00", false, "2027-01-04 08:30:00", "New Year begins"},
		{"2027-01-03 23:59:59", false, "2027-01-04 08:30:00", "New Year ends"},
		{"2026-05-01 18:00:00", false, "2026-05-07 08:30:00", "Golden Week"},
	} {
		o := usual()
		// The zone of the question does not matter.
		for _, zone := range []*time.Location{Tokyo, time.UTC, time.FixedZone("far", -11*3600)} {
			when := at(c.at).In(zone)
			if got := o.Open(when); got != c.open {
				t.Errorf("%s (%s): open is %v", when, c.reason, got)
			}
			if got := o.NextOpening(when); !got.Equal(at(c.next)) {
				t.Errorf("%s (%s): next opening %v, want %s", when, c.reason, got, c.next)
			}
		}
	}
}

func TestOpenNewYear(t *testing.T) {
	o := usual()
	o.OpenNewYear = true
	if !o.Open(at("2026-12-30 10:00:00")) || !o.Open(at("2027-01-01 10:00:00")) {
		t.Error("closed over New Year in spite of open_new_year")
	}
}

func TestLunchBreak(t *testing.T) {
	o := &Office{Hours: []Hours{
		{Days: []Weekday{5, 1}, From: At(13, 0), Until: At(17, 0)},
		{Days: []Weekday{1, 5}, From: At(9, 0), Until: At(12, 0)},
	}}
	for when, want := range map[string]string{
		"2026-11-16 08:00:00": "2026-11-16 09:00:00",
		"2026-11-16 09:00:00": "2026-11-16 13:00:00",
		"2026-11-16 12:30:00": "2026-11-16 13:00:00",
		"2026-11-16 13:00:00": "2026-11-20 09:00:00",
	} {
		if got := o.NextOpening(at(when)); !got.Equal(at(want)) {
			t.Errorf("after %s: %v, want %s", when, got, want)
		}
	}
	if o.Open(at("2026-11-16 12:30:00")) || !o.Open(at("2026-11-16 13:00:00")) {
		t.Error("the break is not kept")
	}
	if got, want := o.Text(), "月・金9:00〜12:00・13:00〜17:00"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAfterWorkingDays(t *testing.T) {
	o := usual()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-16 10:00:00", 3, "2026-11-19 08:30:00"},
		{"2026-11-16 03:00:00", 3, "2026-11-19 08:30:00"},
		{"2026-11-19 23:00:00", 3, "2026-11-25 08:30:00"}, // 20, 24, 25
		{"2026-11-21 10:00:00", 1, "2026-11-24 08:30:00"},
		{"2026-12-28 10:00:00", 1, "2027-01-04 08:30:00"},
		{"2026-11-16 10:00:00", 0, "2026-11-16 10:00:00"},
	} {
		if got := o.AfterWorkingDays(at(c.from), c.n); !got.Equal(at(c.want)) {
			t.Errorf("%d working days after %s: %v, want %s", c.n, c.from, got, c.want)
		}
	}
}

func TestNeverOpen(t *testing.T) {
	o := &Office{}
	if !o.NextOpening(at("2026-11-16 10:00:00")).IsZero() || !o.AfterWorkingDays(at("2026-11-16 10:00:00"), 2).IsZero() ||
		o.Open(at("2026-11-16 10:00:00")) || o.Text() != "" || o.KnownUntil() != "" {
		t.Error("an office without hours opens")
	}
	if got := usual().KnownUntil(); got != "2027-01-11" {
		t.Errorf("known until %s", got)
	}
}

func TestOfficeText(t *testing.T) {
	every := []Weekday{0, 1, 2, 3, 4, 5, 6}
	for want, hours := range map[string][]Hours{
		"平日8:30〜17:15":              usual().Hours,
		"毎日9:00〜18:00":              {{every, At(9, 0), At(18, 0)}},
		"毎日0:00〜24:00":              {{every, 0, At(24, 0)}},
		"月〜土9:00〜17:00":             {{every[1:], At(9, 0), At(17, 0)}},
		"月・水・金9:30〜16:00":           {{[]Weekday{5, 3, 1}, At(9, 30), At(16, 0)}},
		"土・日10:00〜16:00":            {{[]Weekday{0, 6}, At(10, 0), At(16, 0)}},
		"平日8:30〜17:15、土9:00〜12:00":  {{[]Weekday{6}, At(9, 0), At(12, 0)}, usual().Hours[0]},
		"月8:30〜19:00、火〜金8:30〜17:15": {{[]Weekday{1}, At(8, 30), At(19, 0)}, {every[2:6], At(8, 30), At(17, 15)}},
	} {
		o := &Office{Hours: hours}
		if got := o.Text(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTimesOfDay(t *testing.T) {
	for _, s := range []string{"0:00", "8:30", "23:59", "24:00"} {
		var v TimeOfDay
		if err := v.set(s); err != nil || v.String() != s {
			t.Errorf("%s becomes %v (%v)", s, v, err)
		}
	}
	for _, s := range []string{"", "8", "8:3", "24:01", "-1:00", "8:60", "+8:30", "08:030", "8:30:00", "８:30"} {
		var v TimeOfDay
		if err := v.set(s); err == nil {
			t.Errorf("%q is accepted as %v", s, v)
		}
	}
	if got := At(8, 30).On(at("2026-11-21 23:00:00").UTC()); !got.Equal(at("2026-11-21 08:30:00")) {
		t.Errorf("8:30 that day is %v", got)
	}
	if Weekday(9).String() != "?" || Weekday(3).String() != "wed" {
		t.Error("names of weekdays")
	}
	for s, want := range map[string]time.Duration{"3d": 72 * time.Hour, "0": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute} {
		if got, err := parseDuration(s); err != nil || got != want {
			t.Errorf("%s: %v (%v)", s, got, err)
		}
	}
	for _, s := range []string{"", "d", "-3d", "1.5d", "3 d", "99999999d", "soon"} {
		if got, err := parseDuration(s); err == nil {
			t.Errorf("%q is accepted as %v", s, got)
		}
	}
}
