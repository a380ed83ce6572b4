package catalog

import (
	"slices"
	"strconv"

	"mimamori.example/mimamori/flows"
)

// QuestionDistrict is the step that the council's districts go into.
const QuestionDistrict = "district"

// MaxDistricts is the number of districts that fit above the other choices.
const MaxDistricts = 20

// District is a part of the municipality.
type District struct {
	ID      string // [a-z0-9_]+, stable: it is stored
	Label   string // at most 20 UTF-16 units
	Aliases []string
}

// WithDistricts returns a catalog whose flows offer these districts first. The
// error, if any, is a Faults; its fields begin with "districts".
func (c *Catalog) WithDistricts(districts []District) (*Catalog, error) {
	var faults Faults
	if len(districts) > MaxDistricts {
		faults = append(faults, Fault{Field: "districts", Value: strconv.Itoa(len(districts)), Want: "at most " + strconv.Itoa(MaxDistricts) + " districts"})
	}
	d := c.clone()
	for name, f := range d.flows {
		if f.Step(QuestionDistrict) == nil {
			continue
		}
		g := f.Clone()
		step := g.Step(QuestionDistrict)
		var choices []flows.Choice
		for _, x := range districts {
			choices = append(choices, flows.Choice{ID: x.ID, Label: x.Label, Aliases: slices.Clone(x.Aliases)})
		}
		step.Choices = append(choices, step.Choices...)
		for _, fault := range flows.Check(g) {
			field := fault.Field
			if rest, ok := cutField(field, "steps."+QuestionDistrict+".choices"); ok {
				field = join("districts", rest)
			}
			faults = append(faults, Fault{Field: field, Value: fault.Value, Want: fault.Want})
		}
		flows.Seal(g)
		d.flows[name] = g
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return d, nil
}
