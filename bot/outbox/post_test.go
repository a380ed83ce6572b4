package outbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

func (h *house) deliveries() []outbox.Delivery {
	h.t.Helper()
	var items []storage.Item
	h.update(func(tx storage.Tx) (err error) { items, err = tx.Queued("", 100); return err })
	all := make([]outbox.Delivery, len(items))
	for i, it := range items {
		var err error
		if all[i], err = outbox.ReadBody(it.Body); err != nil {
			h.t.Fatal(err)
		}
	}
	return all
}

func TestPutMerges(t *testing.T) {
	h := newHouse(t, &script{})
	a := text("u1", "one")
	a.About, a.Refs = message.About{Kind: "card", Case: "1"}, []string{"case:1"}
	b := h.reply("u1", "two", "tok")
	b.About = message.About{Kind: "answer", Case: "1"}
	b.Messages = append(b.Messages, message.Text{Body: "three"})
	c := text("u1", "four")
	c.Refs = []string{"case:4"}
	notice := text("u1", "notice")
	notice.Lane = message.LaneNotice
	h.put(a, text("u2", "apart"), b, notice, c)

	ds := h.deliveries()
	if len(ds) != 3 {
		t.Fatalf("%d deliveries, want 3: u1, u2, the notice", len(ds))
	}
	d := ds[0]
	if string(d.Messages) != `["one","two","three","four"]` {
		t.Errorf("messages %s", d.Messages)
	}
	if !slices.Equal(d.Refs, []string{"case:1", "", "", "case:4"}) {
		t.Errorf("refs %q", d.Refs)
	}
	if d.Reply == nil || d.Reply.Token != "tok" {
		t.Errorf("reply %+v", d.Reply)
	}
	want := []message.Part{{About: a.About, Messages: 1}, {About: b.About, Messages: 2}, {Messages: 1}}
	if !slices.Equal(d.Parts, want) || d.About != a.About {
		t.Errorf("parts %+v, about %+v", d.Parts, d.About)
	}
	if !d.Created.Equal(start) || d.Lane != message.LaneCasework || d.RetryKey == "" {
		t.Errorf("delivery %+v", d)
	}
	if len(a.Messages) != 1 || len(a.Refs) != 1 {
		t.Error("the caller's slices have changed")
	}
}

func TestPutRefuses(t *testing.T) {
	six := text("u1", "x")
	six.Messages = slices.Repeat(six.Messages, 6)
	page := func(n int) message.Outgoing {
		o := text("page", "x")
		o.To = message.Recipient{Kind: message.ToMany, ID: "page", IDs: slices.Repeat([]string{"u"}, n)}
		return o
	}
	lane := text("u1", "x")
	lane.Lane = "other"
	leave := text("g", "x")
	leave.To.Kind = message.ToLeave
	cases := map[string][]message.Outgoing{
		"no messages":      {{To: to("u1")}},
		"six messages":     {six},
		"no recipient":     {text("", "x")},
		"unknown kind":     {{To: message.Recipient{Kind: "room", ID: "x"}, Messages: six.Messages[:1]}},
		"an empty page":    {page(0)},
		"a page of 501":    {page(501)},
		"unknown lane":     {lane},
		"words on leaving": {leave},
	}
	for name, out := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, &script{})
			err := h.store.Update(t.Context(), town, func(tx storage.Tx) error { return h.post.Put(tx, start, out...) })
			if !errors.Is(err, outbox.ErrOutgoing) {
				t.Errorf("error %v", err)
			}
			if n := h.waiting(); n != 0 {
				t.Errorf("%d deliveries were kept", n)
			}
		})
	}
}

func TestPutRenderError(t *testing.T) {
	h := newHouse(t, &script{})
	o := text("u1", "")
	o.Messages = []message.Message{message.Notice{}}
	err := h.store.Update(t.Context(), town, func(tx storage.Tx) error { return h.post.Put(tx, start, o) })
	if err == nil || !strings.Contains(err.Error(), "render") {
		t.Errorf("error %v", err)
	}
}

func TestRepliesNeedATalkAndAToken(t *testing.T) {
	h := newHouse(t, &script{})
	many := h.reply("page", "x", "tok")
	many.To = message.Recipient{Kind: message.ToMany, ID: "page", IDs: []string{"u1"}}
	h.put(h.reply("u1", "x", ""), many)
	for _, d := range h.deliveries() {
		if d.Reply != nil {
			t.Errorf("%s keeps a token", d.To.Kind)
		}
	}
}

func TestLetterText(t *testing.T) {
	h := newHouse(t, &script{})
	h.put(message.Outgoing{To: message.Recipient{Kind: message.ToMail, ID: "a@example.jp"}, Messages: []message.Message{
		message.Text{Body: "subject\r\nbody\n"},
		message.CaseCard{Alt: "alt", Heading: "heading", Urgency: "urgent", Rows: []message.Row{{Label: "a", Value: "b"}}, Note: "note"},
		message.Ask{Prompt: "prompt", Hint: "hint"},
		message.Panel{Heading: "panel", Body: "text"},
		message.Preview{Heading: "preview", Body: "words", Warning: "careful"},
	}[:5]})
	var l outbox.Letter
	if err := json.Unmarshal(h.deliveries()[0].Messages, &l); err != nil {
		t.Fatal(err)
	}
	if l.Subject != "subject" {
		t.Errorf("subject %q", l.Subject)
	}
	want := "subject\r\nbody\n\nheading\nurgent\na：b\nnote\n\nprompt\nhint\n\npanel\ntext\n\npreview\nwords\ncareful\n"
	if l.Body != want {
		t.Errorf("body %q, want %q", l.Body, want)
	}
}

// A delivery that is read and written again, as its state changes, keeps the
// bytes of its messages.
func TestFrozen(t *testing.T) {
	h := newHouse(t, &script{})
	h.put(text("u1", "<a> & \u2028 \x00 見守り \U0001F600"))
	d := h.deliveries()[0]
	first := string(d.Messages)
	for range 3 {
		raw, err := outbox.WriteBody(d)
		if err != nil {
			t.Fatal(err)
		}
		if d, err = outbox.ReadBody(raw); err != nil {
			t.Fatal(err)
		}
		if string(d.Messages) != first {
			t.Fatalf("%s became %s", first, d.Messages)
		}
	}
}

func TestRandomNames(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		for _, name := range []string{outbox.Random{}.ID(), outbox.Random{}.RetryKey()} {
			if seen[name] || len(name) != 36 {
				t.Fatalf("name %q", name)
			}
			seen[name] = true
		}
	}
}

func TestPruneSettled(t *testing.T) {
	h := newHouse(t, &script{})
	for i := range 30 {
		h.put(text(fmt.Sprint("u", i), "x"))
	}
	h.run()
	h.idle()
	h.clock.Advance(outbox.SettledKept)
	h.put(text("u1", "young"))
	h.idle()
	h.clock.Advance(time.Second)
	var counts []int
	for range 3 {
		h.update(func(tx storage.Tx) error {
			n, err := outbox.PruneSettled(tx, h.clock.Now(), 20)
			counts = append(counts, n)
			return err
		})
	}
	if !slices.Equal(counts, []int{20, 10, 0}) {
		t.Errorf("pruned %v", counts)
	}
	if _, ok := h.settled("d61"); !ok {
		t.Error("the young one is gone")
	}
}

// FuzzReadBody: whatever lies in the queue, reading it does not panic, and its
// error does not quote it.
func FuzzReadBody(f *testing.F) {
	f.Add([]byte("{}\n[]"))
	f.Add([]byte(`{"id":"d","to":{"Kind":"user","ID":"u"},"messages":null}` + "\n" + `[{"type":"text","text":"a\nb"}]`))
	f.Add([]byte("secret words"))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := outbox.ReadBody(body)
		if err != nil {
			if err.Error() != "outbox: item is not a delivery" {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		again, err := outbox.WriteBody(d)
		if err != nil {
			t.Fatal(err)
		}
		e, err := outbox.ReadBody(again)
		if err != nil || string(e.Messages) != string(d.Messages) {
			t.Fatalf("%q became %q: %v", d.Messages, e.Messages, err)
		}
	})
}
