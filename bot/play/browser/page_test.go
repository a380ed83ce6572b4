package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestFormsAlive: a button that has just come is htmx's at once. Before, for
// twenty milliseconds a tap on it was the browser's, which left the page.
func TestFormsAlive(t *testing.T) {
	t.Parallel()
	s := begin(t)
	watch := `window.swaps = 0; window.dead = []; document.addEventListener("htmx:afterSwap", () => setTimeout(() => {
		window.swaps++;
		for (const el of document.querySelectorAll("form[hx-post], button[hx-post]")) {
			if (!el["htmx-internal-data"]?.listenerInfos?.length) { window.dead.push(el.outerHTML.slice(0, 100)); }
		}
	})); 0`
	if _, err := chromedp.Run(s.ctx, chromedp.Evaluate[any](watch)); err != nil {
		t.Fatal(err)
	}
	sato := s.phone("佐藤")
	sato.accept()
	sato.report("急ぎではない", "訪問販売・しつこい勧誘")
	s.phone(group).tap("担当する")
	s.phone(group).sees("山田さんが担当します")
	s.must(s.ask("window.swaps > 5"), "nothing was watched")
	dead, err := chromedp.Run(s.ctx, chromedp.Evaluate[[]string]("window.dead"))
	if err != nil {
		t.Fatal(err)
	}
	if len(dead) > 0 {
		t.Errorf("%d dead forms, such as %s", len(dead), dead[0])
	}
}

// TestReload: a page that is opened anew shows what there was, and goes on.
func TestReload(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, office := s.phone("佐藤"), s.phone(group)
	sato.accept()
	sato.report("急ぎではない", "訪問販売・しつこい勧誘")
	sato.sees("受け付けました")
	office.as("田中")
	if err := chromedp.Do(s.ctx, chromedp.Reload()); err != nil {
		t.Fatal(err)
	}
	sato.sees("受け付けました")
	office.tap("担当する")
	office.sees("田中さんが担当します")
	s.must(s.ask(`(() => { const l = document.querySelector(".phone .log"); return l.scrollHeight - l.scrollTop - l.clientHeight < 3; })()`),
		"a talk does not begin at its end")
}

// TestFollows: who taps a message far up sees what comes of it.
func TestFollows(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato := s.phone("佐藤")
	sato.accept()
	sato.report("急ぎではない", "訪問販売・しつこい勧誘")
	sato.sees("受け付けました")
	office := s.phone(group)
	office.tap("指示する")
	office.sees("受付26-0001 指示を選ぶ") // longer than the screen
	office.tap("そのほか")             // of the card above it
	office.sees("受付26-0001 そのほか")
	s.must(s.ask(`hands.atEnd("見守り事務局")`), "the newest message is out of view")
}

// TestNotices: what a telephone would do elsewhere, and why something is not
// done, is said in view, also when the button has gone before the answer came.
func TestNotices(t *testing.T) {
	t.Parallel()
	s := beginAt(t, narrow)
	takahashi := s.phone("高橋")
	said := func(words string) {
		t.Helper()
		s.must(js[bool](s, "shows", "#notice", words), "nobody says %q", words)
		s.must(js[bool](s, "inView", "#notice p"), "%q is out of view", words)
	}
	takahashi.tap("188に電話する")
	said("188 に電話をかけます")
	s.must(s.ask(`(() => {
		const b = document.querySelector('.phone[data-name="高橋"] [data-label="110番に電話する"]');
		b.click();
		b.closest("form").remove();
		return true;
	})()`), "no button")
	said("110 に電話をかけます")
	takahashi.menu("ブロック")
	s.must(js[bool](s, "shows", `.phone[data-name="高橋"] .outside`, "ブロックしています"), "the block is not shown")
	s.press("css", "高橋", ".composer input[name=text]")
	s.insert("もしもし")
	takahashi.tap("送信")
	said("ブロックしているので送れません")
	s.must(js[string](s, "draft", "高橋") == "もしもし", "what was typed is gone")
}

// TestJump: on a narrow screen a link tells that something has come on a phone
// that is out of view, and leads there.
func TestJump(t *testing.T) {
	t.Parallel()
	s := beginAt(t, narrow)
	sato := s.phone("佐藤")
	sato.accept()
	sato.report("急ぎではない", "訪問販売・しつこい勧誘")
	s.must(js[bool](s, "is", ".jump a.news"), "no link tells of the card")
	s.must(js[bool](s, "shows", ".jump a.news", group), "another link tells of it")
	s.press("label", "", group+"（新しいメッセージ）")
	s.must(js[bool](s, "inView", `.phone[data-name="`+group+`"] .bar`), "the link leads elsewhere")
	s.must(s.ask(`hands.gone(".jump a.news", "")`), "the link still tells")
}
