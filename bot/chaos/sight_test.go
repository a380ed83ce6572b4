package chaos

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// sight is all that is to be seen after a storm: people's deeds, what the
// platform has received, what the store holds.
type sight struct {
	Deeds []deed
	Vain  map[string]string // by user: what was waited for in vain
	Bot   string
	Group []emulator.Message
	Talks map[string][]emulator.Message // by user
	Calls []call                        // that LINE accepted, in order

	Members  map[string]string // user → member
	Cases    map[string]council.Case
	Drafts   []council.Draft
	Sessions map[string]records.Talk
	Settled  []outbox.Settled
	Waiting  int
	// Unheard are the events that were answered 200 and that the store does not
	// know of.
	Unheard []string
	// Refused is how many webhooks were not answered 200: each may have been
	// followed by an apology, which goes past the outbox.
	Refused int
	// Doubts are the replies that waited at a restart, by delivery; Astray those
	// whose call failed in a way that may have let it through, by their hash.
	Doubts map[string]doubt
	Astray map[string]bool
	// Limited is when LINE said that there were too many calls.
	Limited []time.Time
}

// doubt is what is to be known of a reply that waits when the program is dead.
type doubt struct {
	Tried    bool // the program has put on record that it would call
	Accepted bool // LINE had it
	Late     bool // after the restart its token was of no more use
}

// or is what several restarts make of it.
func (d doubt) or(e doubt) doubt {
	return doubt{Tried: d.Tried || e.Tried, Accepted: d.Accepted || e.Accepted, Late: d.Late || e.Late}
}

// call is a reply or push that LINE accepted.
type call struct {
	To       string
	Hash     string // of the messages
	Messages []string
}

// settledKind reads what package outbox keeps of what has gone out.
var settledKind = storage.NewKind("settled", func(s *outbox.Settled) string { return s.ID })

func (k *people) look() sight {
	k.t.Helper()
	v := sight{Vain: k.book.vain, Bot: k.bot.UserID(), Talks: map[string][]emulator.Message{}, Members: map[string]string{},
		Cases: map[string]council.Case{}, Sessions: map[string]records.Talk{}, Doubts: k.doubts, Astray: map[string]bool{}}
	k.crowd.Wait()
	for _, d := range k.book.deeds {
		v.Deeds = append(v.Deeds, *d)
	}
	v.Group, _ = k.talks.of[k.group].look()
	for _, m := range k.members {
		v.Talks[m.user], _ = m.feed.look()
	}
	for _, s := range k.line.Sends() {
		if s.Endpoint != "reply" && s.Endpoint != "push" {
			continue
		}
		var body struct{ Messages json.RawMessage }
		if err := json.Unmarshal([]byte(s.Body), &body); err != nil {
			k.t.Fatal(err)
		}
		sum := sha256.Sum256(body.Messages)
		hash := hex.EncodeToString(sum[:])
		if s.Endpoint == "reply" && (s.Fault != "" || s.Status >= 500 || s.Took > time.Second) {
			v.Astray[hash] = true
		}
		if s.Status == http.StatusTooManyRequests {
			v.Limited = append(v.Limited, s.Time)
		}
		if s.Accepted {
			v.Calls = append(v.Calls, call{To: s.To[0], Hash: hash, Messages: s.Messages})
		}
	}
	for _, w := range k.line.Webhooks() {
		if w.Status != 200 {
			v.Refused++
		}
	}
	k.readStore(&v)
	return v
}

var errLooked = errors.New("only looked")

func (k *people) readStore(v *sight) {
	k.t.Helper()
	s := k.store()
	defer func() {
		if err := s.Close(); err != nil {
			k.t.Error(err)
		}
	}()
	ctx := k.t.Context()
	err := s.View(ctx, town, func(tx storage.Tx) error {
		for m, err := range records.Members.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			v.Members[m.User] = m.ID
		}
		for c, err := range records.Cases.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			v.Cases[c.No] = c
		}
		for d, err := range records.Drafts.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			v.Drafts = append(v.Drafts, d)
		}
		for t, err := range records.Talks.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			v.Sessions[t.User] = t
		}
		for d, err := range settledKind.Scan(tx, storage.Query{}) {
			if err != nil {
				return err
			}
			v.Settled = append(v.Settled, d)
		}
		waiting, err := tx.Queued("", 1000)
		v.Waiting = len(waiting)
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	// Whether an event has been taken in is asked by its deduplication key, in
	// transactions that are then given up.
	answered := k.post.answered()
	for some := range slices.Chunk(slices.Sorted(maps.Keys(answered)), 500) {
		err := s.Update(ctx, town, func(tx storage.Tx) error {
			var unheard []string
			for _, id := range some {
				first, err := tx.Once(answered[id].UTC(), "event "+id)
				if err != nil {
					return err
				}
				if first {
					unheard = append(unheard, id)
				}
			}
			return &onlyLooked{unheard}
		})
		l, ok := errors.AsType[*onlyLooked](err)
		if !ok {
			k.t.Fatal(err)
		}
		v.Unheard = append(v.Unheard, l.unheard...)
	}
}

// onlyLooked ends a transaction of which nothing is to be kept.
type onlyLooked struct{ unheard []string }

func (*onlyLooked) Error() string { return errLooked.Error() }

// slow is how long a delivery may wait at the head before others pass it:
// package outbox parks it then.
const slow = 2 * time.Minute
