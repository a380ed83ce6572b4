package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// people are those of one town, members and clerks, with the program they use.
type people struct {
	*platform
	*child
	t     *testing.T
	seed  uint64
	talks feeds
	book  book
	board board

	members []*member
	clerks  []string
	group   string

	// evening is closed when people are to finish what they have begun.
	evening chan struct{}
	// patience ends when what people still wait for will not come.
	patience context.Context
	giveUp   context.CancelFunc
	crowd    sync.WaitGroup
	logged   int64             // Seq of the last call that was looked at
	used     map[string]string // reply tokens that LINE has accepted, with the messages
	doubts   map[string]doubt  // replies that waited at a restart, by delivery
	quoting  sync.Mutex        // one clerk quotes at a time: the answer names nobody
}

type member struct {
	*people
	user, card string
	rng        *rand.Rand
	feed       *feed
	open       []string           // receipt numbers
	told       []time.Time        // of what the group was told
	cards      []time.Time        // of the new cases among it
	noticed    int                // how much of the talk was looked through
	waiting    []emulator.Message // instructions to be answered
	reported   map[string]bool    // all receipt numbers
	answered   map[string]bool    // ids of instructions
	sessions   map[string]bool    // ids of reports begun
	walksOff   bool               // leaves a report unfinished at the end
}

// deed is something that somebody has done, and what they were told of it.
type deed struct {
	Kind    string
	User    string
	Event   string // webhookEventId, of the last step
	Message string // LINE's message id of the last step
	Mark    string // in the text
	Case    string // receipt number
	Ref     string // draft or instruction
	Choices []string
	Said    string // what came back: "" nothing
}

// Kinds of deeds.
const (
	reported = "report"
	added    = "addition"
	drafted  = "draft"
	sent     = "instruction"
	dropped  = "draft given up"
	answered = "answer"
	closed   = "close"
	left     = "unfinished report"
	looked   = "menu"
)

// What comes back where there are several possibilities.
const (
	taken   = "taken"
	over    = "the case is closed"
	unclear = "the quote was not understood"
	changed = "the case has changed"
)

// book is the model: everything that was done.
type book struct {
	mu       sync.Mutex
	deeds    []*deed
	marks    int
	forGroup int               // reports and additions that were taken
	vain     map[string]string // by user: what was waited for in vain
}

func (b *book) write(d *deed) *deed {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deeds = append(b.deeds, d)
	return d
}

// tell notes what came back of a deed.
func (b *book) tell(d *deed, said string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d.Said = said
	if said == taken && (d.Kind == reported || d.Kind == added) {
		b.forGroup++
	}
}

// taken is how many deeds of a kind have come to their end.
func (b *book) taken(kind string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range b.deeds {
		if d.Kind == kind && d.Said == taken {
			n++
		}
	}
	return n
}

func (b *book) waited(user, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.vain[user] = what
}

// mark is a text that nothing else has. It is all letters: figures could be
// taken for a telephone number.
func (b *book) mark() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.marks++
	text := ""
	for n := b.marks; n > 0; n /= 26 {
		text = string(rune('a'+n%26)) + text
	}
	return "印" + text + "終"
}

// backlog is how many reports and additions the group has not seen yet: people
// do not outrun the program for long.
func (k *people) backlog() int {
	k.book.mu.Lock()
	defer k.book.mu.Unlock()
	return k.book.forGroup - int(k.board.seen.Load())
}

// found makes a town of n members whose program runs.
func found(t *testing.T, p *platform, c *child, seed uint64, n int) *people {
	t.Helper()
	k := &people{platform: p, child: c, t: t, seed: seed, used: map[string]string{}, doubts: map[string]doubt{}, book: book{vain: map[string]string{}}, evening: make(chan struct{}), board: board{tasks: make(chan task, 100_000)}}
	k.patience, k.giveUp = context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(k.giveUp)
	k.talks.of = map[string]*feed{}
	for i := range n {
		user := p.line.AddUser(fmt.Sprintf("Member %d", i))
		m := &member{people: k, user: user, card: fmt.Sprintf("A-%d", i), rng: rand.New(rand.NewPCG(seed, uint64(i+1))),
			reported: map[string]bool{}, answered: map[string]bool{}, sessions: map[string]bool{}, walksOff: i%4 == 0,
			feed: newFeed(func(from int) ([]emulator.Message, error) { return p.line.Later(user, "", from) },
				func(m emulator.Message) bool { return p.doubles.is(user, m) })}
		k.members = append(k.members, m)
		k.talks.of[user] = m.feed
	}
	for i := range 5 {
		k.clerks = append(k.clerks, p.line.AddUser(fmt.Sprintf("Clerk %c", 'A'+i)))
	}
	group, err := p.line.AddGroup("Secretariat", k.clerks[0])
	if err != nil {
		t.Fatal(err)
	}
	k.group = group
	k.talks.of[group] = newFeed(func(from int) ([]emulator.Message, error) { return p.line.Later(k.clerks[0], group, from) },
		func(m emulator.Message) bool { return p.doubles.is(group, m) })
	k.talks.follow(p.line)
	t.Cleanup(k.talks.stop)

	c.start()
	if !c.ready() {
		t.Fatalf("the program does not start:\n%s", c.tail())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	k.bindGroup(ctx)
	var joining sync.WaitGroup
	for _, m := range k.members {
		code := codeLine.FindString(c.do("card", "issue", town, "shop", m.card))
		joining.Go(func() { m.join(ctx, code) })
	}
	joining.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return k
}

var codeLine = regexp.MustCompile(`[A-Z2-7]{26}`)

func (k *people) bindGroup(ctx context.Context) {
	k.t.Helper()
	f := k.talks.of[k.group]
	step := func(what, text string, do func() (*emulator.Handle, error)) {
		k.t.Helper()
		from := f.length()
		if _, err := do(); err != nil {
			k.t.Fatalf("%s: %v", what, err)
		}
		if _, ok := f.await(ctx, from, k.says(text)); !ok {
			k.t.Fatalf("%s: no %q came:\n%s", what, text, k.tail())
		}
	}
	code := codeLine.FindString(k.do("setup-code", town))
	step("invite", "設定コードを送ってください", func() (*emulator.Handle, error) { return k.line.InviteBot(k.group, "") })
	step("code", "を最初の職員として登録しました", func() (*emulator.Handle, error) { return k.line.Say(k.clerks[0], k.group, code) })
	for _, c := range k.clerks[1:] {
		step("join", "職員として登録されていません", func() (*emulator.Handle, error) { return k.line.JoinGroup(k.group, c) })
		step("approve", "を職員として登録しました", func() (*emulator.Handle, error) { return k.line.Tap(k.clerks[0], k.group, "", "職員として登録") })
	}
}

// says fits messages of the bot that hold all of the texts.
func (k *people) says(texts ...string) func(emulator.Message) bool {
	return func(m emulator.Message) bool {
		return m.From == k.bot.UserID() && !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(m.Text, s) })
	}
}

func (m *member) join(ctx context.Context, code string) {
	step := func(text string, do func() (*emulator.Handle, error)) bool {
		from := m.feed.length()
		if _, err := do(); err != nil {
			m.t.Errorf("join: %v", err)
			return false
		}
		_, ok := m.feed.await(ctx, from, m.says(text))
		if !ok {
			m.t.Errorf("join: no %q came", text)
		}
		return ok
	}
	_ = step("友だち追加", func() (*emulator.Handle, error) { return m.line.Friend(m.user, "") }) &&
		step("はじめにお読みください", func() (*emulator.Handle, error) { return m.line.Say(m.user, "", "構成員証 "+code) }) &&
		step("登録しました", func() (*emulator.Handle, error) { return m.line.Tap(m.user, "", "", "同意して登録する") })
}
