package bubble

import (
	"html/template"
	"strconv"
	"strings"

	"mimamori.example/mimamori/bot/line/emulator"
)

// Menu is a rich menu: its picture, found at src, with a button named "area" and
// the area's number from 0 as value over each area. Without a picture it is a
// grid of buttons with words. src must be a path of the page's own host; another
// counts as none.
func Menu(m emulator.Menu, src string) template.HTML {
	d := &drawing{}
	width, height := float64(m.Size.Width), float64(m.Size.Height)
	pictured := strings.HasPrefix(src, "/") && !strings.HasPrefix(src, "//") && !strings.ContainsRune(src, '\\') && width >= 1 && height >= 1
	if pictured {
		l := look{classes: []string{"ln-menu"}}
		l.rule("aspect-ratio", decimal(width)+" / "+decimal(height))
		d.open("span", append(l.attrs(), attr{"role", "group"}, attr{"aria-label", "リッチメニュー"})...)
		d.void("img", class("ln-menu-image"), attr{"src", src}, attr{"alt", m.Name})
	} else {
		d.open("span", class("ln-menu-grid"), attr{"role", "group"}, attr{"aria-label", "リッチメニュー"})
	}
	for i, a := range m.Areas {
		l := look{classes: []string{"ln-menu-button"}}
		if b := a.Bounds; pictured {
			var ok bool
			if l, ok = over(float64(b.X), float64(b.Y), float64(b.Width), float64(b.Height), width, height); !ok {
				continue // nobody could tap it
			}
		}
		action := decode(a.Action)
		label := name(action)
		d.open("button", append([]attr{
			{"type", "submit"}, {"name", "area"}, {"value", strconv.Itoa(i)}, {"data-label", label}, {"data-type", str(action["type"])},
		}, l.attrs()...)...)
		if pictured {
			d.span(label, class("ln-hidden"))
		} else {
			d.say(label)
		}
		d.close("button")
	}
	d.close("span")
	return d.html()
}

// Quick is the row of quick replies, empty when there are none to tap now. The
// buttons are those of HTML.
func Quick(m emulator.Message) template.HTML {
	d := &drawing{buttons: map[string]emulator.Button{}}
	var paths []string
	for _, b := range m.Buttons {
		if b.Quick {
			d.buttons[b.Path] = b
			paths = append(paths, b.Path)
		}
	}
	if len(paths) == 0 {
		return ""
	}
	icons := map[string]bool{}
	for i, item := range list(object(decode(m.JSON)["quickReply"])["items"]) {
		icons["/quickReply/items/"+strconv.Itoa(i)] = str(object(item)["imageUrl"]) != ""
	}
	d.open("span", class("ln-quick"), attr{"role", "group"}, attr{"aria-label", "クイックリプライ"})
	for _, path := range paths {
		d.tap(path, nil, look{classes: []string{"ln-quick-button"}})
		if icons[path] {
			d.span("", class("ln-quick-icon"), attr{"role", "img"}, attr{"aria-label", "アイコン（読み込みません）"})
		}
		d.say(d.buttons[path].Label)
		d.close("button")
	}
	d.close("span")
	return d.html()
}
