package config

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Notices is the calendar of the monthly notices to residents.
type Notices struct {
	Enabled bool `yaml:"enabled"` // default true
	// Week (1 to 4) and Weekday say which day of the month, default the first
	// Tuesday. When the office is closed on it, the notice goes out on its
	// next working day, so that somebody is there to answer.
	Week    int       `yaml:"week"`
	Weekday Weekday   `yaml:"weekday"`
	At      TimeOfDay `yaml:"at"` // default 10:00
	// Cron replaces Week, Weekday and At: five fields of standard cron in
	// Tokyo's time. It is kept to the letter, closed days or not.
	Cron string `yaml:"cron"`
	// CatchUp is how late a notice may still be made up for after the program
	// was down; what is older is skipped. Default 3d; at most 14d.
	CatchUp time.Duration `yaml:"catch_up"`
	// Texts replace the catalog's, by month (april, may, …): the first line is
	// the title. At most 300 characters each, and each names 188.
	Texts map[string]string `yaml:"texts"`
}

// Text is the council's own notice of a month, its first line and the rest.
func (n Notices) Text(m time.Month) (title, body string, ok bool) {
	text, ok := n.Texts[strings.ToLower(m.String())]
	if !ok {
		return "", "", false
	}
	title, body, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(title), strings.TrimSpace(body), true
}

// Schedule is when the council's notices go out. It never ends for a valid
// configuration; Next is zero for an invalid one.
func (c *Council) Schedule() cron.Schedule {
	if c.Notices.Cron != "" {
		if s, err := parseCron(c.Notices.Cron); err == nil {
			return inTokyo{s}
		}
		return never{}
	}
	return monthly{c.Notices, &c.Office}
}

// parseCron reads five fields; CRON_TZ= and @every are not for a calendar.
func parseCron(s string) (cron.Schedule, error) {
	return cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(s)
}

type never struct{}

func (never) Next(time.Time) time.Time { return time.Time{} }

// inTokyo counts in Tokyo whatever zone it is asked in.
type inTokyo struct{ cron.Schedule }

func (s inTokyo) Next(t time.Time) time.Time { return s.Schedule.Next(t.In(Tokyo)) }

// monthly is one weekday of the month. Standard cron cannot say that: with
// both day of month and day of week it takes either.
type monthly struct {
	rule   Notices
	office *Office
}

// Next is the first notice strictly after t.
func (m monthly) Next(t time.Time) time.Time {
	month := t.In(Tokyo)
	for range 14 {
		if at := m.in(month.Year(), month.Month()); at.After(t) {
			return at
		}
		month = time.Date(month.Year(), month.Month()+1, 1, 12, 0, 0, 0, Tokyo)
	}
	return time.Time{}
}

// in is the notice of one month, which it does not leave: where no working day
// is left, the day stays as the rule says.
func (m monthly) in(year int, month time.Month) time.Time {
	first := time.Date(year, month, 1, 12, 0, 0, 0, Tokyo)
	day := first.AddDate(0, 0, (int(m.rule.Weekday)-int(first.Weekday())+7)%7+7*(m.rule.Week-1))
	for d := day; d.Month() == month; d = d.AddDate(0, 0, 1) {
		if m.office.WorkingDay(d) {
			return m.rule.At.On(d)
		}
	}
	return m.rule.At.On(day)
}
