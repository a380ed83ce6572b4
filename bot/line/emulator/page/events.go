package page

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// together is how long changes are collected before the browser hears of them:
// a turn makes many at once.
const together = 40 * time.Millisecond

// clockBeat is how often the shown time is renewed, in real time.
const clockBeat = 10 * time.Second

// bells tell the event streams of what is not a change of the platform.
type bells struct {
	mu  sync.Mutex
	all []chan string
}

// unheard is how many names a stream may be behind.
const unheard = 16

func (b *bells) listen() chan string {
	ch := make(chan string, unheard)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, ch)
	return ch
}

func (b *bells) leave(ch chan string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = slices.DeleteFunc(b.all, func(c chan string) bool { return c == ch })
}

// ring never waits. A stream that is too far behind to hear it has much to tell
// its browser already.
func (b *bells) ring(names ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ch := range b.all {
		for _, name := range names {
			select {
			case ch <- name:
			default:
			}
		}
	}
}

// events streams the names of the fragments that have changed:
//
//	talk-ID   a person's or group's talk
//	room      the engine room
//	scene     clock and tour
//	all       everything: changes may have been missed
func (p *Page) events(w http.ResponseWriter, r *http.Request) {
	changes, stop := p.line.Subscribe()
	defer stop()
	bell := p.bells.listen()
	defer p.bells.leave(bell)
	rc := http.NewResponseController(w)
	if err := rc.SetWriteDeadline(time.Time{}); err != nil {
		http.Error(w, "no stream", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	beat := time.NewTicker(clockBeat)
	defer beat.Stop()
	waiting := []string{"all"} // who comes late reads everything
	var due <-chan time.Time
	note := func(names ...string) {
		for _, n := range names {
			if !slices.Contains(waiting, n) {
				waiting = append(waiting, n)
			}
		}
		if due == nil {
			due = time.After(together)
		}
	}
	note()
	for {
		select {
		case <-r.Context().Done():
			return
		case c := <-changes:
			switch {
			case c.Kind == "":
				note("all")
			case c.Chat == "":
				note("room", "scene")
			default:
				note("talk-"+c.Chat, "room", "scene")
			}
		case name := <-bell:
			note(name)
		case <-beat.C:
			note("scene")
		case <-due:
			for _, name := range waiting {
				if _, err := fmt.Fprintf(w, "event: %s\ndata: \n\n", name); err != nil {
					return
				}
			}
			if rc.Flush() != nil {
				return
			}
			waiting, due = nil, nil
		}
	}
}
