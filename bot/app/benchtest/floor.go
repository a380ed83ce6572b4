package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/line/line-bot-sdk-go/v8/linebot/webhook"

	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/message"
)

// floor is line D: the work of A and C, and a reply to each turn, to the
// emulated LINE, with the card of each report that was sent. The answers are
// as long as the program's, but made once, at start.
func floor(ctx context.Context, dir string, l net.Listener) (server, error) {
	s, err := readSeed(dir)
	if err != nil {
		return server{}, err
	}
	answers, card, err := made()
	if err != nil {
		return server{}, err
	}
	db, err := create(dir)
	if err != nil {
		return server{}, err
	}
	g := &grouped{db: db, waiting: make(chan pending, 1024), done: make(chan struct{})}
	go g.run()
	m := &mouth{endpoint: s.Endpoint, client: line.NewHTTPClient(), calls: make(chan call, 1<<16)}
	for range callers {
		m.callers.Go(func() { m.speak(context.WithoutCancel(ctx)) })
	}
	accounts := map[string]seedCouncil{}
	for _, c := range s.Councils {
		accounts[c.ID] = c
	}
	var turns atomic.Uint64
	h := func(w http.ResponseWriter, r *http.Request) {
		id := path.Base(r.URL.Path)
		request, err := webhook.ParseRequest(secretOf(id), r)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		token, said := heard(request)
		n := turns.Add(1)
		if err := g.commit(rowsOf(n)); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		account := accounts[id]
		step := stepOf(said)
		m.calls <- call{path: "reply", token: account.Token, body: envelope("replyToken", token, answers[step])}
		if step == len(shortest)-1 {
			m.calls <- call{path: "push", token: account.Token, key: retryKey(n), body: envelope("to", account.Group, card)}
		}
	}
	return listen(l, h, func() error {
		close(m.calls)
		m.callers.Wait()
		m.client.CloseIdleConnections()
		close(g.waiting)
		<-g.done
		return errors.Join(db.Close(), m.err())
	}), nil
}

// heard is the reply token and the words of a webhook's one event.
func heard(r *webhook.CallbackRequest) (token, said string) {
	for _, e := range r.Events {
		if e, ok := e.(webhook.MessageEvent); ok {
			token = e.ReplyToken
			if words, ok := e.Message.(webhook.TextMessageContent); ok {
				said = words.Text
			}
		}
	}
	return token, said
}

// stepOf is the place of the words in the shortest report; what is none of its
// answers is the card's code.
func stepOf(said string) int {
	for i, words := range shortest {
		if words == said {
			return i
		}
	}
	return 0
}

// replySizes are the bytes of the program's replies in the shortest report, and
// cardSize those of the card. A test compares them with what it sends.
var replySizes = []int{5500, 9400, 3350, 400}

const cardSize = 2750

// made are the answers to each step, and the card. They are of the program's
// own building blocks, as the emulated LINE reads every one of them.
func made() (answers []json.RawMessage, card json.RawMessage, err error) {
	for step, size := range replySizes {
		ask := message.Ask{Prompt: "どんな状況ですか？"}
		for i := 0; err == nil && len(card) < size && step < len(replySizes)-1; i++ {
			b := message.Button{Label: fmt.Sprintf("答えの例・%02d", i), Data: fmt.Sprintf("f:AAAAAAAAAAAAAAAA:%d:answer%02d", step, i), Say: "答えの例"}
			ask.Choices = append(ask.Choices, message.Choice{Button: b})
			card, err = line.Renderer{}.Render([]message.Message{ask})
		}
		if step == len(replySizes)-1 {
			card, err = line.Renderer{}.Render([]message.Message{message.Text{Body: strings.Repeat("送りました。", size/18)}})
		}
		if err != nil {
			return nil, nil, err
		}
		answers, card = append(answers, card), nil
	}
	c := message.CaseCard{Alt: "受付26-0001", Heading: "受付26-0001", Urgency: "通常"}
	for err == nil && len(card) < cardSize {
		c.Rows = append(c.Rows, message.Row{Label: "種類", Value: "訪問販売・しつこい勧誘"})
		card, err = line.Renderer{}.Render([]message.Message{c})
	}
	return answers, card, err
}

func envelope(key, value string, messages []byte) []byte {
	b := make([]byte, 0, len(messages)+len(value)+64)
	b = fmt.Appendf(b, `{"%s":"%s","messages":`, key, value)
	return append(append(b, messages...), '}')
}

// retryKey is the UUID of the nth turn's card.
func retryKey(n uint64) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

// callers is how many calls are under way at most: the program's outbox has as
// many workers.
const callers = 128

// mouth sends what was answered, as soon as one of its callers is free.
type mouth struct {
	endpoint string
	client   *http.Client
	calls    chan call
	callers  sync.WaitGroup
	failed   atomic.Pointer[error]
}

type call struct {
	path, token, key string
	body             []byte
}

func (m *mouth) speak(ctx context.Context) {
	for c := range m.calls {
		if err := m.say(ctx, c); err != nil && m.failed.CompareAndSwap(nil, &err) {
			slog.Error("a call failed", "error", err) // its card will be missed
		}
	}
}

func (m *mouth) err() error {
	if p := m.failed.Load(); p != nil {
		return *p
	}
	return nil
}

func (m *mouth) say(ctx context.Context, c call) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.endpoint+"/v2/bot/message/"+c.path, bytes.NewReader(c.body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		request.Header.Set("X-Line-Retry-Key", c.key)
	}
	return exchange(m.client, request)
}

func readSeed(dir string) (seed, error) {
	var s seed
	data, err := os.ReadFile(filepath.Join(dir, seedFile))
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	return s, err
}
