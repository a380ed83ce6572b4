package browser

import (
	"fmt"
	"slices"
	"testing"
)

// TestLook looks at the page at both widths, as it begins, in the midst of a
// case, with a menu open and with the engine room open: axe finds nothing, the
// page is not wider than the screen, and the pictures are kept.
func TestLook(t *testing.T) {
	for _, width := range []int64{narrow, wide} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			s := beginAt(t, width)
			sato, office := s.phone("佐藤"), s.phone(group)
			look := func(when string) {
				t.Helper()
				s.accessible(when)
				s.picture(fmt.Sprintf("%d-%s.png", width, when))
			}
			look("start")
			s.press("label", "", "ためしてみる")
			s.must(js[bool](s, "is", ".here"), "the tour points at nothing")
			look("tour")
			s.press("label", "", "案内をやめる")
			for _, rule := range []string{"color-contrast", "button-name", "page-has-heading-one", "target-size", "label"} {
				if !slices.Contains(s.axeRules(), rule) {
					t.Errorf("axe does not know %s", rule)
				}
			}
			sato.accept()
			sato.report("いま払う・渡す・振り込む直前", "屋根・外壁などの点検商法")
			office.tap("担当する")
			office.tap("指示する")
			office.tap("110番へ通報")
			office.offers("構成員へ送る")
			look("draft")
			office.tap("構成員へ送る")
			sato.tap("通報しました")
			office.sees("構成員の返事は「通報しました」です")
			look("case")
			s.press("dots", group, "構成員の返事は")
			s.must(js[bool](s, "is", ".sheet:popover-open"), "no menu opens")
			look("menu")
			office.tap("とじる")
			s.press("css", "", "#captions")
			look("captions")
			s.press("css", "", "#captions")
			s.engine()
			s.must(s.ask(`document.querySelector("#engine").scrollIntoView({ behavior: "instant" }), true`), "no engine room")
			look("engine")
			s.press("css", "#room", ".call:first-of-type summary")
			s.must(js[bool](s, "is", "#room .call[open] pre"), "no call opens")
			look("call")
		})
	}
}
