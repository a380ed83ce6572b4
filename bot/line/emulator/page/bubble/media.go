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
	d.span(label, class("ln-frame-word"), hidden)
	if h != "" {
		d.span(h, class("ln-frame-host"), hidden)
	}
	d.close("span")
}

// Our own drawings: no picture of LINE's is shown.
const (
	face = `<svg class="ln-face" viewBox="0 0 64 64" aria-hidden="true" focusable="false">` +
		`<circle cx="32" cy="32" r="28" fill="#FFE9A8" stroke="#8A6D1D" stroke-width="2"/>` +
		`<circle cx="22" cy="27" r="3.5" fill="#5C3B00"/><circle cx="42" cy="27" r="3.5" fill="#5C3B00"/>` +
		`<path d="M20 39 Q32 51 44 39" fill="none" stroke="#5C3B00" stroke-width="3" stroke-linecap="round"/></svg>`
	sign = `<svg class="ln-tile-sign" viewBox="0 0 40 40" aria-hidden="true" focusable="false">` +
		`<circle cx="20" cy="20" r="20" fill="#37474F"/>`
	signEnd = `</svg>`

	play  = sign + `<path d="M15 11 L30 20 L15 29 Z" fill="#FFF"/>` + signEnd
	sound = sign + `<path d="M11 17 H15 L21 12 V28 L15 23 H11 Z" fill="#FFF"/><path d="M25 15 Q29 20 25 25" fill="none" stroke="#FFF" stroke-width="2"/>` + signEnd
	sheet = sign + `<path d="M13 9 H23 L28 14 V31 H13 Z" fill="#FFF"/><path d="M16 18 H25 M16 22 H25 M16 26 H22" stroke="#37474F" stroke-width="1.5"/>` + signEnd
	pin   = sign + `<path d="M20 32 Q11 22 11 17 A9 9 0 0 1 29 17 Q29 22 20 32 Z" fill="#FFF"/><circle cx="20" cy="17" r="3.5" fill="#37474F"/>` + signEnd
)

func (d *drawing) sticker(m map[string]any) {
	d.open("span", class("ln-sticker"))
	d.b.WriteString(face)
	d.span("スタンプ", class("ln-sticker-word"))
	d.span(shorten(str(m["packageId"]), 20)+" / "+shorten(str(m["stickerId"]), 20), class("ln-sticker-ids"))
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
	d.tile(play, "動画", length(num(m["duration"])))
}

func (d *drawing) audio(m map[string]any) { d.tile(sound, "音声", length(num(m["duration"]))) }

func (d *drawing) file(m map[string]any) {
	size := ""
	switch n := num(m["fileSize"]); {
	case n >= 1e6:
		size = fmt.Sprintf("%.1f MB", n/1e6)
	case n >= 1e3:
		size = fmt.Sprintf("%.1f KB", n/1e3)
	case n > 0:
		size = fmt.Sprintf("%.0f B", n)
	}
	d.tile(sheet, str(m["fileName"]), size)
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
	d.tile(pin, title, where)
}

// tile is something that is not shown but named: a sign, which is one of the
// drawings above, a name and a detail.
func (d *drawing) tile(sign, title, detail string) {
	d.open("span", class("ln-tile"))
	d.b.WriteString(sign)
	d.open("span", class("ln-tile-words"))
	d.span(title, class("ln-tile-title"))
	if detail = strings.TrimSpace(detail); detail != "" {
		d.span(detail, class("ln-tile-detail"))
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
