package line_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/message"
)

const family = "👨‍👩‍👧‍👦" // one grapheme, eleven UTF-16 units

func TestLimits(t *testing.T) {
	long := func(n int) string { return strings.Repeat("長", n) }
	text := func(body string, quick ...message.Button) message.Message {
		return message.Text{Body: body, Quick: quick}
	}
	panel := func(b message.Button) message.Message {
		return message.Panel{Heading: "h", Buttons: []message.Button{b}}
	}
	many := func(n int) (bs []message.Button) {
		for range n {
			bs = append(bs, tap("はい"))
		}
		return bs
	}
	link := func(uri string) message.Message {
		return panel(message.Button{Label: "開く", Action: message.Link, URI: uri})
	}
	tests := []struct {
		name  string
		ms    []message.Message
		wrong string // "" where it fits
	}{
		{"nothing", nil, "message 1: messages: 0 messages, at most 5"},
		{"six", []message.Message{text("a"), text("a"), text("a"), text("a"), text("a"), text("a")}, "6 messages, at most 5"},
		{"five", []message.Message{text("a"), text("a"), text("a"), text("a"), text("a")}, ""},
		{"no message at all", []message.Message{nil}, "message 1: message: is of an unknown kind"},
		{"longest text", []message.Message{text(long(5000))}, ""},
		{"too long a text", []message.Message{text("a"), text(long(5001))}, "message 2: body: 5001 UTF-16 units, at most 5000"},
		{"longest text of emoji", []message.Message{text(strings.Repeat("😀", 2500))}, ""},
		{"too long a text of emoji", []message.Message{text(strings.Repeat("😀", 2501))}, "5002 UTF-16 units"},
		{"blank text", []message.Message{text(" \n\u3000")}, "body: is empty"},
		{"text of marks only", []message.Message{text("\u202e\x00")}, "body: is empty"},
		{"13 quick replies", []message.Message{text("a", many(13)...)}, ""},
		{"14 quick replies", []message.Message{text("a", many(14)...)}, "quick reply: 14 buttons, at most 13"},
		{"label of 20", []message.Message{text("a", tap(long(20)))}, ""},
		{"label of 21", []message.Message{text("a", tap("a"), tap(long(21)))}, "quick reply 2 label: 21 characters, at most 20"},
		{"label of 20 families", []message.Message{panel(message.Button{Label: strings.Repeat(family, 20), Data: "d"})}, ""},
		{"label of 21 families", []message.Message{panel(message.Button{Label: strings.Repeat(family, 21), Data: "d"})}, "button 1 label: 21 characters"},
		{"no label", []message.Message{panel(message.Button{Data: "d"})}, "button 1 label: is empty"},
		{"longest data", []message.Message{panel(message.Button{Label: "a", Data: strings.Repeat("d", 300)})}, ""},
		{"too long data", []message.Message{panel(message.Button{Label: "a", Data: strings.Repeat("d", 301)})}, "button 1 data: 301 UTF-16 units, at most 300"},
		{"no data", []message.Message{panel(message.Button{Label: "a"})}, "button 1 data: is empty"},
		{"data with a line's end", []message.Message{panel(message.Button{Label: "a", Data: "a\r\nb"})}, "button 1 data: holds"},
		{"too long words", []message.Message{panel(message.Button{Label: "a", Data: "d", Say: long(301)})}, "button 1 words: 301"},
		{"too long a message", []message.Message{panel(message.Button{Label: "a", Action: message.Say, Say: long(301)})}, "button 1 words: 301"},
		{"unknown action", []message.Message{panel(message.Button{Label: "a", Action: 9})}, "button 1: has an unknown action"},
		{"https", []message.Message{link("https://example.jp/f?t=%E3%81%82")}, ""},
		{"line", []message.Message{link("line://nv/camera")}, ""},
		{"police advice", []message.Message{link("tel:%239110")}, ""},
		{"police advice that dials nothing", []message.Message{link("tel:#9110")}, "button 1 link: is not a telephone number"},
		{"a name for a number", []message.Message{link("tel:mayor")}, "is not a telephone number"},
		{"no link", []message.Message{link("")}, "link: is empty"},
		{"script", []message.Message{link("javascript:alert(1)")}, "is none of"},
		{"relative", []message.Message{link("/form")}, "is none of"},
		{"no host", []message.Message{link("https:///form")}, "has no host"},
		{"not encoded", []message.Message{link("https://example.jp/" + long(3))}, "must be percent-encoded"},
		{"unreadable", []message.Message{link("https://example.jp/%zz")}, "cannot be read"},
		{"longest link", []message.Message{link("https://example.jp/" + strings.Repeat("a", 981))}, ""},
		{"too long a link", []message.Message{link("https://example.jp/" + strings.Repeat("a", 982))}, "link: 1001"},
		{"empty panel", []message.Message{message.Panel{}}, "message: is empty"},
		{"long panel", []message.Message{message.Panel{Body: long(9000)}}, ""},
		{"too long a panel", []message.Message{message.Panel{Body: long(10000)}}, "whole message: 30"},
		{"too long a preview", []message.Message{message.Preview{Body: long(10000)}}, "whole message: 30"},
		{"preview of nothing", []message.Message{message.Preview{Heading: "h"}}, "body: is empty"},
		{"card without heading", []message.Message{message.CaseCard{Rows: []message.Row{{Label: "a", Value: "b"}}}}, "heading: is empty"},
		{"too long a card", []message.Message{message.CaseCard{Heading: "h", Note: long(10000)}}, "whole message: 30"},
		{"empty notice", []message.Message{message.Notice{Alt: "a"}}, "message: is empty"},
		{"question of nothing", []message.Message{message.Ask{Choices: choices("a")}}, "prompt: is empty"},
		{"hint only", []message.Message{message.Ask{Hint: "h"}}, ""},
		{"too long a question", []message.Message{message.Ask{Prompt: long(10000)}}, "whole message: 30"},
		{"too long a question with answers", []message.Message{message.Ask{Prompt: long(10000), Choices: choices("a")}}, "question: 30"},
		{"too long a hint of a choice", []message.Message{message.Ask{Prompt: "p", Choices: []message.Choice{{Button: tap("a")}, {Button: tap("b"), Hint: long(6000)}, {Button: tap("c"), Hint: long(6000)}}}}, "choice 2: 18"},
		{"question that leaves no room", []message.Message{message.Ask{Prompt: long(9900), Choices: choices("a")}}, "question: 30"},
		{"bad choice", []message.Message{message.Ask{Prompt: "p", Choices: choices("a", long(21))}}, "choice 2 label: 21"},
		{"bad navigation", []message.Message{message.Ask{Prompt: "p", Nav: []message.Button{{Label: "a"}}}}, "navigation button 1 data"},
		{"bad kept button", []message.Message{message.Ask{Prompt: "p", Keep: []message.Button{{Label: "a"}}}}, "kept button 1 data"},
		{"the first that is wrong is told", []message.Message{message.Panel{Body: long(10000)}, text("")}, "message 1: whole message: 30"},
		{"hundreds of choices", []message.Message{message.Ask{Prompt: "p", Choices: choices(strings.Split(strings.Repeat("はい,", 399)+"はい", ",")...)}}, "choices: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := line.Renderer{}.Render(tt.ms)
			if got := line.Fits(tt.ms); (got == nil) != (err == nil) || got != nil && got.Error() != err.Error() {
				t.Errorf("Fits says %v, Render %v", got, err)
			}
			if tt.wrong == "" {
				if err != nil {
					t.Fatal(err)
				}
				check(t, tt.ms, raw)
				return
			}
			var limit *line.LimitError
			if !errors.As(err, &limit) || !strings.Contains(err.Error(), tt.wrong) || raw != nil {
				t.Fatalf("got %v", err)
			}
			if strings.ContainsAny(err.Error(), "長😀👨") {
				t.Errorf("the error tells the content: %v", err)
			}
		})
	}
}

func TestAltText(t *testing.T) {
	tests := []struct {
		name string
		m    message.Message
		want string
	}{
		{"as given", message.Panel{Alt: "受付R8-0012", Heading: "h"}, "受付R8-0012"},
		{"the question itself", message.Ask{Prompt: "何がありましたか？", Hint: "h"}, "何がありましたか？"},
		{"a panel's heading", message.Panel{Heading: "h", Body: "b"}, "h"},
		{"a card never tells its rows", message.CaseCard{Heading: "R8-0012", Urgency: "急ぎ", Rows: []message.Row{{Label: "l", Value: "v"}}, Note: "n"}, "R8-0012 急ぎ"},
		{"a preview never tells its text", message.Preview{Heading: "下書き", Body: "b"}, "下書き"},
		{"nothing to tell", message.Preview{Body: "b"}, "…"},
		{"1500 units", message.Panel{Alt: strings.Repeat("長", 1500), Body: "b"}, strings.Repeat("長", 1500)},
		{"1501 units", message.Panel{Alt: strings.Repeat("長", 1501), Body: "b"}, strings.Repeat("長", 1499) + "…"},
		{"families are not torn apart", message.Panel{Alt: strings.Repeat(family, 137), Body: "b"}, strings.Repeat(family, 136) + "…"},
		{"nor accents", message.Panel{Alt: strings.Repeat("か\u3099", 751), Body: "b"}, strings.Repeat("か\u3099", 749) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := line.Renderer{}.Render([]message.Message{tt.m})
			if err != nil {
				t.Fatal(err)
			}
			if got := field(t, raw, "altText"); got != tt.want {
				t.Errorf("got %d units %.60q", units(got), got)
			}
		})
	}
}

func TestCleaned(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\rc\nd\te":           "a\nb\nc\nd\te",
		"a\x00b\x1bc\x7fd\u0085e":   "abcde",
		"\u202eうそ\u202c":            "うそ",
		"\u2066a\u2069":             "a",
		"a\xffb":                    "a\uFFFDb",
		family + "か\u3099 <b> & \"": family + "か\u3099 <b> & \"",
	} {
		raw, err := line.Renderer{}.Render([]message.Message{message.Text{Body: in}})
		if err != nil {
			t.Fatal(err)
		}
		if got := field(t, raw, "text"); got != want {
			t.Errorf("%q: got %q", in, got)
		}
		preview, err := line.Renderer{}.Render([]message.Message{message.Preview{Body: in}})
		if err != nil {
			t.Fatal(err)
		}
		if shown := string(marshal(t, want)); !strings.Contains(string(preview), shown) {
			t.Errorf("%q: the preview does not show what goes out", in)
		}
	}
}

// TestMarkedQuickReply: the mark must not push a label over LINE's limit.
func TestMarkedQuickReply(t *testing.T) {
	label := strings.Repeat("長", 20)
	ms := []message.Message{message.Ask{Prompt: "p", Choices: []message.Choice{{Button: tap(label), Marked: true}}}}
	raw, err := line.Renderer{}.Render(ms)
	if err != nil {
		t.Fatal(err)
	}
	check(t, ms, raw)
	if !strings.Contains(string(raw), `"text":"✓ `+label+`"`) || !strings.Contains(string(raw), `"label":"✓ `+strings.Repeat("長", 17)+`…"`) {
		t.Errorf("got %s", raw)
	}
}

// writer makes messages: with fits, only such as message's comments allow.
type writer struct {
	*rand.Rand
	fits bool
}

func (w writer) words(max int) string {
	alphabet := []string{"あ", "漢", "a", " ", "\n", "😀", family, "か\u3099", "<", "&", "\"", "\\", "\u2028", "ｱ", "１", "🇯🇵"}
	if !w.fits {
		alphabet = append(alphabet, "\x00", "\u202e", "\r", "\xff", "\uFFFD")
		if w.IntN(6) == 0 {
			return strings.Repeat(alphabet[w.IntN(len(alphabet))], w.IntN(3*max))
		}
		if w.IntN(8) == 0 {
			return ""
		}
	}
	var b strings.Builder
	b.WriteString("あ")
	for have, n := 1, w.IntN(max); have < n; {
		next := alphabet[w.IntN(len(alphabet))]
		if have += units(next); have > max {
			break
		}
		b.WriteString(next)
	}
	return b.String()
}

func (w writer) button() message.Button {
	b := message.Button{Label: w.words(20), Style: message.Style(w.IntN(3)), Action: message.Action(w.IntN(3)), Say: w.words(300)}
	b.Data = "f:" + strings.Repeat("d", w.IntN(299))
	b.URI = []string{"https://example.jp/" + strings.Repeat("a", w.IntN(900)), "tel:%239110", "tel:0312345678"}[w.IntN(3)]
	if !w.fits && w.IntN(10) == 0 {
		b.Data, b.URI, b.Action = w.words(300), w.words(1000), message.Action(w.IntN(5)-1)
	}
	return b
}

func (w writer) buttons(max int) (bs []message.Button) {
	for range w.IntN(max + 1) {
		bs = append(bs, w.button())
	}
	return bs
}

func (w writer) rows() (rs []message.Row) {
	for range w.IntN(12) {
		rs = append(rs, message.Row{Label: w.words(20), Value: w.words(100)})
	}
	return rs
}

func (w writer) message() message.Message {
	switch w.IntN(6) {
	case 0:
		return message.Text{Body: w.words(5000), Quick: w.buttons(13), QuoteToken: "q"}
	case 1:
		a := message.Ask{Prompt: w.words(300), Hint: w.words(200), Keep: w.buttons(1), Nav: w.buttons(3)}
		for range w.IntN(18) {
			a.Choices = append(a.Choices, message.Choice{Button: w.button(), Marked: w.IntN(3) == 0, Hint: w.words(60)})
		}
		return a
	case 2:
		return message.Panel{Alt: w.words(2000), Heading: w.words(40), Body: w.words(1000), Buttons: w.buttons(5)}
	case 3:
		return message.CaseCard{Alt: w.words(60), Heading: w.words(40), Tone: message.Tone(w.IntN(4)), Urgency: w.words(20), Rows: w.rows(), Note: w.words(300), Buttons: w.buttons(5)}
	case 4:
		return message.Preview{Alt: w.words(60), Heading: w.words(40), Rows: w.rows(), Body: w.words(1000), Warning: w.words(200), Buttons: w.buttons(3)}
	}
	return message.Notice{Alt: w.words(1500), Heading: w.words(40), Body: w.words(1000), Buttons: w.buttons(4)}
}

// FuzzRender: what is within the documented limits renders, and whatever
// renders is within LINE's. Its description is asked too.
func FuzzRender(f *testing.F) {
	doc := described(f)
	for seed := range uint64(40) {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, seed uint64, fits bool) {
		w := writer{rand.New(rand.NewPCG(seed, 2)), fits}
		var ms []message.Message
		for range 1 + w.IntN(5) {
			ms = append(ms, w.message())
		}
		raw, err := line.Renderer{}.Render(ms)
		if err != nil {
			var limit *line.LimitError
			if fits || !errors.As(err, &limit) || strings.ContainsAny(err.Error(), "あ漢😀") {
				t.Fatalf("seed %d: %v", seed, err)
			}
			return
		}
		check(t, ms, raw)
		for _, fault := range conform(doc, "ReplyMessageRequest", []byte(`{"replyToken":"rt","messages":`+string(raw)+`}`)) {
			t.Errorf("LINE's description: %s", fault)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	for _, name := range []string{"text", "ask_urgency", "ask_kind_hints", "ask_carousel", "card_danger", "panel"} {
		ms := samples()[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				raw, err := line.Renderer{}.Render(ms)
				if err != nil {
					b.Fatal(err)
				}
				n = len(raw)
			}
			b.ReportMetric(float64(n), "bytes/message")
		})
	}
}

// field is a string of the first message.
func field(t *testing.T, raw []byte, name string) string {
	t.Helper()
	var ms []map[string]any
	if err := json.Unmarshal(raw, &ms); err != nil {
		t.Fatal(err)
	}
	s, ok := ms[0][name].(string)
	if !ok {
		t.Fatalf("%s is missing", name)
	}
	return s
}
