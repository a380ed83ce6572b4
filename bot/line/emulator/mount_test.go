package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// ask requests something of the emulator as a browser would.
func (w *world) ask(method, path string, change func(*http.Request)) int {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.api.URL+path, strings.NewReader(`{"name":"x"}`))
	if err != nil {
		w.t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	res, err := w.api.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		w.t.Error(err)
	}
	return res.StatusCode
}

// What is no API's goes to the page, the rest does not.
func TestMount(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	if s := w.ask("GET", "/", nil); s != 404 {
		t.Errorf("without a page: %d, want 404", s)
	}
	if sends := w.e.Sends(); len(sends) != 0 {
		t.Errorf("a page's call is no API call: %+v", sends)
	}
	asked := ""
	w.e.Mount(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked += " " + r.Method + " " + r.URL.Path
		rw.WriteHeader(http.StatusTeapot)
	}))
	for path, want := range map[string]int{
		"/v2/bot/info": 401, "//v2/bot/info": 401, "/v2/": 401, "/v2/../page": 401, "/v2": 401, "/_emulator/people": 200, "/_emulator/nothing": 404,
	} {
		if s := w.ask("GET", path, nil); s != want {
			t.Errorf("%s: %d, want %d", path, s, want)
		}
	}
	if asked != "" {
		t.Errorf("the page was asked for%s", asked)
	}
	for _, call := range []string{"GET /", "POST /say", "GET /content/1", "GET /v20/bot/info", "GET /_emulator"} {
		method, path, _ := strings.Cut(call, " ")
		asked = ""
		if s := w.ask(method, path, nil); s != http.StatusTeapot || asked != " "+call {
			t.Errorf("%s: %d, the page was asked for%q", call, s, asked)
		}
	}
	w.e.Mount(nil)
	if s := w.ask("GET", "/", nil); s != 404 {
		t.Errorf("the page is taken away: %d, want 404", s)
	}
}

// Other sites' pages, and names that only resolve to loopback, get nothing,
// neither from the control API nor from the page.
func TestForThisMachineOnly(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	mounted := 0
	w.e.Mount(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { mounted++ }))
	for name, c := range map[string]struct {
		method string
		change func(*http.Request)
		status int
	}{
		"rebound name":               {"POST", func(r *http.Request) { r.Host = "evil.example:80" }, 403},
		"rebound name, only looking": {"GET", func(r *http.Request) { r.Host = "evil.example" }, 403},
		"another machine's address":  {"POST", func(r *http.Request) { r.Host = "192.0.2.1" }, 403},
		"other origin":               {"POST", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		"other site":                 {"POST", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"same origin":                {"POST", func(r *http.Request) { r.Header.Set("Origin", w.api.URL) }, 200},
		"localhost":                  {"POST", func(r *http.Request) { r.Host = "localhost:8080" }, 200},
		"loopback in IPv6":           {"POST", func(r *http.Request) { r.Host = "[::1]:8080" }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			people, before := len(w.e.People()), mounted
			if s := w.ask(c.method, "/_emulator/user", c.change); s != c.status || len(w.e.People())-people != map[int]int{200: 1}[c.status] {
				t.Errorf("control API: %d, want %d; %d people", s, c.status, len(w.e.People())-people)
			}
			if s := w.ask(c.method, "/say", c.change); s != c.status || mounted-before != map[int]int{200: 1}[c.status] {
				t.Errorf("page: %d, want %d; asked %d times", s, c.status, mounted-before)
			}
		})
	}
}
