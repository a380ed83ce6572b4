package webhook

import (
	"context"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/line"
)

// FuzzHandler sends any bytes through the whole door, signed and unsigned.
// Nothing gets in without a signature, every answer is one of ours, and what
// becomes a turn keeps the rules that the rest of the program relies on.
func FuzzHandler(f *testing.F) {
	for _, seed := range []string{
		body(), body(text("e1", user(alice), "はい"), text("e2", inGroup(bob), "\x00")),
		body(event("e3", "postback", inGroup(alice), `,"postback":{"data":"f:a"}`)),
		body(event("e4", "memberJoined", inGroup(alice), `,"joined":{"members":[{"type":"user","userId":"`+bob+`"}]}`)),
		body(event("e5", "unsend", user(alice), `,"unsend":{"messageId":"5"}`), `null`, `[]`, `{"source":null}`),
		body(eventAt(time.Now().Add(-8*24*time.Hour), "e6", "follow", user(alice), `,"follow":{"isUnblocked":true}`)),
		`{"events":null}`, `[]`, ``, `{"destination":1}`, strings.Repeat(`[`, 1000),
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, in string, signed bool) {
		d := newDoor(t, func(o *Options) { o.Councils[0].BotUserID = "" })
		d.turns.do = func(_ context.Context, ev dialogue.Event) error {
			if ev.ID == "" || ev.Kind == "" || ev.User == "" && ev.Group == "" && !ev.Room ||
				ev.User != "" && !line.ValidID(ev.User) || ev.Group != "" && !line.ValidID(ev.Group) ||
				len(ev.Data) > maxData || len(ev.ReplyToken) > maxToken || len(ev.QuoteToken) > maxToken ||
				strings.Contains(ev.Text+ev.Data+ev.ID+ev.MessageID+ev.Quoted, "\x00") ||
				ev.Received.Sub(ev.At) > MaxAge {
				t.Errorf("a turn with %+v", ev)
			}
			return nil
		}
		signature := "AAAA"
		if signed {
			signature = sign(secret, in)
		}
		status := d.send(t, "/webhook/minato", in, signature).Code
		d.settle(t)
		switch {
		case !signed && (status != 401 && status != 413 || len(d.turns.ids()) > 0):
			t.Errorf("unsigned: status %d, %d turns", status, len(d.turns.ids()))
		case status != 200 && status != 400 && status != 401 && status != 413:
			t.Errorf("status %d", status)
		case signed && status == 401:
			t.Error("the signature is refused")
		}
		for _, line := range strings.SplitAfter(d.log.String(), "\n") {
			if line != "" && !strings.Contains(line, "events of a webhook could not be read") {
				t.Errorf("logged: %s", line)
			}
		}
	})
}
