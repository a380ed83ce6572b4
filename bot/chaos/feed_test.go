package chaos

import (
	"context"
	"sync"

	"mimamori.example/mimamori/bot/line/emulator"
)

// feed is one talk as it grows. Messages are as they were when they came.
type feed struct {
	read   func(from int) ([]emulator.Message, error)
	double func(emulator.Message) bool // asked once for each message

	mu      sync.Mutex
	seen    []emulator.Message
	again   []bool // of each in seen: it is there a second time
	stale   bool
	changed chan struct{} // closed and replaced at each change
}

func newFeed(read func(from int) ([]emulator.Message, error), double func(emulator.Message) bool) *feed {
	return &feed{read: read, double: double, stale: true, changed: make(chan struct{})}
}

func (f *feed) poke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stale = true
	close(f.changed)
	f.changed = make(chan struct{})
}

// look returns the talk, and a channel that is closed when it has changed.
func (f *feed) look() ([]emulator.Message, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stale {
		if more, err := f.read(len(f.seen)); err == nil {
			for _, m := range more {
				f.seen, f.again = append(f.seen, m), append(f.again, f.double(m))
			}
			f.stale = false
		}
	}
	return f.seen, f.changed
}

// doubled tells whether the message at a position is there a second time.
func (f *feed) doubled(at int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.again[at]
}

// since are the texts from a position on, marked where they are doubles.
func (f *feed) since(from int) (texts []string) {
	seen, _ := f.look()
	for i := from; i < len(seen); i++ {
		text := []rune(seen[i].Text)
		said := string(text[:min(30, len(text))])
		if f.doubled(i) {
			said = "again: " + said
		}
		texts = append(texts, said)
	}
	return texts
}

func (f *feed) length() int {
	seen, _ := f.look()
	return len(seen)
}

// await returns the first message from position from on that fits; false when
// ctx has ended before there was one.
func (f *feed) await(ctx context.Context, from int, fits func(emulator.Message) bool) (emulator.Message, bool) {
	for {
		seen, changed := f.look()
		for ; from < len(seen); from++ {
			if !f.doubled(from) && fits(seen[from]) {
				return seen[from], true
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return emulator.Message{}, false
		}
	}
}

// feeds are all talks of a platform by user or group id.
type feeds struct {
	of   map[string]*feed
	stop func()
	over chan struct{}

	mu      sync.Mutex
	changes int
}

// follow pokes each feed when its talk changes, until stop.
func (fs *feeds) follow(line *emulator.Emulator) {
	changes, unsubscribe := line.Subscribe()
	ctx, cancel := context.WithCancel(context.Background())
	fs.over = make(chan struct{})
	fs.stop = func() { cancel(); <-fs.over; unsubscribe() }
	go func() {
		defer close(fs.over)
		for {
			select {
			case c := <-changes:
				fs.mu.Lock()
				fs.changes++
				fs.mu.Unlock()
				if f := fs.of[c.Chat]; f != nil && c.Kind == "talk" {
					f.poke()
				}
				if c.Kind == "" {
					for _, f := range fs.of {
						f.poke()
					}
				}
			case <-ctx.Done():
				return
			}
		}
	}()
}

// count grows whenever anything happens on the platform.
func (fs *feeds) count() int {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.changes
}
