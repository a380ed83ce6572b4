package play_test

import (
	"context"
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
	found := func(fault string) {
		w.t.Helper()
		if fault != "" {
			w.fail("%s", fault)
		}
	}
	for _, c := range k.cases {
		found(forgotten(c, w.clock.Now()))
	}
	w.eventsTaken()
	for _, name := range walkMembers {
		user := w.users[name]
		found(w.judge.memberHears(user, w.fresh(user, w.talk(user, "")), k, w.began))
	}
	found(w.judge.groupReads(w.sights(), k))
	w.judge.before = k
	w.began = w.clock.Now()
}

// sights are the bot's new messages in the group, with who was there.
func (w *walk) sights() []sight {
	var all []sight
	swapped := 0
	for _, name := range walkStrangers {
		if !w.in[name] && w.unheard[name] {
			swapped++
		}
	}
	for _, m := range w.fresh(w.group, w.talk("", w.group)) {
		if m.From != w.world.Bot.UserID() {
			continue
		}
		s := sight{text: m.Text, swapped: swapped}
		for _, user := range w.world.Line.Witnesses(m.ID) {
			if !slices.Contains(w.clerks(), user) {
				s.strangers = append(s.strangers, user)
			}
		}
		all = append(all, s)
	}
	return all
}

func (w *walk) clerks() []string {
	ids := make([]string, 0, len(walkClerks))
	for _, name := range walkClerks {
		ids = append(ids, w.users[name])
	}
	return ids
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

// fresh is what is new in a talk.
func (w *walk) fresh(id string, all []emulator.Message) []emulator.Message {
	from := min(w.told[id], len(all))
	w.told[id] = len(all)
	return all[from:]
}
