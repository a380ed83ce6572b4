package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	_ "time/tzdata" // Asia/Tokyo, on machines without a zone database
)

// Tokyo is the zone of every time of day here.
var Tokyo = tokyo()

func tokyo() *time.Location {
	loc, err := time.LoadLocation("Asia/Tokyo")
	if err != nil { // cannot be: the zone database is compiled in
		return time.FixedZone("Asia/Tokyo", 9*60*60)
	}
	return loc
}

// TimeOfDay is minutes since midnight in Tokyo, 0 to 24 hours.
type TimeOfDay int

// At is the time of day of an hour and a minute.
func At(hour, minute int) TimeOfDay { return TimeOfDay(hour*60 + minute) }

// String is 8:30.
func (t TimeOfDay) String() string { return fmt.Sprintf("%d:%02d", int(t)/60, int(t)%60) }

// On is this time on the day of d in Tokyo.
func (t TimeOfDay) On(d time.Time) time.Time {
	d = d.In(Tokyo)
	return time.Date(d.Year(), d.Month(), d.Day(), int(t)/60, int(t)%60, 0, 0, Tokyo)
}

func (t *TimeOfDay) set(s string) error {
	h, m, ok := strings.Cut(s, ":")
	if strings.ContainsAny(s, "+-") {
		ok = false
	}
	hour, err1 := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil || len(h) > 2 || len(m) != 2 ||
		hour < 0 || minute < 0 || minute > 59 || hour*60+minute > 24*60 {
		return errors.New(`must be a time of day from "0:00" to "24:00", such as "8:30"`)
	}
	*t = At(hour, minute)
	return nil
}

// Date is a day, written 2026-08-14; dates compare as strings do.
type Date string

// DateOf is the day of t in Tokyo.
func DateOf(t time.Time) Date { return Date(t.In(Tokyo).Format(time.DateOnly)) }

func (d *Date) set(s string) error {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return errors.New("must be a date such as 2026-08-14")
	}
	*d = Date(s)
	return nil
}

// Weekday is a day of the week, written mon, tue, wed, thu, fri, sat or sun.
type Weekday time.Weekday

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// String is the short name.
func (w Weekday) String() string {
	if w < 0 || int(w) >= len(weekdays) {
		return "?"
	}
	return weekdays[w]
}

func (w *Weekday) set(s string) error {
	for i, name := range weekdays {
		if s == name {
			*w = Weekday(i)
			return nil
		}
	}
	return errors.New("must be one of mon, tue, wed, thu, fri, sat, sun")
}

// parseDuration reads what time.ParseDuration reads, and days: 3d.
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n <= 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, errors.New("must be a length of time such as 30s, 10m, 24h or 3d")
	}
	return d, nil
}
