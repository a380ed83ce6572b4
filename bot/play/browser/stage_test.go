package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed hands.js
var hands string

// The two widths at which everything must work.
const (
	narrow = 390
	wide   = 1440
)

// stage is a demo with its page in a tab.
type stage struct {
	t     *testing.T
	ctx   context.Context
	demo  demo
	ready time.Time // when the page could be used

	mu     sync.Mutex
	faults []string // what the console and the network tell
}

// begin starts a demo and opens its page, 1440 pixels wide.
func begin(t *testing.T) *stage { return beginAt(t, wide) }

// beginAt opens it at another width, of a demo with these arguments.
func beginAt(t *testing.T, width int64, args ...string) *stage {
	t.Helper()
	need(t)
	s := &stage{t: t, demo: startDemo(t, args...)}
	home, err := url.Parse(s.demo.url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, closeTab := chromedp.NewContext(shared.chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab) // before the demo ends: the page would complain that it has gone
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	s.ctx = ctx
	t.Cleanup(s.judge)
	if err := chromedp.Listen(ctx, func(ev any) { s.watch(home, ev) }); err != nil {
		t.Fatal(err)
	}
	s.resize(width)
	open := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, cdpage.AddScriptToEvaluateOnNewDocument, cdpage.AddScriptToEvaluateOnNewDocumentParams{Source: hands})
		return err
	})
	if err := chromedp.Do(ctx, open, chromedp.Navigate(s.demo.url)); err != nil {
		t.Fatal(err)
	}
	s.must(s.ask(`hands.is(".phone .composer")`), "the page shows no telephone")
	s.ready = time.Now()
	return s
}

// watch notes what a page in order never does.
func (s *stage) watch(home *url.URL, ev any) {
	var fault string
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(ev.Request.URL); err != nil || u.Scheme != "data" && u.Host != home.Host {
			fault = "asks another host: " + ev.Request.URL
		}
	case *network.EventResponseReceived:
		if ev.Response.Status >= 400 {
			fault = fmt.Sprintf("%s answers %d", ev.Response.URL, ev.Response.Status)
		}
	case *runtime.EventConsoleAPICalled:
		if ev.Type != "error" && ev.Type != "warning" && ev.Type != "assert" {
			return
		}
		fault = "console." + string(ev.Type)
		for _, a := range ev.Args {
			fault += " " + string(a.Value) + a.Description
		}
	case *runtime.EventExceptionThrown:
		fault = "exception: " + ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			fault += " " + e.Description
		}
	case *log.EventEntryAdded:
		if ev.Entry.Level != log.EntryLevelError && ev.Entry.Level != log.EntryLevelWarning {
			return
		}
		fault = "console: " + ev.Entry.Text + " " + ev.Entry.URL
	}
	if fault == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fault)
}

// judge fails the test for what watch has noted, and keeps what a failed test
// saw last.
func (s *stage) judge() {
	for _, f := range s.noted() {
		s.t.Error(f)
	}
	if !s.t.Failed() {
		return
	}
	name := "failed-" + strings.NewReplacer("/", "-", " ", "_").Replace(s.t.Name())
	s.picture(name + ".png")
	text, err := chromedp.Run(s.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		s.t.Logf("the page's text: %v", err)
		return
	}
	s.keep(name+".txt", []byte(text))
}

// noted gives what watch has noted so far, once.
func (s *stage) noted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	noted := s.faults
	s.faults = nil
	return noted
}

// artefacts is where pictures and the like are kept.
func artefacts() string {
	if dir := os.Getenv("MIMAMORI_ARTEFACTS"); dir != "" {
		return dir
	}
	return root + "/artefacts"
}

// keep writes an artefact.
func (s *stage) keep(name string, data []byte) {
	s.t.Helper()
	path := filepath.Join(artefacts(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Error(err)
		return
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		s.t.Error(err)
		return
	}
	s.t.Logf("kept %s", path)
}

// picture keeps what is in view.
func (s *stage) picture(name string) {
	s.t.Helper()
	png, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		s.t.Errorf("picture: %v", err)
		return
	}
	s.keep(name, png)
}

func (s *stage) resize(width int64) {
	s.t.Helper()
	size := chromedp.EmulateViewport(width, 1000)
	if width < 600 {
		size = chromedp.EmulateViewport(width, 844, chromedp.EmulateMobile, chromedp.EmulatePortrait)
	}
	if err := chromedp.Do(s.ctx, size); err != nil {
		s.t.Fatal(err)
	}
}

// js calls hands.name with arguments and returns the answer, also of a promise.
func js[T any](s *stage, name string, args ...any) T {
	s.t.Helper()
	text := make([]string, len(args))
	for i, a := range args {
		b, err := json.Marshal(a)
		if err != nil {
			s.t.Fatal(err)
		}
		text[i] = string(b)
	}
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[T]("hands."+name+"("+strings.Join(text, ",")+")", chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return v
}

// ask evaluates an expression that is true or false, also after a while.
func (s *stage) ask(expression string) bool {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (s *stage) must(ok bool, format string, args ...any) {
	s.t.Helper()
	if !ok {
		s.t.Fatalf(format, args...)
	}
}

// spot is where something can be tapped, or why not.
type spot struct {
	X, Y float64
	Why  string
}

// press taps with the mouse what hands finds. A click that misses, because the
// page has moved just then, does nothing and is tried again.
func (s *stage) press(how, where, what string, mouse ...chromedp.MouseOption) {
	s.t.Helper()
	for range 10 {
		at := js[spot](s, "aim", how, where, what)
		if at.Why != "" {
			s.t.Fatalf("%s: %q %s; there are %q", where, what, at.Why, js[[]string](s, "labels", where))
		}
		if err := chromedp.Do(s.ctx, chromedp.MouseClickXY(at.X, at.Y, mouse...)); err != nil {
			s.t.Fatal(err)
		}
		if len(mouse) > 0 || js[bool](s, "hit") {
			return
		}
	}
	s.t.Fatalf("%s: %q cannot be hit", where, what)
}

// insert types as an input method does.
func (s *stage) insert(text string) {
	s.t.Helper()
	if _, err := chromedp.Call(s.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) keys(keys string, o ...chromedp.KeyOption) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, chromedp.KeyEvent(keys, o...)); err != nil {
		s.t.Fatal(err)
	}
}
