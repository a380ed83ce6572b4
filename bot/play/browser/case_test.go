package browser

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const group = "見守り事務局"

// accept lets the person scan a card for the first time.
func (p phone) accept() {
	p.t.Helper()
	p.scan()
	p.tap("同意して登録する")
	p.sees("登録しました")
}

// report reports from scan to receipt.
func (p phone) report(urgency, kind string) {
	p.t.Helper()
	p.scan()
	p.tap(urgency)
	p.tap(kind)
	p.tap("送信する")
}

// TestCase is one case from the scan to its outcome.
func TestCase(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato, office := s.phone("佐藤"), s.phone(group)
	begun := time.Now()
	sato.accept()
	sato.report("いま払う・渡す・振り込む直前", "屋根・外壁などの点検商法")
	sato.sees("受け付けました（受付番号 26-0001）")
	office.tap("担当する")
	office.sees("山田さんが担当します")
	office.tap("指示する")
	office.tap("110番へ通報")
	office.tap("構成員へ送る")
	sato.tap("通報しました")
	office.sees("構成員の返事は「通報しました」です")
	office.tap("そのほか")
	office.tap("終了")
	office.tap("直前防止")
	office.sees("山田さんが「直前防止」で終了しました")
	sato.sees("受付26-0001：あなたの気づきで")
	// Told, not judged: a machine has its own pace, and others work on it too.
	look := fmt.Sprintf("first look: the page can be used %d ms after the start; the first case takes %d ms of taps\n",
		s.ready.Sub(s.demo.begun).Milliseconds(), time.Since(begun).Milliseconds())
	t.Log(look)
	s.keep("first-look.txt", []byte(look))
}

// TestCouncil rehearses with a council's own file.
func TestCouncil(t *testing.T) {
	t.Parallel()
	own, err := os.ReadFile(root + "/config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	own = bytes.ReplaceAll(own, []byte("見本市見守りネットワーク"), []byte("青空市見守りネット"))
	file := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(file, own, 0o600); err != nil {
		t.Fatal(err)
	}
	s := beginAt(t, wide, "--council", file)
	sato := s.phone("佐藤")
	s.must(js[bool](s, "shows", "h1", "青空市見守りネット"), "the page has not the council's name")
	sato.accept()
	sato.report("急ぎではない", "訪問販売・しつこい勧誘")
	sato.sees("受け付けました")
	s.phone(group).tap("担当する")
	s.phone(group).sees("山田さんが担当します")
}
