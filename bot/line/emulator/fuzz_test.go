package emulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
)

// FuzzJudge feeds the message validator: it never panics, refuses with 400 and a
// reason, and what it lets pass can be read and shown.
func FuzzJudge(f *testing.F) {
	for _, s := range []string{
		`[{"type":"text","text":"x","quickReply":{"items":[{"type":"action","action":{"type":"postback","label":"l","data":"d"}}]}}]`,
		`[{"type":"textV2","text":"{a}{{","substitution":{"a":{"type":"mention","mentionee":{"type":"all"}}}}]`,
		`[{"type":"flex","altText":"a","contents":{"type":"bubble","body":{"type":"box","layout":"vertical","contents":[{"type":"text","text":"x"},` +
			`{"type":"button","action":{"type":"uri","label":"l","uri":"tel:1"}}]}}}]`,
		`[{"type":"flex","altText":"a","contents":{"type":"carousel","contents":[{"type":"bubble","hero":{"type":"image","url":"https://e/x"}}]}}]`,
		`[{"type":"template","altText":"a","template":{"type":"carousel","columns":[{"text":"t","actions":[{"type":"message","label":"l","text":"t"}]}]}}]`,
		`[{"type":"imagemap","baseUrl":"https://e/x","altText":"a","baseSize":{"width":1,"height":1},"actions":[{"type":"uri","linkUri":"https://e","area":{"x":0,"y":0,"width":1,"height":1}}]}]`,
		`[{"type":"flex","altText":null,"contents":{"type":"bubble","header":{"type":"box","layout":"baseline","contents":[{"type":"icon","aspectRatio":"1:9"}]}}}]`,
		`[null]`, `{}`, `[[]]`, `[{"type":{}}]`, "",
	} {
		f.Add([]byte(s), "push")
	}
	f.Fuzz(func(t *testing.T, raw []byte, kind string) {
		var in json.RawMessage
		if json.Valid(raw) { // what is not JSON does not get as far
			in = raw
		}
		messages, bad := judge(in, kind)
		if bad != nil {
			p, is := bad.body.(problem)
			if bad.status != http.StatusBadRequest || !is || p.Message == "" {
				t.Fatalf("%+v", bad)
			}
			return
		}
		if len(messages) == 0 || len(messages) > maxMessages {
			t.Fatalf("%d messages passed", len(messages))
		}
		for _, m := range messages {
			known := false
			as := read(m)
			for _, want := range messageTypes {
				known = known || as.kind == want
			}
			if !known || len(as.quick) > maxQuick {
				t.Fatalf("%q passed with %d quick replies", as.kind, len(as.quick))
			}
			for _, b := range append(as.buttons, as.quick...) {
				if b.Type == "" || utf16Len(b.Data) > maxData {
					t.Fatalf("button %+v passed", b)
				}
			}
			quoteOf(m)
			mentioned(m)
		}
	})
}

// FuzzCommand feeds the control API's decoder: what it accepts means the same
// after writing and reading it again.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{
		`{"user":"U","text":"x","users":["a"],"data":"aGk=","seconds":1.5}`, `{"fault":{"kind":"slow","delay":1}}`,
		`{"channel":{"id":"1","redelivery":{"on":true}}}`, `{"event":{"type":"x"}}`, `{}`, ``, `{} {}`, `[]`, `null`, `{"nope":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := decodeCommand(raw)
		if err != nil {
			if !reflect.DeepEqual(c, Command{}) {
				t.Fatal("an error came with a command")
			}
			return
		}
		again, err := decodeCommand(mustJSON(c))
		if err != nil || string(mustJSON(again)) != string(mustJSON(c)) {
			t.Fatalf("%s became %s: %v", mustJSON(c), mustJSON(again), err)
		}
	})
}

// FuzzActions moves the world by commands in any order: nothing panics and no
// lock is left behind.
func FuzzActions(f *testing.F) {
	f.Add("say,friend,tap,block,say,invite,leave,edit,unsend", "x")
	f.Add("next,hold,say,release,advance,break,mend,tap-menu,pick", "")
	f.Add("always,invite,leave,join,say,hold,say,always,release,rename,unsend,say", "Yes")
	f.Fuzz(func(t *testing.T, script, text string) {
		e := New(Options{Clock: clock.NewManual(time.Unix(1_800_000_000, 0)), NoRateLimits: true})
		defer func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}()
		bot, err := e.AddChannel(ChannelOptions{Name: text})
		if err != nil {
			t.Fatal(err)
		}
		hana := e.AddUser(text)
		office, err := e.AddGroup(text, hana)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range strings.Split(script, ",") {
			if i == 20 || name == "drain" {
				break
			}
			chat := []string{"", office, bot.UserID()}[i%3]
			_, err := e.do(t.Context(), name, Command{
				User: hana, Users: []string{hana}, Chat: chat, Group: office, Text: text, Name: text, Label: text, Path: text, Link: text,
				Count: i, Seconds: float64(i), Mischief: &Mischief{Duplicate: true, Spent: true}, On: i%2 == 0, Event: map[string]any{text: text},
			})
			if err != nil && err.Error() == "" {
				t.Error("an error says nothing")
			}
		}
		if _, err := e.Talk(hana, ""); err != nil {
			t.Error(err)
		}
		if _, err := e.Later(hana, office, 0); err != nil && !errors.Is(err, ErrAbsent) {
			t.Error(err)
		}
	})
}

// FuzzPaths feeds the router.
func FuzzPaths(f *testing.F) {
	for _, s := range []string{"/v2/bot/profile/U", "/v2/bot/message/1/content", "//v2/bot/info/..", "/v2/bot/group/%2e%2e/summary", "", "/%"} {
		f.Add("GET", s)
	}
	e := New(Options{})
	f.Fuzz(func(t *testing.T, method, path string) {
		r, args, found := e.match(method, path)
		if found && (r.method != method || len(args) != strings.Count(r.pattern, ":")) {
			t.Fatalf("%s %s: %+v %v", method, path, r, args)
		}
	})
}
