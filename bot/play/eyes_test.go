package play_test

import (
	"flag"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"mimamori.example/mimamori/bot/play"
)

// What the group reads of whom it knows, and what no stranger may see.
var (
	madeClerk   = regexp.MustCompile(`(?m)^(?:このグループ.*。)?(.+?)さんを(?:最初の)?職員として登録しました`)
	noClerk     = regexp.MustCompile(`(?m)^(.+?)さんが退出したため、職員の登録を外しました`)
	vouchedFor  = regexp.MustCompile(`グループの全員（\d+人）を確認しました`)
	fullContent = regexp.MustCompile(`(?m)^種類$|構成員からの|構成員の返事|見本移動スーパー A-|見本ガス A-|見本牛乳店 A-`)
)

// eyed counts the full messages that were looked at: the check must see them.
var eyed atomic.Int64

// checkEyes holds every message in a group that shows more of a case than its
// number and urgency against who was in the group when it came: all of them were
// clerks then, or a clerk had said so.
func checkEyes(t *testing.T, w *play.World) {
	t.Helper()
	names := map[string]string{}
	for _, p := range w.Line.People() {
		names[p.ID] = p.Name
	}
	for _, g := range w.Line.Groups() {
		talk, err := w.Line.Group(g.ID)
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{}
		for _, m := range talk {
			if m.From != w.Bot.UserID() {
				continue
			}
			m.Text = strings.ReplaceAll(m.Text, "【訓練】", "")
			there := w.Line.Witnesses(m.ID)
			for _, found := range madeClerk.FindAllStringSubmatch(m.Text, -1) {
				known[found[1]] = true
			}
			for _, found := range noClerk.FindAllStringSubmatch(m.Text, -1) {
				delete(known, found[1])
			}
			if vouchedFor.MatchString(m.Text) {
				for _, id := range there {
					known[names[id]] = true
				}
			}
			if !fullContent.MatchString(m.Text) {
				continue
			}
			eyed.Add(1)
			for _, id := range there {
				if !known[names[id]] {
					t.Errorf("%s, whom nobody has approved, reads in %s:\n%s", names[id], g.Name, m.Text)
				}
			}
		}
	}
}

// checkedEyes fails where checkEyes has seen nothing.
func checkedEyes(t *testing.T, plays int) {
	t.Helper()
	if n := eyed.Load(); n < int64(plays) && flag.Lookup("test.run").Value.String() == "" {
		t.Errorf("only %d full messages of groups were looked at", n)
	}
}

// The check finds a stranger who reads a card, and takes no clerk for one.
func TestEyesAreChecked(t *testing.T) {
	for text, want := range map[string][]string{
		"このグループを「見本市見守りネットワーク」の事務局にしました。山田さんを最初の職員として登録しました。":   {"山田"},
		"このグループは、これまでどおり「見本市見守りネットワーク」の事務局です。山田さんを職員として登録しました。": {"山田"},
		"中川さんを職員として登録しました。":       {"中川"},
		"山田さんは、すでに職員として登録されています。": nil,
	} {
		var got []string
		for _, found := range madeClerk.FindAllStringSubmatch(text, -1) {
			got = append(got, found[1])
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %q", text, got)
		}
	}
}
