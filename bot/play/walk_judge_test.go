package play_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/line/emulator"
)

// judge says what is wrong with what people read. It knows nothing of the walk,
// so that a test can show it small histories; "" is that nothing is wrong.
type judge struct {
	holder   map[string]string    // receipt number → user
	before   kept                 // the store before this step
	vouched  map[string]bool      // users who were there when a clerk said that all are known
	denied   map[string]time.Time // user and receipt number → when told that it has not arrived
	affirmed map[string]time.Time // user and receipt number → when told that it has been received
}

func newJudge() *judge {
	return &judge{holder: map[string]string{}, vouched: map[string]bool{}, denied: map[string]time.Time{}, affirmed: map[string]time.Time{}}
}

// forgotten: an open case is looked at again, and not later than now.
func forgotten(c council.Case, now time.Time) string {
	switch {
	case !c.Open():
	case c.Look.At.IsZero() || c.Due().IsZero():
		return fmt.Sprintf("%s is open, %s, and has no next look", c.No, c.State)
	case now.Sub(c.Due()) > time.Minute:
		return fmt.Sprintf("%s should have been looked at %v ago", c.No, now.Sub(c.Due()))
	}
	return ""
}

var (
	walkReceipt = regexp.MustCompile(`受け付けました（受付番号 ([^）]+)）`)
	walkAdded   = regexp.MustCompile(`受付([0-9A-Z-]+)に追加しました`)
	walkDenied  = regexp.MustCompile(`受付番号([0-9A-Z-]+)の内容が、まだ事務局に届いていません`)
	walkMark    = regexp.MustCompile(`印[a-z]+終`)
	// walkFull is more of a case than a stranger may see. That somebody is silent
	// is not: an alarm names no more than the number.
	walkFull = regexp.MustCompile(`(?m)^種類$|^業種$|構成員からの|構成員の返事は|白い車|見本移動スーパー A-|見本ガス A-|見本牛乳店 A-`)
)

// memberHears judges what is new in a member's talk.
func (j *judge) memberHears(user string, fresh []emulator.Message, k kept, began time.Time) string {
	var marks []string
	for _, m := range fresh {
		if m.From == user {
			marks = append(marks, walkMark.FindAllString(m.Text, -1)...)
			continue
		}
		for _, fault := range []string{j.receipt(user, m.Text, k), addedNowhere(m.Text, marks, k), j.notSo(m, k, began), j.together(user, m)} {
			if fault != "" {
				return fault
			}
		}
	}
	return ""
}

// receipt: nobody is told that something was received which is in no case, or is
// somebody else's.
func (j *judge) receipt(user, text string, k kept) string {
	no := walkReceipt.FindStringSubmatch(text)
	if no == nil {
		return ""
	}
	if other, used := j.holder[no[1]]; used && other != user {
		return fmt.Sprintf("receipt %s went to two people", no[1])
	}
	j.holder[no[1]] = user
	if c, ok := k.cases[no[1]]; !ok || c.Reporter != k.members[user].ID {
		return fmt.Sprintf("somebody was told of receipt %s, which is not their case", no[1])
	}
	return ""
}

// addedNowhere: what is said to have been added is there.
func addedNowhere(text string, marks []string, k kept) string {
	no := walkAdded.FindStringSubmatch(text)
	if no == nil {
		return ""
	}
	for _, mark := range marks {
		if !slices.ContainsFunc(k.cases[no[1]].Additions, func(a council.Addition) bool { return strings.Contains(a.Text, mark) }) {
			return fmt.Sprintf("%s was said to be added to %s, and it is not there", mark, no[1])
		}
	}
	return ""
}

// notSo: nobody is told that something has not arrived which the bot had known to
// have arrived before the step, and still does.
func (j *judge) notSo(m emulator.Message, k kept, began time.Time) string {
	for _, no := range walkDenied.FindAllStringSubmatch(m.Text, -1) {
		was, is := j.before.cases[no[1]], k.cases[no[1]]
		if !was.CardShown.IsZero() && !was.CardLate && !is.CardLate && m.Time.Sub(began) < time.Minute {
			return fmt.Sprintf("%s is said not to have arrived, and it has: %s", no[1], m.Text)
		}
	}
	return ""
}

// together: that it has not arrived and that it was received are never said less
// than a minute apart. The one exception is the receipt itself, which says that
// it is being sent.
func (j *judge) together(user string, m emulator.Message) string {
	for _, no := range walkDenied.FindAllStringSubmatch(m.Text, -1) {
		key := user + " " + no[1]
		j.denied[key] = m.Time
		if at, ok := j.affirmed[key]; ok && m.Time.Sub(at) < time.Minute {
			return fmt.Sprintf("%s is said to have been received, and at once not to have arrived", no[1])
		}
	}
	receipt, added := walkReceipt.FindStringSubmatch(m.Text), walkAdded.FindStringSubmatch(m.Text)
	for i, no := range [][]string{receipt, added} {
		if no == nil {
			continue
		}
		key := user + " " + no[1]
		if i > 0 {
			j.affirmed[key] = m.Time
		}
		if at, ok := j.denied[key]; ok && m.Time.Sub(at) < time.Minute {
			return fmt.Sprintf("%s is said not to have arrived, and at once to have been received", no[1])
		}
	}
	return ""
}

// sight is a message of the bot's in the group.
type sight struct {
	text      string
	strangers []string // who saw it, but the clerks of the first hour
	swapped   int      // people who have gone unheard: as many others may come unheard
}

// groupReads: while somebody is in the group whom no clerk has approved or
// vouched for, nothing shows more of a case than number and urgency.
func (j *judge) groupReads(fresh []sight, k kept) string {
	for _, s := range fresh {
		if vouchedFor.MatchString(s.text) {
			for _, user := range s.strangers {
				j.vouched[user] = true
			}
		}
		if !walkFull.MatchString(s.text) {
			continue
		}
		unknown := 0
		for _, user := range s.strangers {
			if !k.approved[user] && !j.before.approved[user] && !j.vouched[user] {
				unknown++
			}
		}
		if unknown > s.swapped {
			return "somebody whom nobody has approved reads: " + s.text
		}
	}
	return ""
}
