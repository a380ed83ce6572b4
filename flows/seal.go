package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Seal sets the flow's revision to a hash of its definition, and prepares it
// for typed text. Sessions of another revision are replayed.
func Seal(f *Flow) {
	f.Revision = ""
	b, err := json.Marshal(f)
	if err != nil { // strings, slices and maps of them always marshal
		panic("flows: seal: " + err.Error())
	}
	sum := sha256.Sum256(b)
	f.Revision = hex.EncodeToString(sum[:8])
	f.spell()
}

// Clone is a copy that shares nothing that Seal or Hide change.
func (f *Flow) Clone() *Flow {
	c := *f
	c.Steps = slices.Clone(f.Steps)
	for i := range c.Steps {
		c.Steps[i].Choices = slices.Clone(f.Steps[i].Choices)
	}
	return &c
}

// Hide returns the flow without some choices, by step: what a trade's own duty
// of secrecy forbids it to say. The flow returned is sealed and always usable;
// what cannot be hidden (an unknown step or choice, a choice of a confirming
// step, the last way on) stays, and a fault says so.
func (f *Flow) Hide(hidden map[string][]string) (*Flow, []Fault) {
	h := f.Clone()
	var faults []Fault
	for id, ids := range hidden {
		step := h.Step(id)
		if step == nil || step.Kind == KindConfirm || step.Kind == KindText {
			faults = append(faults, Fault{"hide." + id, id, "a step with choices that may be hidden"})
			continue
		}
		for _, choice := range ids {
			if step.Choice(choice) == nil {
				faults = append(faults, Fault{"hide." + id, choice, fmt.Sprintf("the id of a choice of %s", id)})
				continue
			}
			before := step.Choices
			step.Choices = slices.DeleteFunc(slices.Clone(before), func(c Choice) bool { return c.ID == choice })
			if len(step.Choices) == 0 || !h.leavable() {
				step.Choices = before
				faults = append(faults, Fault{"hide." + id, choice, "a choice that is not the last way on"})
			}
		}
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Field+a.Value, b.Field+b.Value) })
	Seal(h)
	return h, faults
}
