// Package page is the emulated platform as people see it: one page with a phone
// for each person and group, a guided tour, and an engine room behind it. It is
// served by the emulator itself, on loopback.
//
// The page is made of fragments that the server writes. A fragment is fetched
// again when a server-sent event says that it has changed, and merged into what
// stands there. Decision: htmx with its extensions for server-sent events and
// for merging, embedded as published, because the alternative was to write the
// same by hand; there is nothing to build and nothing is fetched from elsewhere.
//
// Only one person at a time is meant to use it: who speaks in a group, and how
// far the tour has got, is the page's state, not the visitor's.
package page

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

//go:embed assets templates
var files embed.FS

// tokyo is the time of every phone: Japan has one zone and no summer time.
var tokyo = time.FixedZone("JST", 9*60*60)

// Options are what a page is made of; all are needed but Log.
type Options struct {
	Line      *emulator.Emulator
	Bot       *emulator.Channel
	Backstage Backstage
	Log       *slog.Logger
}

// Page is the handler of the page and its fragments.
type Page struct {
	line  *emulator.Emulator
	bot   *emulator.Channel
	back  Backstage
	log   *slog.Logger
	mux   *http.ServeMux
	pages *template.Template
	bells bells

	mu      sync.Mutex
	phones  []Phone
	speaker map[string]string   // group → who speaks
	faults  map[string][]string // switch → the emulator's faults
	tour    tour
}

// New makes the page of a platform on which the people of Backstage are.
func New(o Options) (*Page, error) {
	if o.Line == nil || o.Bot == nil || o.Backstage == nil {
		return nil, errors.New("page: Options lack Line, Bot or Backstage")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Page{
		line: o.Line, bot: o.Bot, back: o.Backstage, log: o.Log, phones: o.Backstage.Phones(),
		speaker: map[string]string{}, faults: map[string][]string{},
	}
	var err error
	if p.pages, err = template.New("").Funcs(template.FuncMap{"clock": clockTime, "second": clockSecond, "waited": waited, "args": args}).ParseFS(files, "templates/*.html"); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	if err := p.route(); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	o.Backstage.Changed(func() { p.bells.ring("room", "scene") })
	return p, nil
}

func (p *Page) route() error {
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		return err
	}
	p.mux = http.NewServeMux()
	p.mux.HandleFunc("GET /{$}", p.whole)
	p.mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
	p.mux.HandleFunc("GET /assets/bubble.css", bubbleStyles)
	p.mux.HandleFunc("GET /events", p.events)
	p.mux.HandleFunc("GET /content", p.content)
	p.mux.HandleFunc("GET /menus/{phone}", p.menuPicture)
	p.mux.HandleFunc("GET /phones/{phone}/talk", p.showTalk)
	for name, do := range deeds {
		p.mux.HandleFunc("POST /phones/{phone}/"+name, p.deed(do))
	}
	p.mux.HandleFunc("POST /people", p.addPerson)
	p.mux.HandleFunc("POST /groups", p.addGroup)
	p.mux.HandleFunc("GET /clock", p.showClock)
	p.mux.HandleFunc("POST /clock", p.moveClock)
	p.mux.HandleFunc("GET /tour", p.showTour)
	p.mux.HandleFunc("POST /tour/{what}", p.moveTour)
	p.mux.HandleFunc("GET /room", p.showRoom)
	p.mux.HandleFunc("POST /room/{what}", p.work)
	return nil
}

// contentPolicy keeps the page to itself: nothing is fetched from another host
// and no script runs but ours. Forms are sent by htmx alone: the browser's own
// way would leave the page. Flex messages carry free colours and lengths,
// hence styles on elements.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP answers the page, its fragments and its forms.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	p.mux.ServeHTTP(w, r)
}

func (p *Page) whole(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	phones := append([]Phone(nil), p.phones...)
	p.mu.Unlock()
	v := struct {
		Name   string
		Phones []phoneView
		Clock  clockView
		Tour   tourView
	}{Name: p.bot.Name(), Clock: p.clockView(), Tour: p.tourView()}
	for _, ph := range phones {
		v.Phones = append(v.Phones, p.phoneView(ph))
	}
	p.write(w, "page", v)
}

// write answers with a template. What goes wrong in it is a fault of ours.
func (p *Page) write(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := p.pages.ExecuteTemplate(w, name, data); err != nil {
		p.log.Error("page", slog.String("what", name), slog.Any("error", err))
	}
}

// refuse says in the page's notice why something did not happen. The page's own
// script shows what the header says; htmx has nothing to put anywhere.
func (p *Page) refuse(w http.ResponseWriter, words string) {
	w.Header().Set("HX-Reswap", "none")
	w.Header().Set("Notice", url.PathEscape(words))
	p.write(w, "notice", words)
}

// failed says that something went wrong that is nobody's fault on the page.
func (p *Page) failed(w http.ResponseWriter, what string, err error) {
	p.log.Warn("page", slog.String("what", what), slog.Any("error", err))
	p.refuse(w, "うまくいきませんでした。もう一度ためしてください。")
}

// args hands a message and its phone to one template.
func args(phone string, m messageView) any {
	return struct {
		Phone   string
		Message messageView
	}{phone, m}
}

func clockTime(t time.Time) string { return t.In(tokyo).Format("15:04") }

func clockSecond(t time.Time) string { return t.In(tokyo).Format("15:04:05") }

// waited says how long something has been waiting.
func waited(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d秒", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d分", d/time.Minute)
	}
	return fmt.Sprintf("%d時間%d分", d/time.Hour, d%time.Hour/time.Minute)
}
