package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestEngineRoom: what a case has cost, the calls with their bodies, and the
// e-mail when LINE does not take the card.
func TestEngineRoom(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, office := s.phone("佐藤"), s.phone(group)
	sato.accept()
	s.engine()
	s.must(js[bool](s, "shows", "#room", "今月 0 通"), "something has been counted before anything was pushed")
	sato.report("急ぎではない", "訪問販売・しつこい勧誘")
	office.sees("受付26-0001")
	// A push to the group is counted once for each of its people.
	s.must(js[bool](s, "shows", "#room tr", "26-0001 2"), "the case's cost is not shown")
	s.must(js[bool](s, "shows", "#room", "今月 2 通"), "the month's use is not shown")

	s.press("css", "#room", ".call:first-of-type > summary")
	s.must(js[bool](s, "is", "#room .call[open] pre"), "no body is shown")
	opened, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](`document.querySelector("#room .call[open]").id`))
	if err != nil {
		t.Fatal(err)
	}
	office.tap("担当する")
	office.sees("山田さんが担当します")
	// The reply and the webhook's answer come in either order, on top of what is open.
	s.must(js[bool](s, "is", "#room .call:first-of-type:not([open])"), "the newest call is not on top")
	s.must(js[bool](s, "is", "#"+opened+"[open]"), "what was opened closes when something new comes")

	s.fault("error", true)
	sato.say("報告")
	sato.say("業者がその場にいる")
	sato.say("訪問販売・しつこい勧誘")
	sato.say("送信する")
	s.must(js[bool](s, "shows", "#room .call .status.bad", "500"), "LINE does not answer 500")
	s.moment("hour")
	s.must(js[bool](s, "shows", "#room details", "LINEのグループに表示できていません"), "no e-mail is written")
	s.press("css", "#room", "#room-mail ~ details > summary")
	s.must(js[bool](s, "shows", "#room details[open] pre", "受付26-0002"), "the e-mail cannot be read")
	s.fault("error", false)
	s.moment("hour")
	office.sees("受付26-0002")
}
