package chaos

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// task is something for a clerk to do.
type task struct {
	no    string
	card  string // message id; "" to close the case
	relay bool
}

// board reads the group's talk and hands out tasks.
type board struct {
	tasks chan task
	seen  atomic.Int64 // reports and additions
}

var (
	cardAlt    = regexp.MustCompile(`^受付(\d\d-\d{4,}) (通常|早め|急ぎ|至急)$`)
	replyLine  = regexp.MustCompile(`受付(\d\d-\d{4,})：構成員の返事は`)
	sendButton = regexp.MustCompile(`受付(\d\d-\d{4,}) 構成員へ送る ([A-Z0-9]+)`)
)

func (k *people) read() {
	defer close(k.board.tasks)
	rng := rand.New(rand.NewPCG(k.seed, 1000))
	f := k.talks.of[k.group]
	cards, answers, from := map[string]bool{}, map[string]bool{}, 0
	for {
		seen, changed := f.look()
		for ; from < len(seen); from++ {
			msg := seen[from]
			if no := cardAlt.FindStringSubmatch(msg.Alt); no != nil && !cards[no[1]] {
				cards[no[1]] = true
				k.board.seen.Add(1)
				k.board.tasks <- task{no: no[1], card: msg.ID, relay: rng.IntN(10) < 7}
			}
			k.board.seen.Add(int64(strings.Count(msg.Text, "：構成員からの追加「"))) // several that have waited come together
			if no := replyLine.FindStringSubmatch(msg.Text); no != nil && !answers[no[1]] && rng.IntN(10) < 8 {
				answers[no[1]] = true
				k.board.tasks <- task{no: no[1]}
			}
		}
		select {
		case <-changed:
		case <-k.evening:
			return
		}
	}
}

// work is a clerk's day.
func (k *people) work(n int) {
	c := k.clerk(n)
	for {
		select {
		case <-k.evening:
			return
		default:
		}
		select {
		case <-k.evening:
			return
		case <-k.patience.Done():
			return
		case t, ok := <-k.board.tasks:
			switch {
			case !ok:
				return
			case t.card == "":
				c.close(t.no)
			default:
				c.instruct(t)
			}
		}
	}
}

func (k *people) clerk(n int) *clerk {
	return &clerk{people: k, user: k.clerks[n], name: fmt.Sprintf("Clerk %c", 'A'+n), rng: rand.New(rand.NewPCG(k.seed, uint64(2000+n)))}
}

type clerk struct {
	*people
	user, name string
	rng        *rand.Rand
}

// does says something in the group and waits for what comes back.
func (c *clerk) does(d *deed, do func() (*emulator.Handle, error), fits func(emulator.Message) bool) (emulator.Message, bool) {
	f := c.talks.of[c.group]
	from := f.length()
	h, err := do()
	if err != nil {
		c.t.Errorf("%s: %v", d.Kind, err)
		return emulator.Message{}, false
	}
	d.Event, d.Message = h.Event, h.Message
	back, ok := f.await(c.patience, from, fits)
	if !ok {
		c.book.waited(c.user, fmt.Sprintf("event %s: nothing fits", h.Event))
	} else if ok = c.post.await(c.patience, h.Event); !ok {
		c.book.waited(c.user, fmt.Sprintf("event %s was never answered 200", h.Event))
	}
	return back, ok
}

func (c *clerk) instruct(t task) {
	preview, ok := c.prepare(t)
	if !ok {
		return
	}
	c.decide(t, preview, c.rng.IntN(8) > 0)
}

// decide sends what a preview shows, or gives it up.
func (c *clerk) decide(t task, preview emulator.Message, send bool) {
	button := sendButton.FindStringSubmatch(string(preview.JSON))
	kind, label, done := sent, "構成員へ送る", "を構成員へ送っています"
	if !send {
		kind, label, done = dropped, "送らない（職員の相談）", "構成員へは送りませんでした"
	}
	d := c.book.write(&deed{Kind: kind, User: c.user, Case: t.no, Ref: button[2]})
	back, ok := c.does(d, func() (*emulator.Handle, error) { return c.line.Tap(c.user, c.group, preview.ID, label) },
		func(msg emulator.Message) bool {
			about := c.says("受付" + t.no + "：")(msg)
			return about && (strings.Contains(msg.Text, done) || strings.Contains(msg.Text, "この件に動きがありました"))
		})
	if !ok {
		return
	}
	if strings.Contains(back.Text, done) {
		c.book.tell(d, taken)
	} else {
		c.book.tell(d, changed)
	}
}

// prepare opens a draft: of the clerk's own words by quoting the card, or of
// an instruction.
func (c *clerk) prepare(t task) (emulator.Message, bool) {
	shows := func(msg emulator.Message) bool {
		button := sendButton.FindStringSubmatch(string(msg.JSON))
		return msg.From == c.bot.UserID() && button != nil && button[1] == t.no
	}
	if !t.relay {
		d := c.book.write(&deed{Kind: drafted, User: c.user, Case: t.no})
		back, ok := c.does(d, func() (*emulator.Handle, error) {
			return c.line.Say(c.user, c.group, "受付"+t.no+" 指示する 188・センターを案内")
		}, shows)
		if ok {
			c.book.tell(d, taken)
		}
		return back, ok
	}
	c.quoting.Lock()
	defer c.quoting.Unlock()
	for tries := 1; ; tries++ {
		d := c.book.write(&deed{Kind: drafted, User: c.user, Case: t.no, Mark: c.book.mark()})
		back, ok := c.does(d, func() (*emulator.Handle, error) {
			return c.line.Say(c.user, c.group, "次に会ったら、ようすを教えてください。"+d.Mark, t.card)
		}, func(msg emulator.Message) bool { return shows(msg) || c.says("どの受付への返信か")(msg) })
		switch {
		case !ok:
			return back, false
		case shows(back):
			c.book.tell(d, taken)
			return back, true
		}
		if tries == 20 {
			c.book.waited(c.user, "the card cannot be quoted")
			return back, false
		}
		// The card was shown, and the program died before it had put that on
		// record: who quotes it at once is asked to do it again.
		c.book.tell(d, unclear)
		select {
		case <-time.After(300 * time.Millisecond):
		case <-c.patience.Done():
			return back, false
		}
	}
}

func (c *clerk) close(no string) {
	d := c.book.write(&deed{Kind: closed, User: c.user, Case: no})
	back, ok := c.does(d, func() (*emulator.Handle, error) {
		return c.line.Say(c.user, c.group, "受付"+no+" 終了 該当なし")
	},
		c.says("受付"+no+"：", "で終了しました"))
	if ok && back.ID != "" {
		c.book.tell(d, taken)
	}
}
