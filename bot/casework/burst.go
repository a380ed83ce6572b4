package casework

import (
	"errors"
	"slices"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Limits of what is shown together.
const (
	messagesAtOnce = 5   // in one delivery, which is counted once for each person
	casesAtOnce    = 100 // the others at the next time
	burstsAtOnce   = 1   // each may fill a delivery
)

// burst is what a member has lately set going.
func (w *Work) burst(member string) (council.Burst, error) {
	b, ok, err := records.Bursts.Get(w.tx, member)
	if !ok {
		b = council.Burst{Member: member}
	}
	return b, err
}

// mayTell takes a place for a message to the group that a member sets going.
// Without one, what is to be said waits to be told together with the rest.
func (w *Work) mayTell(member string) (bool, error) {
	if member == "" {
		return true, nil
	}
	b, err := w.burst(member)
	if err != nil || !b.Tell(w.now) {
		return false, err
	}
	return true, records.Bursts.Put(w.tx, b)
}

// mayCard tells whether a card goes to the group by itself. Otherwise the case
// is from now on on the card that its reporter's later cases share.
func (w *Work) mayCard(c *council.Case) (bool, error) {
	if c.Reporter == "" {
		return true, nil
	}
	b, err := w.burst(c.Reporter)
	if err != nil {
		return false, err
	}
	may := false
	switch {
	case c.Shared:
	case c.CardShown.IsZero() && c.CardNote == "":
		may = b.Card(w.now)
	case c.CardNote == council.CardAdded:
		may = b.Tell(w.now)
	default: // shown again, and not by the member's doing
		return true, nil
	}
	if !may {
		c.Shared = true
		c.Unset(council.PostCard)
		b.Share(c.No, w.now)
		if !c.CardShown.IsZero() && c.CardNote != council.CardAdded { // a new group, or one that has been approved
			b.Soon(w.now)
		}
		w.gathered = append(w.gathered, c.Reporter)
	}
	return may, records.Bursts.Put(w.tx, b)
}

// waitBehind adds lines to those that wait. What the program says itself is not
// said twice in a row.
func waitBehind(untold []council.Untold, lines ...council.Untold) []council.Untold {
	for _, l := range lines {
		if n := len(untold); n > 0 && l.MessageID == "" && untold[n-1] == l {
			continue
		}
		untold = append(untold, l)
	}
	return untold
}

// wait has the words of a case told together with the rest of its reporter's.
func (w *Work) wait(c council.Case) error {
	b, err := w.burst(c.Reporter)
	if err != nil {
		return err
	}
	b.Wait(c.No, w.now)
	w.gathered = append(w.gathered, c.Reporter)
	return records.Bursts.Put(w.tx, b)
}

// gathers tells whether what has just been done waits to be shown.
func (w *Work) gathers(c council.Case) bool { return slices.Contains(w.gathered, c.Reporter) }

// Gathered shows what waits of those who have just done something, where its
// time has come: the first of it comes at once.
func (w *Work) Gathered() error {
	slices.Sort(w.gathered)
	for _, member := range slices.Compact(w.gathered) {
		b, err := w.burst(member)
		if err != nil {
			return err
		}
		if b.Waits() && !b.Next.After(w.now) {
			if err := w.showBurst(b, messagesAtOnce, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// Ride lets what waits go along with an answer that the group is getting
// anyway: answers are free of charge.
func (w *Work) Ride(group string) error {
	used := 0
	for _, o := range w.out {
		if o.To.Kind == message.ToGroup && o.To.ID == group {
			used += len(o.Messages)
		}
	}
	if used == 0 || used >= messagesAtOnce {
		return nil
	}
	for b, err := range records.Bursts.Scan(w.tx, waiting1()) {
		if err != nil {
			return err
		}
		return w.showBurst(b, messagesAtOnce-used, true)
	}
	return nil
}

func waiting1() storage.Query {
	q := storage.Equal(records.ByState, records.BurstWaits)
	q.Limit = 1
	return q
}

// dueBursts shows what has gathered, and forgets what is over.
func (w *Work) dueBursts() error {
	q := storage.Query{Index: records.ByDue, Until: records.Stamp(w.now.Add(1)), Limit: burstsAtOnce}
	var due []council.Burst
	for b, err := range records.Bursts.Scan(w.tx, q) {
		if err != nil {
			return err
		}
		due = append(due, b)
	}
	for _, b := range due {
		if err := w.showBurst(b, messagesAtOnce, false); err != nil {
			return err
		}
	}
	return nil
}

// showBurst shows what has gathered, in at most room messages to the group: the
// shared card, then what the member has said. What must not be shown now goes
// back to its case's timers, what has no room waits on.
func (w *Work) showBurst(b council.Burst, room int, free bool) error {
	group, bound, err := w.Secretariat()
	if err != nil {
		return err
	}
	guarded := false
	if bound {
		if guarded, err = w.guarded(group); err != nil {
			return err
		}
	}
	begun := len(w.out)
	if err := w.sendLetters(&b); err != nil {
		return err
	}
	before := len(w.out)
	if err := w.showPending(&b, group, bound); err != nil {
		return err
	}
	if len(w.out) > before {
		room--
	}
	if err := w.tellGathered(&b, group, bound && !guarded, room); err != nil {
		return err
	}
	if len(w.out) > begun && !free {
		b.Shared = append(b.Shared, w.now)
	}
	b.Next = time.Time{}
	b.Rest(w.now)
	if b.Over() {
		return records.Bursts.Delete(w.tx, b.Member)
	}
	return records.Bursts.Put(w.tx, b)
}

// showPending shows the group the shared card, when there is something new on it.
func (w *Work) showPending(b *council.Burst, group council.Group, bound bool) error {
	now, later := split(b.Pending, casesAtOnce)
	b.Pending = later
	var fresh []council.Case
	for _, no := range now {
		c, ok, err := w.Case(no)
		if err != nil {
			return err
		}
		switch {
		case !ok || !c.Open():
			continue
		case !bound:
			w.againCard(&c, 0)
		case w.sleeps(c):
			c.Set(council.Timer{Kind: council.PostCard, At: w.wakes(c, w.now)})
		default:
			w.carded(&c)
			fresh = append(fresh, c)
		}
		if err := w.save(c); err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	listed, err := w.listed(b, fresh)
	if err != nil {
		return err
	}
	card := []message.Message{w.sharedCard(listed, len(b.Cases), false)}
	bare := []message.Message{w.sharedCard(listed, len(b.Cases), true)}
	for _, c := range fresh { // the later ones have no message of their own
		w.toGroupIfMore(group.ID, message.About{Kind: AboutCard, Case: c.No}, RefNothing, card, bare)
		w.out[len(w.out)-1].Urgent = c.Level() == council.Danger
		card, bare = nil, nil
	}
	return nil
}

func split(nos []string, n int) (now, later []string) {
	n = min(n, len(nos))
	return nos[:n], slices.Clone(nos[n:])
}

// listed are the cases that the shared card lists: the fresh ones, and the
// latest of the others that nobody has taken. Those that somebody has are no
// longer on it.
func (w *Work) listed(b *council.Burst, fresh []council.Case) ([]council.Case, error) {
	var listed []council.Case
	for i := len(b.Cases) - 1; i >= 0 && len(listed) < casesAtOnce; i-- {
		no := b.Cases[i]
		if n := slices.IndexFunc(fresh, func(c council.Case) bool { return c.No == no }); n >= 0 {
			listed = append(listed, fresh[n])
			continue
		}
		c, ok, err := w.Case(no)
		if err != nil {
			return nil, err
		}
		if !ok || c.State != council.Received {
			b.Cases = slices.Delete(b.Cases, i, i+1)
			continue
		}
		listed = append(listed, c)
	}
	slices.Reverse(listed)
	return listed, nil
}

// tellGathered tells the group what has waited of several cases, in few messages.
func (w *Work) tellGathered(b *council.Burst, group council.Group, may bool, room int) error {
	nos := b.Words
	b.Words = nil
	var texts []*gatheredText
	for _, no := range nos {
		c, ok, err := w.Case(no)
		if err != nil {
			return err
		}
		switch {
		case !ok:
			continue
		case !may:
			c.Set(council.Timer{Kind: council.TellGroup, At: w.now.Add(time.Hour)}) // whatever changes that sets it sooner
		case w.sleeps(c):
			c.Set(council.Timer{Kind: council.TellGroup, At: w.wakes(c, w.now)})
		default:
			texts = w.gather(texts, &c, len(nos) <= room, room, group)
			c.Unset(council.TellGroup)
			if c.Waits() {
				b.Words = append(b.Words, c.No)
			}
		}
		if err := w.save(c); err != nil {
			return err
		}
	}
	for _, t := range texts {
		t.say(w, group)
	}
	return nil
}

// mailOf tells the second channel of a case, by itself or, where its reporter
// has set going too much, together with others.
func (w *Work) mailOf(c council.Case, key string) {
	if c.Reporter != "" {
		b, err := w.burst(c.Reporter)
		w.err = errors.Join(w.err, err)
		if !b.Mail(w.now) {
			b.Write(council.Letter{Key: key, Case: c.No}, w.now)
			w.gathered = append(w.gathered, c.Reporter)
			w.err = errors.Join(w.err, records.Bursts.Put(w.tx, b))
			return
		}
		w.err = errors.Join(w.err, records.Bursts.Put(w.tx, b))
	}
	w.mail(key, c)
}

// sendLetters tells the second channel what has gathered for it: one letter of
// each kind, for the numbers of all cases.
func (w *Work) sendLetters(b *council.Burst) error {
	letters := b.Letters
	b.Letters = nil
	for len(letters) > 0 {
		key := letters[0].Key
		var nos []string
		letters = slices.DeleteFunc(letters, func(l council.Letter) bool {
			if l.Key == key {
				nos = append(nos, l.Case)
			}
			return l.Key == key
		})
		first, ok, err := w.Case(nos[0])
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		first.No = w.nos(nos)
		w.mail(key, first)
		b.Mailed = append(b.Mailed, w.now)
	}
	return nil
}

// known is something that a reporter is to be told of a case.
type known struct {
	user, about, key string
	c                council.Case
}

// toReporter tells a case's reporter something that needs the number only; what
// one delivery's outcome means for several cases, in one message.
func (w *Work) toReporter(c council.Case, about, key string) error {
	m, reachable, err := w.reporter(c)
	if err == nil && reachable {
		w.known = append(w.known, known{m.User, about, key, c})
	}
	return err
}

// tellReporters says what toReporter has collected.
func (w *Work) tellReporters() {
	for len(w.known) > 0 {
		first, like := w.known[0], []known(nil)
		var nos []string
		w.known = slices.DeleteFunc(w.known, func(k known) bool {
			same := k.user == first.user && k.about == first.about && k.key == first.key
			if same {
				like, nos = append(like, k), append(nos, k.c.No)
			}
			return same
		})
		said := []message.Message{message.Text{Body: w.drill(first.c, w.text(first.key, "no", w.nos(nos), "電話", w.Telephone))}}
		for _, k := range like {
			w.ToUser(first.user, message.About{Kind: k.about, Case: k.c.No}, said...)
			said = nil
		}
	}
}
