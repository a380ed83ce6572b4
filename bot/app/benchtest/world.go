package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// The size of the made-up world. A run that is over before its time has used
// up its members; the numbers stay right.
const (
	councils    = 4
	memberships = 32_000
	patience    = time.Minute // for an answer, or for all cards
)

func councilID(n int) string { return fmt.Sprintf("council-%02d", n) }

// code is the code of a member's card: 26 characters of base 32.
func code(n int) string {
	letters := []byte(strings.Repeat("A", 26))
	for i := len(letters) - 1; n > 0; i-- {
		letters[i] = 'A' + byte(n%26)
		n /= 26
	}
	return string(letters)
}

// seed is what the program must know of the world before it starts.
type seed struct {
	Endpoint string // of the emulator
	Councils []seedCouncil
}

type seedCouncil struct {
	ID, Bot, Token, Group, Clerk string
	Members                      []seedMember
}

type seedMember struct{ User, Code string }

const seedFile = "seed.json"

// world is the emulated LINE: an account, a group and members for each council.
type world struct {
	emulator *emulator.Emulator
	server   *emulator.Server
	channels []*emulator.Channel
	groups   []string
	people   []person
}

// newWorld makes one and leaves its seed in dir.
func newWorld(ctx context.Context, dir string) (w *world, err error) {
	w = &world{emulator: emulator.New(emulator.Options{NoRateLimits: true, KeepLog: 200})}
	if w.server, err = w.emulator.Serve(ctx, "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, w.emulator.Close())
	}
	s := seed{Endpoint: w.server.URL()}
	for n := range councils {
		c, err := w.council(n)
		if err != nil {
			return nil, errors.Join(err, w.close())
		}
		s.Councils = append(s.Councils, c)
	}
	for n := range memberships {
		c := n % councils
		p := person{number: n, user: w.emulator.AddUser("member"), code: code(n), council: councilID(c), secret: secretOf(councilID(c)), bot: w.channels[c].UserID()}
		w.people = append(w.people, p)
		s.Councils[c].Members = append(s.Councils[c].Members, seedMember{User: p.user, Code: p.code})
	}
	data, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, seedFile), data, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// council makes an account without a webhook, in a group of one clerk: nothing
// that happens here is told to anybody.
func (w *world) council(n int) (seedCouncil, error) {
	channel, err := w.emulator.AddChannel(emulator.ChannelOptions{ID: fmt.Sprint(1_000_000 + n), Secret: secretOf(councilID(n))})
	if err != nil {
		return seedCouncil{}, err
	}
	clerk := w.emulator.AddUser("clerk")
	group, err := w.emulator.AddGroup("secretariat", clerk)
	if err != nil {
		return seedCouncil{}, err
	}
	if _, err := w.emulator.InviteBot(group, channel.UserID()); err != nil {
		return seedCouncil{}, err
	}
	w.channels, w.groups = append(w.channels, channel), append(w.groups, group)
	return seedCouncil{ID: councilID(n), Bot: channel.UserID(), Token: channel.Token(), Group: group, Clerk: clerk}, nil
}

func (w *world) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(w.emulator.Close(), w.server.Shutdown(ctx))
}

func (w *world) member(n int) (person, bool) {
	if n >= len(w.people) {
		return person{}, false
	}
	return w.people[n], true
}

func (w *world) token(p person) (string, error) {
	return w.channels[p.number%councils].ReplyToken(p.user)
}

// settle also finds out whether a card came twice.
func (w *world) settle(ctx context.Context, reports int) error {
	seen := 0
	err := within(ctx, 50*time.Millisecond, fmt.Sprintf("%d cards", reports), func() (bool, error) {
		seen = 0
		for _, group := range w.groups {
			talk, err := w.emulator.Group(group)
			if err != nil {
				return false, err
			}
			seen += len(slices.DeleteFunc(talk, func(m emulator.Message) bool { return m.Type != "flex" }))
		}
		return seen >= reports, nil
	})
	if err == nil && seen > reports {
		err = fmt.Errorf("%d cards for %d reports", seen, reports)
	}
	if err != nil {
		err = fmt.Errorf("%w (%d arrived)", err, seen)
	}
	return err
}

// within asks again and again until it is so.
func within(ctx context.Context, every time.Duration, what string, ask func() (bool, error)) error {
	over := time.Now().Add(patience)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		ok, err := ask()
		switch {
		case err != nil || ok:
			return err
		case time.Now().After(over):
			return fmt.Errorf("waited %v for %s in vain", patience, what)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
