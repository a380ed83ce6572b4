package bubble

import (
	"strconv"
	"strings"
)

// box draws a box and what stands in it. With an action it is a button; with
// other actions inside, one that lies over the whole box instead.
func (d *drawing) box(p *part, in around) {
	var l look
	l.class("ln-box")
	inner := around{kinds: inColumns, depth: in.depth + 1, inside: in.inside, first: true}
	switch p.oneOf("layout", "horizontal", "vertical", "baseline") {
	case "horizontal":
		l.class("ln-row")
		inner.row = true
	case "baseline":
		l.class("ln-row", "ln-baseline")
		inner.row, inner.kinds = true, inLine
	case "vertical":
		l.class("ln-col")
	default:
		l.class("ln-col")
		p.fault("layout", "")
	}
	p.place(&l, in)
	p.extent(&l, in)
	p.surface(&l)
	justify := p.oneOf("justifyContent", "center", "flex-start", "flex-end", "space-between", "space-around", "space-evenly")
	if justify != "" {
		l.class("ln-justify-" + justify)
	}
	if s := p.oneOf("alignItems", "center", "flex-start", "flex-end"); s != "" {
		l.class("ln-align-" + s)
	}
	keyword, css := p.length("spacing", append([]string{"none"}, spaces...), "px")
	inner.gap = keyword + css
	contents, isList := p.get("contents").([]any)
	if !isList {
		p.fault("contents", "")
	}
	a := p.action()
	switch {
	case a == nil || in.inside:
		d.open("span", l.attrs()...)
		d.components(contents, p.path, inner)
		d.close("span")
	case tappable(contents):
		l.class("ln-covered")
		d.open("span", l.attrs()...)
		d.cover(p.path, a)
		d.components(contents, p.path, inner)
		d.close("span")
	default:
		l.class("ln-tap")
		if justify == "" && !inner.row && !in.row && p.obj["height"] == nil && p.obj["flex"] == nil {
			// The box is as high as what it holds, or as a finger needs: in that
			// room, which LINE does not add, it stands in the middle.
			l.class("ln-tap-middle")
		}
		inner.inside = true
		d.tap(p.path, a, l)
		d.components(contents, p.path, inner)
		d.close("button")
	}
}

func (d *drawing) components(contents []any, path string, in around) {
	for i, c := range contents {
		d.component(c, path+"/contents/"+strconv.Itoa(i), in)
		// A filler takes no spacing, and the one after it keeps its own.
		in.first = false
	}
}

// extent is the box's width and height. Either takes away its share of a
// horizontal box's room ("Box width", "Box height").
func (p *part) extent(l *look, in around) {
	for _, e := range []struct{ key, property string }{
		{"width", "width"}, {"maxWidth", "max-width"}, {"height", "height"}, {"maxHeight", "max-height"},
	} {
		_, css := p.length(e.key, nil, "px", "%")
		l.rule(e.property, css)
		if css != "" && in.row && (e.key == "width" || e.key == "height") {
			l.class("ln-flex-0")
		}
	}
}

// surface is the box's ground, border, corners and padding.
func (p *part) surface(l *look) {
	l.rule("background-color", p.colour("backgroundColor"))
	l.rule("background-image", p.gradient())
	keyword, css := p.length("borderWidth", []string{"none", "light", "normal", "medium", "semi-bold", "bold"}, "px")
	if keyword != "" {
		l.class("ln-border-" + keyword)
	}
	l.rule("border-width", css)
	l.rule("border-color", p.colour("borderColor"))
	keyword, css = p.length("cornerRadius", append([]string{"none"}, spaces...), "px")
	if keyword != "" {
		l.class("ln-round-" + keyword)
	}
	l.rule("border-radius", css)
	l.rule("padding", p.space("paddingAll", "px", "%"))
	l.rule("padding-top", p.space("paddingTop", "px", "%"))
	l.rule("padding-bottom", p.space("paddingBottom", "px", "%"))
	l.rule("padding-inline-start", p.space("paddingStart", "px", "%"))
	l.rule("padding-inline-end", p.space("paddingEnd", "px", "%"))
}

// gradient is a linear gradient as CSS; LINE counts its angle as CSS does.
func (p *part) gradient() string {
	v := p.get("background")
	if v == nil {
		return ""
	}
	g := newPart(v, "", p.kind+".background")
	kind, angle := g.oneOf("type", "linearGradient"), g.str("angle")
	if !angleUnit.MatchString(angle) {
		g.fault("angle", angle)
		angle = ""
	}
	start, center, end := g.colour("startColor"), g.colour("centerColor"), g.colour("endColor")
	_, stop := g.length("centerPosition", nil, "%")
	for key, v := range g.obj {
		if v != nil && !g.asked[key] {
			g.fault(key, "")
		}
	}
	p.faults = append(p.faults, g.faults...)
	if kind == "" || angle == "" || start == "" || end == "" {
		p.fault("background", "")
		return ""
	}
	stops := []string{angle, start}
	if center != "" {
		stops = append(stops, strings.TrimSpace(center+" "+stop))
	}
	return "linear-gradient(" + strings.Join(append(stops, end), ", ") + ")"
}
