package bubble

import "strconv"

// bubbleSizes are the widths of bubbles, narrowest first.
var bubbleSizes = []string{"nano", "micro", "deca", "hecto", "kilo", "mega", "giga"}

// flex draws a Flex message: a bubble or a carousel.
func (d *drawing) flex(m map[string]any) {
	const path = "/contents"
	c := object(m["contents"])
	switch kind := str(c["type"]); kind {
	case "bubble":
		d.bubble(c, path)
	case "carousel":
		p := newPart(c, path, kind)
		d.open("span", class("ln-carousel"), attr{"role", "group"}, attr{"aria-label", "横に並ぶカード"}, attr{"tabindex", "0"})
		for i, b := range list(p.get("contents")) {
			if kind := str(object(b)["type"]); kind != "bubble" {
				d.unknown(kind)
				continue
			}
			d.bubble(b, path+"/contents/"+strconv.Itoa(i))
		}
		d.marks(p)
		d.close("span")
	default:
		d.unknown("flex " + kind)
	}
}

// bubble draws the blocks of one bubble from top to bottom.
func (d *drawing) bubble(v any, path string) {
	p := newPart(v, path, "bubble")
	size := p.oneOf("size", bubbleSizes...)
	if size == "" {
		size = "mega"
	}
	var l look
	l.class("ln-bubble", "ln-"+size)
	attrs := l.attrs()
	if p.oneOf("direction", "ltr", "rtl") == "rtl" {
		attrs = append(attrs, attr{"dir", "rtl"})
	}
	d.open("span", attrs...)
	if a := p.action(); a != nil {
		d.cover(path, a)
	}
	styles := newPart(p.get("styles"), "", "styles")
	first := true
	for _, name := range []string{"header", "hero", "body", "footer"} {
		style := newPart(styles.get(name), "", "styles."+name)
		block := p.get(name)
		d.block(name, block, path+"/"+name, style, first, name == "body" && p.obj["footer"] != nil)
		first = first && block == nil
	}
	d.marks(styles)
	d.marks(p)
	d.close("span")
}

// block draws one block of a bubble, with its separator above unless it is the
// first.
func (d *drawing) block(name string, v any, path string, style *part, first, footed bool) {
	var l look
	l.class("ln-block", "ln-"+name)
	if footed {
		l.class("ln-footed")
	}
	l.rule("background-color", style.colour("backgroundColor"))
	line, colour := style.bool("separator"), style.colour("separatorColor")
	if v != nil {
		if line && !first {
			var s look
			s.class("ln-line")
			s.rule("background-color", colour)
			d.span("", append(s.attrs(), hidden)...)
		}
		d.open("span", l.attrs()...)
		kinds := onlyBox
		if name == "hero" {
			kinds = inHero
		}
		d.component(v, path, around{kinds: kinds, first: true})
		d.close("span")
	}
	d.marks(style)
}
