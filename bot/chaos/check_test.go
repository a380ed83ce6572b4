package chaos

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/outbox"
)

// What a comparison can find.
const (
	lost  = "lost"
	twice = "twice"
	order = "order"
	wrong = "wrong"
	// excess is a double, or a doubt, that is counted and had no cause: were it
	// excused, a program could do all things twice and count them.
	excess = "counted without a cause"
)

// findings are faults by what they are.
type findings map[string][]string

func (f findings) add(what, format string, args ...any) {
	f[what] = append(f[what], fmt.Sprintf(format, args...))
}

// some are the first few of each, for a report.
func (f findings) some() string {
	var out strings.Builder
	for _, what := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(&out, "%s: %d\n", what, len(f[what]))
		for _, s := range f[what][:min(8, len(f[what]))] {
			out.WriteString("  " + s + "\n")
		}
	}
	return out.String()
}

// tally is what was counted on the way.
type tally struct {
	maybeTwice, takenAsSent, doubled, apologies, slow int
}

// check compares. It is a function of what was seen, so that it can be shown
// what it must find.
func check(v sight) (findings, tally) {
	c := &comparison{v: v, found: findings{}, excused: map[string]bool{}}
	c.read()
	c.deliveries()
	c.index()
	c.events()
	c.numbers()
	for _, d := range v.Deeds {
		if d.Said == "" {
			c.found.add(lost, "%s by %s (case %q, mark %q): nothing came back: %s", d.Kind, d.User, d.Case, d.Mark, c.v.Vain[d.User])
			continue
		}
		if judge := judges[d.Kind]; judge != nil {
			judge(c, d)
		}
	}
	c.instructions()
	c.sequences()
	return c.found, c.tally
}

var judges = map[string]func(*comparison, deed){
	reported: (*comparison).report, added: (*comparison).addition, drafted: (*comparison).draft,
	sent: (*comparison).instruction, dropped: (*comparison).draftDropped, answered: (*comparison).answer,
	closed: (*comparison).outcome, left: (*comparison).unfinished,
}

type comparison struct {
	v       sight
	found   findings
	tally   tally
	excused map[string]bool // messages that are known to be there a second time

	// What the bot said, without what is excused, and what is looked for in it.
	group []emulator.Message
	talks map[string][]emulator.Message // by user
	shown map[string][]string           // users by instruction, once for each time
	texts map[string]string             // of every message
}

// index sorts what was said, once it is known what is excused.
func (c *comparison) index() {
	said := func(talk []emulator.Message) []emulator.Message {
		return slices.DeleteFunc(slices.Clone(talk), func(m emulator.Message) bool { return m.From != c.v.Bot || c.excused[m.ID] })
	}
	c.group, c.talks, c.shown = said(c.v.Group), map[string][]emulator.Message{}, map[string][]string{}
	for user, talk := range c.v.Talks {
		c.talks[user] = said(talk)
		for _, m := range c.talks[user] {
			if _, id, ok := instructionOf(m); ok {
				c.shown[id] = append(c.shown[id], user)
			}
		}
	}
}

// deliveries holds what LINE accepted against what the outbox has put on
// record: each delivery arrived once, or twice where that is counted, in the
// order in which they were made.
func (c *comparison) deliveries() {
	if c.v.Waiting > 0 {
		c.found.add(lost, "%d deliveries still wait", c.v.Waiting)
	}
	unmatched := map[string][]int{} // calls by hash
	byMessage := map[string]int{}
	for i, call := range c.v.Calls {
		unmatched[call.Hash] = append(unmatched[call.Hash], i)
		if len(call.Messages) > 0 {
			byMessage[call.Messages[0]] = i
		}
	}
	take := func(hash string, i int) {
		unmatched[hash] = slices.DeleteFunc(unmatched[hash], func(j int) bool { return i == j })
	}
	record := map[int]outbox.Settled{} // of a call
	var unnamed []outbox.Settled
	for _, s := range c.v.Settled {
		if s.MaybeTwice {
			c.tally.maybeTwice++
			if !c.mayBeTwice(s) {
				c.found.add(excess, "delivery %s says that it may be there twice, and nothing had happened to it", s.ID)
			}
		}
		if s.At.Sub(s.Created) >= slow {
			c.tally.slow++
		}
		switch {
		case s.HookFailed || s.Outcome != "sent" && s.Outcome != "taken_as_sent":
			c.found.add(wrong, "delivery %s ended as %s (hook failed: %v)", s.ID, s.Outcome, s.HookFailed)
		case s.Outcome == "taken_as_sent":
			c.tally.takenAsSent++
			if !c.v.Doubts[s.ID].Accepted && !c.v.Astray[s.Hash] {
				c.found.add(excess, "delivery %s was taken as sent, and nothing had happened to it", s.ID)
			}
			unnamed = append(unnamed, s)
		case len(s.MessageIDs) == 0:
			unnamed = append(unnamed, s)
		default:
			i, ok := byMessage[s.MessageIDs[0]]
			if !ok || c.v.Calls[i].Hash != s.Hash {
				c.found.add(lost, "delivery %s has a message id that LINE does not know for these words", s.ID)
				continue
			}
			record[i] = s
			take(s.Hash, i)
		}
	}
	alike := map[string]int{}
	for _, s := range unnamed {
		alike[s.Hash]++
	}
	for _, s := range unnamed {
		rest := unmatched[s.Hash]
		if len(rest) == 0 {
			c.found.add(lost, "delivery %s (%s) never reached LINE", s.ID, s.Outcome)
			continue
		}
		if len(rest) == 1 && alike[s.Hash] == 1 { // otherwise one cannot tell which
			record[rest[0]] = s
		}
		take(s.Hash, rest[0])
	}
	// What is left arrived a second time, or was never on record.
	may := map[string]int{}
	for _, s := range c.v.Settled {
		if s.MaybeTwice && c.mayBeTwice(s) {
			may[s.Hash]++
		}
	}
	for hash, calls := range unmatched {
		for _, i := range calls {
			call := c.v.Calls[i]
			switch {
			case may[hash] > 0:
				may[hash]--
				c.tally.doubled++
				for _, m := range call.Messages {
					c.excused[m] = true
				}
			case c.apology(call):
				c.tally.apologies++
			default:
				c.found.add(twice, "a message to %s is there again, or on no record: %q", call.To, c.words(call))
			}
		}
	}
	if c.tally.apologies > c.v.Refused {
		c.found.add(twice, "%d apologies for %d events that were refused", c.tally.apologies, c.v.Refused)
	}
	c.inOrder(record)
}

// mayBeTwice is the bound of the doubles that are excused: a delivery may be
// there twice only if it was to be a reply, the program was killed or got no
// good answer while it tried, and its token was of no more use afterwards.
func (c *comparison) mayBeTwice(s outbox.Settled) bool {
	d := c.v.Doubts[s.ID]
	late := d.Late || s.At.Sub(s.Created) >= tokenUse
	return late && (d.Tried || c.v.Astray[s.Hash])
}

// tokenUse is how long the program tries a reply token at least, less what
// passes between an event's arrival and its turn.
const tokenUse = 45 * time.Second

// inOrder: to each recipient in the order of the commits. Past what waited for so
// long everybody was let; past a first that had failed, or was held up by LINE's
// limit, and all behind it, replies need not wait: those made while it waited.
func (c *comparison) inOrder(record map[int]outbox.Settled) {
	yielded := map[string][]outbox.Settled{} // by recipient
	for i, s := range record {
		if to := c.v.Calls[i].To; c.yielded(s) {
			yielded[to] = append(yielded[to], s)
		}
	}
	type arrived struct{ push, reply outbox.Settled } // the newest of each
	last := map[string]arrived{}
	for i, call := range c.v.Calls {
		s, ok := record[i]
		if !ok {
			continue
		}
		before := last[call.To]
		early := before.push
		if r := before.reply; r.Created.After(early.Created) && !slices.ContainsFunc(yielded[call.To], func(y outbox.Settled) bool {
			return !y.Created.After(s.Created) && !y.At.Before(r.Created)
		}) {
			early = r
		}
		if s.Created.Before(early.Created) && s.At.Sub(s.Created) < slow {
			c.found.add(order, "to %s: %.60q, made at %v and %s by %s, came after what was made at %v and %s by %s", call.To,
				c.words(call), s.Created, s.Outcome, s.How, early.Created, early.Outcome, early.How)
		}
		// A reply whose token is over is pushed, and was let pass as a reply.
		if s.How == "reply" || c.v.Doubts[s.ID].Late || s.At.Sub(s.Created) >= tokenUse {
			if s.Created.After(before.reply.Created) {
				before.reply = s
			}
		} else if s.Created.After(before.push.Created) {
			before.push = s
		}
		last[call.To] = before
	}
}

// yielded tells whether a delivery had failed, or could not be tried for a while.
func (c *comparison) yielded(s outbox.Settled) bool {
	return s.Attempts > 0 || slices.ContainsFunc(c.v.Limited, func(t time.Time) bool {
		return !t.Before(s.Created.Add(-limitLasts)) && !t.After(s.At)
	})
}

// limitLasts is how long LINE's limit of calls is respected at least.
const limitLasts = 2 * time.Second

func (c *comparison) apology(call call) bool {
	return strings.Contains(c.words(call), "まだ事務局に届いていません")
}

// read keeps every message's text by its id.
func (c *comparison) read() {
	c.texts = map[string]string{}
	for _, talk := range append([][]emulator.Message{c.v.Group}, slices.Collect(maps.Values(c.v.Talks))...) {
		for _, m := range talk {
			c.texts[m.ID] = m.Text
		}
	}
}

func (c *comparison) words(call call) string {
	if len(call.Messages) == 0 {
		return ""
	}
	return c.texts[call.Messages[0]]
}

// events: what was answered 200 has been taken in.
func (c *comparison) events() {
	for _, id := range c.v.Unheard {
		c.found.add(lost, "event %s was answered 200, and the store has never heard of it", id)
	}
}

// numbers: receipt numbers count up from one, none twice, none left out, and
// each stands in one person's receipt only.
func (c *comparison) numbers() {
	holder := map[string]string{}
	for user, talk := range c.talks {
		for _, m := range talk {
			no := receipt.FindStringSubmatch(m.Text)
			if no == nil {
				continue
			}
			if other, used := holder[no[1]]; used {
				c.found.add(twice, "receipt %s went to %s and to %s", no[1], other, user)
			}
			holder[no[1]] = user
		}
	}
	claimed := map[string]int{}
	for _, d := range c.v.Deeds {
		if d.Kind == reported && d.Said != "" {
			claimed[d.Case]++
		}
	}
	n := 0
	for _, no := range slices.Sorted(maps.Keys(c.v.Cases)) {
		n++
		if want := fmt.Sprintf("%04d", n); no[3:] != want {
			c.found.add(wrong, "case %s stands where %s should: a number was left out", no, want)
			break
		}
		if claimed[no] != 1 {
			c.found.add(twice, "case %s belongs to %d reports", no, claimed[no])
		}
	}
	for no, user := range holder {
		if c.v.Members[user] != c.v.Cases[no].Reporter {
			c.found.add(wrong, "receipt %s went to %s, whose case it is not", no, user)
		}
	}
}

// once counts messages of the bot that fit; anything but one is a fault.
func (c *comparison) once(talk []emulator.Message, what string, fits func(emulator.Message) bool) {
	n := 0
	for _, m := range talk {
		if fits(m) {
			n++
		}
	}
	switch {
	case n == 0:
		c.found.add(lost, "%s is nowhere", what)
	case n > 1:
		c.found.add(twice, "%s is there %d times", what, n)
	}
}

func holds(texts ...string) func(emulator.Message) bool {
	return func(m emulator.Message) bool {
		return !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(m.Text, s) })
	}
}

func (c *comparison) report(d deed) {
	k, ok := c.v.Cases[d.Case]
	if !ok {
		c.found.add(lost, "report %s: no case", d.Case)
		return
	}
	var got []string
	for _, a := range k.Answers {
		got = append(got, a.Labels...)
	}
	if k.Reporter != c.v.Members[d.User] || !slices.Equal(got, d.Choices) {
		c.found.add(wrong, "case %s holds %q of %s, told were %q by %s", k.No, got, k.Reporter, d.Choices, c.v.Members[d.User])
	}
	c.once(c.talks[d.User], "the receipt of "+k.No, func(m emulator.Message) bool {
		no := receipt.FindStringSubmatch(m.Text)
		return no != nil && no[1] == k.No
	})
	c.once(c.group, "the card of "+k.No, func(m emulator.Message) bool {
		no := cardAlt.FindStringSubmatch(m.Alt)
		return no != nil && no[1] == k.No
	})
}

func (c *comparison) addition(d deed) {
	n := 0
	for _, k := range c.v.Cases {
		for _, a := range k.Additions {
			if !strings.Contains(a.Text, d.Mark) {
				continue
			}
			n++
			if k.No != d.Case {
				c.found.add(wrong, "addition %s is in case %s, not in %s", d.Mark, k.No, d.Case)
			}
		}
	}
	switch {
	case d.Said == over && n > 0:
		c.found.add(wrong, "addition %s was taken, and the member told that it was not", d.Mark)
	case d.Said == over:
	case n == 0:
		c.found.add(lost, "addition %s is in no case", d.Mark)
	case n > 1:
		c.found.add(twice, "addition %s is there %d times", d.Mark, n)
	}
	if d.Said == taken {
		c.once(c.group, "addition "+d.Mark, holds("受付"+d.Case+"：", d.Mark))
	}
}

// of is the draft that a message in the group has opened.
func (c *comparison) of(message string) []council.Draft {
	return slices.DeleteFunc(slices.Clone(c.v.Drafts), func(d council.Draft) bool { return d.MessageID != message })
}

func (c *comparison) draft(d deed) {
	drafts := c.of(d.Message)
	switch {
	case d.Said == unclear && len(drafts) == 0:
		return
	case d.Said == unclear:
		c.found.add(wrong, "a quote opened a draft and was answered that it was not understood")
		return
	case len(drafts) == 0:
		c.found.add(lost, "a draft for %s (%s) is not there", d.Case, d.Mark)
		return
	case len(drafts) > 1:
		c.found.add(twice, "a draft for %s is there %d times", d.Case, len(drafts))
	}
	k := drafts[0]
	// The words of a draft that was given up are not kept.
	if k.Case != d.Case || k.State != council.DraftDropped && !strings.Contains(k.Text, d.Mark) {
		c.found.add(wrong, "draft %s is of case %s, not of %s, or has other words", k.ID, k.Case, d.Case)
	}
	c.once(c.group, "the preview of draft "+k.ID, previews(k.ID))
}

func previews(id string) func(emulator.Message) bool {
	return func(m emulator.Message) bool {
		b := sendButton.FindStringSubmatch(string(m.JSON))
		return b != nil && b[2] == id
	}
}

func (c *comparison) state(id string) council.DraftState {
	for _, d := range c.v.Drafts {
		if d.ID == id {
			return d.State
		}
	}
	return ""
}

func (c *comparison) draftDropped(d deed) {
	if d.Said == taken && c.state(d.Ref) != council.DraftDropped {
		c.found.add(lost, "draft %s was given up, and is %q", d.Ref, c.state(d.Ref))
	}
}

func (c *comparison) instruction(d deed) {
	k := c.v.Cases[d.Case]
	n := 0
	for _, i := range k.Instructions {
		if i.ID == d.Ref {
			n++
		}
	}
	switch {
	case d.Said != taken && n+len(c.shown[d.Ref]) > 0:
		c.found.add(wrong, "instruction %s went out, and the clerk was told that it did not", d.Ref)
	case d.Said != taken:
	case n == 0 || c.state(d.Ref) != council.DraftSent:
		c.found.add(lost, "instruction %s is not in case %s", d.Ref, d.Case)
	case n > 1:
		c.found.add(twice, "instruction %s is in case %s %d times", d.Ref, d.Case, n)
	}
}

// instructions: each that is in a case was sent by a clerk, and reached its
// reporter and nobody else; the group heard of each answer.
func (c *comparison) instructions() {
	orders := map[string]int{}
	for _, d := range c.v.Deeds {
		if d.Kind == sent {
			orders[d.Ref]++
		}
	}
	heard := map[string]int{} // answers by case
	for _, m := range c.group {
		if got := replyLine.FindStringSubmatch(m.Text); got != nil {
			heard[got[1]]++
		}
	}
	for no, k := range c.v.Cases {
		answers := 0
		for _, i := range k.Instructions {
			if orders[i.ID] != 1 {
				c.found.add(wrong, "instruction %s of %s was sent by %d clerks", i.ID, no, orders[i.ID])
			}
			switch users := c.shown[i.ID]; {
			case len(users) == 0:
				c.found.add(lost, "instruction %s of %s did not reach its member", i.ID, no)
			case len(users) > 1:
				c.found.add(twice, "instruction %s of %s was shown %d times", i.ID, no, len(users))
			case c.v.Members[users[0]] != k.Reporter:
				c.found.add(wrong, "instruction %s of %s reached somebody else", i.ID, no)
			}
			if !i.Answered.IsZero() {
				answers++
			}
		}
		switch {
		case heard[no] < answers:
			c.found.add(lost, "the group heard %d of %d answers in %s", heard[no], answers, no)
		case heard[no] > answers:
			c.found.add(twice, "the group heard %d answers in %s, there are %d", heard[no], no, answers)
		}
	}
}

func (c *comparison) answer(d deed) {
	k := c.v.Cases[d.Case]
	i := k.Instruction(d.Ref)
	switch {
	case i == nil:
		c.found.add(lost, "the answered instruction %s is not in %s", d.Ref, d.Case)
	case d.Said == over:
	case i.Answered.IsZero():
		c.found.add(lost, "the answer to %s is not in %s", d.Ref, d.Case)
	case !slices.Equal(i.Answer.Labels, d.Choices):
		c.found.add(wrong, "the answer to %s is %q, it was %q", d.Ref, i.Answer.Labels, d.Choices)
	}
}

func (c *comparison) outcome(d deed) {
	k := c.v.Cases[d.Case]
	if k.State != council.Closed {
		c.found.add(lost, "case %s was closed, and is %s", d.Case, k.State)
	}
	for user, id := range c.v.Members {
		if id == k.Reporter {
			c.once(c.talks[user], "the outcome of "+d.Case, func(m emulator.Message) bool {
				no := outcomes.FindStringSubmatch(m.Text)
				return no != nil && no[1] == d.Case
			})
		}
	}
}

func (c *comparison) unfinished(d deed) {
	s := c.v.Sessions[d.User].Session
	if s == nil {
		c.found.add(lost, "the unfinished report of %s is gone", d.User)
		return
	}
	var got []string
	for _, a := range s.Answers {
		got = append(got, a.Labels...)
	}
	if !slices.Equal(got, d.Choices) || s.Step != "kind" {
		c.found.add(wrong, "the unfinished report of %s holds %q at %s, told were %q", d.User, got, s.Step, d.Choices)
	}
}

var anyMark = regexp.MustCompile(`印[a-z]+終`)

// sequences looks at the order once more, by what people read: cards and
// receipts by their numbers, additions as each member sent them.
func (c *comparison) sequences() {
	if c.tally.slow > 0 {
		return // somebody was let pass; the records were compared
	}
	ascending := func(where string, talk []emulator.Message, text func(emulator.Message) string, number *regexp.Regexp) {
		last := ""
		for _, m := range talk {
			no := number.FindStringSubmatch(text(m))
			if no == nil {
				continue
			}
			if no[1] < last {
				c.found.add(order, "%s: %s after %s", where, no[1], last)
			}
			last = no[1]
		}
	}
	ascending("cards", c.group, func(m emulator.Message) string { return m.Alt }, cardAlt)
	for user, talk := range c.talks {
		ascending("receipts of "+user, talk, func(m emulator.Message) string { return m.Text }, receipt)
	}
	place := map[string]int{}
	for i, m := range c.group {
		if mark := anyMark.FindString(m.Text); mark != "" {
			place[mark] = i
		}
	}
	last := map[string]string{}
	for _, d := range c.v.Deeds {
		if d.Kind != added || d.Said != taken {
			continue
		}
		if before := last[d.User]; before != "" && place[d.Mark] < place[before] {
			c.found.add(order, "addition %s of %s came before %s", d.Mark, d.User, before)
		}
		last[d.User] = d.Mark
	}
}
