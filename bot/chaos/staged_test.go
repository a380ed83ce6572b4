package chaos

import (
	"os"
	"slices"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// TestMoments kills the program once at each moment that matters, one after the
// other and not by chance: nothing is lost, out of order or there twice, and
// what is counted as a double is exactly what those moments make one.
func TestMoments(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := stage(t, sound, e, slices.Concat(turns, replies, pushes))
			found, counted := check(v)
			if len(found) > 0 {
				t.Errorf("%s", found.some())
			}
			if counted.maybeTwice != maybeTwice || counted.doubled != doubled || counted.takenAsSent < takenAsSent {
				t.Errorf("counted %+v, not %d that may be there twice, %d that are, and %d or more taken as sent",
					counted, maybeTwice, doubled, takenAsSent)
			}
		})
	}
}

// TestFaults: the moments that matter for a fault, and the same comparison, find
// it, and would find it too if the program counted all that it does.
func TestFaults(t *testing.T) {
	cases := []struct {
		fault  string
		scenes []scene
		want   string
	}{
		{"200 before the commit", turns, lost},
		{"no deduplication key", turns, twice},
		{"tried is not committed first", replies, twice},
		{"settled before accepted", replies, lost},
		{"settled before accepted", pushes[:1], lost}, // others wait for a second attempt
		{"a new retry key at each attempt", pushes, twice},
	}
	shown := map[string]bool{}
	for _, c := range cases {
		shown[c.fault] = true
		for name, e := range engines {
			t.Run(c.fault+"/"+name, func(t *testing.T) {
				t.Parallel()
				v := stage(t, c.fault, e, c.scenes)
				found, counted := check(v)
				t.Logf("%+v\n%s", counted, found.some())
				if len(found[c.want]) == 0 {
					t.Errorf("nothing %s was found: the comparison proves nothing", c.want)
				}
				for i := range v.Settled {
					v.Settled[i].MaybeTwice = true
				}
				if found, _ := check(v); len(found[c.want]) == 0 || len(found[excess]) == 0 {
					t.Errorf("were all of it counted, only this would be found:\n%s", found.some())
				}
			})
		}
	}
	for fault := range faults {
		if !shown[fault] {
			t.Errorf("nothing shows that %q is found", fault)
		}
	}
}

// scene is one kill.
type scene struct {
	deed  func(*actors)
	where string
	skip  int  // how often the place is passed before
	held  bool // the moment lasts until LINE has an answer, good or bad
	late  bool // the restart comes when reply tokens are of no more use
	fails *emulator.Fault
}

// What the scenes make doubtful. A reply that may have gone out when the program
// was killed, and whose token is of no more use afterwards, is sent again; that
// is one of each scene that is late, and LINE had one of them. A reply that LINE
// had is recognised by its token where the restart comes in time. There are such
// in the three scenes about that, and by chance in others: of those the
// comparison knows which may be.
const (
	maybeTwice  = 2
	doubled     = 1
	takenAsSent = 3
)

// turns: an event of which LINE was told that it is kept, is kept; one that is
// kept and delivered again is taken once. A report takes four turns, and so does
// an addition: the menu, what for, which case, the words.
var turns = []scene{
	{deed: (*actors).report, where: turnCommits, skip: 3, held: true},
	{deed: (*actors).report, where: turnCommits, skip: 3},
	{deed: (*actors).report, where: turnKept, skip: 3},
	{deed: (*actors).report, where: afterWebhook, skip: 3},
	{deed: (*actors).add, where: turnKept, skip: 3},
	{deed: (*actors).draft, where: turnKept},
	{deed: (*actors).send, where: turnKept},
	{deed: (*actors).answer, where: turnKept},
	{deed: (*actors).close, where: turnKept},
}

// replies have no retry key: their being tried is on record before the call.
var replies = []scene{
	{deed: (*actors).add, where: markCommits, skip: 3},
	{deed: (*actors).add, where: beforeReply, skip: 3},
	{deed: (*actors).add, where: afterReply, skip: 3},
	{deed: (*actors).add, where: replySettles, skip: 3},
	{deed: (*actors).add, where: replySettled, skip: 3},
	{deed: (*actors).add, where: beforeReply, skip: 3, late: true},
	{deed: (*actors).add, where: afterReply, skip: 3, late: true},
	{deed: (*actors).add, where: beforeReply, skip: 4, fails: &emulator.Fault{Endpoint: "reply", Kind: emulator.FailAfter, Skip: 3, Times: 1}},
}

// pushes are known to LINE by their retry key.
var pushes = []scene{
	{deed: (*actors).report, where: beforePush},
	{deed: (*actors).report, where: afterPush},
	{deed: (*actors).report, where: pushSettles},
	{deed: (*actors).report, where: pushSettled},
	{deed: (*actors).report, where: beforePush, skip: 1, fails: &emulator.Fault{Endpoint: "push", Kind: emulator.FailAfter, Times: 1}},
	{deed: (*actors).instruct, where: afterPush},
}

// actors are a few members and one clerk, of whom one does one thing at a time.
// Each report is another member's, and additions are of two members in turn: the
// group is told of each by itself only where one member does little.
type actors struct {
	*people
	clerk   *clerk
	preview emulator.Message
	reports int
	adders  []*member // the first is the next
	last    *member   // who has reported last
}

func (a *actors) report() {
	a.last = a.members[a.reports%len(a.members)]
	a.reports++
	a.last.report()
}

func (a *actors) add() {
	m := a.adders[0]
	a.adders = append(a.adders[1:], m)
	m.add(m.open[0], false)
}

// task is what the last report is to the clerk.
func (a *actors) task() task { return task{no: a.last.open[len(a.last.open)-1]} }

func (a *actors) draft() { a.preview, _ = a.clerk.prepare(a.task()) }
func (a *actors) send()  { a.clerk.decide(a.task(), a.preview, true) }

func (a *actors) instruct() {
	a.draft()
	a.send()
}

func (a *actors) answer() {
	a.last.notice()
	for _, instruction := range a.last.waiting {
		a.last.answer(instruction)
	}
	a.last.waiting = nil
}

func (a *actors) close() {
	a.clerk.close(a.task().no)
	a.last.notice()
}

// stage plays the scenes with a program that has this fault, until the end or
// until somebody waits in vain, and returns what is to be seen then.
func stage(t *testing.T, how string, e engine, scenes []scene) sight {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dsn := e.dsn(t)
	p := newPlatform(t)
	c := newChild(t, p, []string{self, how}, e.storage, dsn)
	c.tool = program
	k := found(t, p, c, 18, 14)
	a := &actors{people: k, clerk: k.clerk(0), adders: slices.Clone(k.members[:2]), reports: 2}
	for _, m := range a.adders { // an addition is asked which case it is for
		m.report()
		m.report()
	}
	a.drain()
	began := time.Now()
	for i, s := range scenes {
		if !a.play(s) {
			t.Logf("somebody waits in vain in scene %d, killed when %s", i, s.where)
			break
		}
	}
	t.Logf("played for %v", time.Since(began).Round(time.Millisecond))
	k.stop()
	return k.look()
}

// play tells whether everybody got what they waited for.
func (a *actors) play(s scene) bool {
	a.t.Helper()
	if s.fails != nil {
		if _, err := a.line.Break(*s.fails); err != nil {
			a.t.Fatal(err)
		}
	}
	sprung := make(chan struct{})
	answers, _ := a.post.count()
	a.trap.setBehind(s.where, s.skip, func() {
		if s.held && !a.post.more(a.t.Context(), answers+s.skip) {
			a.t.Error("LINE has no answer")
		}
		a.kill()
		close(sprung)
	})
	a.crowd.Go(func() { s.deed(a) })
	select {
	case <-sprung:
	case <-a.over():
		<-sprung // killed
	case <-time.After(time.Minute):
		a.t.Fatalf("this never comes: %s\n%s", s.where, a.tail())
	}
	what := endLeases
	if s.late {
		what = age
	}
	a.between(what)
	a.line.Mend("")
	a.start()
	a.drain()
	return a.patience.Err() == nil
}
