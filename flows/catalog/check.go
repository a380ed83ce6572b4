package catalog

import (
	"slices"
	"strings"

	"mimamori.example/mimamori/flows"
)

// MaxNotice is the length of the longest notice in UTF-16 units.
const MaxNotice = 300

// maxAnswers is how many buttons stand below one message.
const maxAnswers = 10

// mustSay lists texts that would be dangerous without a number.
func mustSay() map[string][]string {
	return map[string][]string{
		"advice.call_110":               {"110"},
		"advice.call_119":               {"119"},
		"advice.stop_payment":           {"110"},
		"advice.defrauded":              {"110"},
		"instructions.call_110.text":    {"110"},
		"instructions.call_119.text":    {"119"},
		"instructions.call_9110.text":   {"#9110", "110"},
		"instructions.consult_188.text": {"188"},
		"replies.resident_text":         {"110", "119", "188"},
	}
}

func (l *loader) numbers(field, text string) {
	for _, w := range flows.WrongNumbers(text) {
		l.at(field, w, "a number that people may call: 188, #9110, 110, 119")
	}
	for _, n := range mustSay()[field] {
		if !strings.Contains(text, n) {
			l.at(field, clip(text), "a text that says %s", n)
		}
	}
}

func (l *loader) checkTexts(texts map[string]string) {
	for key, text := range texts {
		l.numbers(key, text)
		if n := flows.Units(text); n > flows.MaxAsk {
			l.at(key, clip(text), "at most %d characters (LINE), it has %d", flows.MaxAsk, n)
		}
		if strings.Count(text, "{") != len(placeholder.FindAllString(text, -1)) || strings.Count(text, "}") != strings.Count(text, "{") {
			l.at(key, clip(text), "braces only around a placeholder's name")
		}
	}
}

func (l *loader) checkLabel(field, label string) {
	switch n := flows.Units(label); {
	case strings.TrimSpace(label) == "":
		l.at(field, label, "a label, nothing stands there")
	case n > flows.MaxLabel:
		l.at(field, label, "at most %d characters (LINE), it has %d", flows.MaxLabel, n)
	case strings.ContainsAny(label, "\n\r\t{}"):
		l.at(field, label, "one line without placeholders")
	}
	l.numbers(field, label)
}

func (l *loader) checkInstruction(in *Instruction, at string) {
	if !flows.ValidID(in.ID) {
		l.at(at+".id", in.ID, "an id of a to z, 0 to 9 and _")
	}
	l.checkLabel(at+".label", in.Label)
	l.numbers(at+".text", in.Text)
	if n := flows.Units(in.Text); n > 1000 || n == 0 {
		l.at(at+".text", clip(in.Text), "1 to 1000 characters, it has %d", n)
	}
	names := Placeholders(in.Text)
	if !slices.Contains(names, PlaceholderNumber) {
		l.at(at+".text", clip(in.Text), "the placeholder {no}, it is missing")
	}
	for _, p := range in.Needs {
		if !slices.Contains(Needs(), p) {
			l.at(at+".text", "{"+p+"}", "one of the placeholders {no}, %s, %s", braces(Values()), braces(Needs()))
		}
	}
	if !slices.Contains([]string{ForAll, ForStatutory, ForConsent}, in.For) {
		l.at(at+".for", in.For, "one of %s, %s, %s", ForAll, ForStatutory, ForConsent)
	}
	if len(in.Answers) > 0 && len(in.SetList) > 0 {
		l.at(at+".sets", "", "either answers or sets")
	}
	if in.Closes && len(in.Answers) > 0 {
		l.at(at+".answers", "", "no answers: a closed case waits for none")
	}
	if in.Closes && len(in.SetList) > 0 {
		l.at(at+".sets", "", "no answers: a closed case waits for none")
	}
	l.checkAnswers(at+".answers", in.Answers)
	seen := map[string]int{}
	for i, s := range in.SetList {
		here := at + ".sets." + entryName(&node{kind: mapNode, keys: []string{"id"}, items: []*node{{value: s.ID}}}, i, seen)
		if !flows.ValidID(s.ID) || seen[s.ID] > 1 {
			l.at(here+".id", s.ID, "an id of a to z, 0 to 9 and _, used once")
		}
		l.checkLabel(here+".label", s.Label)
		l.checkAnswers(here+".answers", s.Answers)
	}
}

func (l *loader) checkAnswers(field string, answers []Answer) {
	if len(answers) > maxAnswers {
		l.at(field, number(len(answers)), "at most %d answers", maxAnswers)
	}
	ids, labels := map[string]int{}, map[string]bool{}
	for _, a := range answers {
		ids[a.ID]++
		at := field + "." + a.ID
		if ids[a.ID] > 1 {
			at += "#" + number(ids[a.ID])
		}
		if !flows.ValidID(a.ID) || ids[a.ID] > 1 {
			l.at(at+".id", a.ID, "an id of a to z, 0 to 9 and _, used once")
		}
		for name, value := range map[string]string{".done": a.Done, ".ask_again": a.AskAgain} {
			if value != "" && value != No {
				l.at(at+name, value, "%s, or nothing", No)
			}
		}
		l.checkLabel(at+".label", a.Label)
		if labels[a.Label] {
			l.at(at+".label", a.Label, "a label that no other answer has")
		}
		labels[a.Label] = true
	}
}

func (l *loader) checkNotice(at, title, body string) {
	text := title + "\n" + body
	if n := flows.Units(text); n > MaxNotice {
		l.at(at, clip(text), "at most %d characters, it has %d", MaxNotice, n)
	}
	if strings.TrimSpace(title) == "" || strings.TrimSpace(body) == "" {
		l.at(at, clip(text), "a title in the first line and a text below")
	}
	if !strings.Contains(body, "188") {
		l.at(at, clip(text), "a text that says 188")
	}
	for _, p := range Placeholders(text) {
		if !slices.Contains(Values(), p) {
			l.at(at, "{"+p+"}", "one of the placeholders %s", braces(Values()))
		}
	}
	l.numbers(at, text)
}
