// Package catalog holds every word the program says, and the conversations, as
// YAML files: ours are embedded from ja/, a council lays its own file over
// them. Load refuses at start, all at once and with file, line and what would
// be right, what LINE would not take and where a person would get stuck.
package catalog

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
	"time"

	"mimamori.example/mimamori/flows"
)

//go:embed ja/*.yaml
var embedded embed.FS

// Source is one YAML file.
type Source struct {
	Name string // for faults
	Data []byte
}

// Catalog is a loaded and checked catalog. It is never changed; the With
// methods return copies. It is safe for concurrent use.
type Catalog struct {
	texts        map[string]string
	flows        map[string]*flows.Flow
	instructions []Instruction
	notices      map[time.Month]Notice
	values       map[string]string
}

// Load reads the embedded files and lays the sources over them in order. The
// error, if any, is a Faults with every fault found.
func Load(overrides ...Source) (*Catalog, error) {
	own, err := ours()
	if err != nil {
		return nil, fmt.Errorf("catalog: load: %w", err)
	}
	return load(own, overrides)
}

// ours is the embedded files, parsed once: a process loads a catalog for each
// of its councils.
var ours = sync.OnceValues(func() (*loader, error) {
	names, err := fs.Glob(embedded, "ja/*.yaml")
	if err != nil {
		return nil, err
	}
	var base []Source
	for _, name := range names {
		data, err := embedded.ReadFile(name)
		if err != nil {
			return nil, err
		}
		base = append(base, Source{Name: path.Base(name), Data: data})
	}
	return parseAll(base), nil
})

func parseAll(base []Source) *loader {
	l := &loader{root: &node{kind: mapNode}}
	for _, src := range base {
		l.join(l.root, l.parse(src), "")
	}
	return l
}

func load(base *loader, overrides []Source) (*Catalog, error) {
	l := &loader{root: base.root.clone(), faults: slices.Clone(base.faults)}
	for _, src := range overrides {
		l.override(l.root, l.parse(src), "")
	}
	c := l.build()
	if len(l.faults) > 0 {
		return nil, l.sorted()
	}
	return c, nil
}

// Flow returns a flow by name ("report"), or nil. It is shared: do not change it.
func (c *Catalog) Flow(name string) *flows.Flow { return c.flows[name] }

// Label is what a choice is called: Label("urgency", "danger"). It looks into
// the steps of all flows, with those that refine the step, and into the answers
// of instructions. An unknown one is called by its id.
func (c *Catalog) Label(question, id string) string {
	if choice, ok := c.Choice(question, id); ok {
		return choice.Label
	}
	if in, ok := c.Instruction(question); ok {
		if a, found := in.Answer(id); found {
			return a.Label
		}
	}
	return id
}

// Choice returns a choice of a step, or of a step that refines it.
func (c *Catalog) Choice(question, id string) (flows.Choice, bool) {
	for _, refining := range []bool{false, true} {
		for _, name := range slices.Sorted(maps.Keys(c.flows)) {
			for _, step := range c.flows[name].Steps {
				if !refining && step.ID != question || refining && step.Refines != question {
					continue
				}
				if choice := step.Choice(id); choice != nil {
					return *choice, true
				}
			}
		}
	}
	return flows.Choice{}, false
}

// Title is a step's name in summaries and cards, such as the name of the kind.
func (c *Catalog) Title(question string) string {
	for _, name := range slices.Sorted(maps.Keys(c.flows)) {
		if step := c.flows[name].Step(question); step != nil && step.Title != "" {
			return step.Title
		}
	}
	return question
}

// clone copies what the With methods change.
func (c *Catalog) clone() *Catalog {
	d := *c
	d.flows = maps.Clone(c.flows)
	d.values = maps.Clone(c.values)
	return &d
}
