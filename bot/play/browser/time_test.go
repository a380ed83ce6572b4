package browser

import "testing"

// TestNotice: by moving the clock to the next month, its notice reaches the
// residents, and nobody else.
func TestNotice(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, takahashi := s.phone("佐藤"), s.phone("高橋")
	sato.accept()
	s.moment("notice")
	takahashi.sees("困ったら、局番なしの188（消費者ホットライン）へ。")
	sato.has("困ったら、局番なしの188", 0)
	takahashi.say("停止")
	takahashi.sees("お知らせを止めました")
	s.moment("notice")
	takahashi.has("困ったら、局番なしの188（消費者ホットライン）へ。", 1)
}

// TestNextMorning: what is reported in the evening waits for the office to
// open, and is reminded of the morning after.
func TestNextMorning(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, office := s.phone("佐藤"), s.phone(group)
	sato.accept()
	s.moment("evening")
	sato.report("急ぎではない", "訪問販売・しつこい勧誘")
	sato.sees("受付番号26-0001でお預かりしました。いまは開庁時間外")
	office.has("26-0001", 0)
	s.moment("morning")
	office.sees("受付26-0001")
	office.offers("担当する")
	s.moment("morning")
	office.sees("まだ終わっていない受付があります")
}

// TestForgotten: who has not sent what they began is reminded.
func TestForgotten(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato := s.phone("佐藤")
	sato.accept()
	sato.scan()
	sato.tap("業者がその場にいる")
	sato.offers("事務局にも知らせる")
	before := len(js[[]string](s, "all", "佐藤"))
	s.moment("soon")
	sato.sees("まだ事務局に送られていません")
	if after := len(js[[]string](s, "all", "佐藤")); after <= before {
		t.Errorf("%d messages before, %d after", before, after)
	}
}
