package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestFreeText lets a clerk write to the field worker by answering the card.
func TestFreeText(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, office := s.phone("佐藤"), s.phone(group)
	sato.accept()
	sato.report("急ぎではない", "訪問販売・しつこい勧誘")
	office.quote("受付26-0001", "チラシを1枚渡していただけますか。")
	office.sees("受付26-0001 この文面を送りますか")
	office.tap("構成員へ送る")
	sato.sees("事務局からの連絡です。「チラシを1枚渡していただけますか。」")
	sato.tap("了解しました")
	office.sees("構成員の返事は「了解しました」です（職員からの文）")

	// A second clerk answers what the member asks.
	sato.say("玄関先でよいですか")
	sato.tap("前の受付に追加する")
	office.sees("構成員からの追加「玄関先でよいですか」")
	office.as("田中").quote("玄関先でよいですか", "はい、玄関先で結構です。")
	office.sees("受付26-0001：事務局からの連絡です。「はい、玄関先で結構です。」")
	office.tap("構成員へ送る")
	office.sees("田中さんが「職員からの文」を構成員へ送っています")
	sato.sees("「はい、玄関先で結構です。」")
}

// TestDangerFirst: who is in danger gets advice at once, and tells the
// secretariat with one tap, before any other question.
func TestDangerFirst(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, office := s.phone("佐藤"), s.phone(group)
	sato.accept()
	sato.scan()
	sato.sees("いま、どんな状況ですか")
	sato.say("危ない")
	sato.sees("110番")
	sato.offers("事務局にも知らせる")
	office.has("至急", 0)
	sato.tap("事務局にも知らせる")
	office.sees("至急")
	office.sees("受付26-0001")
	sato.sees("受け付けました（受付番号 26-0001）")
	office.tap("担当する")
	office.sees("山田さんが担当します")
}

// TestJoin sets up a group of the clerks' own: the account comes only where a
// code is waited for, and a clerk lets the others in.
func TestJoin(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.press("css", "", `form[hx-post="/groups"] input`)
	s.insert("町内会")
	s.press("label", "", "グループを作る")
	other := s.phone("町内会")
	other.menu("招待する")
	other.sees("このグループでは使えません。退出します。")

	s.press("css", "", `form[hx-post="/groups"] input`)
	s.insert("あたらしい事務局")
	s.press("label", "", "グループを作る")
	office := s.phone("あたらしい事務局")
	js[bool](s, "mark", office.name)
	office.tap("設定コードを書き入れる")
	s.must(js[bool](s, "renewed"), "no code is filled in")
	office.menu("招待する")
	office.sees("このグループに設定コードを送ってください")
	office.send()
	office.sees("山田さんを最初の職員として登録しました")
	office.as("田中").tap("グループに入る")
	office.sees("田中さんは、職員として登録されていません")
	office.as("山田").tap("職員として登録")
	office.sees("田中さんを職員として登録しました")
	s.phone(group).sees("事務局は新しいグループに移りました")

	sato := s.phone("佐藤")
	sato.accept()
	sato.report("急ぎではない", "訪問販売・しつこい勧誘")
	office.as("田中").tap("担当する")
	office.sees("田中さんが担当します")
	s.phone(group).has("受付26-0001", 0)
}

// TestStranger: while somebody unknown is in the group, cards say no more than
// number and urgency.
func TestStranger(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, office := s.phone("佐藤"), s.phone(group)
	sato.accept()
	office.as("鈴木").tap("グループに入る")
	office.sees("鈴木さんは、職員として登録されていません")
	sato.report("急ぎではない", "屋根・外壁などの点検商法")
	office.sees("受付26-0001")
	office.has("屋根・外壁などの点検商法", 0)
	office.tap("職員として登録")
	office.sees("職員の登録は、登録ずみの職員だけができます")
	office.as("山田").tap("職員として登録")
	office.sees("鈴木さんを職員として登録しました")
	office.sees("屋根・外壁などの点検商法")
	office.as("鈴木").tap("担当する")
	office.sees("鈴木さんが担当します")
}

// TestOtherThings: a sticker, a message taken back, a block and a friend again,
// somebody new with a telephone.
func TestOtherThings(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, office := s.phone("佐藤"), s.phone(group)
	t.Run("sticker", func(t *testing.T) {
		sato.accept()
		sato.tap("スタンプを送る")
		s.must(js[bool](s, "is", `.phone[data-name="佐藤"] article.mine.sticker`), "no sticker is sent")
	})
	t.Run("unsend", func(t *testing.T) {
		sato.report("急ぎではない", "訪問販売・しつこい勧誘")
		sato.sees("受け付けました")
		sato.say("赤い屋根の家です")
		sato.tap("前の受付に追加する")
		office.sees("構成員からの追加「赤い屋根の家です」")
		sato.act("赤い屋根の家です", "unsend")
		sato.sees("メッセージの送信を取り消しました")
		sato.has("赤い屋根の家です", 0)
		office.sees("構成員が文を送信取消しました")
	})
	t.Run("long press", func(t *testing.T) { // a mouse's is its right button
		s.press("message", group, "構成員が文を送信取消しました", chromedp.ButtonRight)
		office.tap("返信する")
		s.must(js[bool](s, "shows", `.phone[data-name="`+group+`"] .quoting`, "構成員が文を送信取消しました"), "nothing is quoted")
		office.tap("返信をやめる")
		s.must(js[bool](s, "gone", ".quoting", ""), "the quotation stays")
	})
	t.Run("block", func(t *testing.T) {
		takahashi := s.phone("高橋")
		takahashi.menu("ブロック")
		s.must(js[bool](s, "shows", `.phone[data-name="高橋"] .outside`, "ブロックしています"), "the block is not shown")
		takahashi.tap("送信") // nothing to send
		takahashi.tap("友だちに追加")
		takahashi.seesTimes("友だち追加ありがとうございます", 2)
	})
	t.Run("new person", func(t *testing.T) {
		s.press("css", "", `form[hx-post="/people"] input`)
		s.insert("中川")
		s.press("label", "", "人を加える")
		nakagawa := s.phone("中川")
		nakagawa.tap("友だちに追加")
		nakagawa.sees("友だち追加ありがとうございます")
		nakagawa.say("停止")
		nakagawa.sees("お知らせを止めました")
	})
}
