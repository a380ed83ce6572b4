package page

import (
	"testing"
	"time"
)

func TestWaited(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0秒", 59*time.Second + 999*time.Millisecond: "59秒", time.Minute: "1分",
		time.Hour + 917*time.Millisecond: "1時間0分", 25*time.Hour + 30*time.Minute: "25時間30分",
	} {
		if got := waited(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

// Every time on the page is Japan's, whatever the machine's zone is.
func TestClockTimes(t *testing.T) {
	at := time.Date(2026, 12, 1, 0, 30, 5, 0, time.UTC)
	if short, long := clockTime(at), clockSecond(at); short != "09:30" || long != "09:30:05" {
		t.Errorf("%s, %s", short, long)
	}
}
