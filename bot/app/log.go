package app

import (
	"context"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"mimamori.example/mimamori/bot/config"
)

// NewLogger makes the program's log as the configuration says. It is the last
// line of defence: attributes whose keys are not on the list are hidden, and
// what looks like an id, a number or somebody's words is taken out of the rest.
// Code that logs must not rely on it.
func NewLogger(c config.Log, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.SlogLevel()}
	var h slog.Handler = slog.NewJSONHandler(w, o)
	if c.Format == "text" {
		h = slog.NewTextHandler(w, o)
	}
	return slog.New(Redact(h))
}

const hidden = "***"

// loggable are the keys whose values may be shown. None names a person, a
// message or a secret.
var loggable = []string{
	"address", "attempt", "by", "command", "council", "count", "endpoint", "engine", "error", "error_types", "event",
	"events", "fault", "field", "first", "job", "kind", "lane", "line", "ok", "outcome", "problem", "reason", "stack",
	"state", "status", "took", "version", "what",
}

// Redact hides what does not belong into a log.
func Redact(next slog.Handler) slog.Handler { return redactor{next} }

type redactor struct{ next slog.Handler }

// Enabled asks the handler behind.
func (r redactor) Enabled(ctx context.Context, l slog.Level) bool { return r.next.Enabled(ctx, l) }

// Handle passes a cleaned copy on.
func (r redactor) Handle(ctx context.Context, in slog.Record) error {
	out := slog.NewRecord(in.Time, in.Level, scrub(in.Message), in.PC)
	in.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(clean(a))
		return true
	})
	return r.next.Handle(ctx, out)
}

// WithAttrs cleans what every line will carry.
func (r redactor) WithAttrs(attrs []slog.Attr) slog.Handler {
	cleaned := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		cleaned[i] = clean(a)
	}
	return redactor{r.next.WithAttrs(cleaned)}
}

// WithGroup opens a group.
func (r redactor) WithGroup(name string) slog.Handler { return redactor{r.next.WithGroup(name)} }

func clean(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		members := v.Group()
		cleaned := make([]slog.Attr, len(members))
		for i, m := range members {
			cleaned[i] = clean(m)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(cleaned...)}
	}
	if !slices.Contains(loggable, a.Key) {
		return slog.String(a.Key, hidden)
	}
	switch v.Kind() {
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindTime, slog.KindUint64:
		return slog.Attr{Key: a.Key, Value: v}
	case slog.KindString:
		return slog.String(a.Key, scrub(v.String()))
	}
	if err, ok := v.Any().(error); ok {
		return slog.String(a.Key, scrub(err.Error()))
	}
	// Anything else might print more than its author thought of.
	return slog.String(a.Key, hidden)
}

var (
	// LINE's ids, and anything as long and as even: tokens, signatures, keys.
	long = regexp.MustCompile(`[UCR][0-9a-f]{32}|[A-Za-z0-9+=_-]{40,}`)
	// Telephone numbers, with whatever stands between the digits.
	number = regexp.MustCompile(`\+?\d[\d()-]{8,}\d`)
	atSign = regexp.MustCompile(`[^\s"'<>@]+@[^\s"'<>@]+\.[A-Za-z]+`)
)

// scrub takes out what people say (the program itself logs in ASCII) and what
// looks like an id, a secret, an address or a number to call.
func scrub(s string) string {
	s = long.ReplaceAllString(s, hidden)
	s = atSign.ReplaceAllString(s, hidden)
	s = number.ReplaceAllString(s, hidden)
	if strings.IndexFunc(s, foreign) < 0 {
		return s
	}
	var b strings.Builder
	inside := false
	for _, r := range s {
		if !foreign(r) {
			b.WriteRune(r)
			inside = false
			continue
		}
		if !inside {
			b.WriteString(hidden)
		}
		inside = true
	}
	return b.String()
}

func foreign(r rune) bool { return r > 0x2e7f || r >= 0x80 && r < 0x2010 }
