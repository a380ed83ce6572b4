package chaos

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/outbox"
)

// The comparison would be worth nothing if it could not fail. So it is shown
// programs that are wrong (staged_test.go), and a good run that was tampered with.

// TestTampered: each fault alone is found in what was a good run.
func TestTampered(t *testing.T) {
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := newPlatform(t)
	k := found(t, p, newChild(t, p, []string{program, "serve"}, boltStore, ""), seedOf(t), 10)
	t.Log(k.rage(storm{kills: 6, places: places, calm: true, lasts: time.Minute,
		until: []string{reported, added, drafted, sent, answered, closed}}))
	good := k.look()
	if found, _ := check(good); len(found) > 0 {
		t.Fatalf("the run itself was not good:\n%s", found.some())
	}
	raw, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range tampers {
		t.Run(name, func(t *testing.T) {
			var v sight
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			if found, _ := check(v); len(found) > 0 {
				t.Fatalf("copying changed it:\n%s", found.some())
			}
			if !c.do(&v) {
				t.Fatal("there is nothing to tamper with")
			}
			found, _ := check(v)
			if len(found[c.want]) == 0 {
				t.Errorf("nothing %s was found, but\n%s", c.want, found.some())
			}
		})
	}
}

// tampers change one thing each and tell whether they could.
var tampers = map[string]struct {
	want string
	do   func(*sight) bool
}{
	"an answered event is not in the store": {lost, func(v *sight) bool {
		v.Unheard = []string{"01"}
		return true
	}},
	"a report without its case": {lost, func(v *sight) bool {
		d, ok := deedOf(v, reported)
		delete(v.Cases, d.Case)
		return ok
	}},
	"a case with other answers": {wrong, func(v *sight) bool {
		d, ok := deedOf(v, reported)
		v.Cases[d.Case].Answers[1].Labels[0] = "x"
		return ok
	}},
	"nothing came back": {lost, func(v *sight) bool {
		d, ok := deedOf(v, reported)
		d.Said = ""
		return ok
	}},
	"a card that is missing": {lost, func(v *sight) bool { return remove(&v.Group, isCard) }},
	"a card that is there twice": {twice, func(v *sight) bool {
		return repeat(&v.Group, isCard)
	}},
	"cards out of order": {order, func(v *sight) bool {
		at := slices.IndexFunc(v.Group, isCard)
		next := at + 1 + slices.IndexFunc(v.Group[at+1:], isCard)
		v.Group[at], v.Group[next] = v.Group[next], v.Group[at]
		return at >= 0 && next > at
	}},
	"a receipt that is missing": {lost, func(v *sight) bool {
		d, ok := deedOf(v, reported)
		talk := v.Talks[d.User]
		ok = remove(&talk, holds("受付番号 "+d.Case)) && ok
		v.Talks[d.User] = talk
		return ok
	}},
	"a receipt number used again": {twice, func(v *sight) bool {
		var last *emulator.Message
		for _, talk := range v.Talks {
			for i := range talk {
				no := receipt.FindStringSubmatch(talk[i].Text)
				if no == nil {
					continue
				}
				if last != nil {
					last.Text = talk[i].Text
					return true
				}
				last = &talk[i]
			}
		}
		return false
	}},
	"a number left out": {wrong, func(v *sight) bool {
		first := slices.Min(slices.Collect(maps.Keys(v.Cases)))
		delete(v.Cases, first)
		v.Deeds = slices.DeleteFunc(v.Deeds, func(d deed) bool { return d.Case == first })
		return true
	}},
	"an addition that is in no case": {lost, func(v *sight) bool {
		d, ok := deedOf(v, added)
		k := v.Cases[d.Case]
		k.Additions = nil
		v.Cases[d.Case] = k
		return ok
	}},
	"an addition taken in twice": {twice, func(v *sight) bool {
		d, ok := deedOf(v, added)
		k := v.Cases[d.Case]
		k.Additions = append(k.Additions, k.Additions...)
		v.Cases[d.Case] = k
		return ok
	}},
	"an addition the group never saw": {lost, func(v *sight) bool {
		d, ok := deedOf(v, added)
		return ok && remove(&v.Group, holds(d.Mark))
	}},
	"an instruction that did not arrive": {lost, func(v *sight) bool {
		for user, talk := range v.Talks {
			if remove(&talk, isInstruction) {
				v.Talks[user] = talk
				return true
			}
		}
		return false
	}},
	"an instruction that arrived twice": {twice, func(v *sight) bool {
		for user, talk := range v.Talks {
			if repeat(&talk, isInstruction) {
				v.Talks[user] = talk
				return true
			}
		}
		return false
	}},
	"an instruction that somebody else got": {wrong, func(v *sight) bool {
		for user, talk := range v.Talks {
			at := slices.IndexFunc(talk, isInstruction)
			if at < 0 {
				continue
			}
			for other := range v.Talks {
				if other != user {
					v.Talks[other] = append(v.Talks[other], talk[at])
					v.Talks[user] = slices.Delete(slices.Clone(talk), at, at+1)
					return true
				}
			}
		}
		return false
	}},
	"an answer that is not in the case": {lost, func(v *sight) bool {
		d, ok := deedOf(v, answered)
		if !ok {
			return false
		}
		k := v.Cases[d.Case]
		k.Instruction(d.Ref).Answered = time.Time{}
		return true
	}},
	"an answer the group never saw": {lost, func(v *sight) bool {
		return remove(&v.Group, func(m emulator.Message) bool { return replyLine.MatchString(m.Text) })
	}},
	"a draft that is gone": {lost, func(v *sight) bool {
		d, ok := deedOf(v, drafted)
		v.Drafts = slices.DeleteFunc(v.Drafts, func(k council.Draft) bool { return k.MessageID == d.Message })
		return ok
	}},
	"an unfinished report that is gone": {lost, func(v *sight) bool {
		clear(v.Sessions)
		_, ok := deedOf(v, left)
		return ok
	}},
	"a delivery that still waits": {lost, func(v *sight) bool {
		v.Waiting = 1
		return true
	}},
	"a reply taken as sent that never was": {lost, func(v *sight) bool {
		at := slices.IndexFunc(v.Calls, func(c call) bool { return strings.HasPrefix(c.To, "U") })
		v.Calls = slices.Delete(v.Calls, at, at+1)
		return true
	}},
	"a call more than is on record": {twice, func(v *sight) bool {
		again := v.Calls[0]
		again.Messages = []string{"another"}
		v.Calls = append(v.Calls, again)
		return true
	}},
	"a double that is counted and had no cause": {excess, func(v *sight) bool {
		again := v.Calls[0]
		again.Messages = []string{"another"}
		v.Calls = append(v.Calls, again)
		for i := range v.Settled {
			v.Settled[i].MaybeTwice = v.Settled[i].MaybeTwice || v.Settled[i].Hash == again.Hash
		}
		return true
	}},
	"a reply taken as sent without a cause": {excess, func(v *sight) bool {
		at := slices.IndexFunc(v.Settled, func(s outbox.Settled) bool {
			return s.How == "reply" && !v.Doubts[s.ID].Accepted && !v.Astray[s.Hash]
		})
		v.Settled[at].Outcome = "taken_as_sent"
		return true
	}},
	"calls out of order": {order, func(v *sight) bool {
		var mine []int
		for i, c := range v.Calls {
			if strings.HasPrefix(c.To, "C") {
				mine = append(mine, i)
			}
		}
		i, j := mine[len(mine)/2], mine[len(mine)/2+1]
		v.Calls[i], v.Calls[j] = v.Calls[j], v.Calls[i]
		return true
	}},
}

func isCard(m emulator.Message) bool { return cardAlt.MatchString(m.Alt) }

func isInstruction(m emulator.Message) bool {
	_, _, ok := instructionOf(m)
	return ok
}

// deedOf is the first deed of a kind that was taken.
func deedOf(v *sight, kind string) (*deed, bool) {
	for i := range v.Deeds {
		if v.Deeds[i].Kind == kind && v.Deeds[i].Said == taken {
			return &v.Deeds[i], true
		}
	}
	return &deed{}, false
}

func remove(talk *[]emulator.Message, which func(emulator.Message) bool) bool {
	at := slices.IndexFunc(*talk, func(m emulator.Message) bool { return m.Via != "say" && which(m) })
	if at >= 0 {
		*talk = slices.Delete(*talk, at, at+1)
	}
	return at >= 0
}

func repeat(talk *[]emulator.Message, which func(emulator.Message) bool) bool {
	at := slices.IndexFunc(*talk, which)
	if at < 0 {
		return false
	}
	again := (*talk)[at]
	again.ID += "0"
	*talk = append(*talk, again)
	return true
}
