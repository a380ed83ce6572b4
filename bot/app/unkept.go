package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/storage"
)

// When the store does not write, the program goes on for a while without it:
// whoever writes is answered directly that nothing was kept, and the second
// channel hears by a letter that does not go through the store.
const (
	// unkeptFor is how long, before the program ends and is started again: by then
	// somebody may have made room.
	unkeptFor = 10 * time.Minute
	// unwritableFor is how long trial writes may fail, in a store that has not
	// stopped, until the second channel hears.
	unwritableFor = time.Minute
	// letterEvery is how often a trouble that goes on is told again, however often
	// the program is started meanwhile.
	letterEvery = time.Hour
	// letterAgain is how long after a letter that did not go out it is tried again.
	letterAgain = time.Minute
	// refusalPatience is how long a start that is refused waits for its letter.
	refusalPatience = 15 * time.Second
)

// Trouble is what is wrong with the store, as the second channel hears it.
type Trouble string

// The troubles.
const (
	StoreFull       Trouble = "full"       // a commit failed: the disk is full or broken
	StoreUnwritable Trouble = "unwritable" // nothing is written at the moment
	StoreGone       Trouble = "gone"       // it was deleted or replaced
	StoreDamaged    Trouble = "damaged"
	StoreRefused    Trouble = "refused" // the program does not start without it
)

// troubleOf names why a store has stopped.
func troubleOf(why error) Trouble {
	switch {
	case errors.Is(why, storage.ErrAbsent):
		return StoreGone
	case errors.Is(why, storage.ErrDamaged):
		return StoreDamaged
	}
	return StoreFull
}

// unkept goes on without the store, which has stopped. Its error ends the
// program. What a new start cannot mend it waits out: the process may be the
// last that still has the store open.
func (a *App) unkept(ctx context.Context, why error) error {
	what := troubleOf(why)
	a.log.ErrorContext(ctx, "the store has stopped writing: nothing is kept, and whoever writes is told to telephone", "error", why)
	a.tell(what)
	var end <-chan time.Time
	if what == StoreFull {
		end = a.o.Clock.After(unkeptFor)
	}
	select {
	case <-ctx.Done():
		return nil
	case <-end:
		return fmt.Errorf("app: the store has stopped writing: %w", why)
	}
}

// tell has the second channel told of a trouble. It does not block.
func (a *App) tell(what Trouble) {
	select {
	case a.troubles <- what:
	default: // one is on its way
	}
}

// writeLetters tells the second channel of troubles, each once an hour: a process
// runs for months, and a database may be away more than once.
func (a *App) writeLetters(ctx context.Context) error {
	told := map[Trouble]time.Time{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case what := <-a.troubles:
			if at, is := told[what]; is && a.o.Clock.Now().Sub(at).Abs() < letterEvery || a.toldLately(what) {
				continue
			}
			if a.writeLetter(ctx, what) {
				told[what] = a.o.Clock.Now()
				a.noteTold(what)
			}
		}
	}
}

// writeLetter sends the letter to everybody of every council, until it has gone
// out or the program ends. False: there was nobody to tell.
func (a *App) writeLetter(ctx context.Context, what Trouble) bool {
	if a.mailer == nil || a.parts.Letter == nil {
		return false
	}
	id := a.o.IDs.RetryKey() // the same for each try
	var done []string
	for {
		left := 0
		for i := range a.config.Councils {
			c := &a.config.Councils[i]
			for _, to := range c.MailTo {
				if slices.Contains(done, c.ID+" "+to) {
					continue
				}
				if err := a.mailer.Mail(ctx, c.ID, to, id+"-"+c.ID, a.parts.Letter(c.ID, what)); err != nil {
					a.log.ErrorContext(ctx, "the letter about the store did not go out", "council", c.ID, "error", err)
					left++
					continue
				}
				done = append(done, c.ID+" "+to)
			}
		}
		if left == 0 {
			return len(done) > 0
		}
		select {
		case <-ctx.Done():
			return false
		case <-a.o.Clock.After(letterAgain):
		}
	}
}

// tellRefusal tells the second channel that the program does not start, because
// its store is missing or damaged: it is started again and again, and nobody
// else says so.
func (a *App) tellRefusal(ctx context.Context, why error) error {
	if a.toldLately(StoreRefused) {
		return nil
	}
	a.store = unopened{why} // for the words of the letter
	if err := errors.Join(a.makeMailer(), a.joinParts(ctx)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, refusalPatience)
	defer cancel()
	if a.writeLetter(ctx, StoreRefused) {
		a.noteTold(StoreRefused)
	}
	return nil
}

// tellUnwritable tells of trial writes that have failed for long.
func (a *App) tellUnwritable() {
	a.health.mu.Lock()
	since, last := a.health.unwritable, a.health.lookedAt
	a.health.mu.Unlock()
	if !since.IsZero() && last.Sub(since) >= unwritableFor { // a first failure is none, however long it took
		a.tell(StoreUnwritable)
	}
}

// toldFile remembers, beside the control socket, what was told and when: there,
// usually in memory, because the disk of the store may be full. Where it cannot
// be kept each start tells again, which is every ten minutes at most.
func (a *App) toldFile() string {
	if a.config.Control == "" {
		return ""
	}
	return a.config.Control + ".told"
}

func (a *App) toldLately(what Trouble) bool {
	text, err := os.ReadFile(a.toldFile())
	if err != nil {
		return false
	}
	before, at, _ := strings.Cut(string(text), " ")
	when, err := time.Parse(time.RFC3339, at)
	ago := a.o.Clock.Now().Sub(when)
	return err == nil && before == string(what) && ago >= 0 && ago < letterEvery
}

func (a *App) noteTold(what Trouble) {
	if path := a.toldFile(); path != "" {
		text := string(what) + " " + a.o.Clock.Now().UTC().Format(time.RFC3339)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			a.log.Warn("what was told cannot be remembered", "error", err)
		}
	}
}
