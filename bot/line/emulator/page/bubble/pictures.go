package bubble

import "slices"

// button draws a button component.
func (d *drawing) button(p *part, in around) {
	var cell, l look
	cell.class("ln-cell")
	p.place(&cell, in)
	if s := p.oneOf("gravity", "top", "bottom", "center"); s != "" {
		cell.class("ln-gravity-" + s)
	}
	p.bool("scaling") // as of a text
	p.oneOf("adjustMode", "shrink-to-fit")
	style := p.oneOf("style", "primary", "secondary", "link")
	if style == "" {
		style = "link"
	}
	l.class("ln-button", "ln-button-"+style)
	if p.oneOf("height", "sm", "md") == "sm" {
		l.class("ln-button-sm")
	}
	if colour := p.colour("color"); style == "link" {
		l.rule("color", colour)
	} else {
		l.rule("background-color", colour)
	}
	a := p.action()
	if a == nil {
		a = map[string]any{}
		p.fault("action", "")
	}
	d.open("span", cell.attrs()...)
	d.tap(p.path, a, l)
	d.span(str(a["label"]), class("ln-button-word"))
	d.close("button")
	d.close("span")
}

// picture draws the drawing area of an image component. A size in percent is of
// the picture's own width, which nobody knows who does not load it: it is taken
// of the component's.
func (d *drawing) picture(p *part, in around) {
	var cell, l look
	cell.class("ln-image")
	p.place(&cell, in)
	if s := p.oneOf("align", "start", "end", "center"); s != "" {
		cell.class("ln-image-" + s)
	}
	if s := p.oneOf("gravity", "top", "bottom", "center"); s != "" {
		cell.class("ln-gravity-" + s)
	}
	keyword, css := p.length("size", append(slices.Clone(sizes), "full"), "px", "%")
	switch {
	case css != "":
		l.rule("width", css)
	case keyword == "":
		l.class("ln-wide-md")
	default:
		l.class("ln-wide-" + keyword)
	}
	l.rule("aspect-ratio", p.ratio())
	l.rule("background-color", p.colour("backgroundColor"))
	p.oneOf("aspectMode", "cover", "fit") // neither shows without the picture
	p.bool("animated")
	a := p.action()
	if a == nil || in.inside {
		d.open("span", cell.attrs()...)
		d.frame("画像", p.str("url"), l)
		d.close("span")
		return
	}
	cell.class("ln-tap")
	d.tap(p.path, a, cell)
	d.frame("画像", p.str("url"), l)
	d.close("button")
}

// icon draws an icon: as high as the letters beside it.
func (d *drawing) icon(p *part, in around) {
	var l look
	l.class("ln-icon")
	p.place(&l, in)
	keyword, css := p.length("size", sizes, "px")
	if keyword != "" {
		l.class("ln-size-" + keyword)
	}
	l.rule("font-size", css)
	l.rule("aspect-ratio", p.ratio())
	p.bool("scaling") // as of a text
	name := "アイコン（読み込みません） " + host(p.str("url"))
	d.span("", append(l.attrs(), attr{"role", "img"}, attr{"aria-label", name})...)
}

// film draws a video of a hero block, of which nothing plays. Its altContent is
// for versions of LINE that know no videos.
func (d *drawing) film(p *part, _ around) {
	p.ignore("altContent", "previewUrl")
	var l look
	l.class("ln-wide-full", "ln-film")
	l.rule("aspect-ratio", p.ratio())
	d.frame("動画", p.str("url"), l)
	if a := p.action(); a != nil {
		d.tap(p.path, a, look{classes: []string{"ln-button", "ln-button-link"}})
		d.span(name(a), class("ln-button-word"))
		d.close("button")
	}
}
