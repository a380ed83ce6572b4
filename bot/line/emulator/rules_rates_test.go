package emulator

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
)

// documented are the rate limits of LINE's reference ("Rate limits") by the
// emulator's endpoint; what is not here has "Other API endpoints".
var documented = map[string]struct {
	n   int
	per time.Duration
}{
	"broadcast": {60, time.Hour}, "webhook-test": {60, time.Hour},
	"webhook-set": {1000, time.Minute}, "webhook-get": {1000, time.Minute},
	"menu-create": {100, time.Hour}, "menu-delete": {100, time.Hour}, "alias-delete": {100, time.Hour},
	"menu-list": {10, time.Second},
	"multicast": {200, time.Second},
	"loading":   {100, time.Second},
}

// TestRateLimitOfEveryEndpoint empties each endpoint's bucket.
func TestRateLimitOfEveryEndpoint(t *testing.T) {
	e := New(Options{})
	c, err := e.AddChannel(ChannelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range documented {
		if !slices.Contains(e.Endpoints(), name) {
			t.Errorf("%s is no endpoint", name)
		}
	}
	for _, r := range e.routes {
		want, listed := documented[r.name]
		if !listed {
			want.n, want.per = 2000, time.Second
		}
		now := time.Date(2026, 6, 1, 10, 0, 0, 0, tokyo)
		for i := range want.n {
			if !c.allow(r.name, r.rate, now) {
				t.Errorf("%s: the bucket is empty after %d calls, want %d", r.name, i, want.n)
				break
			}
		}
		if c.allow(r.name, r.rate, now) {
			t.Errorf("%s: more than %d calls at once", r.name, want.n)
		}
		// "How rate limits work": tokens come back one by one.
		one := want.per / time.Duration(want.n)
		if now = now.Add(one - 1); c.allow(r.name, r.rate, now) {
			t.Errorf("%s: one more after less than %s", r.name, one)
		}
		if now = now.Add(2); !c.allow(r.name, r.rate, now) { // 1 ns for rounding
			t.Errorf("%s: none after %s", r.name, one)
		}
		// A full bucket does not grow.
		now = now.Add(10 * want.per)
		for range want.n {
			if !c.allow(r.name, r.rate, now) {
				t.Errorf("%s: not full after ten periods", r.name)
				break
			}
		}
		if c.allow(r.name, r.rate, now) {
			t.Errorf("%s: more than full after ten periods", r.name)
		}
	}
}

// TestRetryKeysWhereTheyAreTaken: "Retry only with supported APIs" names push,
// multicast, narrowcast (which the emulator has not) and broadcast; elsewhere a
// key is refused with 400, before anything happens.
func TestRetryKeysWhereTheyAreTaken(t *testing.T) {
	e := New(Options{Clock: clock.NewManual(time.Unix(1_800_000_000, 0))})
	c, err := e.AddChannel(ChannelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const refused = `{"message":"X-Line-Retry-Key is not supported by this endpoint"}`
	for _, r := range e.routes {
		path := regexp.MustCompile(`:\w+`).ReplaceAllString(r.pattern, "x")
		call := func(key string) *httptest.ResponseRecorder {
			req := httptest.NewRequestWithContext(t.Context(), r.method, path, strings.NewReader("{}"))
			req.Header.Set("Authorization", "Bearer "+c.Token())
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("X-Line-Retry-Key", key)
			w := httptest.NewRecorder()
			e.ServeHTTP(w, req)
			return w
		}
		got := call("123e4567-e89b-12d3-a456-426614174000")
		taken := slices.Contains([]string{"push", "multicast", "broadcast"}, r.name)
		if said := got.Body.String() == refused; said == taken || (!taken && got.Code != http.StatusBadRequest) {
			t.Errorf("%s: %d %s", r.name, got.Code, got.Body)
		}
		// LINE's SDK sends an empty header with everything.
		if got := call(""); got.Body.String() == refused {
			t.Errorf("%s with an empty key: %d %s", r.name, got.Code, got.Body)
		}
		if taken {
			if got := call("123e4567e89b12d3a456426614174000"); got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "UUID") {
				t.Errorf("%s with a key that is no UUID: %d %s", r.name, got.Code, got.Body)
			}
		}
	}
}

// TestDefaults pins what is documented and cannot be waited for in a test.
func TestDefaults(t *testing.T) {
	e := New(Options{})
	c, err := e.AddChannel(ChannelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// A webhook is to be answered within two seconds; redelivery is off.
	if c.o.Timeout != 2*time.Second || c.o.Redelivery.On || !c.active || c.o.Monthly != 0 {
		t.Errorf("a new channel: %+v", c.o)
	}
}
