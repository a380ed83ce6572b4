package bubble

import (
	"slices"
	"strconv"
)

// Which components may stand where ("Available child components").
var (
	onlyBox   = []string{"box"}
	inHero    = []string{"box", "image", "video"}
	inColumns = []string{"box", "button", "image", "text", "separator", "filler"}
	inLine    = []string{"icon", "text", "filler"}
)

// around is what a component has to know of the box that it stands in.
type around struct {
	kinds []string
	row   bool // side by side, not one below the other
	first bool
	gap   string // the box's spacing as CSS, or a keyword of spaces
	depth int
	// inside tells that the box stands in a button, which holds no other.
	inside bool
}

// component draws one component, or marks it.
func (d *drawing) component(v any, path string, in around) {
	kind := str(object(v)["type"])
	if !slices.Contains(in.kinds, kind) {
		d.unknown(kind)
		return
	}
	p := newPart(v, path, kind)
	switch kind {
	case "box":
		if in.depth >= maxDepth {
			d.unknown("box（深すぎます）")
			return
		}
		d.box(p, in)
	case "button":
		d.button(p, in)
	case "text":
		d.letters(p, in)
	case "image":
		d.picture(p, in)
	case "icon":
		d.icon(p, in)
	case "video":
		d.film(p, in)
	case "separator":
		var l look
		l.class("ln-line")
		p.margin(&l, in)
		l.rule("background-color", p.colour("color"))
		d.span("", append(l.attrs(), hidden)...)
	case "filler":
		var l look
		l.class("ln-filler")
		p.share(&l, in)
		d.span("", append(l.attrs(), hidden)...)
	}
	d.marks(p)
}

// place reads what most components share: room, distance and position.
func (p *part) place(l *look, in around) {
	absolute := p.oneOf("position", "relative", "absolute") == "absolute"
	if absolute {
		l.class("ln-abs")
		in.gap = ""
	}
	p.share(l, in)
	p.margin(l, in)
	l.rule("top", p.space("offsetTop", "px", "%"))
	l.rule("bottom", p.space("offsetBottom", "px", "%"))
	l.rule("inset-inline-start", p.space("offsetStart", "px", "%"))
	l.rule("inset-inline-end", p.space("offsetEnd", "px", "%"))
}

// share is the part of the room that the component takes. The default, 1 side by
// side and 0 below each other, is the stylesheet's.
func (p *part) share(l *look, in around) {
	n, set := p.whole("flex")
	switch {
	case !set:
	case n == 0:
		l.class("ln-flex-0")
	case in.row:
		l.rule("flex", strconv.Itoa(n)+" 0 0")
	default:
		l.rule("flex", strconv.Itoa(n)+" 0 auto")
	}
}

// margin is the distance to the component before: the component's own, else the
// box's, which the first has none of.
func (p *part) margin(l *look, in around) {
	keyword, css := p.length("margin", append([]string{"none"}, spaces...), "px")
	if keyword == "" && css == "" && !in.first {
		keyword, css = in.gap, ""
		if lengthUnit.MatchString(in.gap) {
			keyword, css = "", in.gap
		}
	}
	switch {
	case keyword != "" && keyword != "none":
		l.class("ln-gap-" + keyword)
	case in.row:
		l.rule("margin-inline-start", css)
	default:
		l.rule("margin-top", css)
	}
}
