package bubble

import "strconv"

// template draws the four templates as cards.
func (d *drawing) template(m map[string]any) {
	const path = "/template"
	t := object(m["template"])
	switch kind := str(t["type"]); kind {
	case "buttons", "confirm":
		d.card(t, t, path, kind == "confirm")
	case "carousel", "image_carousel":
		d.open("span", class("ln-carousel"), attr{"role", "group"}, attr{"aria-label", "横に並ぶカード"}, attr{"tabindex", "0"})
		for i, c := range list(t["columns"]) {
			at := path + "/columns/" + strconv.Itoa(i)
			if kind == "carousel" {
				d.card(object(c), t, at, false)
			} else {
				d.imageCard(object(c), at)
			}
		}
		d.close("span")
	default:
		d.unknown("template " + kind)
	}
}

// card is a picture, a title, a text, and links below each other or, to confirm,
// side by side. How pictures look is said by the template, for all its columns.
func (d *drawing) card(c, t map[string]any, path string, pair bool) {
	d.open("span", class("ln-bubble", "ln-mega", "ln-card"))
	if a := object(c["defaultAction"]); a != nil {
		d.cover(path, a)
	}
	if address := str(c["thumbnailImageUrl"]); address != "" {
		l := look{classes: []string{"ln-wide-full"}}
		l.rule("aspect-ratio", map[bool]string{true: "1 / 1", false: "1.51 / 1"}[str(t["imageAspectRatio"]) == "square"])
		if colour := str(c["imageBackgroundColor"]); colourCode.MatchString(colour) {
			l.rule("background-color", colour)
		}
		d.frame("画像", address, l)
	}
	d.open("span", class("ln-card-words"))
	if s := str(c["title"]); s != "" {
		d.span(s, class("ln-card-title"))
	}
	d.span(str(c["text"]), class("ln-card-text"))
	d.close("span")
	l := look{classes: []string{"ln-card-links"}}
	if pair {
		l.class("ln-card-pair")
	}
	d.open("span", l.attrs()...)
	for i, v := range list(c["actions"]) {
		a := object(v)
		d.tap(path+"/actions/"+strconv.Itoa(i), a, look{classes: []string{"ln-button", "ln-button-link"}})
		d.span(str(a["label"]), class("ln-button-word"))
		d.close("button")
	}
	d.close("span")
	d.close("span")
}

// imageCard is a square picture with its label on it.
func (d *drawing) imageCard(c map[string]any, path string) {
	a := object(c["action"])
	d.tap(path, a, look{classes: []string{"ln-bubble", "ln-kilo", "ln-tap"}})
	l := look{classes: []string{"ln-wide-full"}}
	l.rule("aspect-ratio", "1 / 1")
	d.frame("画像", str(c["imageUrl"]), l)
	if s := str(a["label"]); s != "" {
		d.span(s, class("ln-card-label"))
	}
	d.close("button")
}

// imagemap draws a picture with areas to tap.
func (d *drawing) imagemap(m map[string]any) {
	size := object(m["baseSize"])
	width, height := num(size["width"]), num(size["height"])
	if !(width >= 1 && height >= 1 && width <= 1e5 && height <= 1e5) {
		d.unknown("imagemap.baseSize")
		return
	}
	l := look{classes: []string{"ln-map"}}
	l.rule("aspect-ratio", decimal(width)+" / "+decimal(height))
	d.open("span", l.attrs()...)
	d.frame("画像", str(m["baseUrl"]), look{classes: []string{"ln-map-image"}})
	if m["video"] != nil {
		d.unknown("imagemap.video")
	}
	for i, v := range list(m["actions"]) {
		a := object(v)
		area := object(a["area"])
		l, ok := over(num(area["x"]), num(area["y"]), num(area["width"]), num(area["height"]), width, height)
		if !ok {
			d.unknown("imagemap.area")
			continue
		}
		d.tap("/actions/"+strconv.Itoa(i), a, l)
		d.span(name(a), class("ln-hidden"))
		d.close("button")
	}
	d.close("span")
}

// over lays an area over a picture of this size, in percent. It is false for an
// area that lies nowhere on it.
func over(x, y, w, h, width, height float64) (look, bool) {
	if x < 0 || y < 0 || x >= width || y >= height || w <= 0 || h <= 0 {
		return look{}, false
	}
	l := look{classes: []string{"ln-area"}}
	l.rule("left", decimal(100*x/width)+"%")
	l.rule("top", decimal(100*y/height)+"%")
	l.rule("width", decimal(100*min(w, width-x)/width)+"%")
	l.rule("height", decimal(100*min(h, height-y)/height)+"%")
	return l, true
}

// decimal writes a number as CSS reads it, never with an exponent.
func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 4, 64) }
