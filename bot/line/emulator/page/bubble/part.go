package bubble

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxDepth is how deep boxes may stand in boxes; browsers give up at 512
// elements.
const maxDepth = 60

// maxLength is the longest length that is taken at its word, in pixels or
// percent.
const maxLength = 4000

var (
	colourCode = regexp.MustCompile(`^#([0-9a-fA-F]{6}|[0-9a-fA-F]{8})$`)
	lengthUnit = regexp.MustCompile(`^(\d{1,6}(?:\.\d{1,6})?)(px|%)$`)
	ratioParts = regexp.MustCompile(`^(\d{1,6}(?:\.\d{1,6})?):(\d{1,6}(?:\.\d{1,6})?)$`)
	angleUnit  = regexp.MustCompile(`^\d{1,3}(\.\d{1,6})?deg$`)
)

// The keywords for lengths, smallest first, without "none".
var (
	spaces = []string{"xs", "sm", "md", "lg", "xl", "xxl"}
	sizes  = []string{"xxs", "xs", "sm", "md", "lg", "xl", "xxl", "3xl", "4xl", "5xl"}
)

// spacePixels are the lengths of spaces, for paddings, margins and offsets.
var spacePixels = map[string]string{"none": "0", "xs": "2px", "sm": "4px", "md": "8px", "lg": "12px", "xl": "16px", "xxl": "20px"}

// part is an object of a Flex message while it is read. Every property is asked
// for by its name; what nobody asked for, and what has a value that LINE does
// not document, is marked, so that nothing is lost in silence.
type part struct {
	obj    map[string]any
	path   string
	kind   string
	asked  map[string]bool
	faults []string
}

func newPart(v any, path, kind string) *part {
	p := &part{obj: object(v), path: path, kind: kind, asked: map[string]bool{"type": true}}
	return p
}

// get returns a property, nil when it is not set.
func (p *part) get(key string) any {
	p.asked[key] = true
	return p.obj[key]
}

// ignore asks for properties that change nothing here.
func (p *part) ignore(keys ...string) {
	for _, key := range keys {
		p.asked[key] = true
	}
}

func (p *part) fault(key, value string) {
	what := p.kind + "." + key
	if value != "" {
		what += "=" + shorten(value, 20)
	}
	p.faults = append(p.faults, what)
}

// str is a string property; another type of value is a fault.
func (p *part) str(key string) string {
	v := p.get(key)
	s, ok := v.(string)
	if v != nil && !ok {
		p.fault(key, "")
	}
	return s
}

func (p *part) bool(key string) bool {
	v := p.get(key)
	b, ok := v.(bool)
	if v != nil && !ok {
		p.fault(key, "")
	}
	return b
}

// oneOf is a property with fixed values, empty when it is not set.
func (p *part) oneOf(key string, values ...string) string {
	s := p.str(key)
	if s != "" && !slices.Contains(values, s) {
		p.fault(key, s)
		return ""
	}
	return s
}

// whole is a whole number that is not negative.
func (p *part) whole(key string) (int, bool) {
	v := p.get(key)
	if v == nil {
		return 0, false
	}
	n, ok := v.(json.Number)
	i, err := strconv.Atoi(n.String())
	if !ok || err != nil || i < 0 || i > 1e6 {
		p.fault(key, n.String())
		return 0, false
	}
	return i, true
}

// colour is a colour of LINE's form, empty when it is not set.
func (p *part) colour(key string) string {
	s := p.str(key)
	if s != "" && !colourCode.MatchString(s) {
		p.fault(key, s)
		return ""
	}
	return s
}

// length is a keyword or a length in one of the units ("px", "%"); one of the
// two results is empty, and both when the property is not set.
func (p *part) length(key string, keywords []string, units ...string) (keyword, css string) {
	s := p.str(key)
	if s == "" || slices.Contains(keywords, s) {
		return s, ""
	}
	m := lengthUnit.FindStringSubmatch(s)
	if m == nil || !slices.Contains(units, m[2]) {
		p.fault(key, s)
		return "", ""
	}
	if f, err := strconv.ParseFloat(m[1], 64); err != nil || f > maxLength {
		p.fault(key, s)
		return "", ""
	}
	return "", s
}

// space is a length of the spacing scale as CSS, empty when it is not set.
func (p *part) space(key string, units ...string) string {
	keyword, css := p.length(key, append([]string{"none"}, spaces...), units...)
	if keyword != "" {
		return spacePixels[keyword]
	}
	return css
}

// ratio is a picture's width:height as CSS writes it.
func (p *part) ratio() string {
	s := p.str("aspectRatio")
	if s == "" {
		return "1 / 1"
	}
	m := ratioParts.FindStringSubmatch(s)
	if m == nil || strings.Trim(m[1], "0.") == "" || strings.Trim(m[2], "0.") == "" {
		p.fault("aspectRatio", s)
		return "1 / 1"
	}
	return m[1] + " / " + m[2]
}

// action is a property that makes something tappable, nil when it is not set.
func (p *part) action() map[string]any {
	v := p.get("action")
	a := object(v)
	if v != nil && a == nil {
		p.fault("action", "")
	}
	if a != nil && !actionTypes[str(a["type"])] {
		p.fault("action", str(a["type"]))
	}
	return a
}

// marks writes what was not understood of a part, in a steady order.
func (d *drawing) marks(p *part) {
	for key, v := range p.obj {
		if v != nil && !p.asked[key] {
			p.fault(key, "")
		}
	}
	slices.Sort(p.faults)
	for _, f := range slices.Compact(p.faults) {
		d.unknown(f)
	}
}
