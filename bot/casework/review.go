package casework

import (
	"slices"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// tableMark changes when council.NextLook does.
const tableMark = "1 "

// reviewStep is how many open cases are looked at in one transaction.
const reviewStep = 200

// reviewed is how far all open cases have been looked at under today's rules.
func (w *Work) reviewed() (records.Review, error) {
	mark := tableMark + w.RulesMark
	r, ok, err := records.Reviews.Get(w.tx, records.ReviewOfLooks)
	if err == nil && (!ok || r.Mark != mark) {
		r = records.Review{ID: records.ReviewOfLooks, Mark: mark}
	}
	return r, err
}

// review derives the next look of every open case anew, in steps, when the rules
// have changed, and once for the cases of a store that was written before looks
// were kept: the index of what is due cannot know of those. True while it lasts.
func (w *Work) review() (bool, error) {
	r, err := w.reviewed()
	if err != nil || r.Done {
		return false, err
	}
	q := storage.Query{Index: records.ByOpen, After: storage.Position{Value: r.Stamp, ID: r.No}, Limit: reviewStep}
	var open []council.Case
	for c, err := range records.Cases.Scan(w.tx, q) {
		if err != nil {
			return false, err
		}
		open = append(open, c)
	}
	for _, c := range open {
		r.Stamp, r.No = records.Stamp(c.Received), c.No
		w.adopt(&c)
		if err := w.save(c); err != nil {
			return false, err
		}
	}
	r.Done = len(open) < reviewStep
	return true, records.Reviews.Put(w.tx, r)
}

// adopt reads a case that was stored before looks were kept: what its timers
// knew goes on.
func (w *Work) adopt(c *council.Case) {
	if c.Look.Why != "" {
		return
	}
	if t, waits := c.Timer(council.TimerKind(council.NotReplied)); waits && c.State != council.Received {
		c.Owe(council.NotReplied, "", c.Received)
		if n := len(c.Additions); n > 0 {
			c.Owed.Since = c.Additions[n-1].At
		}
		c.Look = council.NextLook(*c, w.Rules, w.Hours)
		c.Look.Raised, c.Look.Last = t.Count, w.now
		return
	}
	c.Look = council.NextLook(*c, w.Rules, w.Hours)
	i := slices.IndexFunc(c.Timers, func(t council.Timer) bool { return string(t.Kind) == string(c.Look.Why) })
	if i >= 0 && c.Timers[i].Count > 0 {
		c.Look.Raised, c.Look.Last = c.Timers[i].Count, w.now
	}
}
