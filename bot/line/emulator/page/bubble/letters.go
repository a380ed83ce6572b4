package bubble

import "strconv"

// letters draws a text component: one line with an ellipsis, or wrapped.
func (d *drawing) letters(p *part, in around) {
	var l look
	l.class("ln-text")
	p.place(&l, in)
	p.style(&l)
	if s := p.oneOf("align", "start", "end", "center"); s != "" {
		l.class("ln-words-" + s)
	}
	if s := p.oneOf("gravity", "top", "bottom", "center"); s != "" {
		l.class("ln-gravity-" + s)
	}
	// scaling follows a setting of the telephone, here at its middle; shrinking to
	// fit is LINE's best effort, and no effort is within it.
	p.bool("scaling")
	p.oneOf("adjustMode", "shrink-to-fit")

	var w look
	w.class("ln-words")
	if p.bool("wrap") {
		w.class("ln-wrap")
	}
	if n, set := p.whole("maxLines"); set && n > 0 && p.bool("wrap") {
		w.class("ln-clamp")
		w.rule("-webkit-line-clamp", strconv.Itoa(n))
	}
	if _, css := p.length("lineSpacing", nil, "px"); css != "" {
		// Not above the first line, nor below the last.
		w.rule("line-height", "calc(1.4em + "+css+")")
		w.rule("margin-block", "calc("+css+" / -2)")
	}
	a, tag := p.action(), "span"
	if a != nil && !in.inside {
		l.class("ln-tap-text")
		tag = "button"
		d.tap(p.path, a, l)
	} else {
		d.open(tag, l.attrs()...)
	}
	d.open("span", w.attrs()...)
	text := p.str("text")
	if spans := p.get("contents"); spans != nil {
		d.spans(spans)
	} else {
		d.say(text)
	}
	d.close("span")
	d.close(tag)
}

// spans are pieces of one text with looks of their own.
func (d *drawing) spans(v any) {
	for _, s := range list(v) {
		kind := str(object(s)["type"])
		if kind != "span" {
			d.unknown(kind)
			continue
		}
		p := newPart(s, "", kind)
		var l look
		l.class("ln-span")
		p.style(&l)
		d.span(p.str("text"), l.attrs()...)
		d.marks(p)
	}
}

// style is the look of letters, the same for texts and spans.
func (p *part) style(l *look) {
	keyword, css := p.length("size", sizes, "px")
	if keyword != "" {
		l.class("ln-size-" + keyword)
	}
	l.rule("font-size", css)
	l.rule("color", p.colour("color"))
	for _, e := range []struct {
		key    string
		values []string
	}{
		{"weight", []string{"regular", "bold"}},
		{"style", []string{"normal", "italic"}},
		{"decoration", []string{"none", "underline", "line-through"}},
	} {
		if s := p.oneOf(e.key, e.values...); s != "" {
			l.class("ln-" + e.key + "-" + s)
		}
	}
}
