package bubble

import (
	"fmt"
	"net/url"
	"strings"
)

// host is the host of an https address, which is named and never asked.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return shorten(u.Hostname(), 60)
}

// frame stands where LINE would load a picture from somebody's server.
func (d *drawing) frame(what, address string, l look) {
	h := host(address)
	l.class("ln-frame")
	label := what + "（読み込みません）"
	d.open("span", append(l.attrs(), attr{"role", "img"}, attr{"aria-label", strings.TrimSpace(label + " " + h)})...)
	d.element("span", label, class("ln-frame-word"), hidden)
	if h != "" {
		d.element("span", h, class("ln-frame-host"), hidden)
	}
	d.close("span")
}

// face is our own drawing: no sticker of LINE's is shown.
const face = `<svg class="ln-face" viewBox="0 0 64 64" aria-hidden="true" focusable="false">` +
	`<circle cx="32" cy="32" r="28" fill="#FFE9A8" stroke="#8A6D1D" stroke-width="2"/>` +
	`<circle cx="22" cy="27" r="3.5" fill="#5C3B00"/><circle cx="42" cy="27" r="3.5" fill="#5C3B00"/>` +
	`<path d="M20 39 Q32 51 44 39" fill="none" stroke="#5C3B00" stroke-width="3" stroke-linecap="round"/></svg>`

func (d *drawing) sticker(m map[string]any) {
	d.open("span", class("ln-sticker"))
	d.b.WriteString(face)
	d.element("span", "スタンプ", class("ln-sticker-word"))
	d.element("span", shorten(str(m["packageId"]), 20)+" / "+shorten(str(m["stickerId"]), 20), class("ln-sticker-ids"))
	d.close("span")
}

// image is a picture: the platform's own, when it holds the file.
func (d *drawing) image(m map[string]any) {
	if d.content {
		d.void("img", class("ln-photo"), attr{"src", "/content?message=" + url.QueryEscape(d.id)}, attr{"alt", "写真"})
		return
	}
	d.frame("画像", str(m["originalContentUrl"]), look{classes: []string{"ln-photo-frame"}})
}

func (d *drawing) video(m map[string]any) {
	if address := str(m["originalContentUrl"]); address != "" {
		d.frame("動画", address, look{classes: []string{"ln-photo-frame"}})
		return
	}
	d.tile("▶", "動画", length(num(m["duration"])))
}

func (d *drawing) audio(m map[string]any) { d.tile("♪", "音声", length(num(m["duration"]))) }

func (d *drawing) file(m map[string]any) {
	size := ""
	if n := num(m["fileSize"]); n > 0 {
		size = fmt.Sprintf("%.1f KB", n/1000)
	}
	d.tile("▤", str(m["fileName"]), size)
}

func (d *drawing) location(m map[string]any) {
	title := str(m["title"])
	if title == "" {
		title = "位置情報"
	}
	where := str(m["address"])
	if m["latitude"] != nil && m["longitude"] != nil {
		where += fmt.Sprintf("\n（%.5f, %.5f）", num(m["latitude"]), num(m["longitude"]))
	}
	d.tile("⌖", title, where)
}

// tile is something that is not shown but named: a sign, a name, a detail.
func (d *drawing) tile(sign, title, detail string) {
	d.open("span", class("ln-tile"))
	d.element("span", sign, class("ln-tile-sign"), hidden)
	d.open("span", class("ln-tile-words"))
	d.element("span", title, class("ln-tile-title"))
	if detail = strings.TrimSpace(detail); detail != "" {
		d.element("span", detail, class("ln-tile-detail"))
	}
	d.close("span")
	d.close("span")
}

// length writes milliseconds as minutes and seconds.
func length(ms float64) string {
	if ms <= 0 || ms > 1e9 {
		return ""
	}
	s := int(ms+500) / 1000
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
