package page

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// clockView is the time of the rehearsal and where it can be moved.
type clockView struct {
	Date, Time string
	Moments    []Moment
}

func (p *Page) clockView() clockView {
	now := p.back.Now().In(tokyo)
	return clockView{
		Date: now.Format("2006年1月2日") + "（" + weekdays[now.Weekday()] + "）", Time: now.Format("15:04"),
		Moments: p.back.Moments(),
	}
}

func (p *Page) showClock(w http.ResponseWriter, _ *http.Request) { p.write(w, "clock", p.clockView()) }

// moving bounds how long a move of the clock may take, in real time.
const moving = time.Minute

// moveClock moves on to one of the moments. What happens on the way arrives by
// the event stream while the form waits.
func (p *Page) moveClock(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("moment")
	moments := p.back.Moments()
	i := slices.IndexFunc(moments, func(m Moment) bool { return m.ID == id })
	if i < 0 {
		p.refuse(w, "その時刻へは進められません。")
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), moving)
	defer cancel()
	if err := p.back.MoveTo(ctx, moments[i].At); err != nil {
		p.failed(w, "clock", err)
		return
	}
	p.bells.ring("room", "scene")
	p.showClock(w, r)
}

// tour is how far the guided tour has got.
type tour struct {
	mu    sync.Mutex
	steps []Step
	at    int
	on    bool
}

type tourView struct {
	// Running tells that the program runs: who taps must know when it does not.
	Running bool
	On      bool
	Step    Step
	No      int
	Of      int
	Last    bool
}

// tourView moves the tour on over every step that has been taken.
func (p *Page) tourView() tourView {
	t := &p.tour
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.on {
		return tourView{Running: p.back.Running()}
	}
	for t.at < len(t.steps)-1 && t.steps[t.at].Done != nil && t.steps[t.at].Done(p.line) {
		t.at++
	}
	return tourView{Running: p.back.Running(), On: true, Step: t.steps[t.at], No: t.at + 1, Of: len(t.steps), Last: t.at == len(t.steps)-1}
}

func (p *Page) showTour(w http.ResponseWriter, _ *http.Request) { p.write(w, "tour", p.tourView()) }

func (p *Page) moveTour(w http.ResponseWriter, r *http.Request) {
	t := &p.tour
	t.mu.Lock()
	switch r.PathValue("what") {
	case "begin":
		t.steps, t.at = p.back.Tour(), 0
		t.on = len(t.steps) > 0
	case "next":
		if t.on && t.at < len(t.steps)-1 {
			t.at++
		}
	case "end":
		t.on = false
	default:
		t.mu.Unlock()
		http.NotFound(w, r)
		return
	}
	t.mu.Unlock()
	p.showTour(w, r)
}
