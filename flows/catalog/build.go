package catalog

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimamori.example/mimamori/flows"
)

// loader collects the files and what is wrong with them.
type loader struct {
	root   *node
	faults Faults
}

// The sections with a form of their own; all others are texts.
const (
	sectionFlows        = "flows"
	sectionConversation = "conversation"
	sectionInstructions = "instructions"
	sectionNotices      = "notices"
	sectionAdvice       = "advice"
)

// texts says whether a field lies in a section of texts.
func texts(field string) bool {
	top, rest, _ := strings.Cut(field, ".")
	switch top {
	case sectionFlows, sectionInstructions, sectionNotices:
		return false
	case sectionConversation:
		return strings.HasPrefix(rest, "words")
	}
	return true
}

// conversation is what all flows share.
type conversation struct {
	Nav   []flows.Nav       `json:"nav"`
	Keep  []flows.Nav       `json:"keep"`
	Words map[string]string `json:"words"`
}

// flowFile is a flow as it stands in a file.
type flowFile struct {
	Start string       `json:"start"`
	Steps []flows.Step `json:"steps"`
}

func (l *loader) build() *Catalog {
	c := &Catalog{texts: map[string]string{}, flows: map[string]*flows.Flow{}, notices: map[time.Month]Notice{}}
	for i, key := range l.root.keys {
		switch key {
		case sectionFlows, sectionInstructions, sectionNotices, sectionConversation:
		default:
			l.collect(c.texts, l.root.items[i], key)
		}
	}
	l.buildFlows(c)
	l.buildInstructions(c)
	l.buildNotices(c)
	l.checkTexts(c.texts)
	return c
}

func (l *loader) section(name string, into any) bool {
	n := l.root.get(name)
	if n == nil {
		l.add("", 0, name, "", "this section, it is missing")
		return false
	}
	before := len(l.faults)
	l.decode(n, reflect.ValueOf(into).Elem(), name)
	return len(l.faults) == before
}

// collect flattens nested maps of texts to dotted keys.
func (l *loader) collect(into map[string]string, n *node, field string) {
	switch {
	case n.kind == mapNode:
		for i, key := range n.keys {
			l.collect(into, n.items[i], join(field, key))
		}
	case n.kind == listNode:
		l.add(n.file, n.line, field, "", "a text or a map of texts, not a list")
	case n.bool:
		l.add(n.file, n.line, field, n.value, "a text; put it into quotes")
	case strings.TrimSpace(n.value) == "":
		l.add(n.file, n.line, field, "", "a text, nothing stands there")
	default:
		into[field] = strings.TrimSpace(n.value)
	}
}

func (l *loader) buildFlows(c *Catalog) {
	var shared conversation
	var files map[string]flowFile
	ok := l.section(sectionConversation, &shared)
	if !l.section(sectionFlows, &files) || !ok {
		return
	}
	for key, text := range shared.Words {
		c.texts[sectionConversation+".words."+key] = text
		if !slices.Contains(flows.Words(), key) {
			l.at(sectionConversation+".words."+key, "", "one of %s", strings.Join(flows.Words(), ", "))
		}
	}
	advice := map[string]string{}
	for key, text := range c.texts {
		if id, found := strings.CutPrefix(key, sectionAdvice+"."); found {
			advice[id] = text
		}
	}
	for id, file := range files {
		f := &flows.Flow{
			ID: id, Start: file.Start, Steps: file.Steps,
			Nav: shared.Nav, Keep: shared.Keep, Words: shared.Words, Advice: advice,
		}
		for _, fault := range flows.Check(f) {
			field := sectionFlows + "." + id + "." + fault.Field
			for _, part := range []string{"words", "nav", "keep"} {
				if _, found := cutField(fault.Field, part); found {
					field = sectionConversation + "." + fault.Field
				}
			}
			if _, found := cutField(fault.Field, sectionAdvice); found {
				field = fault.Field
			}
			l.at(field, fault.Value, "%s", fault.Want)
		}
		flows.Seal(f)
		c.flows[id] = f
	}
}

func (l *loader) buildInstructions(c *Catalog) {
	if !l.section(sectionInstructions, &c.instructions) {
		return
	}
	seen := map[string]int{}
	labels := map[string]bool{}
	for i := range c.instructions {
		in := &c.instructions[i]
		in.derive()
		at := sectionInstructions + "." + entryName(&node{kind: mapNode, keys: []string{"id"}, items: []*node{{value: in.ID}}}, i, seen)
		l.checkInstruction(in, at)
		if seen[in.ID] > 1 || labels[in.Label] {
			l.at(at, in.Label, "an id and a label that are used once")
		}
		labels[in.Label] = true
	}
}

func (l *loader) buildNotices(c *Catalog) {
	var notices map[string]string
	if !l.section(sectionNotices, &notices) {
		return
	}
	for name, month := range months() {
		at := sectionNotices + "." + name
		text, found := notices[name]
		if !found {
			l.at(at, "", "a notice for this month, it is missing")
			continue
		}
		delete(notices, name)
		text = strings.TrimSpace(text)
		title, body, _ := strings.Cut(text, "\n")
		c.notices[month] = Notice{Month: month, Title: strings.TrimSpace(title), Body: strings.TrimSpace(body)}
		l.checkNotice(at, title, body)
	}
	for name := range notices {
		l.at(sectionNotices+"."+name, name, "the name of a month, such as april")
	}
}

func number(n int) string { return strconv.Itoa(n) }
