package play_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// walkStore fails turns now and then.
type walkStore struct {
	storage.Store
	failing atomic.Int64 // how many turns are still to fail
}

// Update implements storage.Store.
func (s *walkStore) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	return s.Store.Update(ctx, council, func(tx storage.Tx) error {
		seen := &walkTx{Tx: tx}
		if err := fn(seen); err != nil {
			return err
		}
		if seen.event && s.failing.Load() > 0 {
			s.failing.Add(-1)
			return errWalkStore
		}
		return nil
	})
}

// walkTx notes that a transaction is a turn.
type walkTx struct {
	storage.Tx
	event bool
}

// Once implements storage.Tx.
func (t *walkTx) Once(at time.Time, key string) (bool, error) {
	t.event = t.event || strings.HasPrefix(key, "event ")
	return t.Tx.Once(at, key)
}

// kept is what the store holds after a step.
type kept struct {
	cases    map[string]council.Case
	members  map[string]council.Member // by user
	approved map[string]bool           // by user
}

func (w *walk) kept() kept {
	w.t.Helper()
	k := kept{cases: map[string]council.Case{}, members: map[string]council.Member{}, approved: map[string]bool{}}
	err := w.world.App.Store().View(w.ctx, w.world.Council.ID, func(tx storage.Tx) error {
		for c, err := range records.Cases.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			k.cases[c.No] = c
		}
		for m, err := range records.Members.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			k.members[m.User] = m
		}
		for c, err := range records.Clerks.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			k.approved[c.User] = c.State == council.ClerkApproved
		}
		return nil
	})
	if err != nil {
		w.fail("%v", err)
	}
	return k
}

// check holds what has come of a step against what may come of any.
func (w *walk) check() {
	w.t.Helper()
	k := w.kept()
	w.nobodyForgotten(k)
	w.eventsTaken()
	for _, name := range walkMembers {
		w.member(name, k)
	}
	w.groupSees(k)
}

// nobodyForgotten: every open case is looked at again, and not later than now.
func (w *walk) nobodyForgotten(k kept) {
	for no, c := range k.cases {
		switch {
		case !c.Open():
		case c.Look.At.IsZero() || c.Due().IsZero():
			w.fail("%s is open, %s, and has no next look", no, c.State)
		case w.clock.Now().Sub(c.Due()) > time.Minute:
			w.fail("%s should have been looked at %v ago", no, w.clock.Now().Sub(c.Due()))
		}
	}
}

// eventsTaken: no input makes a turn fail.
func (w *walk) eventsTaken() {
	for _, h := range w.world.Line.Webhooks() {
		if h.Status != 200 && !w.excused {
			w.fail("a webhook was answered %d (%s)", h.Status, h.Error)
		}
	}
	w.world.Line.ForgetLog() // it is copied again and again
	w.excused = w.store.failing.Load() > 0
}

var (
	walkReceipt = regexp.MustCompile(`受け付けました（受付番号 ([^）]+)）`)
	walkAdded   = regexp.MustCompile(`受付([0-9A-Z-]+)に追加しました`)
	walkMark    = regexp.MustCompile(`印[a-z]+終`)
)

// fresh is what is new in a talk.
func (w *walk) fresh(id string, all []emulator.Message) []emulator.Message {
	from := min(w.told[id], len(all))
	w.told[id] = len(all)
	return all[from:]
}

// member: nobody is told that something was received which is in no case, or is
// somebody else's.
func (w *walk) member(name string, k kept) {
	user := w.users[name]
	var marks []string
	for _, m := range w.fresh(user, w.talk(user, "")) {
		if m.From == user {
			marks = append(marks, walkMark.FindAllString(m.Text, -1)...)
			continue
		}
		if no := walkReceipt.FindStringSubmatch(m.Text); no != nil {
			if other, used := w.holder[no[1]]; used && other != user {
				w.fail("receipt %s went to two people", no[1])
			}
			w.holder[no[1]] = user
			if c, ok := k.cases[no[1]]; !ok || c.Reporter != k.members[user].ID {
				w.fail("%s was told of receipt %s, which is not their case", name, no[1])
			}
		}
		if no := walkAdded.FindStringSubmatch(m.Text); no != nil {
			for _, mark := range marks {
				if !slices.ContainsFunc(k.cases[no[1]].Additions, func(a council.Addition) bool { return strings.Contains(a.Text, mark) }) {
					w.fail("%s was told that %s was added to %s, and it is not there", name, mark, no[1])
				}
			}
		}
	}
}

// groupSees: while somebody is in the group whom no clerk has approved, no card
// shows more than number and urgency.
func (w *walk) groupSees(k kept) {
	unseen := ""
	for _, name := range walkStrangers {
		if user := w.users[name]; w.in[name] && w.came[name] && !w.unheard[name] && !k.approved[user] && !w.approved[user] {
			unseen = name
		}
	}
	for _, name := range walkStrangers {
		w.came[name] = w.in[name]
	}
	w.approved = k.approved
	for _, m := range w.fresh(w.group, w.talk("", w.group)) {
		if unseen != "" && m.From == w.world.Bot.UserID() && strings.Contains(m.Text, "\n業種\n") {
			w.fail("%s, whom nobody has approved, sees a full card: %s", unseen, m.Text)
		}
	}
}
