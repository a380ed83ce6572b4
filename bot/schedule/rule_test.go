package schedule_test

import (
	"testing"
	"time"

	"mimamori.example/mimamori/bot/schedule"
)

func TestCron(t *testing.T) {
	cases := []struct{ spec, from, want string }{
		{"0 10 15 * *", "2026-07-14T23:00:00Z", "2026-07-15T10:00:00+09:00"},
		// 16:00 UTC is the next day in Japan.
		{"0 10 15 * *", "2026-07-15T01:00:00Z", "2026-08-15T10:00:00+09:00"},
		{"30 0 1 * *", "2026-07-31T15:00:00Z", "2026-08-01T00:30:00+09:00"},
		{"0 10 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T10:00:00+09:00"},
		{"0 10 31 * *", "2026-04-01T00:00:00Z", "2026-05-31T10:00:00+09:00"},
		{"0 10 * * MON", "2026-07-14T00:00:00Z", "2026-07-20T10:00:00+09:00"},
		// No hour is missing or doubled where others change their clocks.
		{"30 2 * * *", "2026-03-28T20:00:00Z", "2026-03-30T02:30:00+09:00"},
		{"30 2 * * *", "2026-10-24T20:00:00Z", "2026-10-26T02:30:00+09:00"},
	}
	for _, c := range cases {
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := rule(t, c.spec).Next(from).Format(time.RFC3339); got != c.want {
			t.Errorf("%s from %s: %s, want %s", c.spec, c.from, got, c.want)
		}
	}
}

func TestCronRefuses(t *testing.T) {
	for _, spec := range []string{"", "* * * *", "* * * * * *", "@every 1h", "TZ=Asia/Tokyo 0 10 * * *", "CRON_TZ=UTC 0 10 * * *", "TZ=", "0 10 30 2 *", "61 * * * *"} {
		if _, err := schedule.Cron(spec); err == nil {
			t.Errorf("%q is accepted", spec)
		}
	}
}

func FuzzCron(f *testing.F) {
	for _, s := range []string{"0 10 15 * *", "*/5 * * * 1-5", "TZ=", "0 0 31 2 *", "@daily"} {
		f.Add(s)
	}
	from := tokyo(2026, 7, 1, 0, 0)
	f.Fuzz(func(t *testing.T, spec string) {
		r, err := schedule.Cron(spec)
		if err != nil {
			return
		}
		if next := r.Next(from); !next.After(from) {
			t.Errorf("%q after %v is %v", spec, from, next)
		}
	})
}
