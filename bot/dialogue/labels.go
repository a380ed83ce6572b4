package dialogue

import (
	"regexp"
	"slices"
	"strings"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/flows/catalog"
)

// Who types a button's label means that button. It is never something to be
// passed on.

// presses of the menus' buttons, by the entry of the catalog that names them. A
// "word." entry holds what else people may type.
var presses = map[string]string{
	"menu.report": "m:report", "menu.add": "m:add", "menu.reply": "m:reply", "menu.withdraw": "m:withdraw",
	"menu.again": "m:again", "menu.drop": "m:drop", "menu.keep": "m:keep", "menu.continue": "m:resume",
	"menu.withdraw_yes": "m:withdraw", "menu.rest_unsent": "m:rest",
	"word.add": "m:add", "word.withdraw": "m:withdraw", "word.again": "m:again",
}

// shape is a label that holds a number.
type shape struct {
	pattern *regexp.Regexp
	data    string // in front of the number; "" where it depends on what was asked
}

// core is a text as labels are compared: without blanks, and without the signs
// that people put around a label that they copy.
func core(text string) string {
	return strings.Trim(strings.ReplaceAll(casework.Normal(text), " ", ""), "「」『』[]【】。.!")
}

// longestLabel is what a button's label may have, in UTF-16 units.
const longestLabel = 20

// fitting is a label that names a case and something besides, or a shorter one:
// numbers grow, and marks of a restored store make them longer.
func fitting(label, no, besides string) string {
	for _, l := range []string{label, no + "・" + besides} {
		if flows.Units(l) <= longestLabel {
			return l
		}
	}
	return no
}

// label reads the labels of the catalog.
func (v *vocabulary) label(c *catalog.Catalog) {
	v.presses, v.plain = map[string]string{}, map[string]bool{}
	for key, data := range presses {
		for word := range strings.SplitSeq(c.Text(key), "·") {
			v.presses[core(word)] = data
		}
	}
	for _, s := range []struct{ key, data string }{{"menu.rest", "m:rest:"}, {"menu.case", ""}, {"menu.asked", ""}} {
		p := regexp.QuoteMeta(core(c.Text(s.key, "no", "@no@", "月日", "@x@", "時刻", "@x@")))
		p = strings.ReplaceAll(strings.ReplaceAll(p, "@no@", "("+receipt+")"), "@x@", `[0-9/:]+`)
		v.shapes = append(v.shapes, shape{regexp.MustCompile("^" + p + "$"), s.data})
	}
	v.shapes = append(v.shapes, shape{regexp.MustCompile("^(?:" + regexp.QuoteMeta(v.lead) + ")?(" + receipt + ")(?:・[0-9/:]+)?$"), ""})
	for _, key := range []string{"member.understood", "member.write", "member.ask_back",
		"resident.call_110", "resident.call_119", "resident.call_188", "join.accept", "join.decline"} {
		v.plain[core(c.Text(key))] = true
	}
	for _, i := range c.Instructions() {
		for _, a := range i.Answers {
			v.plain[core(a.Label)] = true
		}
		for _, set := range i.Sets {
			for _, a := range set {
				v.plain[core(a.Label)] = true
			}
		}
	}
}

// sure takes the answer to whether a case is really to be withdrawn.
func (t *turn) sure(m council.Member, talk *records.Talk) (bool, error) {
	data := ""
	switch label := core(t.ev.Text); {
	case t.asked.Wait != records.WaitSure:
		return false, nil
	case label == core(t.Catalog.Text("menu.withdraw_yes")), t.words.is(t.heard.text, "word.yes"):
		data = "m:withdraw_yes:" + t.asked.Case
	case t.words.is(t.heard.text, "word.no"), t.words.is(t.heard.text, "word.cancel"):
		data = "m:keep"
	default:
		return false, nil
	}
	return true, t.press(m, talk, data)
}

// press does what tapping a button with this data does.
func (t *turn) press(m council.Member, talk *records.Talk, data string) error {
	t.ev.Data = data
	return t.memberTapped(m, talk)
}

// pressed does what the button with this label would; false when no button that
// the member may have seen is called so. While words are awaited, the answers of
// an instruction are words.
func (t *turn) pressed(m council.Member, talk *records.Talk, text string) (bool, error) {
	label := core(text)
	if data := t.words.presses[label]; data != "" {
		return true, t.press(m, talk, data)
	}
	if done, err := t.numbered(m, talk, label); done || err != nil {
		return done, err
	}
	if done, err := t.below(m, talk, text); done || err != nil {
		return done, err
	}
	if talk.Awaits() {
		return false, nil
	}
	flow := t.council.Report(m.Organisation)
	beside := flows.NamesBeside(flow, text)
	switch {
	case !beside && !t.words.plain[label]:
		return false, nil
	case talk.Session == nil && beside:
		return true, t.overBefore(m)
	case talk.Session == nil:
		waiting, err := t.Unanswered(m)
		if err != nil || len(waiting) == 1 && t.InWords(waiting[0].Instruction) || t.words.is(t.heard.text, "word.polite") {
			return false, err
		}
		return true, t.menu(m, talk)
	case talk.Session.Told && flows.NamesKeep(flow, text):
		t.Plain(t.ev.User, message.Text{Body: flow.Words[flows.WordAlreadyTold]})
		return true, t.advance(m, talk, flows.Input{Kind: flows.Resume})
	case beside:
		return true, t.advance(m, talk, flows.Input{Kind: flows.Typed, Text: text})
	}
	return false, nil
}

// numbered presses a button whose label holds a receipt number.
func (t *turn) numbered(m council.Member, talk *records.Talk, label string) (bool, error) {
	for _, s := range t.words.shapes {
		found := s.pattern.FindStringSubmatch(strings.ToUpper(label))
		switch {
		case found == nil:
			continue
		case s.data != "":
			return true, t.press(m, talk, s.data+found[1])
		case t.asked.Wait == records.WaitWhich && t.asked.Instruction == "reply":
			which, err := t.labelled(m, label)
			if err != nil {
				return false, err
			}
			return true, t.press(m, talk, "m:reply:"+which)
		case t.asked.Wait == records.WaitWhich:
			return true, t.press(m, talk, "m:"+t.asked.Instruction+":"+found[1])
		case talk.Awaits():
			return false, nil
		}
		return true, t.menu(m, talk)
	}
	return false, nil
}

// below presses a button below something that the secretariat has sent. Where
// that is not clear, or two things wait and a polite word may answer either, they
// are shown again. Where an answer in words is awaited only what opens it, or a
// question, is a button.
func (t *turn) below(m council.Member, talk *records.Talk, text string) (bool, error) {
	data, below, err := t.Labelled(m, text)
	if err != nil {
		return false, err
	}
	waiting, err := t.Unanswered(m)
	if err != nil {
		return false, err
	}
	polite := t.words.is(t.heard.text, "word.polite")
	inWords := talk.Awaits() || len(waiting) == 1 && t.InWords(waiting[0].Instruction)
	if inWords && (len(data) == 0 || !casework.OpensWriting(data[0])) {
		return false, nil
	}
	for n := 0; polite && n < len(below); n++ {
		if !slices.ContainsFunc(waiting, func(a casework.Asked) bool { return a.Instruction.ID == below[n].Instruction.ID }) {
			data, below = nil, nil // thanks, and not another answer to what has one
		}
	}
	switch {
	case polite && len(waiting) > 1:
		t.Again(m, "member.answer_which", waiting)
	case len(data) == 1, len(data) > 0 && !below[0].Case.Open(): // the newest of what is over
		return true, t.press(m, talk, data[0])
	case len(data) > 1:
		t.Again(m, "member.answer_which", below)
	case polite && len(waiting) == 1 && talk.Session == nil:
		t.Again(m, "member.answer_below", waiting)
	default:
		return false, nil
	}
	return true, nil
}

// labelled is the instruction whose button in the question which one is answered
// has this label, as its postback names it: "" when none or more than one has.
func (t *turn) labelled(m council.Member, label string) (string, error) {
	asked, err := t.Unanswered(m)
	var found []string
	for _, a := range asked {
		if strings.HasPrefix(core(t.askedLabel(a)), label) {
			found = append(found, a.Case.No+":"+a.Instruction.ID)
		}
	}
	if len(found) != 1 {
		return "", err
	}
	return found[0], err
}

// blank answers a message in which nobody would see anything.
func (t *turn) blank(m council.Member, talk *records.Talk) error {
	switch {
	case talk.Awaits():
		t.answer("talk.words_please")
		return nil
	case talk.Session != nil:
		return t.advance(m, talk, flows.Input{Kind: flows.Typed})
	}
	return t.menu(m, talk)
}
