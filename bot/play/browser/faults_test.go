package browser

import (
	"slices"
	"strings"
	"testing"
)

// TestFaults turns each switch on in the midst of a report, and off again:
// nothing is lost, nothing comes twice, and all of it in its order.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		id    string
		sign  string // what the engine room shows while the switch is on
		meets bool   // nothing reaches the group while it is on
	}{
		{"error", "500", true},
		{"rate", "429", true},
		{"silent", "返事なし", true},
		{"quota", "429", false}, // the card goes along with the free reply to who takes the case
		{"token", "400", false},
		{"twice", "", false},
	} {
		t.Run(tt.id, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			sato, office := s.phone("佐藤"), s.phone(group)
			sato.accept()
			sato.scan()
			sato.tap("急ぎではない")
			sato.tap("訪問販売・しつこい勧誘")
			sato.offers("送信する")
			s.fault(tt.id, true)
			sato.tap("送信する")
			office.say("受付26-0001 担当する")
			if tt.sign != "" {
				s.must(js[bool](s, "shows", "#room .call .status.bad", tt.sign), "the engine room shows no %s", tt.sign)
			}
			if tt.meets {
				office.has("このカードに返信すると", 0)
			}
			s.fault(tt.id, false)
			s.moment("hour")
			if tt.id == "quota" {
				s.moment("soon") // the hour has some seconds more, so that not everything comes at once
			}
			sato.comes("受け付けました（受付番号 26-0001）")
			office.comes("このカードに返信すると")
			office.comes("山田さんが担当します")
			office.tap("指示する")
			office.tap("188・センターを案内")
			office.tap("構成員へ送る")
			sato.tap("伝えました")
			office.comes("構成員の返事は「伝えました」です")
			s.calm()
			sato.once("受け付けました（受付番号 26-0001）", "受付26-0001：ご連絡ありがとうございます", "お返事を事務局に送っています")
			office.once("このカードに返信すると", "山田さんが「188・センターを案内」を構成員へ送っています", "構成員の返事は「伝えました」です")
			office.once("山田さんが担当します")
		})
	}
}

// TestKilled: the program is killed in the midst of a report, twice, and started
// again.
func TestKilled(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, office := s.phone("佐藤"), s.phone(group)
	sato.accept()
	sato.scan()
	sato.tap("急ぎではない")
	sato.offers("訪問販売・しつこい勧誘")
	s.kill()
	sato.tap("訪問販売・しつこい勧誘")
	s.start()
	sato.comes("この内容で送りますか")
	sato.tap("送信する")
	s.kill()
	office.say("だれか見てください")
	s.start()
	sato.comes("受け付けました（受付番号 26-0001）")
	office.comes("このカードに返信すると")
	office.tap("担当する")
	office.comes("山田さんが担当します")
	s.calm()
	sato.once("この内容で送りますか", "受け付けました（受付番号 26-0001）")
	office.once("このカードに返信すると", "山田さんが担当します")
}

// comes waits for what is on its way.
func (p phone) comes(words string) { p.t.Helper(); p.sees(words) }

// once holds the talk to have each of the messages once, in this order.
func (p phone) once(words ...string) {
	p.t.Helper()
	talk := js[[]string](p.stage, "all", p.name)
	last := -1
	for _, w := range words {
		has := func(m string) bool { return strings.Contains(m, strings.Join(strings.Fields(w), "")) }
		at := slices.IndexFunc(talk, has)
		switch {
		case at < 0:
			p.t.Errorf("%s: %q is lost", p.name, w)
			continue
		case slices.ContainsFunc(talk[at+1:], has):
			p.t.Errorf("%s: %q has come twice", p.name, w)
		case at < last:
			p.t.Errorf("%s: %q has come too early", p.name, w)
		}
		last = at
	}
	if p.t.Failed() {
		p.t.Logf("%q", talk)
	}
}
