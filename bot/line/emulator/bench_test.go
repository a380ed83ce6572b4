package emulator_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// BenchmarkPush shows how far the emulator is from being a load test's limit.
func BenchmarkPush(b *testing.B) {
	e := emulator.New(emulator.Options{NoRateLimits: true, KeepLog: 1000})
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
	for b.Loop() {
		body := `{"to":"` + users[n%100] + `","messages":[{"type":"text","text":"hello"}]}`
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
