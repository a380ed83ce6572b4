package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// storm says how the program is ill-treated.
type storm struct {
	kills  int
	places []string // where kills are made to happen; the others come after a time
	// aged: each so manieth restart comes a minute late as far as LINE and the
	// waiting replies can tell. really is how many come a minute late indeed.
	aged, really int
	calm         bool // no other faults
	// lasts is how long it goes on without kills until people have done each of
	// these things.
	lasts time.Duration
	until []string
}

// tokenLife is longer than LINE keeps a reply token: a minute.
const tokenLife = 61 * time.Second

// rage kills the program again and again while people go about their business,
// then lets it finish in peace and stops it. It returns what it did in words.
func (k *people) rage(s storm) string {
	k.t.Helper()
	rng := rand.New(rand.NewPCG(k.seed, 3000))
	began := time.Now()
	for _, m := range k.members {
		k.crowd.Go(m.live)
	}
	for n := range k.clerks {
		k.crowd.Go(func() { k.work(n) })
	}
	k.crowd.Go(k.read)
	weather, clear := context.WithCancel(k.t.Context())
	defer clear()
	var fair sync.WaitGroup
	if !s.calm {
		fair.Go(func() { k.blow(weather) })
	}
	did := map[string]int{}
	for n := range s.kills {
		did[k.killOnce(rng, s)]++
		switch {
		case s.really > 0 && n%max(1, s.kills/s.really) == s.kills/s.really/2:
			did["restarted a minute late"]++
			select {
			case <-time.After(tokenLife):
			case <-k.t.Context().Done():
			}
			k.between(keepLeases)
		case s.aged > 0 && n%s.aged == s.aged/2:
			did["restarted as if a minute late"]++
			k.between(age)
		case rng.IntN(2) == 0:
			k.between(endLeases)
		default:
			k.between(keepLeases)
		}
		k.start()
	}
	k.wait(s.lasts, s.until)
	clear()
	fair.Wait()
	k.line.Mend("")
	stormed := time.Since(began)
	close(k.evening)
	k.drain()
	k.stop()
	return fmt.Sprintf("seed %d: %d kills in %v, %v in all: %v", k.seed, s.kills,
		stormed.Round(time.Second), time.Since(began).Round(time.Second), did)
}

// wait lets people work on until each kind of deed was done.
func (k *people) wait(atMost time.Duration, kinds []string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(atMost); time.Now().Before(end); <-tick.C {
		if !slices.ContainsFunc(kinds, func(kind string) bool { return k.book.taken(kind) == 0 }) {
			return
		}
	}
}

// killOnce waits for the moment of the next kill and says which it was.
func (k *people) killOnce(rng *rand.Rand, s storm) string {
	if rng.IntN(6) == 0 && len(s.places) < 2 || rng.IntN(8) == 0 {
		wait := time.Duration(rng.IntN(250)) * time.Millisecond
		k.pause(wait)
		k.kill()
		return "soon after its start"
	}
	if !k.ready() {
		k.t.Fatalf("the program does not start:\n%s", k.tail())
	}
	wait := time.Duration(20+rng.IntN(500)) * time.Millisecond
	if len(s.places) == 0 || rng.IntN(3) == 0 {
		k.pause(wait)
		k.kill()
		return "at some time"
	}
	// A little work first, so that it is not always the first call that is hit.
	k.pause(wait / 2)
	where := s.places[rng.IntN(len(s.places))]
	sprung := make(chan struct{})
	k.trap.set(where, func() { k.kill(); close(sprung) })
	select {
	case <-sprung:
		return where
	case <-time.After(time.Second):
		k.trap.set("", nil)
		k.kill()
		return "at some time"
	}
}

func (k *people) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-k.over():
		k.t.Fatalf("the program has ended by itself:\n%s", k.tail())
	}
}

// What is done to the store while the program is down.
const (
	keepLeases = iota
	// endLeases: on PostgreSQL those of the dead program last for 30 s, in which
	// all that is for the group would wait.
	endLeases
	// age lets a minute pass for the replies that are first in their lanes: they
	// know that they are late, and LINE refuses their tokens. Only those can have
	// been tried before.
	age
)

func (k *people) between(what int) {
	k.t.Helper()
	select {
	case <-k.connections.ended():
	case <-time.After(30 * time.Second):
		k.t.Fatal("connections of a dead program stay open")
	}
	s := k.store()
	defer func() {
		if err := s.Close(); err != nil {
			k.t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(k.t.Context(), 30*time.Second)
	defer cancel()
	// An Update waits until PostgreSQL has noticed that the program is dead: what
	// its last transaction holds is left out of a claim, and stays leased.
	var items []storage.Item
	err := s.Update(ctx, town, func(tx storage.Tx) (err error) {
		items, err = tx.Queued("", 1000)
		return err
	})
	if err == nil {
		err = k.doubt(items, what == age)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	if what == keepLeases {
		return
	}
	claims, err := s.Claim(ctx, storage.ClaimRequest{Now: time.Now().Add(time.Hour), Lease: time.Hour, Max: 10_000})
	if err != nil {
		k.t.Fatal(err)
	}
	err = s.Update(ctx, town, func(tx storage.Tx) error {
		for _, c := range claims {
			if err := k.giveBack(tx, c, what == age); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *people) giveBack(tx storage.Tx, c storage.Claim, aged bool) error {
	d, err := outbox.ReadItem(c.Item)
	if err != nil {
		return err
	}
	if d.Reply != nil && aged { // as if its time were over
		d.State.Spent = true
		k.expired.add(d.Reply.Token)
	}
	state, err := outbox.WriteState(d.State)
	if err != nil {
		return err
	}
	if c.Parked {
		return tx.Park(c, c.Due, state)
	}
	return tx.Postpone(c, c.Due, state)
}

// doubt looks for replies that may have gone out and still wait; late tells that
// their tokens are of no more use.
func (k *people) doubt(items []storage.Item, late bool) error {
	for _, s := range k.line.Sends() {
		if s.Seq <= k.logged {
			continue
		}
		k.logged = s.Seq
		if s.Endpoint != "reply" || !s.Accepted {
			continue
		}
		var body struct {
			Token    string `json:"replyToken"`
			Messages json.RawMessage
		}
		if err := json.Unmarshal([]byte(s.Body), &body); err != nil {
			return err
		}
		k.used[body.Token] = string(body.Messages)
	}
	for _, it := range items {
		d, err := outbox.ReadItem(it)
		if err != nil {
			return err
		}
		if d.Reply == nil || d.State.Spent {
			continue
		}
		now := doubt{Accepted: k.used[d.Reply.Token] == string(d.Messages), Tried: d.State.Tried, Late: late}
		if now.Accepted {
			k.doubles.expect(d.RetryKey)
		}
		k.doubts[d.ID] = k.doubts[d.ID].or(now)
	}
	return nil
}

// blow makes LINE fail now and then, and deliver twice. One call in about 25
// fails: were it so many in a second, a slow lane would meet nothing else.
func (k *people) blow(ctx context.Context) {
	rng := rand.New(rand.NewPCG(k.seed, 4000))
	kinds := []emulator.FaultKind{emulator.FailBefore, emulator.FailAfter, emulator.DropBefore, emulator.DropAfter,
		emulator.Slow, emulator.RateLimited}
	for hits := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
		now := 0
		for _, f := range k.line.Faults() {
			now += f.Hits
		}
		if now < hits {
			continue // the one before is still to come
		}
		k.line.Mend("")
		f := emulator.Fault{Kind: kinds[rng.IntN(len(kinds))], Endpoint: []string{"reply", "push"}[rng.IntN(2)],
			Skip: 5 + rng.IntN(20), Times: 1 + rng.IntN(2), Delay: 300 * time.Millisecond}
		if rng.IntN(12) == 0 {
			f.Kind, f.Times = []emulator.FaultKind{emulator.HangBefore, emulator.HangAfter}[rng.IntN(2)], 1
		}
		if _, err := k.line.Break(f); err != nil {
			k.t.Errorf("break: %v", err)
			return
		}
		hits = f.Times
		k.bot.Next(1, emulator.Mischief{Duplicate: true})
	}
}

// drain waits until everybody has what they wait for, or nothing comes any
// more, and the queue is empty.
func (k *people) drain() {
	k.t.Helper()
	home := make(chan struct{})
	go func() { k.crowd.Wait(); close(home) }()
	if !k.ready() {
		k.t.Fatalf("the program does not start:\n%s", k.tail())
	}
	deadline := time.Now().Add(4 * time.Minute)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for last, still := -1, 0; ; {
		select {
		case <-home:
			k.settle(deadline)
			return
		case <-tick.C:
		}
		// Who still waits does so in vain when nothing has happened for a while
		// and nothing is on its way.
		if n := k.talks.count(); n != last || k.waiting() > 0 {
			last, still = n, 0
		} else if still++; still == 8 {
			k.giveUp()
		}
		if time.Now().After(deadline) {
			k.giveUp()
		}
	}
}

// settle waits until nothing is on its way.
func (k *people) settle(deadline time.Time) {
	k.t.Helper()
	ctx, cancel := context.WithDeadline(k.t.Context(), deadline)
	defer cancel()
	if err := k.line.Drain(ctx); err != nil {
		k.t.Errorf("webhooks are still on their way: %v", err)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for k.waiting() > 0 && ctx.Err() == nil {
		<-tick.C
	}
}

// waiting is how many lanes hold something.
func (k *people) waiting() int {
	status := k.do("status")
	return len(waitingLine.FindAllString(status, -1))
}

var waitingLine = regexp.MustCompile(`(?m)^waiting: `)
