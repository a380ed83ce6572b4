package casework

import (
	"strings"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/flows/catalog"
)

// Menu names a choice of things to do with a case.
type Menu string

// The menus.
const (
	MenuInstruct Menu = "instruct"
	MenuMore     Menu = "more"
	MenuClose    Menu = "close"
)

// Offer shows a menu to the clerk who asked for it.
func (w *Work) Offer(group council.Group, who Actor, c council.Case, menu Menu) error {
	if no := w.act(&c, council.Prepare, who, ""); no != council.Allowed {
		return w.refuse(group, c, no)
	}
	var bs []message.Button
	switch menu {
	case MenuInstruct:
		for _, i := range w.offered(c) {
			bs = append(bs, w.named(c, "instruct", i.Label))
		}
	case MenuClose:
		for _, r := range council.Results {
			bs = append(bs, w.named(c, "close", w.text("result."+string(r))))
		}
	default:
		for _, a := range w.possible(c) {
			bs = append(bs, w.say1(c, a, message.Secondary))
		}
	}
	w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No), message.Panel{
		Alt:     w.drill(c, w.text("menu."+string(menu)+".alt", "no", c.No)),
		Heading: w.drill(c, w.text("menu."+string(menu)+".heading", "no", c.No)),
		Body:    w.text("menu." + string(menu) + ".body"),
		Buttons: bs,
	})
	return nil
}

// named is a button that shows a parameter and says the action with it.
func (w *Work) named(c council.Case, action, param string) message.Button {
	b := w.say1(c, action, message.Secondary, param)
	b.Label = param
	return b
}

// possible lists the other actions that the case's state allows.
func (w *Work) possible(c council.Case) []string {
	var out []string
	for _, x := range []struct {
		name   string
		action council.Action
	}{
		{"take_over", council.TakeOver}, {"hand_over", council.HandOver}, {"connect", council.Connect},
		{"reported_itself", council.ReportedItself}, {"telephoned", council.Telephoned},
		{"correct", council.Correct}, {"close", council.Close},
	} {
		if x.action == council.Correct && correctable(c) == nil {
			continue
		}
		if _, no := council.Next(c.State, x.action, council.RoleClerk); no == council.Allowed {
			out = append(out, x.name)
		}
	}
	return out
}

// offered lists the instructions that can be given in this case: what cannot
// be filled in is not offered, and what a status does not allow neither.
func (w *Work) offered(c council.Case) []catalog.Instruction {
	var out []catalog.Instruction
	for _, i := range w.Catalog.Instructions() {
		switch i.ID {
		case "report_details":
			if c.Status != council.Statutory {
				continue
			}
		case "report_details_by_consent":
			if c.Status == council.Statutory {
				continue
			}
		case "call_9110":
			if len(w.Police) == 0 {
				continue
			}
		}
		out = append(out, i)
	}
	return out
}

// InstructionByLabel finds an offered instruction by its label, as a button
// says it or as somebody has typed it.
func (w *Work) InstructionByLabel(c council.Case, label string) (catalog.Instruction, bool) {
	for _, i := range w.offered(c) {
		if fold(i.Label) == fold(label) {
			return i, true
		}
	}
	return catalog.Instruction{}, false
}

// ResultByLabel finds a result by the words of its button.
func (w *Work) ResultByLabel(label string) (council.Result, bool) {
	for _, r := range council.Results {
		if fold(w.text("result."+string(r))) == fold(label) {
			return r, true
		}
	}
	return "", false
}

func fold(s string) string { return strings.Join(strings.Fields(Normal(s)), "") }
