package app

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/config"
)

type person struct{ Name string }

// Whatever is logged by mistake does not come out; what is meant to be logged
// does.
func TestRedact(t *testing.T) {
	for _, format := range []string{"json", "text"} {
		var b bytes.Buffer
		l := NewLogger(config.Log{Format: format, Level: "debug"}, &b)
		l = l.With("council", "minato", "user", alice).WithGroup("g").With("token", "t-secret")
		l.Info("turn of "+alice+" done, 田中さん said",
			"text", "よろしく", "status", 503, "took", 3*time.Second, "component", "outbox",
			"error", errors.New("call 090-1234-5678 or tanaka@example.jp: "+strings.Repeat("a", 60)),
			"reason", "電話番号 0120456789 disk full", "what", person{"Tanaka"}, "why", &person{"Suzuki"},
			slog.Group("event", slog.String("outcome", "late"), slog.String("reply_token", "r-1")),
			"problem", []string{"Yamada"}, "address", "127.0.0.1:8080")
		got := b.String()
		for _, never := range []string{alice, "田中", "よろしく", "t-secret", "090", "1234", "tanaka@", "aaaaaaaaaa", "電話",
			"0120456789", "Tanaka", "Suzuki", "Yamada", "r-1"} {
			if strings.Contains(got, never) {
				t.Errorf("%s: %q came out:\n%s", format, never, got)
			}
		}
		for _, want := range []string{"minato", "503", "outbox", "disk full", "late", "127.0.0.1:8080", "done"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is missing:\n%s", format, want, got)
			}
		}
	}
}

func TestLogLevel(t *testing.T) {
	var b bytes.Buffer
	l := NewLogger(config.Log{Format: "text", Level: "warn"}, &b)
	l.Info("quiet")
	l.Warn("loud")
	if got := b.String(); strings.Contains(got, "quiet") || !strings.Contains(got, "loud") {
		t.Errorf("%s", got)
	}
}

// A stack keeps its use: functions and lines.
func TestScrubKeepsStacks(t *testing.T) {
	const stack = "goroutine 34 [running]:\nmimamori.example/mimamori/bot/webhook.(*Handler).turn(0xc0000a4000, {0x1})\n\t/work/bot/webhook/turns.go:80 +0x1b"
	if got := scrub(stack); !strings.Contains(got, "webhook.(*Handler).turn") || !strings.Contains(got, "turns.go:80") {
		t.Errorf("%s", got)
	}
}
