package emulator_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// A talk keeps what was said in it, not the requests that said it.
func TestRequestsAreNotKept(t *testing.T) {
	e := emulator.New(emulator.Options{NoRateLimits: true, KeepLog: 1})
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	bot, err := e.AddChannel(emulator.ChannelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	user := e.AddUser("Hana")
	if _, err := e.Friend(user, ""); err != nil {
		t.Fatal(err)
	}
	const pushes, large = 20, 1_000_000
	body := `{"to":"` + user + `","messages":[{"type":"text","text":"hello"}],"ignored":"` + strings.Repeat("x", large) + `"}`
	before := heap()
	for range pushes {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v2/bot/message/push", bytes.NewBufferString(body))
		r.Header.Set("Authorization", "Bearer "+bot.Token())
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		if e.ServeHTTP(rec, r); rec.Code != http.StatusOK {
			t.Fatal(rec.Body)
		}
	}
	if kept := heap() - before; kept > pushes*large/2 {
		t.Errorf("%d pushes of %d bytes leave %d behind", pushes, len(body), kept)
	}
	if talk, err := e.Talk(user, bot.UserID()); err != nil || len(talk) != pushes {
		t.Errorf("%d messages, %v", len(talk), err)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
