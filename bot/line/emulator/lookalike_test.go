package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// A property that resembles another, stands there twice or carries what its
// object does not need must not hide from the rules what counts: the last of
// those that are called exactly so.
func TestLookalikesHideNothing(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	long := `{"type":"bubble","body":{"type":"box","layout":"vertical","contents":[{"type":"text","text":"` + strings.Repeat("x", 30_000) + `"}]}}`
	const invalid = "A message (messages[0]) in the request body is invalid"
	for _, c := range []struct{ name, message, want string }{
		{"size", `{"type":"flex","altText":"a","contents":` + long + `}`, invalid},
		{"size, other case", `{"type":"flex","altText":"a","contents":` + long + `,"Contents":{}}`, invalid},
		{"size, twice", `{"type":"flex","altText":"a","contents":{},"contents":` + long + `}`, invalid},
		{"bubbles, twice", `{"type":"flex","altText":"a","contents":{"type":"carousel","contents":"x","contents":[{"type":"bubble","body":"x"}]}}`, invalid},
		{"quote", `{"type":"text","text":"x","quoteToken":"nobody's"}`, "Invalid quoteToken"},
		{"quote, type twice", `{"type":{},"type":"text","text":"x","quoteToken":"nobody's"}`, "Invalid quoteToken"},
		{"mention", `{"type":"textV2","text":"{a}","substitution":{"a":{"type":"mention","mentionee":{"type":"all"}}}}`, invalid},
		{"mention, more than it needs", `{"type":"textV2","text":"{a}","substitution":{"a":{"type":"mention","mentionee":{"type":"all","userId":1}}}}`, invalid},
		{"mention, type twice", `{"type":"textV2","text":"{a}","substitution":{"a":{"type":1,"type":"mention","mentionee":{"type":"all"}}}}`, invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.call("POST", "/v2/bot/message/push", `{"to":"`+hana+`","messages":[`+c.message+`]}`)
			if r.status != http.StatusBadRequest || r.message() != c.want {
				t.Errorf("%d %.200s, want %q", r.status, r.raw, c.want)
			}
		})
	}
	if n := w.shown(hana); n != 0 {
		t.Errorf("%d messages shown", n)
	}
}
