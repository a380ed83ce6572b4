package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// pointer is where the tour points.
type pointer struct {
	At     string `json:"at"`    // 3/14
	Label  string `json:"label"` // of the button, or the phone's name
	Button bool   `json:"button"`
}

// TestTour taps only what the tour points at, from its beginning to its end.
func TestTour(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{narrow, wide} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			s := beginAt(t, width)
			s.press("label", "", "ためしてみる")
			s.must(js[bool](s, "is", ".here"), "the tour points at nothing")
			way := s.follow()
			s.must(js[bool](s, "shows", "#tour", "おわりです"), "the tour has no end; so far %q", way)
			s.phone("佐藤").sees("あなたの気づきで")
			s.phone(group).sees("終了しました")
			if len(way) < 12 {
				t.Errorf("only %d taps: %q", len(way), way)
			}
			s.press("label", "", "おわる")
			s.must(js[bool](s, "shows", "#tour", "ためしてみる"), "the tour does not go away")
		})
	}
}

// follow taps where the tour points until its last step, and tells what.
func (s *stage) follow() (way []string) {
	s.t.Helper()
	for range 40 {
		p := js[pointer](s, "points")
		if at, of, ok := strings.Cut(p.At, "/"); ok && at == of {
			return way
		}
		if !p.Button {
			s.t.Fatalf("step %s points at no button but at %q; so far %q", p.At, p.Label, way)
		}
		if !js[bool](s, "inView", ".here") {
			s.t.Errorf("step %s: %q is out of view", p.At, p.Label)
		}
		way = append(way, p.Label)
		s.press("css", "", ".here")
		s.must(js[bool](s, "pointsElsewhere", p), "step %s: %q does not lead on; so far %q", p.At, p.Label, way)
	}
	return way
}

// TestTourLeft: it can be left at any time, and begun anew.
func TestTourLeft(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.press("label", "", "ためしてみる")
	s.must(js[bool](s, "shows", "#tour .count", "1 / "), "the tour does not begin")
	s.press("label", "", "とばす")
	s.must(js[bool](s, "shows", "#tour .count", "2 / "), "no step is skipped")
	s.press("label", "", "案内をやめる")
	s.must(js[bool](s, "shows", "#tour", "ためしてみる"), "the tour does not go away")
	s.must(s.ask(`!document.querySelector(".here")`), "it still points")
}

// TestKeyboard: the shortest report by Tab, Enter and Space alone.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := begin(t)
	sato := s.phone("佐藤")
	for _, label := range []string{"構成員証を読み取る", "送信", "同意して登録する", "構成員証を読み取る", "送信",
		"急ぎではない", "訪問販売・しつこい勧誘", "送信する"} {
		sato.offers(label)
		sato.reach(label)
		s.keys(kb.Enter)
		switch label {
		case "構成員証を読み取る":
			s.must(js[bool](s, "filled", sato.name), "the card fills nothing in")
		case "同意して登録する":
			sato.sees("登録しました")
		}
	}
	sato.sees("受け付けました（受付番号 26-0001）")
	s.phone(group).sees("受付26-0001")
}

// focus is what a key would act on.
type focus struct {
	Phone string `json:"phone"`
	Label string `json:"label"`
}

// reach presses Tab until the phone's button of this name has the focus.
func (p phone) reach(label string) {
	p.t.Helper()
	var passed []string
	for range 200 {
		f := js[focus](p.stage, "focused")
		if f.Phone == p.name && f.Label == label {
			return
		}
		passed = append(passed, f.Phone+" "+f.Label)
		p.keys(kb.Tab)
	}
	p.t.Fatalf("no Tab leads to %q of %s, but to %q", label, p.name, passed)
}
