package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Tokyo is the calendar's zone: it has no daylight saving time, and this needs
// no zone file.
var Tokyo = time.FixedZone("Asia/Tokyo", 9*60*60)

// Rule says when the next tick after t is planned: strictly after t, the zero
// time for never. cron.Schedule is one.
type Rule interface {
	Next(t time.Time) time.Time
}

// Cron reads the five fields of standard cron (minute, hour, day of month,
// month, day of week), in Tokyo's time. As ever with cron, where both days are
// restricted either is enough. A rule that never comes is an error.
func Cron(spec string) (Rule, error) {
	// The parser also takes a zone in front, and panics on half of one.
	if strings.Contains(spec, "=") {
		return nil, errors.New("schedule: a rule has no zone of its own: times are Tokyo's")
	}
	s, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(spec)
	if err != nil {
		return nil, fmt.Errorf("schedule: rule: %w", err)
	}
	r := inTokyo{s}
	if r.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, Tokyo)).IsZero() {
		return nil, errors.New("schedule: the rule never comes true")
	}
	return r, nil
}

// inTokyo reckons in Tokyo whatever zone it is asked in.
type inTokyo struct{ rule cron.Schedule }

func (r inTokyo) Next(t time.Time) time.Time { return r.rule.Next(t.In(Tokyo)) }
