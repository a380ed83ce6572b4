package bubble_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/line/emulator/page/bubble"
	"mimamori.example/mimamori/bot/message"
)

// phone is a person's talk with a bot on the emulated platform, so that messages
// are judged and their buttons found as they are for the page.
type phone struct {
	t    *testing.T
	e    *emulator.Emulator
	bot  *emulator.Channel
	user string
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	p := &phone{t: t, e: emulator.New(emulator.Options{})}
	t.Cleanup(func() {
		if err := p.e.Close(); err != nil {
			t.Error(err)
		}
	})
	var err error
	if p.bot, err = p.e.AddChannel(emulator.ChannelOptions{}); err != nil {
		t.Fatal(err)
	}
	p.user = p.e.AddUser("見守り 花子")
	if _, err := p.e.Friend(p.user, ""); err != nil {
		t.Fatal(err)
	}
	return p
}

// push sends message objects and returns them as the person sees them.
func (p *phone) push(messages json.RawMessage) []emulator.Message {
	p.t.Helper()
	var list []json.RawMessage
	if err := json.Unmarshal(messages, &list); err != nil {
		p.t.Fatal(err)
	}
	body := fmt.Sprintf(`{"to":%q,"messages":%s}`, p.user, messages)
	r := httptest.NewRequestWithContext(p.t.Context(), http.MethodPost, "/v2/bot/message/push", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+p.bot.Token())
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	p.e.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		p.t.Fatalf("push: %d %s", w.Code, w.Body)
	}
	return p.talk(len(list))
}

// talk returns the newest n messages.
func (p *phone) talk(n int) []emulator.Message {
	p.t.Helper()
	all, err := p.e.Talk(p.user, "")
	if err != nil || len(all) < n {
		p.t.Fatalf("talk: %d messages, %v", len(all), err)
	}
	return all[len(all)-n:]
}

// samples are messages of every kind that the program has, with every part that
// a kind can have and without.
func samples() map[string]message.Message {
	buttons := []message.Button{
		{Label: "担当する", Action: message.Say, Say: "R8-0012 担当する", Style: message.Primary},
		{Label: "188・センターを案内", Action: message.Say, Say: "R8-0012 188"},
		{Label: "110番に電話", Action: message.Link, URI: "tel:110"},
		{Label: "終了", Data: "c:1", Say: "終了", Style: message.Quiet},
	}
	var few, many, marked []message.Choice
	for i := range 60 {
		b := message.Button{Label: fmt.Sprintf("第%d地区をえらぶ", i+1), Data: fmt.Sprintf("f:s1:3:%d%s", i, strings.Repeat("x", 200)), Say: "えらぶ"}
		many = append(many, message.Choice{Button: b, Hint: strings.Repeat("町の名前がここに。", 6)})
		if i < 10 {
			few = append(few, message.Choice{Button: b})
			marked = append(marked, message.Choice{Button: b, Marked: i%2 == 0, Hint: "説明"})
		}
	}
	rows := []message.Row{{Label: "種類", Value: "屋根・外壁などの点検商法"}, {Label: "気づき"}, {Value: "見出しなし"}}
	out := map[string]message.Message{
		"text": message.Text{Body: "受け付けました。\n<事務局> & \"確認\""}, "text quick": message.Text{Body: "つづけますか？", Quick: buttons},
		"ask":        message.Ask{Prompt: "いま、どんな状況ですか？", Hint: "運転中は操作しないでください。", Choices: few, Keep: buttons[:1], Nav: buttons[3:]},
		"ask marked": message.Ask{Prompt: "すでにしたことは？", Choices: marked}, "ask many": message.Ask{Prompt: "どの地区？", Choices: many, Nav: buttons[3:]},
		"ask bare":   message.Ask{Hint: "ひとことで教えてください。"},
		"panel":      message.Panel{Alt: "連絡", Heading: "事務局からの連絡", Body: "すぐに110番へ。\n済んだら押してください。", Buttons: buttons},
		"panel bare": message.Panel{Body: "本文だけ"}, "panel head": message.Panel{Heading: "見出しだけ"},
		"preview":      message.Preview{Heading: "下書き", Rows: rows, Body: "本文です。\n二行目。", Warning: "10分以上たっています。", Buttons: buttons[:2]},
		"preview bare": message.Preview{Body: "本文です。"},
		"notice":       message.Notice{Heading: "点検商法にご注意", Body: "その場で契約しないでください。", Buttons: buttons[2:3]},
		"notice bare":  message.Notice{Body: "本文だけ"},
	}
	for name, tone := range map[string]message.Tone{"calm": message.Calm, "soon": message.Soon, "danger": message.Danger} {
		card := message.CaseCard{Heading: "受付番号 R8-0012", Tone: tone, Urgency: "【危険】暴力・脅しの危険がある", Rows: rows, Note: "110番を伝えてあります。", Buttons: buttons}
		out["card "+name] = card
		out["card bare "+name] = message.CaseCard{Heading: card.Heading, Tone: tone}
	}
	return out
}

func TestRealMessages(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			raw, err := line.Renderer{}.Render([]message.Message{m})
			if err != nil {
				t.Fatal(err)
			}
			complete(t, raw)
		})
	}
}

// TestRendererGolden looks at what the renderer's own tests pin.
func TestRendererGolden(t *testing.T) {
	files, err := filepath.Glob("../../../testdata/golden/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// Only a token that the platform gave out can be quoted with.
			complete(t, quoting.ReplaceAll(raw, nil))
		})
	}
}

var quoting = regexp.MustCompile(`,\s*"quoteToken": *"[^"]*"`)

// TestDocumented looks at messages that use what LINE documents, whether
// Mimamori does or not.
func TestDocumented(t *testing.T) {
	files, err := filepath.Glob("testdata/documented/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			complete(t, raw)
		})
	}
}

// complete sends messages and tells whether all of their words are shown, all of
// their actions can be tapped, once each, and nothing is marked as unknown.
func complete(t *testing.T, raw json.RawMessage) {
	t.Helper()
	for _, m := range newPhone(t).push(raw) {
		root := look(t, bubble.HTML(m))
		if unknown := marks(root); len(unknown) > 0 {
			t.Errorf("marked: %q", unknown)
		}
		for _, line := range strings.Split(m.Text, "\n") {
			line = strings.TrimSuffix(strings.TrimPrefix(line, "["), "]")
			if !strings.Contains(root.words, line) {
				t.Errorf("%q is not shown", line)
			}
		}
		var paths, quick []string
		for _, b := range m.Buttons {
			if b.Quick {
				quick = append(quick, b.Path)
			} else {
				paths = append(paths, b.Path)
			}
		}
		live, dead := root.buttons()
		slices.Sort(live)
		slices.Sort(paths)
		if !slices.Equal(live, paths) || len(dead) > 0 {
			t.Errorf("can be tapped: %q, cannot: %q, want %q", live, dead, paths)
		}
		row := look(t, bubble.Quick(m))
		if live, dead := row.buttons(); !slices.Equal(live, quick) || len(dead) > 0 {
			t.Errorf("quick replies: %q, cannot: %q, want %q", live, dead, quick)
		}
	}
}
