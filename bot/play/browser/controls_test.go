package browser

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestWatchControl: what every test is held to is seen when it happens.
func TestWatchControl(t *testing.T) {
	t.Parallel()
	s := begin(t)
	for _, tt := range []struct{ name, does, want string }{
		{"console", `console.error("a", 1)`, "console.error"},
		{"exception", `setTimeout(() => { throw new Error("thrown") })`, "thrown"},
		{"rejection", `Promise.reject(new Error("rejected"))`, "rejected"},
		{"other host", `new Image().src = "http://192.0.2.1/x.png"`, "192.0.2.1"},
		{"missing file", `fetch("/nothing-here")`, "404"},
		{"form of the browser's", `const f = document.createElement("form"); f.method = "post"; document.body.append(f); f.submit()`, "form-action"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.noted()
			if _, err := chromedp.Run(s.ctx, chromedp.Evaluate[any]("{"+tt.does+"}; 0")); err != nil {
				t.Fatal(err)
			}
			var seen []string
			for range 200 { // frames of the page, which goes on meanwhile
				if seen = append(seen, s.noted()...); len(seen) > 0 {
					break
				}
				s.ask("new Promise((done) => requestAnimationFrame(() => done(true)))")
			}
			s.ask("new Promise((done) => setTimeout(() => done(true), 50))") // what belongs to it comes with it
			seen = append(seen, s.noted()...)
			if !slices.ContainsFunc(seen, func(f string) bool { return strings.Contains(f, tt.want) }) {
				t.Errorf("seen %q, want %q", seen, tt.want)
			}
		})
	}
	s.noted()
}

// TestBarriersControl: each kind of barrier is found where there is one.
func TestBarriersControl(t *testing.T) {
	t.Parallel()
	s := beginAt(t, narrow)
	for _, tt := range []struct{ html, want string }{
		{`<img src="data:,">`, "image-alt"},
		{`<button style="width:3rem;height:3rem"></button>`, "a button without a name"},
		{`<button style="min-height:0;height:10px;padding:0">x</button>`, "smaller than 24 pixels"},
		{`<h1>two</h1>`, "headings of the first level: 2"},
		{`<p style="color:#bbb;background:#fff">faint</p>`, "color-contrast"},
		{`<div style="width:900px;background:#eee">wide</div>`, "the page is 900 wide on a screen of 390"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			put := `{const d = document.createElement("div"); d.id = "control"; d.innerHTML = ` + "`" + tt.html + "`" + `; document.querySelector("main").before(d); 0}`
			if _, err := chromedp.Run(s.ctx, chromedp.Evaluate[any](put)); err != nil {
				t.Fatal(err)
			}
			found := s.barriers()
			if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, tt.want) }) {
				t.Errorf("found %q, want %q", found, tt.want)
			}
			s.must(s.ask(`document.querySelector("#control").remove(), true`), "cannot clean up")
		})
	}
	s.noted()
}
