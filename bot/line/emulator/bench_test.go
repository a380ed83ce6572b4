package emulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// golden joins the messages of golden files into the list of one call.
func golden(b *testing.B, files ...string) string {
	b.Helper()
	var all []json.RawMessage
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join("..", "testdata", "golden", file))
		if err != nil {
			b.Fatal(err)
		}
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			b.Fatal(err)
		}
		all = append(all, list...)
	}
	var out bytes.Buffer
	raw, err := json.Marshal(all)
	if err == nil {
		err = json.Compact(&out, raw)
	}
	if err != nil {
		b.Fatal(err)
	}
	return out.String()
}

// BenchmarkPush shows how far the emulator is from being a load test's limit.
func BenchmarkPush(b *testing.B) {
	for _, c := range []struct{ name, messages string }{
		{"text", `[{"type":"text","text":"hello"}]`},
		{"card of 3 KB", golden(b, "card_calm.json")},
		{"reply of 9 KB", golden(b, "ask_urgency.json", "panel.json")},
		{"carousel of 38 KB", golden(b, "ask_carousel.json")},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkPush(b, c.messages) })
	}
}

func benchmarkPush(b *testing.B, messages string) {
	e := emulator.New(emulator.Options{NoRateLimits: true, KeepLog: 200})
	defer func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	}()
	bot, err := e.AddChannel(emulator.ChannelOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var users []string
	for i := range 100 {
		users = append(users, e.AddUser(fmt.Sprint(i)))
		if _, err := e.Friend(users[i], ""); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		body := `{"to":"` + users[n%100] + `","messages":` + messages + `}`
		req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/v2/bot/message/push", bytes.NewBufferString(body))
		req.Header.Set("Authorization", "Bearer "+bot.Token())
		req.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		e.ServeHTTP(rec, req)
		if rec.Code != 200 {
			b.Fatal(rec.Body)
		}
		n++
	}
}
