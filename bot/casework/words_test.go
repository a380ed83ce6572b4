package casework

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/flows/catalog"
)

func words(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The texts whose keys are built while the program runs exist, every one that
// can be built.
func TestBuiltKeysExist(t *testing.T) {
	c := words(t)
	var keys []string
	add := func(prefix string, names ...string) {
		for _, n := range names {
			keys = append(keys, prefix+n)
		}
	}
	for _, r := range council.Results {
		add("result.", string(r))
		for _, s := range []council.Status{council.Statutory, council.Cooperator, council.Agreement} {
			add("replies.outcome.", r.Outcome(s))
		}
	}
	for _, s := range council.States {
		for _, a := range council.Actions {
			for _, r := range council.Roles {
				if _, no := council.Next(s, a, r); no != council.Allowed {
					add("refused.", string(no))
				}
			}
		}
	}
	for _, k := range append(council.Whys, typedOnly) {
		add("raise.", string(k))
		add("digest.", string(k))
	}
	for _, l := range council.Levels {
		add("level.", l.String())
	}
	for _, name := range valueKeys {
		add("value.", name)
	}
	add("value.set_", sets...)
	add("value.ground_", grounds...)
	add("value.decider_", deciders...)
	add("draft.", valueKeys[valueGround], valueKeys[valueDecider])
	add("card.", string(council.CardAgain), string(council.CardAdded))
	for _, m := range []Menu{MenuInstruct, MenuMore, MenuClose} {
		add("menu."+string(m)+".", "alt", "heading", "body")
	}
	add("time.weekday.", "0", "1", "2", "3", "4", "5", "6")
	add("done.", string(council.ReportedItself), string(council.Telephoned))
	add("instead.", "report_details", "report_details_by_consent")
	for _, s := range c.Flow("report").Steps {
		if s.Kind != "confirm" && s.ID != "urgency" && s.ID != "kind" && s.ID != "kind_other" {
			add("question.", s.ID)
		}
	}
	w := (&Desk{Catalog: c, Settings: Settings{Zone: tokyo, Police: []Place{{}, {}}}}).Work(nil, time.Unix(0, 0))
	for _, s := range council.States {
		for _, name := range w.possible(council.Case{State: s, Instructions: []council.Instruction{{}}}) {
			add("action.", name)
		}
	}
	add("action.", "take", "instruct", "more", "show", "send", "drop", "value", "close", "correct")
	for _, k := range keys {
		if !c.Has(k) || c.Text(k) == "" {
			t.Errorf("there is no text %s", k)
		}
	}
	if len(keys) < 100 {
		t.Errorf("only %d keys", len(keys))
	}
}

// LINE cuts or refuses longer labels.
func TestLabelsAreShort(t *testing.T) {
	c := words(t)
	var labels []string
	for _, k := range c.Keys() {
		switch top, rest, _ := strings.Cut(k, "."); {
		case top == "action", top == "result",
			slices.Contains([]string{"join.accept", "join.decline", "clerk.approve", "member.understood", "member.write", "member.ask_back"}, k),
			top == "menu" && slices.Contains([]string{"report", "add", "withdraw", "again", "drop", "keep", "continue", "withdraw_yes"}, rest),
			top == "value" && (strings.HasPrefix(rest, "set_") || strings.HasPrefix(rest, "ground_") || strings.HasPrefix(rest, "decider_")),
			top == "resident" && strings.HasPrefix(rest, "call_"):
			labels = append(labels, c.Text(k))
		}
	}
	labels = append(labels, c.Text("menu.case", "no", "D26-12345", "月日", "12/31"), c.Text("value.days", "日数", "30"))
	for _, i := range c.Instructions() {
		labels = append(labels, i.Label)
		for _, a := range i.Answers {
			labels = append(labels, a.Label)
		}
		for _, set := range i.Sets {
			for _, a := range set {
				labels = append(labels, a.Label)
			}
		}
	}
	if len(labels) < 80 {
		t.Errorf("only %d labels were looked at", len(labels))
	}
	for _, l := range labels {
		if n := utf8.RuneCountInString(l); n == 0 || n > 20 {
			t.Errorf("%q has %d characters", l, n)
		}
	}
}

// No two actions, instructions or results read the same, and none begins
// another's words so that a space alone would tell them apart.
func TestActionsAreDistinct(t *testing.T) {
	c := words(t)
	seen := map[string]string{}
	for _, k := range c.Keys() {
		if top, _, _ := strings.Cut(k, "."); top != "action" {
			continue
		}
		f := fold(c.Text(k))
		if seen[f] != "" {
			t.Errorf("%s and %s read the same", k, seen[f])
		}
		seen[f] = k
		if strings.Contains(Normal(c.Text(k)), " ") {
			t.Errorf("%s holds a blank: a command would be cut there", k)
		}
	}
	labels := map[string]bool{}
	for _, i := range c.Instructions() {
		if labels[fold(i.Label)] {
			t.Errorf("two instructions are called %s", i.Label)
		}
		labels[fold(i.Label)] = true
	}
}

// The numbers that must be right stand in the texts, and wrong ones nowhere.
func TestNumbersInTexts(t *testing.T) {
	c := words(t)
	for _, k := range c.Keys() {
		text := Normal(c.Text(k))
		for _, wrong := range []string{"118", "189番", "#9910", "03-3507-9341", "3507"} {
			if strings.Contains(text, wrong) {
				t.Errorf("%s holds %s: %s", k, wrong, text)
			}
		}
	}
	for key, number := range map[string][]string{
		"replies.resident_text": {"110", "119", "188"}, "resident.welcome": {"110", "119", "188"}, "resident.stopped": {"188"}, "resident.resumed": {"188"},
		"replies.received": {"110"}, "replies.after_hours": {"110", "119", "188"}, "join.terms": {"110", "119"}, "instead.consult_188": {"188"},
	} {
		for _, n := range number {
			if !strings.Contains(c.Text(key), n) {
				t.Errorf("%s lacks %s", key, n)
			}
		}
	}
}
