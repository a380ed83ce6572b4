package dialogue

import (
	"regexp"
	"strings"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
)

// command is what a group's button says, or what somebody typed like it:
// 受付26-0012 指示する 188・センターを案内
type command struct {
	no     string
	action string // name in the catalog, "" when the words are no action
	param  string
}

// actions of the group, as the catalog names them.
var actions = []string{"take", "take_over", "instruct", "more", "hand_over", "connect", "reported_itself",
	"telephoned", "correct", "close", "send", "drop", "value", "show"}

// receipt is the shape of a receipt number.
const receipt = `D?[0-9]{2}-(?:[A-Z]{4}-)?[0-9]{4,}`

// A Japanese keyboard has many strokes that look like the ones in a number:
// receiptNo finds a number with any of them.
const strokes = `[-‐‑‒–—―−ー〜]`

var (
	stroke    = regexp.MustCompile(strokes)
	receiptNo = regexp.MustCompile(`^[ :]*(D?[0-9]{2}` + strokes + `(?:[A-Z]{4}` + strokes + `)?[0-9]{4,}) ?`)
)

// longestNo is how much of a number is looked at: more than any receipt has. It
// is said back, so that it must not fill the answer.
const longestNo = 24

// command reads a text that begins with a receipt number.
func (v *vocabulary) command(text string) (command, bool) {
	rest, ok := strings.CutPrefix(text, v.lead)
	if !ok {
		return command{}, false
	}
	for _, word := range v.words["word.number"] {
		rest = strings.TrimPrefix(rest, word)
	}
	m := receiptNo.FindStringSubmatch(strings.ToUpper(rest))
	if m == nil {
		return command{}, false
	}
	no := stroke.ReplaceAllString(m[1], "-")
	c := command{no: no[:min(len(no), longestNo)]}
	c.action, c.param, ok = v.action(rest[len(m[0]):])
	return c, ok
}

// action reads an action's words and what follows them.
func (v *vocabulary) action(text string) (name, param string, ok bool) {
	for _, a := range v.actions { // of two that fit, the longer
		if rest, begins := strings.CutPrefix(text, a.label); begins && (rest == "" || rest[0] == ' ') {
			return a.name, strings.TrimSpace(rest), true
		}
	}
	return "", "", false
}

// toGroup says a sentence about a case in the group.
func (t *turn) toGroup(group string, c council.Case, key string) {
	t.ToGroup(group, message.About{Kind: casework.AboutTalk, Case: c.No}, casework.RefCase(c.No),
		message.Text{Body: t.Catalog.Text(key, "no", c.No)})
}

// obey does what a command says.
func (t *turn) obey(g council.Group, who casework.Actor, cmd command) error {
	c, found, err := t.Case(cmd.no)
	if err != nil {
		return err
	}
	if !found {
		t.ToGroup(g.ID, message.About{Kind: casework.AboutTalk}, casework.RefNothing,
			message.Text{Body: t.Missing("group.no_such_case", "no", cmd.no)})
		return nil
	}
	switch cmd.action {
	case "take":
		return t.Take(g, who, c, false)
	case "take_over":
		return t.Take(g, who, c, true)
	case "show":
		return t.Show(g, who, c)
	case "more":
		return t.Offer(g, who, c, casework.MenuMore)
	case "hand_over":
		return t.HandOver(g, who, c)
	case "connect":
		return t.Connect(g, who, c)
	case "reported_itself":
		return t.Note(g, who, c, council.ReportedItself)
	case "telephoned":
		return t.Note(g, who, c, council.Telephoned)
	case "correct":
		return t.PrepareCorrection(g, who, c, t.ev.MessageID)
	case "send":
		return t.ofDraft(g, who, c, cmd.param, func(id string) error { return t.Send(g, who, c.No, id) })
	case "drop":
		return t.ofDraft(g, who, c, cmd.param, func(id string) error { return t.Drop(g, who, c.No, id) })
	case "value":
		name, value, _ := strings.Cut(cmd.param, " ")
		return t.ofDraft(g, who, c, name, func(id string) error { return t.Fill(g, who, c.No, id, value, t.ev.MessageID) })
	case "close":
		if r, ok := t.ResultByLabel(cmd.param); ok {
			return t.Close(g, who, c, r)
		}
		return t.Offer(g, who, c, casework.MenuClose)
	default:
		if i, ok := t.InstructionByLabel(c, cmd.param); ok {
			return t.Prepare(g, who, c, i, t.ev.MessageID)
		}
		if cmd.param != "" {
			t.toGroup(g.ID, c, "menu.not_offered")
		}
		return t.Offer(g, who, c, casework.MenuInstruct)
	}
}
