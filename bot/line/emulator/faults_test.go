package emulator_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		kind     emulator.FaultKind
		status   int // 0: no answer
		message  string
		accepted bool
	}{
		{emulator.FailBefore, 500, "", false},
		{emulator.FailAfter, 500, "", true},
		{emulator.DropBefore, 0, "", false},
		{emulator.DropAfter, 0, "", true},
		{emulator.HangBefore, 0, "", false},
		{emulator.HangAfter, 0, "", true},
		{emulator.Slow, 200, "", true},
		{emulator.RateLimited, 429, "The API rate limit has been exceeded. Try again later.", false},
		{emulator.QuotaOut, 429, "You have reached your monthly limit.", false},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			w := newWorld(t, emulator.ChannelOptions{})
			w.client = &http.Client{Transport: w.api.Client().Transport, Timeout: 5 * time.Second}
			if c.kind == emulator.HangBefore || c.kind == emulator.HangAfter {
				w.client.Timeout = 50 * time.Millisecond
			}
			hana := w.friend("Hana")
			id, err := w.e.Break(emulator.Fault{Kind: c.kind, Channel: w.bot.ID(), Endpoint: "push", Skip: 1, Times: 1, Delay: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			w.expect(w.push(hana), 200, "") // skipped
			body := obj{"to": hana, "messages": []obj{text("struck")}}
			r, err := w.try("POST", "/v2/bot/message/push", body, "X-Line-Retry-Key", key)
			if (err != nil) != (c.status == 0) || (err == nil && (r.status != c.status || (c.message != "" && r.message() != c.message))) {
				t.Fatalf("struck: %d %s, %v", r.status, r.raw, err)
			}
			if want := 1 + map[bool]int{true: 1}[c.accepted]; w.shown(hana) != want {
				t.Errorf("%d shown, want %d", w.shown(hana), want)
			}
			sends := w.e.Sends()
			if s := sends[len(sends)-1]; s.Fault != c.kind || s.Accepted != c.accepted || s.RetryKey != key {
				t.Errorf("log: %+v", s)
			}
			if f := w.e.Faults(); len(f) != 1 || f[0].Hits != 1 || f[0].ID != id {
				t.Errorf("faults: %+v", f)
			}
			// The retry settles it: nothing is lost and nothing comes twice.
			again := w.call("POST", "/v2/bot/message/push", body, "X-Line-Retry-Key", key)
			w.expect(again, map[bool]int{true: 409, false: 200}[c.accepted], "")
			if w.shown(hana) != 2 {
				t.Errorf("%d shown after the retry, want 2", w.shown(hana))
			}
			w.e.Mend(id)
			if len(w.e.Faults()) != 0 {
				t.Error("the fault is still there")
			}
		})
	}
	w := newWorld(t, emulator.ChannelOptions{})
	for _, f := range []emulator.Fault{{Kind: "nonsense"}, {Kind: emulator.Slow, Endpoint: "nowhere"}, {Kind: emulator.Slow, Channel: "x"}, {Kind: emulator.FailAfter, Status: 99}} {
		if _, err := w.e.Break(f); err == nil {
			t.Errorf("accepted %+v", f)
		}
	}
}

func TestCloseReleasesWhatHangs(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	if _, err := w.e.Break(emulator.Fault{Kind: emulator.HangBefore}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := w.try("GET", "/v2/bot/info", nil)
		done <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := w.e.Await(ctx, func() bool { return len(w.e.Sends()) == 1 }); err != nil {
		t.Fatal(err)
	}
	if err := w.e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("a hanging call was answered")
	}
}

// What hangs on every endpoint passes again once the fault is taken away.
func TestHangingOnEveryEndpointCanBeMended(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	id, err := w.e.Break(emulator.Fault{Kind: emulator.HangBefore})
	if err != nil {
		t.Fatal(err)
	}
	const calls = 3
	ctx, enough := context.WithCancel(t.Context())
	done := make(chan error, calls)
	for _, path := range []string{"/v2/bot/info", "/v2/bot/message/quota", "/v2/bot/profile/" + hana} {
		req, err := http.NewRequestWithContext(ctx, "GET", w.api.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+w.bot.Token())
		go func() {
			res, err := w.client.Do(req)
			if err == nil {
				err = errors.Join(res.Body.Close(), errors.New(res.Status))
			}
			done <- err
		}()
	}
	struck := func() bool { f := w.e.Faults(); return len(f) == 1 && f[0].Hits == calls }
	if err := w.e.Await(t.Context(), struck); err != nil {
		t.Fatal(err)
	}
	w.e.Mend(id)
	if f := w.e.Faults(); len(f) != 0 {
		t.Errorf("still there: %+v", f)
	}
	w.expect(w.push(hana), 200, "")
	w.expect(w.call("GET", "/v2/bot/info", nil), 200, "")
	select {
	case err := <-done:
		t.Errorf("a call that hung came back: %v", err)
	default:
	}
	enough()
	for range calls {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("a call that hung: %v", err)
		}
	}
}
