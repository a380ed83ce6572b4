package catalog

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"mimamori.example/mimamori/flows"
)

var placeholder = regexp.MustCompile(`\{([^{}\s]+)\}`)

// The placeholders that a council's configuration fills, see WithValues.
const (
	ValueTelephone       = "電話"     // the secretariat's telephone
	ValueCentreTelephone = "センター電話" // the consumer centre's
	ValueCentre          = "センター名"
	ValueCouncil         = "協議会名"
	ValueNetwork         = "ネットワーク名"
	ValueMunicipality    = "市区町村"
	ValueOfficeHours     = "開庁時間"
)

// Values lists the placeholders that a council's configuration fills.
func Values() []string {
	return []string{
		ValueTelephone, ValueCentreTelephone, ValueCentre, ValueCouncil, ValueNetwork, ValueMunicipality, ValueOfficeHours,
	}
}

// Placeholders returns the names in a text's braces, each once, in order.
func Placeholders(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

func braces(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return "{" + strings.Join(names, "}, {") + "}"
}

// Text returns the text of a key with its placeholders filled in: vars are
// names and values in turn. It is total: an unknown key is returned as it is,
// and a placeholder without a value stays. A test walks our sources so that
// neither happens.
func (c *Catalog) Text(key string, vars ...string) string {
	text, ok := c.texts[key]
	if !ok {
		return key
	}
	return c.fill(text, vars)
}

// Template returns the text of a key with what differs from message to message
// still open, in braces: for who recognises a text that was sent.
func (c *Catalog) Template(key string) string { return c.Text(key) }

// Fill fills the placeholders of any text, such as an instruction's. What a
// value says is never filled in again.
func (c *Catalog) Fill(text string, vars ...string) string { return c.fill(text, vars) }

// fill goes through the text once. What has no value stays as it is.
func (c *Catalog) fill(text string, vars []string) string {
	at := strings.IndexByte(text, '{')
	if at < 0 {
		return text
	}
	var out strings.Builder
	out.Grow(len(text) + 64)
	for at >= 0 {
		out.WriteString(text[:at])
		text = text[at:]
		end := strings.IndexByte(text, '}')
		if end < 0 {
			break
		}
		if value, ok := c.value(text[1:end], vars); ok {
			out.WriteString(value)
			text = text[end+1:]
		} else {
			out.WriteByte('{')
			text = text[1:]
		}
		at = strings.IndexByte(text, '{')
	}
	out.WriteString(text)
	return out.String()
}

// value finds a name among vars, names and values in turn, then among the
// council's own.
func (c *Catalog) value(name string, vars []string) (string, bool) {
	for i := 0; i+1 < len(vars); i += 2 {
		if vars[i] == name {
			return vars[i+1], true
		}
	}
	value, ok := c.values[name]
	return value, ok
}

// Has says whether a text of this key exists.
func (c *Catalog) Has(key string) bool {
	_, ok := c.texts[key]
	return ok
}

// Keys lists the keys of all texts in alphabetical order.
func (c *Catalog) Keys() []string { return slices.Sorted(maps.Keys(c.texts)) }

// Missing returns the placeholders of a text that neither vars nor the
// council's values fill.
func (c *Catalog) Missing(text string, vars ...string) []string {
	return Placeholders(c.fill(text, vars))
}

// WithValues returns a catalog in which the council's own values are filled in
// everywhere: names (see Values) and values in turn.
func (c *Catalog) WithValues(vars ...string) *Catalog {
	d := c.clone()
	if d.values == nil {
		d.values = map[string]string{}
	}
	for i := 0; i+1 < len(vars); i += 2 {
		d.values[vars[i]] = vars[i+1]
	}
	for name, f := range d.flows {
		g := f.Clone()
		g.Advice, g.Words = d.fillAll(f.Advice), d.fillAll(f.Words)
		flows.Seal(g)
		d.flows[name] = g
	}
	return d
}

func (c *Catalog) fillAll(texts map[string]string) map[string]string {
	filled := make(map[string]string, len(texts))
	for key, text := range texts {
		filled[key] = c.fill(text, nil)
	}
	return filled
}
