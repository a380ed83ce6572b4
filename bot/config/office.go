package config

import (
	"slices"
	"strings"
	"time"
)

// Office is the secretariat's office and its opening hours.
type Office struct {
	Name  string  `yaml:"name"`  // 課・係
	Hours []Hours `yaml:"hours"` // default Monday to Friday, 8:30 to 17:15
	// Closed are the days on which it stays closed although Hours say
	// otherwise: the public holidays, which the Cabinet Office publishes for
	// the next year each February, and the council's own. From 29 December to
	// 3 January it is closed anyway, unless OpenNewYear.
	Closed      []Date `yaml:"closed"`
	OpenNewYear bool   `yaml:"open_new_year"`
}

// Hours is one opening on some days of the week.
type Hours struct {
	Days  []Weekday `yaml:"days"`
	From  TimeOfDay `yaml:"from"`
	Until TimeOfDay `yaml:"until"` // the first minute at which it is closed again
}

func (o *Office) defaults() {
	o.Hours = []Hours{{
		Days:  []Weekday{Weekday(time.Monday), Weekday(time.Tuesday), Weekday(time.Wednesday), Weekday(time.Thursday), Weekday(time.Friday)},
		From:  At(8, 30),
		Until: At(17, 15),
	}}
}

// aYear bounds every search for an opening.
const aYear = 370

// openings are the hours of the day of t, in order; none when it is closed.
func (o *Office) openings(t time.Time) []Hours {
	t = t.In(Tokyo)
	newYear := t.Month() == time.December && t.Day() >= 29 || t.Month() == time.January && t.Day() <= 3
	if newYear && !o.OpenNewYear || slices.Contains(o.Closed, DateOf(t)) {
		return nil
	}
	var day []Hours
	for _, h := range o.Hours {
		if slices.Contains(h.Days, Weekday(t.Weekday())) {
			day = append(day, h)
		}
	}
	slices.SortFunc(day, func(a, b Hours) int { return int(a.From - b.From) })
	return day
}

// WorkingDay tells whether the office opens at all on the day of t.
func (o *Office) WorkingDay(t time.Time) bool { return len(o.openings(t)) > 0 }

// Open tells whether the office is open at t.
func (o *Office) Open(t time.Time) bool {
	for _, h := range o.openings(t) {
		if !t.Before(h.From.On(t)) && t.Before(h.Until.On(t)) {
			return true
		}
	}
	return false
}

// NextOpening is the first time strictly after t at which the office opens,
// also when it is open at t. It is zero when it does not open within a year.
func (o *Office) NextOpening(t time.Time) time.Time {
	day := noon(t)
	for range aYear {
		for _, h := range o.openings(day) {
			if at := h.From.On(day); at.After(t) {
				return at
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}
}

// AfterWorkingDays is when the office opens on the n-th working day after the
// day of t: with n 3, Monday leads to Thursday. It is zero when there is no
// such day within a year of the one before.
func (o *Office) AfterWorkingDays(t time.Time, n int) time.Time {
	for range n {
		next := o.NextOpening(At(24, 0).On(noon(t)).Add(-time.Second))
		if next.IsZero() {
			return next
		}
		t = next
	}
	return t
}

// KnownUntil is the last day listed in Closed; zero where there is none. When
// it lies behind, next year's public holidays have not been entered yet.
func (o *Office) KnownUntil() Date {
	if len(o.Closed) == 0 {
		return ""
	}
	return slices.Max(o.Closed)
}

// noon is the middle of t's day in Tokyo, a safe place to count days from.
func noon(t time.Time) time.Time { return At(12, 0).On(t) }

var dayNames = [...]string{"日", "月", "火", "水", "木", "金", "土"}

// Text is the opening hours in words: 平日8:30〜17:15. Days with the same
// hours stand together.
func (o *Office) Text() string {
	var order []string                // hours, in the order of the week's first day that has them
	byHours := map[string][]Weekday{} // hours → days
	for i := range 7 {
		day := Weekday((i + 1) % 7) // from Monday
		var spans []string
		for _, h := range o.sorted() {
			if slices.Contains(h.Days, day) {
				spans = append(spans, h.From.String()+"〜"+h.Until.String())
			}
		}
		if len(spans) == 0 {
			continue
		}
		key := strings.Join(spans, "・")
		if _, ok := byHours[key]; !ok {
			order = append(order, key)
		}
		byHours[key] = append(byHours[key], day)
	}
	for i, key := range order {
		order[i] = daysText(byHours[key]) + key
	}
	return strings.Join(order, "、")
}

func (o *Office) sorted() []Hours {
	hours := slices.Clone(o.Hours)
	slices.SortStableFunc(hours, func(a, b Hours) int { return int(a.From - b.From) })
	return hours
}

// daysText names days that are in the order of the week from Monday.
func daysText(days []Weekday) string {
	names := make([]string, len(days))
	runs := true // without a gap
	for i, d := range days {
		names[i] = dayNames[d]
		runs = runs && (i == 0 || (int(days[i-1])+1)%7 == int(d))
	}
	switch joined := strings.Join(names, ""); {
	case joined == "月火水木金":
		return "平日"
	case len(days) == 7:
		return "毎日"
	case runs && len(days) > 2:
		return names[0] + "〜" + names[len(names)-1]
	default:
		return strings.Join(names, "・")
	}
}
