package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// frail is a store that fails now and then, and whose process can die at any
// commit: before it, or after it and before anybody hears.
type frail struct {
	storage.Store
	mu     sync.Mutex
	random *rand.Rand
	faults int // in a thousand transactions, each of three kinds
	deaths int // in a thousand transactions
	life   *life
}

var errUnknown = errors.New("the outcome is unknown")

func (f *frail) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	if f.life.over() {
		return storage.ErrClosed
	}
	f.mu.Lock()
	n, die := f.random.IntN(1000), f.random.IntN(1000) < f.deaths
	f.mu.Unlock()
	kept := n >= f.faults
	if die {
		defer f.life.end()
	}
	switch {
	case die && n%2 == 0, !kept && n%2 == 0:
		return errUnknown // not kept
	case die, !kept:
		if err := f.Store.Update(ctx, council, fn); err != nil {
			return err
		}
		return errUnknown // kept
	}
	return f.Store.Update(ctx, council, fn)
}

func (f *frail) Claim(ctx context.Context, r storage.ClaimRequest) ([]storage.Claim, error) {
	if f.life.over() {
		return nil, storage.ErrClosed
	}
	return f.Store.Claim(ctx, r)
}

// planned is what must arrive.
type planned struct {
	id, mark, line string
	stale          bool // its token is dead at birth
	reply          bool // need not wait for what has failed
}

// drive is one random history of a house and a platform.
type drive struct {
	*house
	p       *platform
	random  *rand.Rand
	plan    []planned
	deaths  int
	stale   bool // some tokens are dead at birth
	crashes int
}

func (d *drive) start() {
	d.p.with(func() { d.p.life = &life{} })
	d.runOn(&frail{Store: d.store, random: rand.New(rand.NewPCG(d.random.Uint64(), 1)), faults: 20, deaths: d.deaths, life: d.p.life})
}

// rest waits for calm; a process that has died is started again, some time later.
func (d *drive) rest() {
	d.t.Helper()
	for {
		ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
		idle := make(chan error, 1)
		out := d.out
		go func() { idle <- out.Idle(ctx) }()
		select {
		case err := <-idle:
			cancel()
			if err != nil {
				d.t.Fatal("does not come to rest: ", err)
			}
			return
		case err := <-d.done:
			cancel()
			if asked := <-idle; err == nil {
				d.t.Fatal("Run ended without a cause; asked for rest: ", asked)
			}
			d.crashes++
			d.stop()
			d.stop = nil
			d.reopen()
			d.clock.Advance(time.Duration(d.random.IntN(70)) * time.Second)
			d.start()
		}
	}
}

func (d *drive) say() {
	n := len(d.plan)
	mark := fmt.Sprintf("mark%d", n)
	who := fmt.Sprintf("u%d", d.random.IntN(4))
	o := text(who, mark)
	if d.random.IntN(5) == 0 {
		o.Lane = message.LaneNotice
	}
	stale := false
	if d.random.IntN(2) == 0 {
		token := "t" + mark
		at := d.clock.Now()
		o.Reply = &message.ReplyToken{Token: token, Expires: at.Add(50 * time.Second)}
		if stale = d.stale && d.random.IntN(4) == 0; !stale {
			d.p.with(func() { d.p.issued[token] = at })
		}
	}
	before := d.ids.n
	d.put(o)
	d.plan = append(d.plan, planned{fmt.Sprintf("d%d", before+1), mark, who + o.Lane, stale, o.Reply != nil})
}

// Whatever fails, and wherever the process dies: nothing is lost, nothing comes
// twice but what maybe_twice counts, nobody overtakes but replies and those who were
// told to, and each delivery is concluded once.
func TestNeverTwiceNeverLost(t *testing.T) {
	modes := []struct {
		name   string
		deaths int
		stale  bool
	}{{"failures", 0, true}, {"failures and crashes", 60, false}}
	for _, mode := range modes {
		for seed := range uint64(12) {
			t.Run(fmt.Sprintf("%s/%d", mode.name, seed), func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 7))
				h := newHouse(t, nil)
				p := newPlatform(h.clock, rand.New(rand.NewPCG(seed, 8)))
				h.options.Sender = p
				p.faults = 35
				d := &drive{house: h, p: p, random: random, deaths: mode.deaths, stale: mode.stale}
				d.start()
				for range 40 {
					for range random.IntN(4) {
						d.say()
					}
					p.with(func() { p.full = random.IntN(10) == 0 })
					d.clock.Advance(time.Duration(random.IntN(20000)) * time.Millisecond)
					d.rest()
				}
				p.with(func() { p.faults, p.full = 0, false })
				d.deaths = 0
				for i := 0; h.waiting() > 0; i++ {
					if i > 400 {
						t.Fatalf("%d still wait", h.waiting())
					}
					d.clock.Advance(time.Minute)
					d.rest()
				}
				d.check()
				if (d.crashes > 0) != (mode.deaths > 0) {
					t.Errorf("%d crashes", d.crashes)
				}
			})
		}
	}
}

func (d *drive) check() {
	d.t.Helper()
	first := map[string]int{}
	times := map[string]int{}
	for i, mark := range d.p.inbox {
		if times[mark] == 0 {
			first[mark] = i
		}
		times[mark]++
	}
	passed := map[string]bool{}
	for _, x := range d.plan {
		s, ok := d.settled(x.id)
		ridden := s.With != ""
		for ok && s.With != "" { // it went along with another
			s, ok = d.settled(s.With)
		}
		switch {
		case !ok:
			d.t.Errorf("%s has no record", x.mark)
		case times[x.mark] == 0 && x.stale && s.Outcome == "taken_as_sent":
			// Inherent: a token that was dead at birth, tried once in doubt, says
			// what a used one says. It is counted, and that is all there is.
		case times[x.mark] == 0:
			d.t.Errorf("%s is lost: %+v", x.mark, s)
		case times[x.mark] > 2, times[x.mark] == 2 && !s.MaybeTwice:
			d.t.Errorf("%s came %d times: %+v", x.mark, times[x.mark], s)
		case s.Outcome == "taken_as_sent" && times[x.mark] != 1:
			d.t.Errorf("%s is taken as sent, and came %d times", x.mark, times[x.mark])
		}
		events := d.events(x.id)
		passed[x.mark] = slices.Contains(events, "stuck") || slices.Contains(events, "quota_out")
		for _, reason := range []string{"stuck", "quota_out", "delivered"} {
			n := 0
			for _, e := range events {
				if strings.HasPrefix(e, reason) {
					n++
				}
			}
			if n > 1 || n != 1 && reason == "delivered" && !ridden || n > 0 && reason == "delivered" && ridden {
				d.t.Errorf("%s: %s heard %d times", x.mark, reason, n)
			}
		}
	}
	for i, a := range d.plan {
		for _, b := range d.plan[i+1:] {
			if times[a.mark] > 0 && times[b.mark] > 0 && a.line == b.line && first[b.mark] < first[a.mark] && !passed[a.mark] && !b.reply {
				d.t.Errorf("%s came before %s", b.mark, a.mark)
			}
		}
	}
}
